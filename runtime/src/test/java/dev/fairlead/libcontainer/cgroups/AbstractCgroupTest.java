package dev.fairlead.libcontainer.cgroups;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.fairlead.linux.Errno;
import dev.fairlead.linux.Fd;
import dev.fairlead.oci.OciJson;
import dev.fairlead.oci.Resources;
import dev.fairlead.test.NeedsRoot;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.opentest4j.TestAbortedException;

/** What a cgroup does, in whatever layout its hierarchies have; real processes, the real kernel. */
@NeedsRoot
abstract class AbstractCgroupTest {
    /** The hierarchies to test with. */
    abstract CgroupHierarchies hierarchies() throws Exception;

    private static final Resources NONE = limits("{}");

    private static Resources limits(String json) {
        try {
            return OciJson.mapper().readValue(json, Resources.class);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(json, e);
        }
    }

    private static void await(String what, Waiting.Condition condition) throws CgroupException {
        assertThat(Waiting.until(Duration.ofSeconds(10), condition)).as(what).isTrue();
    }

    private void needs(String controller) throws Exception {
        assumeTrue(hierarchies().controllers().contains(controller), "this node has no " + controller + " controller");
    }

    @Test
    void aProcessIsInsideInEveryHierarchyThatIsMounted() throws Exception {
        try (TestCgroup test = TestCgroup.create(hierarchies(), NONE)) {
            Process process = test.start("sleep", "60");
            await("inside", () -> test.cgroup().pids().contains((int) process.pid()));
            for (Hierarchy hierarchy : hierarchies().all()) {
                assertThat(hierarchy.directory(test.cgroup().path()).processes())
                        .as(hierarchy.toString())
                        .containsExactly((int) process.pid());
            }
        }
    }

    @Test
    void theCgroupOfAnEarlierDaemonIsOpenedByItsPath() throws Exception {
        try (TestCgroup test = TestCgroup.create(hierarchies(), NONE)) {
            Process process = test.start("sleep", "60");
            await("inside", () -> test.cgroup().pids().contains((int) process.pid()));
            Cgroup again = hierarchies().open(test.cgroup().path());
            again.kill();
            assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
            again.remove();
            assertThat(again.exists()).isFalse();
            again.remove();
            again.kill();
            hierarchies().at(test.cgroup().path()).remove();
        }
        assertThatThrownBy(() -> hierarchies().open(TestCgroup.newName()))
                .isInstanceOf(CgroupException.class)
                .hasMessageContaining("does not exist");
    }

    @Test
    void aProcessAboveItsMemoryLimitIsKilledAndCounted() throws Exception {
        needs("memory");
        try (TestCgroup test =
                TestCgroup.create(hierarchies(), limits("{\"memory\":{\"limit\":16777216,\"swap\":16777216}}"))) {
            assertThat(test.run("sh", "-c", "tail /dev/zero")).endsWith("exit 137");
            assertThat(test.cgroup().oomKills()).isEqualTo(1);
            CgroupStatistics.Memory memory = test.cgroup().statistics().memory().orElseThrow();
            assertThat(memory.limitBytes()).hasValue(16777216);
            assertThat(memory.pageFaults()).isPositive();
        }
    }

    @Test
    void memoryAndSwapAreRaisedAndLoweredInTheOrderThatTheKernelWants() throws Exception {
        needs("memory");
        try (TestCgroup test =
                TestCgroup.create(hierarchies(), limits("{\"memory\":{\"limit\":16777216,\"swap\":16777216}}"))) {
            for (long bytes : new long[] {67108864, 8388608, 33554432}) {
                List<String> warnings = new ArrayList<>();
                test.cgroup()
                        .apply(limits("{\"memory\":{\"limit\":" + bytes + ",\"swap\":" + bytes + "}}"), warnings::add);
                assertThat(test.cgroup().statistics().memory().orElseThrow().limitBytes())
                        .hasValue(bytes);
                assertThat(warnings).isEmpty();
            }
            test.cgroup().apply(limits("{\"memory\":{\"limit\":-1}}"), warning -> {});
            assertThat(test.cgroup().statistics().memory().orElseThrow().limitBytes())
                    .isEmpty();
        }
    }

