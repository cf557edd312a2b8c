package dev.fairlead.libcontainer.cgroups;

import dev.fairlead.oci.HugepageLimit;
import dev.fairlead.oci.Resources;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Consumer;

/**
 * Huge pages: hugetlb.SIZE.limit_in_bytes on v1, hugetlb.SIZE.max on v2, each with its twin for reservations, which are charged when
 * memory is mapped: with the first alone a process is ended by SIGBUS instead of being told ENOMEM.
 *
 * <p>A page size that the processor lacks is warned of, and a limit of 0 of it is not: the kubelet always sends 2MB and 1GB.
 */
record Hugetlb(CgroupDirectory directory, boolean unified) implements Controller {
    @Override
    public void apply(Resources limits, boolean fresh, Consumer<String> warnings) throws CgroupException {
        for (HugepageLimit limit : limits.hugepageLimits()) {
            String size = limit.pageSize();
            if (!size.matches("[0-9]+[KMG]B")) {
                throw CgroupException.invalid(
                        "linux.resources.hugepageLimits: page size \"" + size + "\" is not a number and KB, MB or GB");
            }
            String value = Long.toUnsignedString(limit.limit());
            if (directory.writeIfPresent(file(size, ""), value)) {
                directory.writeIfPresent(file(size, ".rsvd"), value);
            } else if (limit.limit() != 0) {
                warnings.accept("limit of " + size + " huge pages ignored: pages of this size are not to be had here");
            }
        }
    }

    private String file(String size, String kind) {
        return "hugetlb." + size + kind + (unified ? ".max" : ".limit_in_bytes");
    }

    @Override
    public void measure(Measurement into) throws CgroupException {
        for (String size : sizes()) {
            String prefix = "hugetlb." + size;
            into.hugetlb.add(new CgroupStatistics.Hugetlb(
                    size,
                    directory
                            .number(prefix + (unified ? ".current" : ".usage_in_bytes"))
                            .orElse(0),
                    directory.number(file(size, "")),
                    unified ? OptionalLong.empty() : directory.number(prefix + ".max_usage_in_bytes")));
        }
    }

    private List<String> sizes() throws CgroupException {
        String suffix = file("", "").substring("hugetlb.".length());
        List<String> sizes = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory.path(), "hugetlb.*" + suffix)) {
            for (Path file : files) {
                String size = file.getFileName().toString();
                size = size.substring("hugetlb.".length(), size.length() - suffix.length());
                if (!size.endsWith(".rsvd")) {
                    sizes.add(size);
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            throw new CgroupException("list " + directory + ": " + e);
        }
        return sizes;
    }
}
