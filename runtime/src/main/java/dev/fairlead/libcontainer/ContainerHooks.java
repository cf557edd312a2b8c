package dev.fairlead.libcontainer;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.fairlead.libcontainer.capabilities.HostCapabilities;
import dev.fairlead.libcontainer.hooks.HookException;
import dev.fairlead.libcontainer.hooks.HookPoint;
import dev.fairlead.libcontainer.hooks.HookRun;
import dev.fairlead.libcontainer.process.CapabilitySets;
import dev.fairlead.libcontainer.process.ExecRequest;
import dev.fairlead.libcontainer.process.ProcessId;
import dev.fairlead.libcontainer.process.ProcessRequest;
import dev.fairlead.linux.StdioFiles;
import dev.fairlead.oci.Hook;
import dev.fairlead.oci.Hooks;
import dev.fairlead.oci.Linux;
import dev.fairlead.oci.OciJson;
import dev.fairlead.oci.Process;
import dev.fairlead.oci.Spec;
import dev.fairlead.oci.State;
import dev.fairlead.oci.User;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The hooks of one container, at the points where libcontainer runs them.
 *
 * @param bundle directory with the container's config.json
 * @param warnings takes a sentence for each failure that stops nothing
 */
record ContainerHooks(String id, Path bundle, Spec spec, HostCapabilities capabilities, Consumer<String> warnings) {
    private static final Hooks NONE =
            new Hooks(List.of(), List.of(), List.of(), List.of(), List.of(), List.of(), Map.of());

    private static final Duration DEATH = Duration.ofSeconds(5);

    /** How a process is started in the container. */
    @FunctionalInterface
    interface Starter {
        /** {@code name}: of its cgroup. */
        RunningExec start(ExecRequest request, String name) throws IOException;
    }

    private List<Hook> at(HookPoint point) {
        return point.of(spec.hooks() == null ? NONE : spec.hooks());
    }

    /** Between the mounts and the change of root: prestart, createRuntime, createContainer. */
    void create(ProcessId init, Path root, Starter starter) throws IOException {
        onHost(HookPoint.PRESTART, init);
        onHost(HookPoint.CREATE_RUNTIME, init);
        Linux linux = spec.linux();
        // The root of a user namespace may not get as far as to the root: no capability of it counts for the host's
        // directories.
        boolean mapped = linux != null && !linux.uidMappings().isEmpty();
        for (HookRun run : runs(HookPoint.CREATE_CONTAINER, init)) {
            inContainer(run, privileged(run, mapped ? "/" : root.toString()), starter);
        }
    }

    /** Before the program: startContainer, as who the program will be. */
    void start(ProcessId init, Starter starter) throws IOException {
        for (HookRun run : runs(HookPoint.START_CONTAINER, init)) {
            Process own = Objects.requireNonNull(spec.process(), "process");
            ProcessRequest request = Processes.request(capabilities, id, spec, command(run, own, own.cwd()));
            inContainer(run, request, starter);
        }
    }

    /** The program was executed: poststart. */
    void started(ProcessId init) throws IOException {
        onHost(HookPoint.POSTSTART, init);
    }

    /** Nothing is left of the container: poststop. One that fails is a warning, and the others run. */
    void stopped() {
        List<Hook> hooks = at(HookPoint.POSTSTOP);
        for (int i = 0; i < hooks.size(); i++) {
            try {
                new HookRun(HookPoint.POSTSTOP, i, hooks.get(i), state(HookPoint.POSTSTOP, null)).onHost();
            } catch (IOException | IllegalArgumentException e) {
                warnings.accept(Objects.requireNonNullElse(e.getMessage(), e.toString()));
            }
        }
    }

    private void onHost(HookPoint point, ProcessId init) throws IOException {
        for (HookRun run : runs(point, init)) {
            run.onHost();
        }
    }

    private List<HookRun> runs(HookPoint point, ProcessId init) throws IOException {
        List<Hook> hooks = at(point);
        if (hooks.isEmpty()) {
            return List.of();
        }
        boolean inside = point == HookPoint.CREATE_CONTAINER || point == HookPoint.START_CONTAINER;
        String state = state(point, inside ? pidInside(init) : init.pid());
        List<HookRun> runs = new ArrayList<>();
        for (int i = 0; i < hooks.size(); i++) {
            runs.add(new HookRun(point, i, hooks.get(i), state));
        }
        return runs;
    }

    private String state(HookPoint point, @Nullable Integer pid) throws JsonProcessingException {
        return OciJson.mapper()
                .writeValueAsString(new State(
                        spec.ociVersion(), id, point.status(), pid, bundle.toString(), spec.annotations(), Map.of()));
    }

    /** "For hooks executed in the container namespace, it is the pid as seen by the container" (runtime.md, State). */
    private static int pidInside(ProcessId init) throws IOException {
        Path status = Path.of("/proc/" + init.pid() + "/status");
        try (var lines = Files.lines(status, StandardCharsets.ISO_8859_1)) {
            String pids = lines.filter(line -> line.startsWith("NSpid:"))
                    .findFirst()
                    .orElseThrow(() -> new IOException(status + " has no NSpid"));
            return Integer.parseInt(pids.substring(pids.lastIndexOf('\t') + 1).strip());
        }
    }

    /** As root, with all that we have: init itself would run it before it gives anything up. */
    private ProcessRequest privileged(HookRun run, String directory) {
        Process root = new Process(
                false,
                null,
                new User(0, 0, null, List.of(), null, Map.of()),
                List.of(),
                null,
                List.of(),
                directory,
                null,
                List.of(),
                false,
                null,
                spec.process() == null ? null : spec.process().oomScoreAdj(),
                null,
                null,
                null,
                null,
                Map.of());
        long all = capabilities.permitted();
        return ProcessRequest.of(
                command(run, root, directory), new CapabilitySets(capabilities.bounding(), all, all, 0, 0));
    }

    private static Process command(HookRun run, Process like, String directory) {
        return new Process(
                false,
                null,
                like.user(),
                run.arguments(),
                null,
                run.hook().env(),
                directory,
                like.capabilities(),
                like.rlimits(),
                like.noNewPrivileges(),
                like.apparmorProfile(),
                like.oomScoreAdj(),
                like.scheduler(),
                like.selinuxLabel(),
                like.ioPriority(),
                like.execCPUAffinity(),
                Map.of());
    }

    private static void inContainer(HookRun run, ProcessRequest request, Starter starter) throws HookException {
        String name = run.point().ociName() + "-" + run.index();
        try (StdioFiles files = StdioFiles.open(run.hook().path(), run.input(), HookRun.MAX_OUTPUT);
                RunningExec exec = starter.start(
                        new ExecRequest(
                                request,
                                Optional.of(run.hook().path()),
                                files.stdin(),
                                files.stdout(),
                                files.stderr(),
                                Optional.empty()),
                        name)) {
            int code = await(run, exec, files);
            if (code != 0) {
                throw run.failed(code, files.errors());
            }
        } catch (HookException e) {
            throw e;
        } catch (IOException e) {
            throw run.notRun(e);
        }
    }

    private static int await(HookRun run, RunningExec exec, StdioFiles files) throws IOException {
        try {
            return exec.exit()
                    .get(run.limit().toMillis(), TimeUnit.MILLISECONDS)
                    .asExitCode();
        } catch (TimeoutException e) {
            exec.kill();
            exec.awaitEnd(DEATH);
            throw run.tookTooLong(files.errors());
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException why ? why : new IOException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            exec.kill();
            throw new IOException("interrupted", e);
        }
    }
}
