package dev.fairlead.libcontainer.seccomp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.fairlead.libcontainer.capabilities.Capability;
import dev.fairlead.libcontainer.capabilities.ContainerCapabilities;
import dev.fairlead.libcontainer.process.SeccompProgram;
import dev.fairlead.linux.FilteredThread;
import dev.fairlead.oci.OciJson;
import dev.fairlead.oci.Seccomp;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Installs the programs in threads of this process and calls the kernel; the numbers are those of x86-64. */
class SeccompTest {
    private static final int GETPID = 39;
    private static final int CLONE = 56;
    private static final int SOCKET = 41;
    private static final int CHROOT = 161;
    private static final int PERSONALITY = 135;
    private static final int MOUNT = 165;
    private static final int REBOOT = 169;
    private static final int ADD_KEY = 248;
    private static final int UNSHARE = 272;
    private static final int PTRACE = 101;
    private static final int CLONE3 = 435;
    private static final int CACHESTAT = 451;
    private static final int STATMOUNT = 457;
    private static final int FILE_SETATTR = 469;
    private static final int NOT_YET_A_CALL = 1000;

    @BeforeAll
    static void onThisMachine() {
        assumeTrue(System.getProperty("os.arch").equals("amd64"), "the numbers of system calls are those of x86-64");
        assumeTrue(
                SeccompProfile.unavailable().isEmpty(),
                () -> SeccompProfile.unavailable().orElse(""));
    }

    private static Seccomp profile(String json) throws Exception {
        return OciJson.mapper().readValue(json, Seccomp.class);
    }

    private static List<String> under(Seccomp profile, long[]... calls) throws Exception {
        SeccompProgram program = SeccompProfile.compile(profile);
        byte[] bytes = new byte[program.instructions().remaining()];
        program.instructions().duplicate().get(bytes);
        return FilteredThread.run(bytes, program.flags(), () -> {
            List<String> answers = new ArrayList<>();
            for (long[] call : calls) {
                long[] arguments = Arrays.copyOfRange(call, 1, call.length);
                answers.add(FilteredThread.call((int) call[0], arguments));
            }
            return answers;
        });
    }

    private static long[] call(long... words) {
        return words;
    }

    @Test
    void theDefaultDeniesWhatAnOrdinaryContainerHasNoUseFor() throws Exception {
        List<String> answers = under(
                DefaultSeccompProfile.of(ContainerCapabilities.DEFAULT),
                call(GETPID),
                call(MOUNT),
                call(REBOOT),
                call(ADD_KEY),
                call(UNSHARE, 0x20000),
                call(CLONE, 0x10000000),
                call(CLONE3),
                call(PERSONALITY, 0x0020),
                call(SOCKET, 38, 5, 0),
                call(SOCKET, 40, 1, 0),
                call(NOT_YET_A_CALL));
        assertThat(answers)
                .containsExactly(
                        Long.toString(ProcessHandle.current().pid()),
                        "EPERM", // mount
                        "EPERM", // reboot
                        "EPERM", // add_key
                        "EPERM", // unshare
                        "EPERM", // clone with CLONE_NEWUSER
                        "ENOSYS", // clone3
                        "EPERM", // personality
                        "EPERM", // socket of AF_ALG
                        "EPERM", // socket of AF_VSOCK
                        "ENOSYS"); // newer than the profile
    }

    @Test
    void theDefaultLetsOrdinaryCallsThroughToTheKernel() throws Exception {
        List<String> answers = under(
                DefaultSeccompProfile.of(ContainerCapabilities.DEFAULT),
                call(PERSONALITY, 0xffffffffL),
                call(SOCKET, 1, 99, 0),
                call(SOCKET, 45, 99, 0),
                call(CHROOT, 0),
                call(PTRACE, -1, -1),
                call(CACHESTAT, -1),
                call(STATMOUNT, 0),
                call(FILE_SETATTR));
        assertThat(answers.get(0)).isEqualTo("0");
        assertThat(answers.subList(1, 3)).doesNotContain("EPERM");
        assertThat(answers.get(3))
                .as("chroot of no path: CAP_SYS_CHROOT is in the default set")
                .isEqualTo("EFAULT");
        assertThat(answers.get(4)).as("ptrace").isEqualTo("ESRCH");
        // Newer than libseccomp 2.5.4: let through by the words before its program.
        assertThat(answers.get(5)).as("cachestat").isIn("EBADF", "ENOSYS");
        assertThat(answers.get(6)).as("statmount").isIn("EFAULT", "EINVAL", "ENOSYS");
        assertThat(answers.get(7)).as("newer than the profile").isEqualTo("ENOSYS");
    }

