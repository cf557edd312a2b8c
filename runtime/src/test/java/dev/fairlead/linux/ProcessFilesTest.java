package dev.fairlead.linux;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fairlead.linux.ProcessFiles.Descriptors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ProcessFilesTest {
    private static Process start(String script) throws Exception {
        Process process = new ProcessBuilder("bash", "-c", script).start();
        assertThat(process.inputReader().readLine()).isEqualTo("ready");
        return process;
    }

    @Test
    void descriptorsAndSocketsAreCounted() throws Exception {
        Process few = start("echo ready; read line");
        Process more =
                start("exec 11</dev/null 12</dev/null 13</dev/null 14<>/dev/udp/127.0.0.1/9; echo ready; read line");
        try {
            Descriptors before = ProcessFiles.descriptors((int) few.pid());
            Descriptors after = ProcessFiles.descriptors((int) more.pid());
            assertThat(after.open() - before.open()).isEqualTo(4);
            assertThat(after.sockets() - before.sockets()).isEqualTo(1);
        } finally {
            few.destroyForcibly();
            more.destroyForcibly();
        }
    }

    @Test
    void theSoftLimitIsTheOneThatWasSet() throws Exception {
        Process process = start("ulimit -Sn 123; echo ready; read line");
        try {
            assertThat(ProcessFiles.openFilesLimit((int) process.pid())).hasValue(123);
        } finally {
            process.destroyForcibly();
        }
        assertThat(ProcessFiles.parseOpenFilesLimit("Max open files            unlimited            unlimited   files"))
                .hasValue(ProcessFiles.UNLIMITED);
    }

    @Test
    void aProcessThatHasEndedHasNothing() throws Exception {
        Process process = start("echo ready");
        assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
        assertThat(ProcessFiles.descriptors((int) process.pid())).isEqualTo(Descriptors.NONE);
        assertThat(ProcessFiles.openFilesLimit((int) process.pid())).isEmpty();
    }
}
