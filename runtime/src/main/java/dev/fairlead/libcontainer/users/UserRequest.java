package dev.fairlead.libcontainer.users;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who a process is to be.
 *
 * @param user USER, UID, USER:GROUP, UID:GID and so on, as in an image's configuration; empty: root
 * @param supplementalGroups further groups, by number
 * @param mergeGroups whether the groups that the image's /etc/group puts the user in count too (SupplementalGroupsPolicy Merge), or
 *     {@code supplementalGroups} alone (Strict)
 */
public record UserRequest(String user, List<Long> supplementalGroups, boolean mergeGroups) {
    public UserRequest {
        supplementalGroups = List.copyOf(supplementalGroups);
    }

    /**
     * Joins the fields of CRI's LinuxContainerSecurityContext with the image's own user, which counts where CRI names none.
     *
     * @param runAsUsername empty: not set; it wins over {@code runAsUser}
     * @param runAsUser null: not set
     * @param runAsGroup null: not set
     * @param imageUser the configuration's User; may be empty
     * @throws UserException a group without a user
     */
    public static UserRequest ofCri(
            String runAsUsername,
            @Nullable Long runAsUser,
            @Nullable Long runAsGroup,
            String imageUser,
            List<Long> supplementalGroups,
            boolean mergeGroups)
            throws UserException {
        String user = !runAsUsername.isEmpty() ? runAsUsername : runAsUser != null ? Long.toString(runAsUser) : "";
        if (user.isEmpty() && runAsGroup != null) {
            throw new UserException("run_as_group is " + runAsGroup
                    + ", but neither run_as_user nor run_as_username is set: a group alone makes no process");
        }
        if (user.isEmpty()) {
            user = imageUser;
        } else if (runAsGroup != null) {
            user += ":" + runAsGroup;
        }
        return new UserRequest(user, supplementalGroups, mergeGroups);
    }
}
