package dev.fairlead.cli.check;

import dev.fairlead.libcontainer.PodUserNamespace;
import dev.fairlead.libcontainer.process.Launcher;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Whether a pod can have a user namespace of its own: it is tried, with a root of idmapped layers that is dropped at once. */
final class UserNamespaceArea {
    private static final String AREA = "userns";

    private UserNamespaceArea() {}

    static List<Finding> look(Path data) throws IOException {
        Path existing = StorageArea.existing(data);
        if (!Files.isWritable(existing)) {
            return List.of(
                    Finding.note(AREA, data.toString(), "could not be tried without write permission: run as root"));
        }
        try (Launcher launcher = Launcher.load()) {
            PodUserNamespace.attempt(launcher, existing);
            return List.of(Finding.good(AREA, data.toString(), "idmapped layers: pods may have hostUsers: false"));
        } catch (IOException e) {
            return List.of(Finding.note(
                    AREA, "none", "pods with hostUsers: false can't be run on this node: " + e.getMessage()));
        }
    }
}
