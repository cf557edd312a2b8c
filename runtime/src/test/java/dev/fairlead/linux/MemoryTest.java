package dev.fairlead.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import jnr.ffi.Pointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MemoryTest {
    private static final int PIECES = 20_000;

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 8, 24, 2048, 2049, 65_536, 1 << 20})
    void isZeroedAlignedAndAllThere(int size) {
        Pointer memory = Memory.zeroed(size);
        byte[] read = new byte[size];
        memory.get(0, read, 0, size);
        assertThat(read).containsOnly(0);
        assertThat(memory.address() % 8).isZero();
        memory.putByte(size - 1L, (byte) 1);
        assertThat(memory.size()).isEqualTo(size);
    }

    /** Each thread marks its pieces; a piece that two were given would have the other's mark in the end. */
    @Test
    void noTwoPiecesShareAByte() throws Exception {
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            List<Callable<Boolean>> jobs = new ArrayList<>();
            for (int thread = 1; thread <= 4; thread++) {
                byte mark = (byte) thread;
                jobs.add(() -> keepsItsMarks(mark));
            }
            for (Future<Boolean> job : threads.invokeAll(jobs)) {
                assertThat(job.get()).isTrue();
            }
        }
    }

    private static boolean keepsItsMarks(byte mark) {
        List<Pointer> pieces = new ArrayList<>();
        for (int i = 0; i < PIECES; i++) {
            int size = 1 + i % 40;
            Pointer piece = Memory.zeroed(size);
            byte[] marks = new byte[size];
            Arrays.fill(marks, mark);
            piece.put(0, marks, 0, size);
            pieces.add(piece);
        }
        for (Pointer piece : pieces) {
            byte[] read = new byte[(int) piece.size()];
            piece.get(0, read, 0, read.length);
            for (byte each : read) {
                if (each != mark) {
                    return false;
                }
            }
        }
        return true;
    }

    @Test
    void aStringEndsWithANulAndHasNoneInside() {
        Pointer text = Memory.string("zwölf");
        assertThat(text.getString(0)).isEqualTo("zwölf");
        assertThat(text.getByte(6)).isZero();
        assertThatThrownBy(() -> Memory.string("/etc\0/passwd"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("\\0");
    }
}
