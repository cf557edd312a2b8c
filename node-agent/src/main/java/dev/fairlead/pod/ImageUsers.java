package dev.fairlead.pod;

import dev.fairlead.cri.v1.LinuxContainerSecurityContext;
import dev.fairlead.cri.v1.SupplementalGroupsPolicy;
import dev.fairlead.image.Digest;
import dev.fairlead.image.Image;
import dev.fairlead.libcontainer.rootfs.LayerView;
import dev.fairlead.libcontainer.users.ContainerUser;
import dev.fairlead.libcontainer.users.UserDatabase;
import dev.fairlead.libcontainer.users.UserException;
import dev.fairlead.libcontainer.users.UserRequest;
import dev.fairlead.oci.ImageDefaults;
import dev.fairlead.spec.InvalidConfigException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Who containers are to be, by the user databases of their images. Layers never change, so what was read of one is kept. */
final class ImageUsers {
    private static final int KEPT = 128;

    private final Map<Digest, UserDatabase> databases =
            Collections.synchronizedMap(new LinkedHashMap<>(16, 0.75f, true) {
                private static final long serialVersionUID = 1L;

                @Override
                protected boolean removeEldestEntry(Map.Entry<Digest, UserDatabase> eldest) {
                    return size() > KEPT;
                }
            });

    /**
     * Finds the user of a container.
     * @param layers of its image, unpacked, the topmost first
     * @throws InvalidConfigException the image has no such user or group
     */
    ContainerUser resolve(List<Path> layers, Image image, LinuxContainerSecurityContext security) throws IOException {
        try {
            return database(layers, image)
                    .resolve(UserRequest.ofCri(
                            security.getRunAsUsername(),
                            security.hasRunAsUser() ? security.getRunAsUser().getValue() : null,
                            security.hasRunAsGroup() ? security.getRunAsGroup().getValue() : null,
                            imageUser(image),
                            security.getSupplementalGroupsList(),
                            security.getSupplementalGroupsPolicy() == SupplementalGroupsPolicy.Merge));
        } catch (UserException e) {
            throw new InvalidConfigException("linux.security_context, user of the container: " + e.getMessage(), e);
        }
    }

    private UserDatabase database(List<Path> layers, Image image) throws IOException {
        Digest top = image.chainIds().getLast();
        UserDatabase known = databases.get(top);
        if (known == null) {
            known = LayerView.look(layers, UserDatabase::read);
            databases.put(top, known);
        }
        return known;
    }

    private static String imageUser(Image image) {
        ImageDefaults defaults = image.config().config();
        return defaults == null || defaults.user() == null ? "" : defaults.user();
    }
}
