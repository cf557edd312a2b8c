package dev.fairlead.libcontainer.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.fairlead.linux.Errno;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.Namespaces.Kind;
import dev.fairlead.oci.IdMapping;
import dev.fairlead.oci.Process;
import dev.fairlead.oci.Rlimit;
import dev.fairlead.oci.Scheduler;
import dev.fairlead.oci.TimeOffset;
import dev.fairlead.oci.User;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each way in which a launch fails arrives as that step with its errno, in the exit record too, and leaves no process behind. */
class LaunchFailureTest extends LauncherTest {
    private static final User ROOT = new User(0, 0, null, List.of(), null, Map.of());
    private static final List<IdMapping> MAPPINGS = List.of(new IdMapping(0, 100_000, 65_536, Map.of()));

    /** A request that fails, and how. */
    enum Failing {
        CGROUP_THAT_IS_NONE(Step.CLONING_USHER, Errno.EBADF, 0) {
            @Override
            TestContainer.Builder ask(TestContainer.Builder container) {
                return container.change(r -> TestContainer.withCgroups(
                        r, new CgroupMembership(Optional.of(r.stdio().stdin()), List.of())));
            }
        },
        TASKS_THAT_CANNOT_BE_WRITTEN(Step.JOINING_CGROUP, Errno.EBADF, 19) {
            @Override
            TestContainer.Builder ask(TestContainer.Builder container) {
                return container.change(r -> TestContainer.withCgroups(
                        r,
                        new CgroupMembership(
                                Optional.empty(), List.of(r.stdio().kept().get(KeptDescriptor.STDOUT_READ)))));
            }
        },
        NAMESPACE_THAT_IS_NONE(Step.JOINING_NAMESPACE, Errno.EINVAL, 0x40000000) {
            @Override
            TestContainer.Builder ask(TestContainer.Builder container) {
                return container.change(r -> TestContainer.with(
                        r,
                        EnumSet.of(Kind.MOUNT),
                        Map.of(Kind.NETWORK, r.stdio().stdin())));
            }
        },
        OOM_SCORE_OUT_OF_RANGE(Step.SETTING_OOM_SCORE, Errno.EINVAL, 0) {
            @Override
            TestContainer.Builder ask(TestContainer.Builder container) {
                return container.process(
                        request(TestContainer.process(List.of("/bin/true"), "/", ROOT, List.of(), false, 2000)));
            }
        },
        HOST_NAME_TOO_LONG(Step.SETTING_HOSTNAME, Errno.EINVAL, 0) {
            @Override
            TestContainer.Builder ask(TestContainer.Builder container) {
                return container.change(r -> TestContainer.withHostname(r, "x".repeat(65)));
            }
        },
        CLOCK_THAT_DOES_NOT_EXIST(Step.UNSHARING_TIME, Errno.EINVAL, 0) {
            @Override
            TestContainer.Builder ask(TestContainer.Builder container) {
                return container.change(r ->
                        TestContainer.withTime(r, Map.of("lunar", new TimeOffset(1L, 0L, Map.of()))));
            }
        },
        PROPAGATION_OF_TWO_KINDS(Step.SETTING_PROPAGATION, Errno.EINVAL, 0x140000) {
            @Override
            TestContainer.Builder ask(TestContainer.Builder container) {
                return container.change(r -> TestContainer.withPropagation(r, 0x140000));
            }
        },
        WORKING_DIRECTORY_BELOW_A_FILE(Step.CHANGING_DIRECTORY, Errno.ENOTDIR, 0) {
            @Override
            TestContainer.Builder ask(TestContainer.Builder container) {
                return container.process(in("/bin/busybox/below"));
            }
        },
        WORKING_DIRECTORY_THAT_IS_A_FILE(Step.CHANGING_DIRECTORY, Errno.ENOTDIR, 0) {
            @Override
            TestContainer.Builder ask(TestContainer.Builder container) {
                return container.process(in("/bin/busybox"));
            }
        },
        /** CVE-2024-21626, with the help of the host's processes. */
        WORKING_DIRECTORY_OUTSIDE(Step.CHECKING_DIRECTORY, Errno.ENOENT, 0) {
            @Override
            TestContainer.Builder ask(TestContainer.Builder container) {
                return container
                        .process(in("/proc/" + ProcessHandle.current().pid() + "/cwd"))
                        .change(r -> TestContainer.with(r, EnumSet.of(Kind.MOUNT), Map.of()));
            }
        },
        LIMIT_SOFTER_THAN_HARD(Step.SETTING_RLIMIT, Errno.EINVAL, 7) {
            @Override
            TestContainer.Builder ask(TestContainer.Builder container) {
                List<Rlimit> limits = List.of(new Rlimit("RLIMIT_NOFILE", 16, 32, Map.of()));
                return container.process(
                        request(TestContainer.process(List.of("/bin/true"), "/", ROOT, limits, false, null)));
            }
        },
        SCHEDULER_WITHOUT_PRIORITY(Step.SETTING_SCHEDULER, Errno.EINVAL, 0) {
            @Override
            TestContainer.Builder ask(TestContainer.Builder container) {
                Scheduler scheduler = new Scheduler("SCHED_FIFO", 0, 0, List.of(), null, null, null, Map.of());
                return container.process(request(with(scheduler, false)));
            }
        },
        TERMINAL_THAT_IS_NONE(Step.TAKING_TERMINAL, Errno.ENOTTY, 0) {
            @Override
            TestContainer.Builder ask(TestContainer.Builder container) {
                return container.process(request(with(null, true)));
            }
        },
        LABEL_THAT_NO_MODULE_KNOWS(Step.SETTING_LABEL, Errno.ENOENT, 0) {
            @Override
            TestContainer.Builder ask(TestContainer.Builder container) {
                return container.process(new ProcessRequest(
                        TestContainer.process("/bin/true"),
                        TestContainer.ALL,
                        Optional.empty(),
                        Optional.of(new SecurityLabel("attr/no-such-module/exec", "label")),
                        OptionalInt.empty(),
                        OptionalInt.empty(),
                        Optional.empty()));
            }
        },
        FILTER_WITH_UNKNOWN_FLAGS(Step.LOADING_SECCOMP, Errno.EINVAL, 0) {
            @Override
            TestContainer.Builder ask(TestContainer.Builder container) {
                SeccompProgram program =
                        new SeccompProgram(WardenTest.refuse(83).instructions(), 0x8000);
                return container.process(new ProcessRequest(
                        TestContainer.process("/bin/true"),
                        TestContainer.ALL,
                        Optional.of(program),
                        Optional.empty(),
                        OptionalInt.empty(),
                        OptionalInt.empty(),
                        Optional.empty()));
            }
        },
        GROUP_THAT_IS_NOT_MAPPED(Step.SETTING_GROUPS, Errno.EINVAL, 0) {
            @Override
            TestContainer.Builder ask(TestContainer.Builder container) {
                return user(container, new User(0, 0, null, List.of(70_000L), null, Map.of()));
            }
        },
        GID_THAT_IS_NOT_MAPPED(Step.SETTING_GID, Errno.EINVAL, 0) {
            @Override
            TestContainer.Builder ask(TestContainer.Builder container) {
                return user(container, new User(0, 70_000, null, List.of(), null, Map.of()));
            }
        },
        UID_THAT_IS_NOT_MAPPED(Step.SETTING_UID, Errno.EINVAL, 0) {
            @Override
            TestContainer.Builder ask(TestContainer.Builder container) {
                return user(container, new User(70_000, 0, null, List.of(), null, Map.of()));
            }
        },
        EFFECTIVE_BUT_NOT_PERMITTED(Step.SETTING_CAPABILITIES, Errno.EPERM, 0) {
            @Override
            TestContainer.Builder ask(TestContainer.Builder container) {
                return container.process(
                        ProcessRequest.of(TestContainer.process("/bin/true"), new CapabilitySets(1, 1, 0, 0, 0)));
            }
        },
        AMBIENT_BUT_NOT_INHERITABLE(Step.RAISING_AMBIENT, Errno.EPERM, 5) {
            @Override
            TestContainer.Builder ask(TestContainer.Builder container) {
                return container.process(
                        ProcessRequest.of(TestContainer.process("/bin/true"), new CapabilitySets(32, 32, 32, 0, 32)));
            }
        },
        PROGRAM_THAT_DOES_NOT_EXIST(Step.EXECUTING, Errno.ENOENT, 0) {
            @Override
            TestContainer.Builder ask(TestContainer.Builder container) {
                return container.args("/no/such/program");
            }
        },
        PROGRAM_THAT_IS_NOT_IN_THE_PATH(Step.EXECUTING, Errno.ENOENT, 0) {
            @Override
            TestContainer.Builder ask(TestContainer.Builder container) {
                return container.args("no-such-program");
            }
        },
        PROGRAM_WITHOUT_A_NAME(Step.EXECUTING, Errno.ENOENT, 0) {
            @Override
            TestContainer.Builder ask(TestContainer.Builder container) {
                return container.args("");
            }
        },
        PROGRAM_BELOW_A_FILE(Step.EXECUTING, Errno.ENOTDIR, 0) {
            @Override
            TestContainer.Builder ask(TestContainer.Builder container) {
                return container.args("/bin/busybox/sh");
            }
        },
        PROGRAM_THAT_IS_NOT_EXECUTABLE(Step.EXECUTING, Errno.EACCES, 0) {
            @Override
            TestContainer.Builder ask(TestContainer.Builder container) {
                return container.args("/bin/plain");
            }
        },
        PROGRAM_IN_THE_PATH_THAT_IS_NOT_EXECUTABLE(Step.EXECUTING, Errno.EACCES, 0) {
            @Override
            TestContainer.Builder ask(TestContainer.Builder container) {
                return container.args("plain");
            }
        },
        SCRIPT_WITHOUT_FIRST_LINE(Step.EXECUTING, Errno.ENOEXEC, 0) {
            @Override
            TestContainer.Builder ask(TestContainer.Builder container) {
                return container.args("/bin/script");
            }
        },
        SCRIPT_WHOSE_INTERPRETER_IS_MISSING(Step.EXECUTING, Errno.ENOENT, 1) {
            @Override
            TestContainer.Builder ask(TestContainer.Builder container) {
                return container.args("orphan");
            }
        },
        TOO_LARGE_AN_ARGUMENT(Step.EXECUTING, Errno.E2BIG, 0) {
            @Override
            TestContainer.Builder ask(TestContainer.Builder container) {
                return container.args("/bin/echo", "x".repeat(1 << 20));
            }
        };

