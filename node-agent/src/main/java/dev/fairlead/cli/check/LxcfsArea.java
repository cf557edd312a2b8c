package dev.fairlead.cli.check;

import dev.fairlead.lxcfs.LxcfsMount;
import dev.fairlead.lxcfs.LxcfsState;
import dev.fairlead.lxcfs.TimeLimit;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** Whether lxcfs can show containers their own memory and processors in /proc. */
final class LxcfsArea {
    private static final String AREA = "lxcfs";
    private static final Duration LIMIT = Duration.ofSeconds(2);

    private LxcfsArea() {}

    static List<Finding> look() throws IOException {
        LxcfsMount mount = new LxcfsMount(Path.of(LxcfsMount.DEFAULT_PATH));
        return switch (state(mount)) {
            case LxcfsState.Serving _ ->
                List.of(Finding.good(
                        AREA, mount.path().toString(), "containers see their own memory and CPUs in /proc"));
            case LxcfsState.Away(String reason) ->
                List.of(Finding.note(
                        AREA,
                        "not running",
                        "/proc shows the node's memory and CPUs to containers: " + reason,
                        "apt-get install lxcfs; systemctl restart lxcfs"));
        };
    }

    private static LxcfsState state(LxcfsMount mount) throws IOException {
        try (TimeLimit limit = new TimeLimit("lxcfs", LIMIT)) {
            return limit.call(mount::look, _ -> {});
        } catch (TimeLimit.Exceeded e) {
            return new LxcfsState.Away(String.valueOf(e.getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while lxcfs was asked", e);
        }
    }
}
