package dev.fairlead.libcontainer.process;

import java.nio.ByteBuffer;

/**
 * A compiled seccomp(2) filter.
 *
 * @param instructions struct sock_filter, 8 bytes each, as {@code seccomp_export_bpf} writes them; 1 to 4096 instructions
 * @param flags SECCOMP_FILTER_FLAG_LOG and the like
 */
public record SeccompProgram(ByteBuffer instructions, int flags) {
    public SeccompProgram {
        instructions = instructions.asReadOnlyBuffer();
        if (instructions.remaining() == 0 || instructions.remaining() % 8 != 0 || instructions.remaining() > 4096 * 8) {
            throw new IllegalArgumentException("not a seccomp program: " + instructions.remaining() + " bytes");
        }
    }
}
