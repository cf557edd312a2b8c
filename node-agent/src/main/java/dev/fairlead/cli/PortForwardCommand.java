package dev.fairlead.cli;

import dev.fairlead.cri.v1.PodSandbox;
import dev.fairlead.cri.v1.PortForwardRequest;
import dev.fairlead.streaming.PortForwardClient;
import dev.fairlead.streaming.StreamingServer;
import io.grpc.StatusRuntimeException;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Makes ports of a pod reachable from the node. */
@Command(
        name = "port-forward",
        header = "Forwards local ports to ports of a pod, until Ctrl-C.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  fairlead port-forward web 8080:80        localhost:8080 leads to port 80 of the pod",
            "  fairlead port-forward web 5432 9090      the same number on both sides",
            "  fairlead port-forward web :80            a local port that is free, which is printed"
        })
final class PortForwardCommand implements Callable<Integer> {
    @Mixin
    DaemonOption daemon = new DaemonOption();

    @Option(
            names = "--address",
            defaultValue = "127.0.0.1",
            paramLabel = "ADDRESS",
            description = "Local address to listen on (here: ${DEFAULT-VALUE}).")
    String address = "";

    @Parameters(index = "0", paramLabel = "POD", description = "Pod: name, namespace/name or the start of its id.")
    String reference = "";

    @Parameters(
            index = "1..*",
            arity = "1..*",
            paramLabel = "[LOCAL:]PORT",
            description = "Local port, 0 or nothing for one that is free, and the pod's.")
    List<String> ports = List.of();

    /** One pair of ports. */
    record Pair(int local, int remote) {
        private static final int PORT_MAX = 65535;

        static Pair of(String text) {
            String[] words = text.split(":", -1);
            if (words.length > 2) {
                throw new CliException("\"" + text + "\" is no [LOCAL:]PORT, as in 8080:80");
            }
            int remote = number(text, words[words.length - 1], 1);
            int local = words.length == 1 ? remote : words[0].isEmpty() ? 0 : number(text, words[0], 0);
            return new Pair(local, remote);
        }

        private static int number(String text, String word, int least) {
            try {
                int number = Integer.parseInt(word);
                if (number >= least && number <= PORT_MAX) {
                    return number;
                }
            } catch (NumberFormatException e) {
                // told below
            }
            throw new CliException(
                    "\"" + text + "\": ports are " + least + " to " + PORT_MAX + ", \"" + word + "\" is none");
        }
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        List<Pair> pairs = ports.stream().map(Pair::of).toList();
        EventLoopGroup group = new NioEventLoopGroup(1);
        try (Daemon connection = daemon.connect()) {
            PodSandbox pod = Inventory.of(connection.runtime()).pod(reference);
            List<Thread> listening = new ArrayList<>();
            for (Pair pair : pairs) {
                ServerSocket server = listen(pair);
                Terminal.standardOutput().stream()
                        .println(address + ":" + server.getLocalPort() + " -> " + Inventory.name(pod) + ":"
                                + pair.remote());
                listening.add(
                        Thread.ofVirtual().start(() -> serve(server, connection, group, pod.getId(), pair.remote())));
            }
            for (Thread thread : listening) {
                thread.join(); // until Ctrl-C ends the process
            }
        } finally {
            var _ = group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        }
        return ExitCodes.FAILED;
    }

    private ServerSocket listen(Pair pair) throws IOException {
        ServerSocket server = new ServerSocket();
        try {
            server.bind(new InetSocketAddress(InetAddress.getByName(address), pair.local()));
            return server;
        } catch (IOException e) {
            server.close();
            throw new IOException(
                    address + ":" + pair.local() + ": " + e.getMessage() + "; choose another local port", e);
        }
    }

    private void serve(ServerSocket server, Daemon connection, EventLoopGroup group, String id, int port) {
        try (server) {
            while (true) {
                Socket accepted = server.accept();
                Thread.ofVirtual().start(() -> forward(accepted, connection, group, id, port));
            }
        } catch (IOException e) {
            complain("port " + port + ": " + e.getMessage());
        }
    }

    private void forward(Socket accepted, Daemon connection, EventLoopGroup group, String id, int port) {
        try (accepted) {
            String url = connection
                    .runtime()
                    .portForward(PortForwardRequest.newBuilder()
                            .setPodSandboxId(id)
                            .addPort(port)
                            .build())
                    .getUrl();
            PortForwardClient.join(group, StreamingServer.socketBeside(daemon.socket), url, accepted);
        } catch (IOException e) {
            complain(String.valueOf(e.getMessage()));
        } catch (StatusRuntimeException e) {
            complain("port " + port + ": " + e.getStatus().getDescription());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void complain(String what) {
        Terminal.standardError().stream().println("error: " + what);
    }
}
