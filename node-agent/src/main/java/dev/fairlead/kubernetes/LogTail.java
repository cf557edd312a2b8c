package dev.fairlead.kubernetes;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Follows a CRI log file: each {@link #poll} gives what was written since the last one. A file that was rotated is read to its end, then
 * the new one from its start; one that does not exist yet is waited for.
 */
public final class LogTail implements AutoCloseable {
    private static final int CHUNK_BYTES = 256 << 10;

    private final Path path;
    private final ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES);

    @Nullable
    private FileChannel file;

    private @Nullable Object inode;
    private byte[] rest = {};

    public LogTail(Path path) {
        this.path = path;
    }

    /** What is new, at most {@value #CHUNK_BYTES} bytes of it; empty where nothing is. A line without its end waits for it. */
    public List<LogLine> poll() throws IOException {
        FileChannel open = open();
        if (open == null) {
            return List.of();
        }
        List<LogLine> lines = readLines(open);
        if (lines.isEmpty() && wasRotated()) {
            close();
            open = open();
            return open == null ? List.of() : readLines(open);
        }
        return lines;
    }

    private List<LogLine> readLines(FileChannel open) throws IOException {
        chunk.clear();
        if (open.read(chunk) <= 0) {
            return List.of();
        }
        byte[] bytes = Arrays.copyOf(rest, rest.length + chunk.position());
        System.arraycopy(chunk.array(), 0, bytes, rest.length, chunk.position());
        List<LogLine> lines = new ArrayList<>();
        int start = 0;
        for (int i = rest.length; i < bytes.length; i++) {
            if (bytes[i] == '\n') {
                LogLine.parse(bytes, start, i).ifPresent(lines::add);
                start = i + 1;
            }
        }
        rest = Arrays.copyOfRange(bytes, start, bytes.length);
        return lines;
    }

    private @Nullable FileChannel open() throws IOException {
        if (file == null) {
            try {
                file = FileChannel.open(path, StandardOpenOption.READ);
                inode = Files.getAttribute(path, "unix:ino");
                rest = new byte[0];
            } catch (NoSuchFileException e) {
                return null;
            }
        }
        return file;
    }

    private boolean wasRotated() throws IOException {
        try {
            return !Optional.ofNullable(inode).equals(Optional.of(Files.getAttribute(path, "unix:ino")));
        } catch (NoSuchFileException e) {
            return false; // between the renaming and the new file: the old one may still grow
        }
    }

    @Override
    public void close() throws IOException {
        if (file != null) {
            file.close();
            file = null;
        }
    }
}
