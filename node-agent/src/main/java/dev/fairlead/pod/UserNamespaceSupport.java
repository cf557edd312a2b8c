package dev.fairlead.pod;

import dev.fairlead.libcontainer.PodUserNamespace;
import dev.fairlead.libcontainer.process.Launcher;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** Whether this node can run pods with a user namespace of their own. Found out when somebody asks first, and remembered. */
public final class UserNamespaceSupport {
    private static final System.Logger LOG = System.getLogger(UserNamespaceSupport.class.getName());

    private final Launcher launcher;
    private final Path data;
    private boolean known;
    private Optional<String> problem = Optional.empty();

    /**
     * Looks at nothing yet.
     * @param launcher borrowed
     * @param data where images and containers lie
     */
    public UserNamespaceSupport(Launcher launcher, Path data) {
        this.launcher = launcher;
        this.data = data;
    }

    /** Whether such pods can be run; where not, the log says once why. */
    public synchronized boolean available() {
        if (!known) {
            problem = attempt();
            known = true;
            problem.ifPresent(words ->
                    LOG.log(System.Logger.Level.INFO, () -> "no pods with a user namespace can be run here: " + words));
        }
        return problem.isEmpty();
    }

    private Optional<String> attempt() {
        try {
            PodUserNamespace.attempt(launcher, data);
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }
}