    @Test
    void aLimitOfMemoryAloneIsChangedAndAsMuchMayBeSwappedAsBefore() throws Exception {
        needs("memory");
        try (TestCgroup test =
                TestCgroup.create(hierarchies(), limits("{\"memory\":{\"limit\":16777216,\"swap\":20971520}}"))) {
            for (long bytes : new long[] {67108864, 8388608}) {
                test.cgroup().apply(limits("{\"memory\":{\"limit\":" + bytes + "}}"), warning -> {});
                CgroupStatistics.Memory memory =
                        test.cgroup().statistics().memory().orElseThrow();
                assertThat(memory.limitBytes()).hasValue(bytes);
                memory.swap().ifPresent(swap -> assertThat(swap.limitBytes()).hasValue(4194304));
            }
        }
    }

    @Test
    void aMemoryLimitBelowWhatIsInUseIsRefusedWithTheFigures() throws Exception {
        needs("memory");
        try (TestCgroup test = TestCgroup.create(hierarchies(), NONE)) {
            // Keeps 32 MB: tail waits for the end of a line that does not come.
            test.start("sh", "-c", "{ head -c 33554432 /dev/zero; sleep 60; } | tail");
            await(
                    "memory in use",
                    () -> test.cgroup().statistics().memory().orElseThrow().workingSetBytes() > 33000000);
            assertThatThrownBy(() -> test.cgroup()
                            .apply(
                                    limits("{\"memory\":{\"limit\":4194304,\"checkBeforeUpdate\":true}}"),
                                    warning -> {}))
                    .isInstanceOf(CgroupException.class)
                    .hasMessageContaining("4194304 bytes is less than the ");
            if (hierarchies().mode() != CgroupHierarchies.Mode.UNIFIED) {
                assertThatThrownBy(() -> test.cgroup().apply(limits("{\"memory\":{\"limit\":4194304}}"), warning -> {}))
                        .isInstanceOf(CgroupException.class)
                        .hasMessageContainingAll("memory.limit_in_bytes", "4194304", "EBUSY", "in use: ");
            }
        }
    }

    @Test
    void noMoreTasksThanAllowed() throws Exception {
        needs("pids");
        try (TestCgroup test = TestCgroup.create(hierarchies(), limits("{\"pids\":{\"limit\":5}}"))) {
            String output = test.run(
                    "bash",
                    "-c",
                    "for i in 1 2 3 4 5 6 7 8 9; do sleep 3 & done 2>&1; kill $(jobs -p) 2>/dev/null; exit 0");
            assertThat(output).contains("Resource temporarily unavailable");
            assertThat(test.cgroup().statistics().pids().orElseThrow().limit()).hasValue(5);
            test.cgroup().apply(limits("{\"pids\":{\"limit\":-1}}"), warning -> {});
            assertThat(test.cgroup().statistics().pids().orElseThrow().limit()).isEmpty();
        }
    }

    @Test
    void aQuotaThrottles() throws Exception {
        needs("cpu");
        try (TestCgroup test = TestCgroup.create(
                hierarchies(), limits("{\"cpu\":{\"shares\":512,\"quota\":10000,\"period\":100000}}"))) {
            test.start("sh", "-c", "while :; do :; done");
            // The time is added when the throttling ends: periods are counted before it.
            await("throttled", () -> {
                CgroupStatistics.Cpu cpu = test.cgroup().statistics().cpu().orElseThrow();
                return cpu.throttledPeriods() >= 3 && cpu.throttledNanos() > 0;
            });
            CgroupStatistics.Cpu cpu = test.cgroup().statistics().cpu().orElseThrow();
            assertThat(cpu.usageNanos()).isBetween(1L, TimeUnit.MILLISECONDS.toNanos(10 * (cpu.periods() + 4)));
        }
    }

    @Test
    void aPeriodTooShortForTheOldQuotaIsSetAfterTheNewOne() throws Exception {
        needs("cpu");
        try (TestCgroup parent =
                TestCgroup.create(hierarchies(), limits("{\"cpu\":{\"quota\":50000,\"period\":100000}}"))) {
            Cgroup cgroup = hierarchies()
                    .create(
                            parent.cgroup().path() + "/below",
                            limits("{\"cpu\":{\"quota\":50000,\"period\":100000}}"),
                            warning -> {});
            try {
                cgroup.apply(limits("{\"cpu\":{\"quota\":5000,\"period\":10000}}"), warning -> {});
            } finally {
                cgroup.remove();
            }
        }
    }

