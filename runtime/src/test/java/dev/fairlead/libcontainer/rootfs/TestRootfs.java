package dev.fairlead.libcontainer.rootfs;

import dev.fairlead.libcontainer.process.InitProcess;
import dev.fairlead.linux.Fd;
import dev.fairlead.oci.OciJson;
import dev.fairlead.oci.Spec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;

/** A root file system in a temporary directory, built for a {@link TestInit} and looked at from inside. */
final class TestRootfs implements AutoCloseable {
    final Path directory;
    final Path layer;
    final Path upper;
    final Path attachPoint;
    private final TestInit init;
    RootfsPolicy policy = RootfsPolicy.DEFAULT;
    Map<String, LayeredVolume> volumes = Map.of();

    TestRootfs(Path directory, TestInit init) throws IOException {
        this.directory = directory;
        this.init = init;
        this.layer = Files.createDirectories(directory.resolve("layer"));
        this.upper = Files.createDirectories(directory.resolve("upper"));
        this.attachPoint = Files.createDirectories(directory.resolve("rootfs"));
        Files.createDirectories(directory.resolve("work"));
    }

    /** Before {@link TestInit#start}, as its mount namespace need not see what comes later on other mounts. */
    static TestRootfs in(Path directory, String... unshareOptions) throws Exception {
        TestRootfs rootfs = new TestRootfs(directory, TestInit.start(unshareOptions));
        if (List.of(unshareOptions).contains("--user")) {
            for (String owner : List.of("unix:uid", "unix:gid")) {
                Files.setAttribute(rootfs.upper, owner, TestInit.FIRST_HOST_ID);
            }
        }
        return rootfs;
    }

    TestInit init() {
        return init;
    }

    RootSource.Overlay overlay() {
        return new RootSource.Overlay(List.of(layer), upper, directory.resolve("work"));
    }

    /** Builds a configuration's root file system over the overlay; JSON as in config.json, with single quotes. */
    void build(String json) throws IOException {
        build(overlay(), json);
    }

    void build(RootSource source, String json) throws IOException {
        build(source, json, init.process(), Optional.empty());
    }

    /** Builds with a terminal of its own. */
    void buildWithTerminal(String json, Fd peer) throws IOException {
        build(overlay(), json, init.process(), Optional.of(peer));
    }

    /** Builds with the procfs that init is said to have made. */
    void buildWithProc(String json, Fd proc) throws IOException {
        InitProcess process = init.process();
        build(overlay(), json, new InitProcess(process.id(), process.pidfd(), Optional.of(proc)), Optional.empty());
    }

    private void build(RootSource source, String json, InitProcess process, Optional<Fd> terminal) throws IOException {
        Spec spec = OciJson.mapper().readValue(json.replace('\'', '"'), Spec.class);
        RootfsThread.build(RootfsRequest.of("test", spec, source, attachPoint, policy, volumes), process, terminal)
                .close();
    }

    /** Builds with one mount alone. */
    void mount(String destination, String type, String source, String... options) throws IOException {
        String json = OciJson.mapper()
                .writeValueAsString(Map.of(
                        "mounts",
                        List.of(Map.of(
                                "destination", destination, "type", type, "source", source, "options", options))));
        build(overlay(), json);
    }

    /** The host's name of a path in the container, to be used {@link #inside}. */
    Path at(String path) {
        return attachPoint.resolve(path.substring(1));
    }

    <T> T inside(Callable<T> job) throws IOException {
        return init.inside(job);
    }

    String read(String path) throws IOException {
        return inside(() -> Files.readString(at(path))).strip();
    }

    /** Lines of mountinfo below the root, the attach point taken away from them, in order. */
    List<MountLine> mounts() throws IOException {
        return inside(() -> Files.readAllLines(Path.of("/proc/thread-self/mountinfo")).stream()
                .map(MountLine::parse)
                .filter(line -> line.mountPoint().startsWith(attachPoint.toString()))
                .map(line -> line.below(attachPoint.toString()))
                .toList());
    }

    /** The last mount at a path. */
    MountLine mountAt(String path) throws IOException {
        return mounts().stream()
                .filter(line -> line.mountPoint().equals(path))
                .reduce((first, second) -> second)
                .orElseThrow(() -> new AssertionError("nothing is mounted at " + path));
    }

    /** A line of /proc/PID/mountinfo. */
    record MountLine(
            String root,
            String mountPoint,
            List<String> options,
            List<String> propagation,
            String type,
            String source,
            List<String> superOptions) {
        static MountLine parse(String line) {
            String[] halves = line.split(" - ", 2);
            String[] mount = halves[0].split(" ", -1);
            String[] fileSystem = halves[1].split(" ", -1);
            return new MountLine(
                    mount[3],
                    mount[4],
                    List.of(mount[5].split(",", -1)),
                    Arrays.stream(mount)
                            .skip(6)
                            .map(word -> word.replaceAll(":.*", ""))
                            .toList(),
                    fileSystem[0],
                    fileSystem[1],
                    List.of(fileSystem[2].split(",", -1)));
        }

        MountLine below(String prefix) {
            String rest = mountPoint.substring(prefix.length());
            return new MountLine(root, rest.isEmpty() ? "/" : rest, options, propagation, type, source, superOptions);
        }
    }

    @Override
    public void close() throws IOException {
        init.close();
    }
}
