package dev.fairlead.streaming;

import dev.fairlead.linux.EventLoop;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.Pipes;
import dev.fairlead.linux.Pipes.Pipe;
import dev.fairlead.linux.Pipes.PipeFlag;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
import java.util.EnumSet;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;

/** Commands that are pipes without a process: what is written to stdin comes out of stdout, and the test says how they end. */
final class EchoTargets implements StreamTargets {
    final BlockingQueue<Command> commands = new LinkedBlockingQueue<>();

    /** One that a client has begun. */
    record Command(StreamRequest request, CompletableFuture<Integer> exit, CompletableFuture<Void> abandoned) {}

    @Override
    public CommandStreams exec(StreamRequest.Exec request) throws IOException {
        return echo(request);
    }

    @Override
    public CommandStreams attach(StreamRequest.Attach request) throws IOException {
        return echo(request);
    }

    private CommandStreams echo(StreamRequest request) throws IOException {
        Pipe pipe = Pipes.open("echo", EnumSet.of(PipeFlag.NONBLOCK));
        Command command = new Command(request, new CompletableFuture<>(), new CompletableFuture<>());
        commands.add(command);
        return new CommandStreams(
                Optional.of(pipe.writeEnd()),
                Optional.of(pipe.readEnd()),
                Optional.<Fd>empty(),
                Optional.empty(),
                command.exit,
                () -> {},
                () -> command.abandoned.complete(null),
                () -> {});
    }

    @Override
    public SocketChannel connect(String sandboxId, int port) throws IOException {
        SocketChannel channel = SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        channel.configureBlocking(false);
        return channel;
    }

    static EventLoop loop() throws IOException {
        return EventLoop.start("test-streams");
    }
}
