package dev.fairlead.linux;

/**
 * What a device node leads to.
 *
 * @param major the driver, 0 to 4095
 * @param minor the device, 0 to 1048575
 */
public record DeviceNumber(int major, int minor) {
    /** The bits that mknod(2) keeps. */
    public DeviceNumber {
        if (major < 0 || major > 0xfff || minor < 0 || minor > 0xfffff) {
            throw new IllegalArgumentException("no device number: " + major + ":" + minor);
        }
    }

    /** As makedev(3) packs it. */
    long word() {
        return (minor & 0xffL) | (major & 0xfffL) << 8 | (minor & ~0xffL) << 12;
    }

    @Override
    public String toString() {
        return major + ":" + minor;
    }
}
