package dev.fairlead.libcontainer.hooks;

import dev.fairlead.linux.ShortProcess;
import dev.fairlead.oci.Hook;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeoutException;

/**
 * One hook to be run.
 *
 * @param index among those of {@code point}, from 0
 * @param state what it reads on stdin: the container's state as JSON
 */
public record HookRun(HookPoint point, int index, Hook hook, String state) {
    /** Of stdout and of stderr; a hook that writes more gets EPERM. */
    public static final int MAX_OUTPUT = 4 << 20;

    /** The specification has no limit where a hook names none. Nobody waits longer than this for a container. */
    private static final Duration NO_TIMEOUT = Duration.ofHours(1);

    /** Checks what the specification demands. */
    public HookRun {
        if (!hook.path().startsWith("/")) {
            throw new IllegalArgumentException(
                    "hooks." + point.ociName() + "[" + index + "].path: \"" + hook.path() + "\" is not absolute");
        }
        if (hook.timeout() != null && hook.timeout() <= 0) {
            throw new IllegalArgumentException(
                    "hooks." + point.ociName() + "[" + index + "].timeout: " + hook.timeout() + " is not above 0");
        }
    }

    /** What its program gets: as configured, or its path alone. */
    public List<String> arguments() {
        return hook.args().isEmpty() ? List.of(hook.path()) : hook.args();
    }

    /** What it reads on stdin. */
    public byte[] input() {
        return state.getBytes(StandardCharsets.UTF_8);
    }

    /** How long it may take. */
    public Duration limit() {
        return hook.timeout() == null ? NO_TIMEOUT : Duration.ofSeconds(hook.timeout());
    }

    /**
     * Runs it on the host, in our namespaces and cgroup. After its time it is killed with its process group.
     * @throws HookException it could not be started, took too long, or did not exit with 0
     */
    public void onHost() throws HookException {
        try {
            ShortProcess.Output output =
                    ShortProcess.run(hook.path(), arguments(), hook.env(), input(), MAX_OUTPUT, limit());
            if (output.status() != 0) {
                throw failed(output.status(), output.stderr());
            }
        } catch (TimeoutException e) {
            throw tookTooLong("");
        } catch (HookException e) {
            throw e;
        } catch (IOException e) {
            throw notRun(e);
        }
    }

    /** It ended with another exit code than 0: 128 + n after signal n. */
    public HookException failed(int code, String stderr) {
        String what = code > 128 ? "was ended by signal " + (code - 128) : "exited with status " + code;
        return HookException.of(point, index, hook, what, stderr, null);
    }

    /** It was killed after its time. */
    public HookException tookTooLong(String stderr) {
        return HookException.of(
                point, index, hook, "took longer than " + limit().toSeconds() + " s and was killed", stderr, null);
    }

    /** It could not be run, or not be waited for. */
    public HookException notRun(IOException why) {
        return HookException.of(point, index, hook, "could not be run: " + why.getMessage(), "", why);
    }
}