    @Test
    void capabilitiesOpenTheCallsThatBelongToThem() throws Exception {
        Set<Capability> none = EnumSet.noneOf(Capability.class);
        assertThat(under(DefaultSeccompProfile.of(none), call(CHROOT, 0), call(MOUNT)))
                .containsExactly("EPERM", "EPERM");
        assertThat(under(
                        DefaultSeccompProfile.of(EnumSet.of(Capability.SYS_ADMIN)),
                        call(CHROOT, 0),
                        call(MOUNT),
                        call(CLONE3, 0, 8)))
                .containsExactly("EPERM", "EFAULT", "EINVAL");
        assertThat(under(DefaultSeccompProfile.of(EnumSet.of(Capability.SYS_BOOT)), call(REBOOT)))
                .containsExactly("EINVAL");
    }

    @ParameterizedTest(name = "personality({2}) under {0} {1}: {3}")
    @CsvSource(textBlock = """
            SCMP_CMP_EQ, 7,  7,  EXDEV
            SCMP_CMP_EQ, 7,  -1, 0
            SCMP_CMP_NE, 7,  -1, EXDEV
            SCMP_CMP_GT, 7,  8,  EXDEV
            SCMP_CMP_GE, 7,  7,  EXDEV
            SCMP_CMP_LT, 7,  6,  EXDEV
            SCMP_CMP_LE, 7,  7,  EXDEV
            SCMP_CMP_MASKED_EQ, 15, 23, EXDEV
            """)
    void everyOperatorCompares(String operator, long value, int argument, String expected) throws Exception {
        String arg = "{\"index\":0,\"value\":" + value + ",\"valueTwo\":7,\"op\":\"" + operator + "\"}";
        assertThat(under(
                        profile("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"personality\"],"
                                + "\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":18,\"args\":[" + arg + "]}]}"),
                        call(PERSONALITY, argument)))
                .containsExactly(expected);
    }

    @Test
    void twoComparisonsOfOneArgumentAreAlternatives() throws Exception {
        String args =
                "{\"index\":0,\"value\":7,\"op\":\"SCMP_CMP_EQ\"},{\"index\":0,\"value\":9,\"op\":\"SCMP_CMP_EQ\"}";
        assertThat(under(
                        profile("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"personality\"],"
                                + "\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":18,\"args\":[" + args + "]}]}"),
                        call(PERSONALITY, 7),
                        call(PERSONALITY, 9),
                        call(PERSONALITY, -1)))
                .containsExactly("EXDEV", "EXDEV", "0");
    }

