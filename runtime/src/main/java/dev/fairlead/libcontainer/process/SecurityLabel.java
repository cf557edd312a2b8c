package dev.fairlead.libcontainer.process;

/**
 * What a security module is told before the program is executed.
 *
 * @param file below /proc/self: {@code attr/exec}, or {@code attr/apparmor/exec} where modules are stacked
 * @param text what is written there
 */
public record SecurityLabel(String file, String text) {
    /** An SELinux context such as {@code system_u:system_r:container_t:s0:c1,c2}. */
    public static SecurityLabel seLinux(String context) {
        return new SecurityLabel("attr/exec", context);
    }

    /** An AppArmor profile that is loaded already; the attribute of its own exists since Linux 5.8. */
    public static SecurityLabel appArmor(String profile) {
        return new SecurityLabel("attr/apparmor/exec", "exec " + profile);
    }
}