        private final Step step;
        private final Errno errno;
        private final int detail;

        Failing(Step step, Errno errno, int detail) {
            this.step = step;
            this.errno = errno;
            this.detail = detail;
        }

        LaunchFailure expected() {
            return new LaunchFailure(step, errno, detail);
        }

        abstract TestContainer.Builder ask(TestContainer.Builder container);

        private static ProcessRequest request(Process process) {
            return ProcessRequest.of(process, TestContainer.ALL);
        }

        private static ProcessRequest in(String cwd) {
            return request(TestContainer.process(List.of("/bin/true"), cwd, ROOT, List.of(), false, null));
        }

        private static Process with(@Nullable Scheduler scheduler, boolean terminal) {
            return new Process(
                    terminal,
                    null,
                    ROOT,
                    List.of("/bin/true"),
                    null,
                    List.of(),
                    "/",
                    null,
                    List.of(),
                    false,
                    null,
                    null,
                    scheduler,
                    null,
                    null,
                    null,
                    Map.of());
        }

        private static TestContainer.Builder user(TestContainer.Builder container, User user) {
            return container
                    .process(request(TestContainer.process(List.of("/bin/true"), "/", user, List.of(), false, null)))
                    .mapped(MAPPINGS);
        }
    }

    @ParameterizedTest
    @EnumSource
    void arrivesAsStepAndErrno(Failing failing) throws Exception {
        try (TestContainer container = failing.ask(container()).start()) {
            plant(container.root.resolve("bin/plain"), "text", "rw-r--r--");
            plant(container.root.resolve("bin/script"), "echo x", "rwxr-xr-x");
            plant(container.root.resolve("bin/orphan"), "#!/no/such/shell\n", "rwxr-xr-x");
            LauncherException failure = catchThrowableOfType(LauncherException.class, () -> {
                container.create();
                container.warden().launch(TestContainer.LIMIT);
            });
            assertThat(failure).isNotNull();
            assertThat(failure.failure()).isEqualTo(failing.expected());
            assertThat(failure).hasMessageContaining(failing.errno.name());
            ExitRecord exit = container.awaitExit();
            assertThat(exit.failure()).contains(failing.expected());
            assertThat(ExitRecord.read(container.directory)).contains(exit);
            assertThat(childrenOf(container.warden().id().pid())).isEmpty();
        }
    }

