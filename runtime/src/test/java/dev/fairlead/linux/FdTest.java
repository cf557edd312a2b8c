package dev.fairlead.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class FdTest {
    @Test
    void usingAClosedDescriptorIsRefusedBeforeTheKernelSeesANumberThatIsAnothersByNow() {
        Fd fd = Fd.owned(1_000_000, "/some/file");
        fd.close();
        assertThatThrownBy(fd::number).isInstanceOf(IllegalStateException.class).hasMessageContaining("/some/file");
    }

    @Test
    void errnoIsThatOfTheCall() {
        assertThat(LibC.get().close(1_000_000)).isEqualTo(-1);
        assertThat(LibC.errno()).isEqualTo(Errno.EBADF);
        assertThat(Errno.EBADF.describe()).isEqualTo("EBADF (Bad file descriptor)");
    }
}
