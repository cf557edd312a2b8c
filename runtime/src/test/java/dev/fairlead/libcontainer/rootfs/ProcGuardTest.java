package dev.fairlead.libcontainer.rootfs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fairlead.libcontainer.rootfs.ProcGuard.Verdict;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProcGuardTest {
    @ParameterizedTest(name = "{0}: {1}, {2}")
    @CsvSource(textBlock = """
            /proc/cpuinfo,                  ALLOWED,  lxcfs emulates it
            /proc/diskstats,                ALLOWED,  lxcfs emulates it
            /proc/meminfo,                  ALLOWED,  lxcfs emulates it
            /proc/stat,                     ALLOWED,  lxcfs emulates it
            /proc/swaps,                    ALLOWED,  lxcfs emulates it
            /proc/uptime,                   ALLOWED,  lxcfs emulates it
            /proc/loadavg,                  ALLOWED,  lxcfs emulates it
            /proc/slabinfo,                 ALLOWED,  lxcfs emulates it
            /proc/sys/kernel/ns_last_pid,   ALLOWED,  below a refused directory
            /proc/sys/crypto/fips_enabled,  ALLOWED,  below a refused directory
            /proc/self/attr/exec,           REFUSED,  CVE-2019-16884: the LSM label is written through it
            /proc/sys,                      REFUSED,  the parent of an allowed one
            /proc/meminfo/x,                REFUSED,  the child of an allowed one
            /proc/meminfo2,                 REFUSED,  a longer name
            /proc,                          PROC,     procfs alone belongs there
            /process/meminfo,               OUTSIDE,  a prefix of the name is not a parent
            /data/proc/self,                OUTSIDE,  another directory's proc
            """)
    void judgesMountTargets(String path, Verdict expected, String because) {
        assertThat(ProcGuard.judge(path)).as(because).isEqualTo(expected);
    }

    @Test
    void aRefusalListsWhatIsAllowed() {
        assertThat(ProcGuard.refusal("/proc/self/exe", true)).get().asString().contains(ProcGuard.ALLOWED);
        assertThat(ProcGuard.refusal("/proc", false)).isPresent();
        assertThat(ProcGuard.refusal("/proc", true)).isEmpty();
        assertThat(ProcGuard.refusal("/proc/uptime", false)).isEmpty();
        assertThat(ProcGuard.refusal("/data", false)).isEmpty();
    }
}
