package dev.fairlead.e2e.runc;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.fairlead.libcontainer.Container;
import dev.fairlead.libcontainer.ContainerContext;
import dev.fairlead.libcontainer.process.ExitRecord;
import dev.fairlead.libcontainer.rootfs.RootSource;
import dev.fairlead.libcontainer.rootfs.RootfsPolicy;
import dev.fairlead.linux.EventLoop;
import dev.fairlead.linux.Fd;
import dev.fairlead.oci.OciJson;
import dev.fairlead.oci.Spec;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/** Fairlead's library in this process. */
final class Fairlead implements Subject, AutoCloseable {
    private static final long LIMIT_SECONDS = 60;
    private static final String ID = "difference";

    private final EventLoop loop = EventLoop.start("difference");
    private final ContainerContext context;

    Fairlead() throws IOException {
        context = ContainerContext.open(loop, RootfsPolicy.DEFAULT);
    }

    @Override
    public Outcome run(Scene scene) throws IOException {
        Container container;
        try {
            container = create(scene, ID, warning -> {});
        } catch (IOException e) {
            return new Outcome.Refused(String.valueOf(e.getMessage()));
        }
        try {
            CompletableFuture<List<String>> out =
                    read(container.streams().stdout().source());
            CompletableFuture<List<String>> err =
                    read(container.streams().stderr().orElseThrow().source());
            container.start();
            ExitRecord exit = await(container.exit());
            container.release(); // closes the last writing ends, the warden's: now the readers come to an end
            List<String> lines = await(out);
            if (!lines.isEmpty() && lines.getLast().equals("end")) {
                return new Outcome.Ran(lines);
            }
            if (exit.failure().isPresent()) {
                return new Outcome.Refused(exit.failure().get().toString());
            }
            throw new AssertionError("the probe ended with " + exit.status() + "\n" + lines + "\n" + await(err));
        } catch (IOException | RuntimeException | AssertionError e) {
            try {
                container.destroy();
            } catch (IOException cleanup) {
                e.addSuppressed(cleanup);
            }
            throw e;
        }
    }

    /** Up to the state created, from the scene's config.json. */
    Container create(Scene scene, String id, Consumer<String> warnings) throws IOException {
        Spec spec = OciJson.mapper().readValue(Files.readAllBytes(Scene.PLACE.resolve("config.json")), Spec.class);
        Path directory = Files.createDirectory(scene.state().resolve(id));
        return Container.create(
                context,
                new Container.Request(
                        id, id, directory, spec, new RootSource.Directory(scene.rootfs()), false, warnings));
    }

    /** All of a stream, while it is being written: a pipe holds less than a probe says. */
    private static CompletableFuture<List<String>> read(Fd pipe) {
        BufferedReader reader;
        try {
            reader = Files.newBufferedReader(Path.of("/proc/self/fd/" + pipe.number()), UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        CompletableFuture<List<String>> lines = new CompletableFuture<>();
        Thread.ofPlatform().daemon().name("output").start(() -> {
            try (reader) {
                List<String> read = new ArrayList<>();
                for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                    read.add(line);
                }
                lines.complete(read);
            } catch (IOException e) {
                lines.completeExceptionally(e);
            }
        });
        return lines;
    }

    private static <T> T await(Future<T> future) throws IOException {
        try {
            return future.get(LIMIT_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while a container ran", e);
        } catch (ExecutionException | TimeoutException e) {
            throw new IOException("a container's end or output is not to be had within " + LIMIT_SECONDS + " s", e);
        }
    }

    @Override
    public void close() {
        context.close();
        loop.close();
    }
}