    @Test
    void unknownCallsArePassedOverAndTheDefaultCounts() throws Exception {
        assertThat(under(
                        profile("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":["
                                + "{\"names\":[\"no_such_call\",\"getpid\"],\"action\":\"SCMP_ACT_ERRNO\"},"
                                + "{\"names\":[\"getpid\"],\"action\":\"SCMP_ACT_ALLOW\"}]}"),
                        call(GETPID),
                        call(NOT_YET_A_CALL)))
                .containsExactly("EPERM", "ENOSYS");
    }

    @ParameterizedTest(name = "{1}")
    @CsvSource(delimiter = '|', textBlock = """
            {"defaultAction":"SCMP_ACT_MAYBE"}                                                     | defaultAction: "SCMP_ACT_MAYBE" is none of
            {"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_Z80"]}                   | architectures[0]: "SCMP_ARCH_Z80" is unknown to libseccomp
            {"defaultAction":"SCMP_ACT_ALLOW","flags":["FAST"]}                                    | flags[0]: "FAST" is none of
            {"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["getpid"],"action":"NO"}]}     | syscalls[0].action: "NO" is none of
            {"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["getpid"],"action":"SCMP_ACT_NOTIFY"}]} | syscalls[0].action: SCMP_ACT_NOTIFY needs an agent
            {"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":70000}                             | errnoRet 70000 is not from 0 to 65535
            {"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["getpid"],"action":"SCMP_ACT_KILL","args":[{"index":6,"value":0,"op":"SCMP_CMP_EQ"}]}]} | syscalls[0].args[0].index: 6
            {"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["getpid"],"action":"SCMP_ACT_KILL","args":[{"index":0,"value":0,"op":"<"}]}]} | syscalls[0].args[0].op: "<" is none of
            """)
    void whatIsNoProfileIsRefusedByItsField(String json, String message) throws Exception {
        Seccomp profile = profile(json);
        assertThatThrownBy(() -> SeccompProfile.compile(profile))
                .isInstanceOf(SeccompException.class)
                .hasMessageContaining(message);
    }

    @Test
    void anEqualProfileIsCompiledOnce() throws Exception {
        SeccompProgram first = SeccompProfile.compile(DefaultSeccompProfile.of(ContainerCapabilities.DEFAULT));
        assertThat(SeccompProfile.compile(DefaultSeccompProfile.of(ContainerCapabilities.DEFAULT)))
                .isSameAs(first);
        assertThat(SeccompProfile.compile(DefaultSeccompProfile.of(Set.of()))).isNotSameAs(first);
        assertThat(first.flags()).as("SPEC_ALLOW").isEqualTo(4);
        System.out.printf(
                "seccomp: the default has %d instructions%n",
                first.instructions().remaining() / 8);
    }

    @Test
    void aProfileOfDockersFormIsReadForThisMachineAndTheseCapabilities(@TempDir Path directory) throws Exception {
        Path file = Files.writeString(directory.resolve("profile.json"), """
                {"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":13,
                 "archMap":[{"architecture":"SCMP_ARCH_X86_64","subArchitectures":["SCMP_ARCH_X86","SCMP_ARCH_X32"]},
                            {"architecture":"SCMP_ARCH_AARCH64","subArchitectures":["SCMP_ARCH_ARM"]}],
                 "syscalls":[
                   {"names":["prctl","seccomp","rt_sigprocmask","futex","exit","munmap","mprotect","madvise","set_robust_list","rseq"],"action":"SCMP_ACT_ALLOW"},
                   {"name":"getpid","action":"SCMP_ACT_ALLOW","comment":"old form","includes":{"minKernel":"4.8"}},
                   {"names":["mount"],"action":"SCMP_ACT_ALLOW","includes":{"caps":["CAP_SYS_ADMIN"]}},
                   {"names":["reboot"],"action":"SCMP_ACT_ALLOW","excludes":{"caps":["CAP_SYS_ADMIN"],"arches":["s390x"]}},
                   {"names":["chroot"],"action":"SCMP_ACT_ALLOW","includes":{"arches":["arm64"]}},
                   {"names":["personality"],"action":"SCMP_ACT_ERRNO","errnoRet":18,
                    "args":[{"index":0,"value":18446744073709551615,"op":"SCMP_CMP_LE"}]}]}
                """);
        Seccomp profile = SeccompProfileFile.load(file, EnumSet.of(Capability.SYS_ADMIN));
        assertThat(profile.architectures()).containsExactly("SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32");
        assertThat(profile.syscalls())
                .extracting(rule -> rule.names().getFirst())
                .containsExactly("prctl", "getpid", "mount", "personality");
        assertThat(profile.syscalls().get(3).args().getFirst().value()).isEqualTo(-1L);
        assertThat(SeccompProfileFile.load(file, Set.of()).syscalls())
                .extracting(rule -> rule.names().getFirst())
                .containsExactly("prctl", "getpid", "reboot", "personality");
        assertThat(SeccompProfile.compile(profile).instructions().remaining()).isPositive();
    }

    @ParameterizedTest(name = "{1}")
    @CsvSource(delimiter = '|', textBlock = """
            {                                                                | not JSON: line 1, column
            []                                                               | not a JSON object
            {"syscalls":[]}                                                  | defaultAction: missing
            {"defaultAction":7}                                              | defaultAction: not a string: 7
            {"defaultAction":"A","syscalls":{}}                              | syscalls: not a list
            {"defaultAction":"A","syscalls":[{"action":"A"}]}                | syscalls[0].names: missing
            {"defaultAction":"A","syscalls":[{"names":["a"]}]}               | syscalls[0].action: missing
            {"defaultAction":"A","syscalls":[{"names":[1],"action":"A"}]}    | syscalls[0].names: not a list of strings: 1
            {"defaultAction":"A","syscalls":[{"names":["a"],"action":"A","args":[{"value":1,"op":"X"}]}]} | syscalls[0].args[0].index: missing
            {"defaultAction":"A","syscalls":[{"names":["a"],"action":"A","includes":{"caps":["CAP_NO"]}}]} | syscalls[0].includes.caps: unknown capability "CAP_NO"
            """)
    void aFileThatIsNoProfileIsNamedWithItsField(String json, String message, @TempDir Path directory)
            throws Exception {
        Path file = Files.writeString(directory.resolve("p.json"), json);
        assertThatThrownBy(() -> SeccompProfileFile.load(file, Set.of()))
                .isInstanceOf(SeccompException.class)
                .hasMessageContainingAll("seccomp profile " + file, message);
    }

    @Test
    void aFileThatIsNotThereIsSaidToBeMissingOnThisNode(@TempDir Path directory) {
        assertThatThrownBy(() -> SeccompProfileFile.load(directory.resolve("none.json"), Set.of()))
                .hasMessageContainingAll("none.json", "no such file on this node");
    }
}
