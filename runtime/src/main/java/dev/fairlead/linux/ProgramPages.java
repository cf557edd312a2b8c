package dev.fairlead.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The pages of this process' executable file that are in its address space. A native executable reads half of itself when it starts, sixteen pages
 * around each that it touches, and needs little of that afterwards.
 */
public final class ProgramPages {
    private static final int MADVISE = 28;
    private static final int MADV_DONTNEED = 4;
    private static final Path PROGRAM = Path.of("/proc/self/exe");
    private static final Pattern MAPPING = Pattern.compile("(\\p{XDigit}+)-(\\p{XDigit}+) (\\S+) \\S+ \\S+ \\S+ *(.*)");
    private static final Pattern ANONYMOUS = Pattern.compile("Anonymous: +(\\d+) kB");

    private ProgramPages() {}

    /**
     * Unmaps those that nobody may write to and nobody has written to; what is needed again is found in the page cache (madvise(2), MADV_DONTNEED).
     * A mapping with changed pages, as relocations leave them, stays: they would be lost.
     * @return bytes of address space that were looked through
     */
    public static long release() throws IOException {
        String program = Files.readSymbolicLink(PROGRAM).toString();
        long released = 0;
        long start = 0;
        long length = 0;
        // Read at once: the file is made anew with each read(2), and may have gaps between two of them.
        for (String line : KernelFiles.read("/proc/self/smaps").split("\n", -1)) {
            Matcher mapping = MAPPING.matcher(line);
            Matcher anonymous = ANONYMOUS.matcher(line);
            if (mapping.matches()) {
                boolean ours =
                        mapping.group(3).startsWith("r-") && mapping.group(4).equals(program);
                start = Long.parseUnsignedLong(mapping.group(1), 16);
                length = ours ? Long.parseUnsignedLong(mapping.group(2), 16) - start : 0;
            } else if (length > 0 && anonymous.matches() && anonymous.group(1).equals("0")) {
                release(start, length);
                released += length;
            }
        }
        return released;
    }

    private static void release(long start, long length) throws ErrnoException {
        if (LibC.get().syscall(MADVISE, start, length, MADV_DONTNEED, 0, 0) < 0) {
            throw ErrnoException.last("madvise", "pages of the executable", "MADV_DONTNEED");
        }
    }
}