    private static void plant(Path file, String text, String mode) throws IOException {
        Files.writeString(file, text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
    }

    @Test
    void aRootThatIsNoMountIsNotPivotedTo() throws Exception {
        try (TestContainer container = container().start()) {
            container.warden().awaitInit(TestContainer.LIMIT);
            LauncherException failure =
                    catchThrowableOfType(LauncherException.class, () -> container.enterRootThatIsNoMount());
            assertThat(failure.failure()).isEqualTo(new LaunchFailure(Step.PIVOTING, Errno.EINVAL, 0));
        }
    }

    @Test
    void aRootThatIsNoDirectoryIsNotEntered() throws Exception {
        try (TestContainer container = container().start()) {
            container.warden().awaitInit(TestContainer.LIMIT);
            Fd file = container.devNull();
            LauncherException failure = catchThrowableOfType(
                    LauncherException.class, () -> container.warden().enterRoot(file, TestContainer.LIMIT));
            assertThat(failure.failure()).isEqualTo(new LaunchFailure(Step.CHANGING_TO_ROOT, Errno.ENOTDIR, 0));
        }
    }

    @Test
    void aFailureIsASentenceThatSaysWhatToDo() {
        LaunchFailure failure = new LaunchFailure(Step.EXECUTING, Errno.ENOENT, 0);
        assertThat(failure.describe("container web, \"/bin/bash\" in /"))
                .isEqualTo(
                        "container web, \"/bin/bash\" in /: cannot execute the program: ENOENT (No such file or directory);"
                                + " no such program in the image: check command, args and PATH");
        assertThat(failure.commandNotFound()).isTrue();
        assertThat(new LaunchFailure(Step.EXECUTING, Errno.EACCES, 0).commandNotExecutable())
                .isTrue();
        assertThat(new LaunchFailure(Step.JOINING_NAMESPACE, Errno.EINVAL, 0x40000000).describe("container web"))
                .isEqualTo("container web: cannot join the namespace net: EINVAL (Invalid argument)");
        assertThat(Set.of(Step.values()))
                .allSatisfy(step -> assertThat(Step.of(step.number())).isEqualTo(step));
    }
}
