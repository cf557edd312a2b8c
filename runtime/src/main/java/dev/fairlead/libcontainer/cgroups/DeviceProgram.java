package dev.fairlead.libcontainer.cgroups;

import dev.fairlead.libcontainer.cgroups.DeviceList.Devices;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Writes the BPF program (BPF_PROG_TYPE_CGROUP_DEVICE) of a {@link DeviceList}. It is given struct bpf_cgroup_dev_ctx: access and type in one
 * word, major, minor; and answers 1 to allow. Layout: the words are loaded, a block for each exception compares and answers, the end
 * answers for all others.
 */
final class DeviceProgram {
    private static final int LOAD_WORD = 0x61; // BPF_LDX | BPF_MEM | BPF_W
    private static final int AND = 0x54; // BPF_ALU | BPF_AND | BPF_K, 32 bits as all here
    private static final int SHIFT_RIGHT = 0x74;
    private static final int MOVE = 0xb4;
    private static final int MOVE_REGISTER = 0xbc;
    private static final int JUMP_UNLESS_EQUAL = 0x56; // BPF_JMP32 | BPF_JNE | BPF_K
    private static final int JUMP_UNLESS_EQUAL_REGISTER = 0x5e;
    private static final int JUMP_IF_EQUAL = 0x16;
    private static final int EXIT = 0x95;

    private static final int RESULT = 0;
    private static final int CONTEXT = 1; // and, once the words are loaded, for computing
    private static final int TYPE = 2;
    private static final int ACCESS = 3;
    private static final int MAJOR = 4;
    private static final int MINOR = 5;

    private static final int BLOCK_DEVICE = 1;
    private static final int CHARACTER_DEVICE = 2;

    private record Instruction(int code, int destination, int source, int offset, int immediate) {}

    private DeviceProgram() {}

    /** The instructions, eight bytes each, in this machine's byte order. */
    static byte[] of(DeviceList list) {
        List<Instruction> program = new ArrayList<>();
        program.add(new Instruction(LOAD_WORD, TYPE, CONTEXT, 0, 0));
        program.add(new Instruction(MOVE_REGISTER, ACCESS, TYPE, 0, 0));
        program.add(new Instruction(AND, TYPE, 0, 0, 0xffff));
        program.add(new Instruction(SHIFT_RIGHT, ACCESS, 0, 0, 16));
        program.add(new Instruction(LOAD_WORD, MAJOR, CONTEXT, 4, 0));
        program.add(new Instruction(LOAD_WORD, MINOR, CONTEXT, 8, 0));
        for (Map.Entry<Devices, Integer> exception : list.exceptions().entrySet()) {
            program.addAll(block(exception.getKey(), exception.getValue(), list.allowAll()));
        }
        answer(program, list.allowAll());
        return encode(program);
    }

    private static List<Instruction> block(Devices devices, int access, boolean allowAll) {
        List<Instruction> block = new ArrayList<>();
        // Offsets of the jumps to the next block are filled in below: all jumps of a block lead there.
        block.add(new Instruction(
                JUMP_UNLESS_EQUAL, TYPE, 0, 0, devices.type() == 'b' ? BLOCK_DEVICE : CHARACTER_DEVICE));
        if (devices.major() != DeviceList.ANY) {
            block.add(new Instruction(JUMP_UNLESS_EQUAL, MAJOR, 0, 0, (int) devices.major()));
        }
        if (devices.minor() != DeviceList.ANY) {
            block.add(new Instruction(JUMP_UNLESS_EQUAL, MINOR, 0, 0, (int) devices.minor()));
        }
        if (access != DeviceList.EVERY_ACCESS) {
            block.add(new Instruction(MOVE_REGISTER, CONTEXT, ACCESS, 0, 0));
            block.add(new Instruction(AND, CONTEXT, 0, 0, access));
            block.add(
                    allowAll
                            // Denied as soon as one of the accesses asked for is.
                            ? new Instruction(JUMP_IF_EQUAL, CONTEXT, 0, 0, 0)
                            // Allowed if all of them are.
                            : new Instruction(JUMP_UNLESS_EQUAL_REGISTER, CONTEXT, ACCESS, 0, 0));
        }
        answer(block, !allowAll);
        for (int i = 0; i < block.size(); i++) {
            Instruction each = block.get(i);
            if (each.code == JUMP_UNLESS_EQUAL
                    || each.code == JUMP_UNLESS_EQUAL_REGISTER
                    || each.code == JUMP_IF_EQUAL) {
                block.set(
                        i,
                        new Instruction(
                                each.code, each.destination, each.source, block.size() - i - 1, each.immediate));
            }
        }
        return block;
    }

    private static void answer(List<Instruction> program, boolean allow) {
        program.add(new Instruction(MOVE, RESULT, 0, 0, allow ? 1 : 0));
        program.add(new Instruction(EXIT, 0, 0, 0, 0));
    }

    private static byte[] encode(List<Instruction> program) {
        ByteBuffer bytes = ByteBuffer.allocate(program.size() * 8).order(ByteOrder.nativeOrder());
        boolean littleEndian = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;
        for (Instruction each : program) {
            bytes.put((byte) each.code);
            bytes.put(
                    (byte) (littleEndian ? each.source << 4 | each.destination : each.destination << 4 | each.source));
            bytes.putShort((short) each.offset);
            bytes.putInt(each.immediate);
        }
        return bytes.array();
    }
}
