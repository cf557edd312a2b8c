package dev.fairlead.linux;

import dev.fairlead.linux.Openat.OpenFlag;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;

/**
 * What a short-lived process reads and writes, in memory: nobody has to read while it runs, and a child that it leaves behind keeps nobody
 * waiting.
 *
 * @param stdin to be read only; at its end the process reads the end
 * @param stdout takes so many bytes and no more: what is written beyond is EPERM
 * @param stderr likewise
 */
public record StdioFiles(Fd stdin, Fd stdout, Fd stderr) implements AutoCloseable {
    private static final int CHUNK = 4096;

    /**
     * Opens the three.
     * @param name of the process, for messages
     * @param input what it reads
     * @param maxOutput in bytes, of each of the two
     */
    public static StdioFiles open(String name, byte[] input, int maxOutput) throws ErrnoException {
        try (Fd memory = Memfd.of(name + " stdin", input, Set.of())) {
            Fd stdin = Openat.open(Fd.CWD, path(memory).toString(), Set.of(OpenFlag.RDONLY), 0);
            try {
                Fd stdout = Memfd.bounded(name + " stdout", maxOutput);
                try {
                    return new StdioFiles(stdin, stdout, Memfd.bounded(name + " stderr", maxOutput));
                } catch (ErrnoException e) {
                    stdout.close();
                    throw e;
                }
            } catch (ErrnoException e) {
                stdin.close();
                throw e;
            }
        }
    }

    /** What was written to stdout until now. */
    public String output() throws IOException {
        return read(stdout);
    }

    /** What was written to stderr until now. */
    public String errors() throws IOException {
        return read(stderr);
    }

    /** Up to the first chunk that ends with zeros: the file has its full size from the start, mostly unwritten. */
    private static String read(Fd file) throws IOException {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        try (InputStream input = Files.newInputStream(path(file))) {
            while (true) {
                byte[] chunk = input.readNBytes(CHUNK);
                int length = chunk.length;
                while (length > 0 && chunk[length - 1] == 0) {
                    length--;
                }
                text.write(chunk, 0, length);
                if (length < CHUNK) {
                    return text.toString(StandardCharsets.UTF_8);
                }
            }
        }
    }

    /** Opened by this name, a file is read from its start, whoever wrote it. */
    private static Path path(Fd fd) {
        return Path.of("/proc/self/fd/" + fd.number());
    }

    @Override
    public void close() {
        stdin.close();
        stdout.close();
        stderr.close();
    }
}
