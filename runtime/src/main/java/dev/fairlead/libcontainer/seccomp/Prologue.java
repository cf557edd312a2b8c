package dev.fairlead.libcontainer.seccomp;

import dev.fairlead.linux.SeccompFilter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;

/**
 * The instructions before those of libseccomp: they answer for system calls that the library does not know, and ENOSYS for calls newer than
 * the profile; all others go on to the library's part. struct sock_filter, classic BPF over struct seccomp_data.
 *
 * <pre>
 *     for each architecture of the kernel's (audit) numbering
 *         if arch is it:
 *             nr = number
 *             for each known call:  if nr == it: answer
 *             if nr &gt; newest of the profile: ENOSYS        (x32 has its own newest: its numbers have bit 30 set)
 *             go to the library's part
 * </pre>
 */
final class Prologue {
    static final int ENOSYS = 38;

    private static final int RETURN_ENOSYS = 0x00050000 | ENOSYS;

    private static final int LOAD = 0x20; // BPF_LD | BPF_W | BPF_ABS
    private static final int JUMP_EQUAL = 0x15;
    private static final int JUMP_GREATER = 0x25;
    private static final int JUMP_AT_LEAST = 0x35;
    private static final int JUMP = 0x05;
    private static final int RETURN = 0x06;

    private static final int NUMBER_OFFSET = 0;
    private static final int ARCHITECTURE_OFFSET = 4;

    /** libseccomp's token of x32, and the one under which the kernel shows its calls to a filter. */
    private static final int X32 = 0x4000003e;

    private static final int X86_64 = 0xc000003e;
    private static final int X32_BIT = 0x40000000;

    private record Instruction(int code, int ifTrue, int ifFalse, int value) {}

    private final Map<Integer, Integer> newest = new LinkedHashMap<>();
    private final Map<Integer, Integer> answers = new TreeMap<>();
    private final boolean nosys;

    /** Filters calls of {@code architectures}; {@code nosys}: answer ENOSYS for calls newer than any that is mentioned. */
    Prologue(Set<Integer> architectures, boolean nosys) {
        architectures.forEach(architecture -> newest.put(architecture, 0));
        this.nosys = nosys;
    }

    /** Takes note that the profile has a say about a call. */
    void mention(String name) {
        OptionalInt common = NewSystemCalls.number(name);
        newest.replaceAll((architecture, number) -> {
            int own = SeccompFilter.systemCall(name, architecture)
                    .orElse(common.isPresent() ? common.getAsInt() | (architecture == X32 ? X32_BIT : 0) : 0);
            return Math.max(number, own);
        });
    }

    /** Answers a call that libseccomp does not know, on all architectures: new calls have one number everywhere. Unknown to us: nothing. */
    void answer(String name, int action) {
        OptionalInt number = NewSystemCalls.number(name);
        if (number.isPresent()) {
            answers.putIfAbsent(number.getAsInt(), action);
        }
    }

    byte[] instructions() {
        List<Instruction> program = new ArrayList<>();
        if (nosys || !answers.isEmpty()) {
            program.add(new Instruction(LOAD, 0, 0, ARCHITECTURE_OFFSET));
            newest.keySet().stream().filter(architecture -> architecture != X32).forEach(architecture -> {
                List<Instruction> section = section(architecture);
                // Conditional jumps reach 255 instructions, this one any number.
                program.add(new Instruction(JUMP_EQUAL, 1, 0, architecture));
                program.add(new Instruction(JUMP, 0, 0, section.size()));
                program.addAll(section);
            });
            for (int i = 0; i < program.size(); i++) {
                if (program.get(i).code == JUMP && program.get(i).value < 0) {
                    program.set(i, new Instruction(JUMP, 0, 0, program.size() - i - 1));
                }
            }
        }
        return encode(program);
    }

    private List<Instruction> section(int architecture) {
        List<Instruction> section = new ArrayList<>();
        section.add(new Instruction(LOAD, 0, 0, NUMBER_OFFSET));
        if (architecture == X86_64) {
            List<Instruction> x32 = new ArrayList<>();
            Integer newestOfX32 = newest.get(X32);
            if (newestOfX32 != null) {
                judge(x32, X32_BIT, newestOfX32);
            }
            x32.add(toLibrary());
            section.add(new Instruction(JUMP_AT_LEAST, 1, 0, X32_BIT));
            section.add(new Instruction(JUMP, 0, 0, x32.size()));
            section.addAll(x32);
        }
        judge(section, 0, newest.getOrDefault(architecture, 0));
        section.add(toLibrary());
        return section;
    }

    private void judge(List<Instruction> section, int bit, int newestNumber) {
        answers.forEach((number, action) -> {
            section.add(new Instruction(JUMP_EQUAL, 0, 1, number | bit));
            section.add(new Instruction(RETURN, 0, 0, action));
        });
        // Without a single call that is known for the architecture nothing can be called newer.
        if (nosys && newestNumber > 0) {
            section.add(new Instruction(JUMP_GREATER, 0, 1, newestNumber));
            section.add(new Instruction(RETURN, 0, 0, RETURN_ENOSYS));
        }
    }

    /** A jump whose way is known when the program is whole. */
    private static Instruction toLibrary() {
        return new Instruction(JUMP, 0, 0, -1);
    }

    private static byte[] encode(List<Instruction> program) {
        ByteBuffer bytes = ByteBuffer.allocate(program.size() * 8).order(ByteOrder.nativeOrder());
        for (Instruction each : program) {
            bytes.putShort((short) each.code);
            bytes.put((byte) each.ifTrue);
            bytes.put((byte) each.ifFalse);
            bytes.putInt(each.value);
        }
        return bytes.array();
    }
}
