package dev.fairlead.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fairlead.linux.Pipes.Pipe;
import dev.fairlead.linux.Pipes.PipeFlag;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import org.junit.jupiter.api.Test;

class PipesTest {
    private final IoBuffer buffer = new IoBuffer(1 << 16);

    private static Pipe nonblocking() throws ErrnoException {
        return Pipes.open("test pipe", EnumSet.of(PipeFlag.NONBLOCK));
    }

    private void write(Pipe pipe, String text) throws ErrnoException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        buffer.put(bytes, 0, bytes.length);
        assertThat(Pipes.write(pipe.writeEnd(), buffer, bytes.length)).isEqualTo(bytes.length);
    }

    private String read(Pipe pipe) throws ErrnoException {
        int count = Pipes.read(pipe.readEnd(), buffer, buffer.size());
        byte[] bytes = new byte[Math.max(0, count)];
        buffer.get(bytes, 0, bytes.length);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    @Test
    void spliceMovesAndTeeCopies() throws Exception {
        try (Pipe first = nonblocking();
                Pipe second = nonblocking();
                Pipe third = nonblocking()) {
            write(first, "a line\n");
            assertThat(Pipes.splice(first.readEnd(), second.writeEnd(), 1 << 16))
                    .isEqualTo(7);
            assertThat(Pipes.unread(first.readEnd())).isZero();
            assertThat(Pipes.tee(second.readEnd(), third.writeEnd(), 1 << 16)).isEqualTo(7);
            assertThat(Pipes.unread(second.readEnd())).isEqualTo(7);
            assertThat(read(third)).isEqualTo("a line\n");
            assertThat(read(second)).isEqualTo("a line\n");
        }
    }

    @Test
    void emptyIsNotTheEnd() throws Exception {
        try (Pipe first = nonblocking();
                Pipe second = nonblocking()) {
            assertThat(Pipes.read(first.readEnd(), buffer, 1)).isEqualTo(Pipes.WOULD_BLOCK);
            assertThat(Pipes.splice(first.readEnd(), second.writeEnd(), 1)).isEqualTo(Pipes.WOULD_BLOCK);
            assertThat(Pipes.tee(first.readEnd(), second.writeEnd(), 1)).isEqualTo(Pipes.WOULD_BLOCK);
            first.writeEnd().close();
            assertThat(Pipes.read(first.readEnd(), buffer, 1)).isEqualTo(Pipes.END);
            assertThat(Pipes.splice(first.readEnd(), second.writeEnd(), 1)).isEqualTo(Pipes.END);
            assertThat(Pipes.tee(first.readEnd(), second.writeEnd(), 1)).isEqualTo(Pipes.END);
        }
    }

    @Test
    void aBlockingPipeDoesNotMakeSpliceWait() throws Exception {
        try (Pipe first = Pipes.open("blocking", EnumSet.noneOf(PipeFlag.class));
                Pipe second = Pipes.open("blocking", EnumSet.noneOf(PipeFlag.class))) {
            assertThat(Pipes.splice(first.readEnd(), second.writeEnd(), 1)).isEqualTo(Pipes.WOULD_BLOCK);
            Pipes.setNonblocking(first.readEnd(), true);
            assertThat(Pipes.read(first.readEnd(), buffer, 1)).isEqualTo(Pipes.WOULD_BLOCK);
        }
    }

    @Test
    void sizesAreInWholePages() throws Exception {
        try (Pipe pipe = nonblocking()) {
            assertThat(Pipes.capacity(pipe.readEnd())).isEqualTo(1 << 16);
            assertThat(Pipes.resize(pipe.writeEnd(), 100_000)).isEqualTo(1 << 17);
            assertThat(Pipes.capacity(pipe.readEnd())).isEqualTo(1 << 17);
        }
    }

    @Test
    void failuresNameTheDescriptor() throws Exception {
        try (Pipe pipe = nonblocking()) {
            pipe.readEnd().close();
            assertThatThrownBy(() -> Pipes.write(pipe.writeEnd(), buffer, 1))
                    .hasMessageContaining("test pipe (write end)")
                    .isInstanceOfSatisfying(
                            ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EPIPE));
        }
    }
}
