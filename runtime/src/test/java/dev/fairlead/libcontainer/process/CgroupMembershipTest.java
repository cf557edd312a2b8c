package dev.fairlead.libcontainer.process;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fairlead.linux.Fd;
import dev.fairlead.linux.Openat;
import dev.fairlead.linux.Openat.OpenFlag;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Init and execs are in their cgroups from their first instruction on: those of v2 by birth, those of v1 before anything else. */
class CgroupMembershipTest extends LauncherTest {
    private final List<Path> made = new ArrayList<>();
    private final List<Fd> tasks = new ArrayList<>();
    private Optional<Fd> unified = Optional.empty();
    private Optional<Path> unifiedDirectory = Optional.empty();

    /** One cgroup below each hierarchy of the machine that lets us make one. */
    @BeforeEach
    void makeCgroups() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/mountinfo"))) {
            String[] fields = line.split(" ", -1);
            String type = fields[List.of(fields).indexOf("-") + 1];
            boolean ours = type.equals("cgroup2") || (type.equals("cgroup") && fields[4].matches(".*/(pids|freezer)"));
            if (ours && fields[3].equals("/")) {
                make(Path.of(fields[4]), type);
            }
        }
        Assumptions.assumeFalse(made.isEmpty(), "no cgroup hierarchy is mounted here");
    }

    private void make(Path hierarchy, String type) throws IOException {
        Path cgroup =
                hierarchy.resolve("fairlead-test-" + ProcessHandle.current().pid());
        Files.createDirectory(cgroup);
        made.add(cgroup);
        if (type.equals("cgroup2")) {
            unified = Optional.of(open(cgroup, OpenFlag.DIRECTORY));
            unifiedDirectory = Optional.of(cgroup);
        } else {
            tasks.add(open(cgroup.resolve("tasks"), OpenFlag.WRONLY));
        }
    }

    private static Fd open(Path path, OpenFlag flag) throws IOException {
        return Openat.open(Fd.CWD, path.toString(), EnumSet.of(flag), 0);
    }

    @AfterEach
    void removeCgroups() throws Exception {
        tasks.forEach(Fd::close);
        unified.ifPresent(Fd::close);
        for (Path cgroup : made) {
            for (int i = 0; i < 100 && !cgroup.toFile().delete(); i++) {
                Thread.sleep(10); // what ended a moment ago is still leaving
            }
        }
    }

    @Test
    void initAndExecsAreInThem() throws Exception {
        String name = "/fairlead-test-" + ProcessHandle.current().pid();
        CgroupMembership cgroups = new CgroupMembership(unified, tasks);
        try (TestContainer container = container()
                .args("/bin/sleep", "60")
                .change(r -> TestContainer.withCgroups(r, cgroups))
                .run()) {
            int init = container.warden().init().orElseThrow().id().pid();
            assertThat(cgroupsOf(init, name)).isEqualTo(made.size());
            try (Exec exec = container.warden().exec(container.exec("/bin/sleep", "60"), TestContainer.LIMIT)) {
                awaitProgram(exec.pid(), "sleep");
                assertThat(cgroupsOf(exec.pid(), name)).isEqualTo(made.size());
            }
            assertThat(cgroupsOf(container.warden().id().pid(), name)).isZero();
        }
    }

    @Test
    void anExecMayHaveOneOfItsOwn() throws Exception {
        Assumptions.assumeTrue(unifiedDirectory.isPresent(), "no cgroup v2 hierarchy is mounted here");
        Path own = Files.createDirectory(
                unifiedDirectory.get().resolveSibling(unifiedDirectory.get().getFileName() + "-exec"));
        made.add(own);
        try (Fd directory = open(own, OpenFlag.DIRECTORY);
                TestContainer container = container()
                        .args("/bin/sleep", "60")
                        .change(r -> TestContainer.withCgroups(r, new CgroupMembership(unified, tasks)))
                        .run()) {
            ExecRequest plain = container.exec("/bin/sleep", "60");
            ExecRequest request = new ExecRequest(
                    plain.process(), plain.stdin(), plain.stdout(), plain.stderr(), Optional.of(directory));
            try (Exec exec = container.warden().exec(request, TestContainer.LIMIT)) {
                assertThat(Files.readString(own.resolve("cgroup.procs")).strip())
                        .isEqualTo(Integer.toString(exec.pid()));
            }
        }
    }

    @Test
    void theCgroupNamespaceBeginsAtThem() throws Exception {
        CgroupMembership cgroups = new CgroupMembership(unified, tasks);
        try (TestContainer container = container()
                .shell("cat /proc/self/cgroup")
                .change(r -> TestContainer.withCgroups(r, cgroups))
                .run()) {
            assertThat(container.output().lines())
                    .filteredOn(line -> line.matches("(0:|[0-9]+:(pids|freezer)):.*"))
                    .allMatch(line -> line.endsWith(":/"));
        }
    }

    private static long cgroupsOf(int pid, String name) throws IOException {
        return Files.readAllLines(Path.of("/proc/" + pid + "/cgroup")).stream()
                .filter(line -> line.endsWith(name))
                .count();
    }
}
