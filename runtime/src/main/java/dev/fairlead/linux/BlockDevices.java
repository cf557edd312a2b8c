package dev.fairlead.linux;

/** Names of block devices, sysfs(5). */
public final class BlockDevices {
    private static final String NAME = "DEVNAME=";

    private BlockDevices() {}

    /**
     * The device file of a number, such as "/dev/vda1"; the number itself, as "0:45", where none is known by it: overlayfs, btrfs and other
     * file systems have numbers without a device.
     * @param number major:minor
     */
    public static String nameOf(String number) throws ErrnoException {
        String event;
        try {
            event = KernelFiles.read("/sys/dev/block/" + number + "/uevent");
        } catch (ErrnoException e) {
            if (e.errno() == Errno.ENOENT) {
                return number;
            }
            throw e;
        }
        return event.lines()
                .filter(line -> line.startsWith(NAME))
                .map(line -> "/dev/" + line.substring(NAME.length()))
                .findFirst()
                .orElse(number);
    }
}
