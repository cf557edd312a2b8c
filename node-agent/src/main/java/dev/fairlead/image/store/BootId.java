package dev.fairlead.image.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Which life of the machine this is: what the page cache held is gone in the next one.
 *
 * @param text as random(4) gives it
 */
record BootId(String text) {
    static BootId current() throws IOException {
        return new BootId(
                Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip());
    }
}
