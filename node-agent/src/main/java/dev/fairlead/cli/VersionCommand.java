package dev.fairlead.cli;

import dev.fairlead.cri.v1.VersionRequest;
import io.grpc.StatusRuntimeException;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.config.ConfigProvider;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Mixin;

/** Says which Fairlead this is, and which one answers on the socket. */
@Command(
        name = "version",
        header = "Shows the version of this program and of the daemon.",
        mixinStandardHelpOptions = true)
final class VersionCommand implements Callable<Integer>, IVersionProvider {
    private static final long ANSWER_SECONDS = 3;

    @Mixin
    DaemonOption daemon = new DaemonOption();

    @Override
    public String[] getVersion() {
        return new String[] {"fairlead " + ownVersion()};
    }

    @Override
    public Integer call() {
        System.out.println("fairlead  " + ownVersion());
        System.out.println("daemon    " + daemonVersion());
        return ExitCodes.OK;
    }

    private static String ownVersion() {
        return ConfigProvider.getConfig().getValue("quarkus.application.version", String.class);
    }

    private String daemonVersion() {
        try (Daemon connection = daemon.connect()) {
            var answer = connection
                    .runtime()
                    .withDeadlineAfter(ANSWER_SECONDS, TimeUnit.SECONDS)
                    .version(VersionRequest.getDefaultInstance());
            return answer.getRuntimeName() + " " + answer.getRuntimeVersion() + ", CRI "
                    + answer.getRuntimeApiVersion();
        } catch (CliException | StatusRuntimeException e) {
            return "none on " + daemon.socket;
        }
    }
}