    @Test
    void aCpusetHoldsAndOneThatDoesNotExistIsRefused() throws Exception {
        needs("cpuset");
        try (TestCgroup test = TestCgroup.create(hierarchies(), limits("{\"cpu\":{\"cpus\":\"0\",\"mems\":\"0\"}}"))) {
            assertThat(test.run("grep", "Cpus_allowed_list", "/proc/self/status"))
                    .contains("\t0\n");
        }
        String name = TestCgroup.newName();
        CgroupHierarchies hierarchies = hierarchies();
        assertThatThrownBy(() -> hierarchies.create(name, limits("{\"cpu\":{\"cpus\":\"4000\"}}"), warning -> {}))
                .isInstanceOfSatisfying(
                        CgroupException.class, e -> assertThat(e.errno()).isIn(Errno.EINVAL, Errno.ERANGE))
                .hasMessageContainingAll("cpuset.cpus", "\"4000\"", "not a list of CPUs");
        for (Hierarchy hierarchy : hierarchies.all()) {
            assertThat(hierarchy.directory(name).path()).as("undone").doesNotExist();
        }
    }

    @Test
    void ancestorsThatAreMissingAreMadeAndGoWithTheLastCgroupInThem() throws Exception {
        String top = TestCgroup.newName();
        CgroupHierarchies hierarchies = hierarchies();
        Cgroup leaf = hierarchies.create(top + "/middle/leaf", NONE, warning -> {});
        Process process = new ProcessBuilder("sleep", "60").start();
        try {
            leaf.add((int) process.pid());
            assertThat(leaf.pids()).containsExactly((int) process.pid());
            assertThatThrownBy(() -> hierarchies.create(top + "/middle/leaf", NONE, warning -> {}))
                    .hasMessageContaining("exists and has processes: [" + process.pid());
        } finally {
            process.destroyForcibly().waitFor();
        }
        Cgroup other = hierarchies.create(top + "/middle/other", NONE, warning -> {});
        leaf.remove();
        assertThat(hierarchies.open(top + "/middle").exists())
                .as("still has the other")
                .isTrue();
        other.remove();
        for (Hierarchy hierarchy : hierarchies.all()) {
            assertThat(hierarchy.directory(top).path()).doesNotExist();
        }
    }

    @Test
    void anAncestorThatSomebodyElseMadeStays() throws Exception {
        try (TestCgroup pod = TestCgroup.create(hierarchies(), NONE)) {
            hierarchies()
                    .create(pod.cgroup().path() + "/container", NONE, warning -> {})
                    .remove();
            assertThat(pod.cgroup().exists()).isTrue();
        }
    }

    @Test
    void aLimitThatAnAncestorsProcessesForbidIsRefusedWithTheReason() throws Exception {
        assumeTrue(
                hierarchies().mode() == CgroupHierarchies.Mode.UNIFIED,
                "only cgroup v2 keeps processes out of ancestors");
        try (TestCgroup parent = TestCgroup.create(hierarchies(), NONE)) {
            Process process = parent.start("sleep", "60");
            await("inside", () -> parent.cgroup().pids().contains((int) process.pid()));
            String path = parent.cgroup().path() + "/below";
            assertThatThrownBy(() -> hierarchies().create(path, limits("{\"pids\":{\"limit\":5}}"), warning -> {}))
                    .isInstanceOf(CgroupException.class)
                    .hasMessageContainingAll("pids.max", "the controller was refused", "processes of its own");
            hierarchies().create(path, NONE, warning -> {}).remove();
        }
    }

