package dev.fairlead.e2e.runc;

import dev.fairlead.e2e.Command;
import dev.fairlead.oci.OciJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * What one container is made from: an image in a directory, sources for its mounts, its configuration. It lies on a tmpfs of its own and is
 * made anew, at the same place, for each runtime: so nothing of one run shows in the other, and no path differs.
 */
final class Scene implements AutoCloseable {
    static final Path PLACE = Path.of("/run/difference");

    /** First uid and gid on the host of a container with a user namespace. */
    static final int MAPPED = 100_000;

    /** A small image, and one source of each kind that a bind mount may have: plain, with mounts below, with attributes, of each propagation. */
    private static final String SETTING = """
            set -eu
            mkdir -p "$1"
            mount -t tmpfs -o mode=755 tmpfs "$1"
            cd "$1"
            mkdir rootfs
            mount -t tmpfs -o mode=755 tmpfs rootfs
            mkdir -p rootfs/bin rootfs/dev rootfs/proc rootfs/sys rootfs/etc rootfs/run rootfs/home/app rootfs/var/log rootfs/usr/share sources
            cp "$2" rootfs/probe
            install -d -m 1777 rootfs/tmp
            install -d -m 700 rootfs/root
            echo 127.0.0.1 localhost >rootfs/etc/hosts
            ln -s usr/share rootfs/share
            cd sources
            mkdir plain strict lazy tree private slave unbindable
            echo plain >plain/note
            echo file >file
            ln -s plain link
            mkfifo fifo
            mknod null c 1 3
            mount -t tmpfs -o nosuid,nodev,noexec,noatime tmpfs strict
            echo strict >strict/note
            mount -o remount,bind,ro,nosuid,nodev,noexec,noatime strict
            mount -t tmpfs -o strictatime,nodiratime tmpfs lazy
            mount -t tmpfs tmpfs tree
            mkdir tree/sub
            mount -t tmpfs -o nosuid tmpfs tree/sub
            mkdir tree/sub/deep tree/sub/note
            mount -t tmpfs -o ro,noexec tmpfs tree/sub/deep
            mount -t tmpfs tmpfs private
            mkdir private/sub
            mount -t tmpfs tmpfs private/sub
            mount --make-rprivate private
            mount --rbind tree slave
            mount --make-rslave slave
            mount -t tmpfs tmpfs unbindable
            mkdir unbindable/sub
            mount -t tmpfs tmpfs unbindable/sub
            mount --make-unbindable unbindable/sub
            """;

    private Scene() {}

    /**
     * Sets it.
     * @param probe the program in it
     */
    static Scene of(Configuration configuration, Path probe) throws IOException {
        Scene scene = new Scene();
        try {
            shell(SETTING, probe);
            shell("set -eu\ncd \"$1\"/sources\n" + configuration.sourcesScript(), probe);
            shell("set -eu\ncd \"$1\"/rootfs\n" + configuration.imageScript(), probe);
            if (configuration.isMapped()) {
                shell("chown -hR " + MAPPED + ":" + MAPPED + " \"$1\"/rootfs", probe);
            }
            Files.write(
                    PLACE.resolve("config.json"),
                    OciJson.mapper()
                            .writerWithDefaultPrettyPrinter()
                            .writeValueAsBytes(configuration.json(PLACE.resolve("sources"))));
            return scene;
        } catch (IOException | RuntimeException | AssertionError e) {
            scene.close();
            throw e;
        }
    }

    private static void shell(String script, Path probe) {
        var _ = Command.run(Map.of(), List.of("bash", "-c", script, "bash", PLACE.toString(), probe.toString()))
                .output();
    }

    Path rootfs() {
        return PLACE.resolve("rootfs");
    }

    /** A directory that a runtime may keep things in. */
    Path state() throws IOException {
        return Files.createDirectories(PLACE.resolve("state"));
    }

    @Override
    public void close() {
        var _ = Command.run("umount", "--recursive", PLACE.toString()).output();
    }
}