    @Test
    void aProcessOfTheParentIsMovedIntoAChild() throws Exception {
        try (TestCgroup test = TestCgroup.create(hierarchies(), NONE)) {
            Process process = test.start("sleep", "60");
            await("inside", () -> test.cgroup().pids().contains((int) process.pid()));
            Cgroup child = test.cgroup().child("exec-1");
            child.add((int) process.pid());
            assertThat(child.pids()).containsExactly((int) process.pid());
            child.kill();
            assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
            assertThatThrownBy(() -> child.add((int) process.pid()))
                    .isInstanceOfSatisfying(
                            CgroupException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ESRCH));
        }
    }

    @Test
    void pressureIsCountedWhereTheKernelDoes() throws Exception {
        try (TestCgroup test = TestCgroup.create(hierarchies(), NONE)) {
            CgroupStatistics statistics = test.cgroup().statistics();
            boolean psi = hierarchies().unified().isPresent() && Files.exists(Path.of("/proc/pressure/cpu"));
            assertThat(statistics.pressure().isPresent()).isEqualTo(psi);
        }
    }

    @Test
    void whatIsUsedIsTheSameInAFewFilesAsInAll() throws Exception {
        try (TestCgroup test =
                TestCgroup.create(hierarchies(), limits("{\"memory\":{\"limit\":67108864,\"swap\":67108864}}"))) {
            String output = test.run("sh", "-c", "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done");
            assertThat(output).endsWith("exit 0");
            CgroupStatistics all = test.cgroup().statistics();
            CgroupUsage few = test.cgroup().usage();
            // The process has ended, so nothing changes between the two.
            assertThat(few.cpuNanos().orElseThrow())
                    .isPositive()
                    .isEqualTo(all.cpu().orElseThrow().usageNanos());
            assertThat(few.memory().map(CgroupStatistics.Memory::limitBytes))
                    .isEqualTo(all.memory().map(CgroupStatistics.Memory::limitBytes));
            assertThat(few.memory().map(CgroupStatistics.Memory::pageFaults))
                    .isEqualTo(all.memory().map(CgroupStatistics.Memory::pageFaults));
            assertThat(few.pressure().isPresent()).isEqualTo(all.pressure().isPresent());
        }
    }

    @Test
    void moreAboutMemoryIsWhatTheKernelCounts() throws Exception {
        needs("memory");
        try (TestCgroup test =
                TestCgroup.create(hierarchies(), limits("{\"memory\":{\"limit\":16777216,\"swap\":16777216}}"))) {
            test.start("sh", "-c", "{ head -c 8388608 /dev/zero; sleep 60; } | tail");
            await(
                    "memory in use",
                    () -> test.cgroup().usage().memory().orElseThrow().rssBytes() > 8_000_000);
            CgroupStatistics.MemoryDetails details =
                    test.cgroup().statistics().memoryDetails().orElseThrow();
            details.peakBytes().ifPresent(peak -> assertThat(peak).isBetween(8_000_000L, 16_777_216L));
            assertThat(details.ownPageFaults()).isBetween(1000L, 1_000_000L);
            assertThat(details.activeFileBytes() + details.inactiveFileBytes())
                    .isLessThanOrEqualTo(
                            test.cgroup().statistics().memory().orElseThrow().usageBytes());
        }
    }

    @Test
    void limitsAreReadAsTheKernelHasThem() throws Exception {
        needs("memory");
        needs("cpu");
        try (TestCgroup test = TestCgroup.create(
                hierarchies(),
                limits("{\"cpu\":{\"shares\":1024,\"quota\":20000,\"period\":100000},"
                        + "\"memory\":{\"limit\":67108864,\"reservation\":33554432}}"))) {
            CgroupLimits limits = test.cgroup().limits();
            assertThat(limits.cpuShares().orElseThrow()).isCloseTo(1024, Offset.offset(16L));
            assertThat(limits.cpuQuotaMicros()).hasValue(20000);
            assertThat(limits.cpuPeriodMicros()).hasValue(100000);
            assertThat(limits.memoryBytes()).hasValue(67108864);
            assertThat(limits.memoryReservationBytes()).hasValue(33554432);
        }
        try (TestCgroup test = TestCgroup.create(hierarchies(), NONE)) {
            CgroupLimits limits = test.cgroup().limits();
            assertThat(limits.cpuQuotaMicros()).isEmpty();
            assertThat(limits.memoryBytes()).isEmpty();
            assertThat(limits.memoryReservationBytes()).isEmpty();
        }
    }

    @Test
    void whatACgroupUsedThatIsGoneIsNotZero() throws Exception {
        CgroupHierarchies hierarchies = hierarchies();
        Cgroup cgroup = hierarchies.create(TestCgroup.newName(), NONE, warning -> {});
        cgroup.remove();
        assertThatThrownBy(cgroup::usage)
                .isInstanceOfSatisfying(
                        CgroupException.class, e -> assertThat(e.isGone()).isTrue());
        assertThatThrownBy(cgroup::statistics).isInstanceOf(CgroupException.class);
    }

    @Test
    void filesOfV2AreWrittenAsTheyAreAndNoOthers() throws Exception {
        boolean v2 = hierarchies().unified().isPresent();
        try (TestCgroup test = TestCgroup.create(hierarchies(), NONE)) {
            Resources depth = limits("{\"unified\":{\"cgroup.max.depth\":\"3\"}}");
            if (v2) {
                test.cgroup().apply(depth, warning -> {});
                Hierarchy unified = hierarchies().unified().orElseThrow();
                assertThat(unified.directory(test.cgroup().path()).read("cgroup.max.depth"))
                        .isEqualTo("3");
            } else {
                assertThatThrownBy(() -> test.cgroup().apply(depth, warning -> {}))
                        .hasMessageContaining("this node has no cgroup v2");
            }
            for (String file : List.of("../x.y", "a/b.c", "cgroup.kill", "cgroup.procs", "memory", "")) {
                assertThatThrownBy(() ->
                                test.cgroup().apply(limits("{\"unified\":{\"" + file + "\":\"1\"}}"), warning -> {}))
                        .as(file)
                        .isInstanceOf(CgroupException.class)
                        .hasMessageContaining("not the name of a limit of cgroup v2");
            }
        }
    }

    @Test
    void frozenProcessesUseNoTimeAndCanBeKilled() throws Exception {
        try (TestCgroup test = TestCgroup.create(hierarchies(), NONE)) {
            Process process = test.start("sh", "-c", "while :; do :; done");
            await(
                    "running",
                    () -> test.cgroup().statistics().cpu().orElseThrow().usageNanos() > 5_000_000);
            test.cgroup().freeze();
            long before = test.cgroup().statistics().cpu().orElseThrow().usageNanos();
            Thread.sleep(100);
            assertThat(test.cgroup().statistics().cpu().orElseThrow().usageNanos())
                    .isCloseTo(before, Offset.offset(2_000_000L));
            test.cgroup().thaw();
            await(
                    "running again",
                    () -> test.cgroup().statistics().cpu().orElseThrow().usageNanos() > before + 5_000_000);
            test.cgroup().freeze();
            test.cgroup().kill();
            assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isEqualTo(137);
        }
    }

    @ParameterizedTest(name = "one by one: {0}")
    @CsvSource({"false", "true"})
    void everyProcessIsKilledAlsoThoseInGroupsBelow(boolean oneByOne) throws Exception {
        try (TestCgroup test = TestCgroup.create(hierarchies(), NONE)) {
            Process process = test.start("sh", "-c", "setsid sleep 60 & sleep 60 & (sleep 60 & exec sleep 60)");
            Cgroup child = test.cgroup().child("exec-1");
            test.start(child, "sleep", "60");
            await("all started", () -> test.cgroup().pids().size() == 6);
            if (oneByOne) {
                Hierarchy place = hierarchies().all().stream()
                        .filter(h -> h.unified() || h.controllers().contains("freezer"))
                        .reduce((first, last) -> last)
                        .orElseThrow();
                CgroupDirectory directory = place.directory(test.cgroup().path());
                (place.unified() ? new Processes.Unified(directory) : new Processes.Freezer(directory)).killOneByOne();
            } else {
                test.cgroup().kill();
            }
            assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
            await("all gone", () -> test.cgroup().pids().isEmpty());
        }
    }

    @Test
    void aChildIsKilledAloneAndStaysWithinTheLimits() throws Exception {
        try (TestCgroup test = TestCgroup.create(hierarchies(), NONE)) {
            Process main = test.start("sleep", "60");
            Cgroup child = test.cgroup().child("exec-7");
            Process exec = test.start(child, "sh", "-c", "setsid sleep 60 & sleep 60");
            await("started", () -> child.pids().size() == 3);
            for (Hierarchy hierarchy : hierarchies().all()) {
                assertThat(hierarchy.directory(test.cgroup().path()).processesOfTree())
                        .contains((int) exec.pid());
            }
            assertThat(child.removeIfEmpty()).isFalse();
            child.kill();
            assertThat(exec.waitFor(10, TimeUnit.SECONDS)).isTrue();
            await("the child is gone", child::removeIfEmpty);
            assertThat(child.exists()).isFalse();
            assertThat(main.isAlive()).isTrue();
            assertThat(test.cgroup().pids()).containsExactly((int) main.pid());
        }
        try (TestCgroup test = TestCgroup.create(hierarchies(), NONE)) {
            assertThatThrownBy(() -> test.cgroup().child("../x")).hasMessageContaining("no name for a child");
        }
    }

    @Test
    void devicesAreDeniedButForTheListAndAnUpdateAddsOne() throws Exception {
        String deny = "{\"allow\":false,\"access\":\"rwm\"}";
        String allowNull = "{\"allow\":true,\"type\":\"c\",\"major\":1,\"minor\":3,\"access\":\"rwm\"}";
        String readZero = "{\"allow\":true,\"type\":\"c\",\"major\":1,\"minor\":5,\"access\":\"r\"}";
        try (TestCgroup test =
                TestCgroup.create(hierarchies(), limits("{\"devices\":[" + deny + "," + allowNull + "]}"))) {
            assertThat(test.run("sh", "-c", "head -c 1 /dev/zero")).contains("Operation not permitted");
            assertThat(test.run("sh", "-c", "echo x >/dev/null && cat /dev/null"))
                    .isEqualTo("exit 0");
            test.cgroup()
                    .apply(limits("{\"devices\":[" + deny + "," + allowNull + "," + readZero + "]}"), warning -> {});
            assertThat(test.run("sh", "-c", "head -c 1 /dev/zero >/dev/null")).isEqualTo("exit 0");
            assertThat(test.run("sh", "-c", "echo x >/dev/zero")).contains("Operation not permitted");
            test.cgroup().apply(limits("{\"devices\":[" + deny + "," + allowNull + "]}"), warning -> {});
            assertThat(test.run("sh", "-c", "head -c 1 /dev/zero")).contains("Operation not permitted");
            test.cgroup().apply(NONE, warning -> {});
            assertThat(test.run("sh", "-c", "head -c 1 /dev/zero"))
                    .as("no rules: unchanged")
                    .contains("Operation not permitted");
        }
    }

    @Test
    void theProgramForDevicesDecidesAsTheListDoes() throws Exception {
        Hierarchy unified = hierarchies().unified().orElseThrow(AbstractCgroupTest::noV2);
        try (TestCgroup test = TestCgroup.create(hierarchies(), NONE)) {
            DevicesV2 devices = new DevicesV2(unified.directory(test.cgroup().path()));
            String denyAll = "{\"devices\":[{\"allow\":false},"
                    + "{\"allow\":true,\"type\":\"c\",\"major\":1,\"minor\":3,\"access\":\"rwm\"},"
                    + "{\"allow\":true,\"type\":\"c\",\"access\":\"m\"},"
                    + "{\"allow\":true,\"type\":\"c\",\"major\":1,\"minor\":7,\"access\":\"w\"}]}";
            devices.apply(limits(denyAll), true, warning -> {});
            assertThat(test.run("sh", "-c", "echo x 2>&1 >/dev/null; head -c 1 /dev/zero"))
                    .contains("Operation not permitted");
            assertThat(test.run("sh", "-c", "head -c 1 /dev/full")).contains("Operation not permitted");
            assertThat(test.run("sh", "-c", "cat /etc/passwd >/dev/full")).contains("No space left on device");
            devices.apply(
                    limits(
                            "{\"devices\":[{\"allow\":true},{\"allow\":false,\"type\":\"c\",\"major\":1,\"access\":\"w\"}]}"),
                    false,
                    warning -> {});
            assertThat(test.run("sh", "-c", "head -c 1 /dev/zero | wc -c")).startsWith("1");
            assertThat(test.run("sh", "-c", "echo x >/dev/zero")).contains("Operation not permitted");
        }
    }

    @Test
    void whatTheKubeletAlwaysSendsIsTakenAndWhatWouldBeMissedIsTold() throws Exception {
        List<String> warnings = new ArrayList<>();
        Cgroup cgroup = hierarchies()
                .create(
                        TestCgroup.newName(),
                        limits(
                                "{\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":0},{\"pageSize\":\"1GB\",\"limit\":0}],"
                                        + "\"cpu\":{\"shares\":2,\"quota\":0,\"period\":0,\"cpus\":\"\",\"mems\":\"\"},"
                                        + "\"memory\":{\"limit\":0},\"pids\":{\"limit\":0}}"),
                        warnings::add);
        try {
            assertThat(warnings).isEmpty();
            cgroup.apply(limits("{\"hugepageLimits\":[{\"pageSize\":\"3MB\",\"limit\":7}]}"), warnings::add);
            assertThat(warnings).singleElement().asString().contains("3MB huge pages ignored");
        } finally {
            cgroup.remove();
        }
    }

    @Test
    void hugePagesAreLimited() throws Exception {
        needs("hugetlb");
        try (TestCgroup test = TestCgroup.create(
                hierarchies(), limits("{\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":4194304}]}"))) {
            assertThat(test.cgroup().statistics().hugetlb()).anySatisfy(pages -> {
                assertThat(pages.pageSize()).isEqualTo("2MB");
                assertThat(pages.limitBytes()).hasValue(4194304);
            });
        }
    }

    @Test
    void pathsThatLeadOutAreRefused() throws Exception {
        CgroupHierarchies hierarchies = hierarchies();
        for (String path : List.of("", ".", "a/..", "/", "/a/../..", "../b", "a\0b")) {
            assertThatThrownBy(() -> hierarchies.create(path, NONE, warning -> {}))
                    .as(path)
                    .isInstanceOfSatisfying(
                            CgroupException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EINVAL));
        }
    }

    @Test
    void removingABusyCgroupNamesItsProcesses() throws Exception {
        try (TestCgroup test = TestCgroup.create(hierarchies(), NONE)) {
            Process process = test.start("sleep", "60");
            await("inside", () -> test.cgroup().pids().contains((int) process.pid()));
            assertThatThrownBy(() -> test.cgroup().remove())
                    .isInstanceOf(CgroupException.class)
                    .hasMessageContainingAll("EBUSY", "[" + process.pid() + "]");
        }
    }

    @Test
    void theV2DirectoryIsOneForCloneIntoCgroup() throws Exception {
        try (TestCgroup test = TestCgroup.create(hierarchies(), NONE)) {
            Fd directory = test.cgroup().v2Directory().orElseThrow(AbstractCgroupTest::noV2);
            try (directory) {
                assertThat(Files.exists(Path.of("/proc/self/fd/" + directory.number() + "/cgroup.procs")))
                        .isTrue();
            }
        }
    }

    @Test
    void makingAndRemovingCostsLittle() throws Exception {
        CgroupHierarchies hierarchies = hierarchies();
        Resources pod = limits("{\"cpu\":{\"shares\":512,\"quota\":50000,\"period\":100000},"
                + "\"memory\":{\"limit\":67108864,\"swap\":67108864},\"devices\":[{\"allow\":false},"
                + "{\"allow\":true,\"type\":\"c\",\"major\":1,\"minor\":3,\"access\":\"rwm\"}]}");
        List<Long> create = new ArrayList<>();
        List<Long> measure = new ArrayList<>();
        List<Long> usage = new ArrayList<>();
        List<Long> remove = new ArrayList<>();
        String name = TestCgroup.newName();
        for (int i = 0; i < 60; i++) {
            long t0 = System.nanoTime();
            Cgroup cgroup = hierarchies.create(name, pod, warning -> {});
            long t1 = System.nanoTime();
            cgroup.statistics();
            long t2 = System.nanoTime();
            cgroup.usage();
            long t3 = System.nanoTime();
            cgroup.remove();
            create.add(t1 - t0);
            measure.add(t2 - t1);
            usage.add(t3 - t2);
            remove.add(System.nanoTime() - t3);
        }
        System.out.printf(
                "cgroup, %s, median us: create %d, statistics %d, usage %d, remove %d%n",
                hierarchies.mode(), micros(create), micros(measure), micros(usage), micros(remove));
        assertThat(micros(create)).isLessThan(50_000);
    }

    private static long micros(List<Long> nanos) {
        return nanos.stream().skip(20).sorted().toList().get(20) / 1000;
    }

    private static TestAbortedException noV2() {
        return new TestAbortedException("this node has no cgroup v2 hierarchy");
    }
}
