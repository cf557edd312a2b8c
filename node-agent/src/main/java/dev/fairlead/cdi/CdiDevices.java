package dev.fairlead.cdi;

import dev.fairlead.spec.InvalidConfigException;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The devices that the node's CDI files describe. Files are read when a container asks for a device, as vendors write them while the node
 * runs.
 */
public final class CdiDevices {
    /** As which files are read. */
    public static final List<Class<? extends Record>> RECORDS = List.of(CdiSpec.class);

    private final List<Path> directories;

    /** {@code directories}: those that come later win. */
    CdiDevices(List<Path> directories) {
        this.directories = List.copyOf(directories);
    }

    /** Those of /etc/cdi, and of /var/run/cdi, which go before. */
    public static CdiDevices ofThisNode() {
        return new CdiDevices(List.of(Path.of("/etc/cdi"), Path.of("/var/run/cdi")));
    }

    /** A device, and the file that describes it. */
    private record Found(Path file, CdiSpec spec, CdiSpec.Device device) {}

    /** What the directories have: devices by qualified name, and files with their faults. */
    private record Catalog(Map<String, List<Found>> devices, Map<Path, String> faults) {}

    /**
     * What a container gets with devices.
     * @param names qualified; each counts once
     * @throws InvalidConfigException no file describes one of them, or two files of one directory do
     */
    public List<CdiEdits> edits(Set<String> names) throws IOException {
        if (names.isEmpty()) {
            return List.of();
        }
        Catalog catalog = read();
        Set<Path> seen = new LinkedHashSet<>();
        List<CdiEdits> edits = new ArrayList<>();
        for (String name : names) {
            Found found = find(catalog, name);
            if (seen.add(found.file())) {
                edits.add(new CdiEdits(found.file().toString(), found.spec().containerEdits()));
            }
            edits.add(new CdiEdits(
                    "device " + name + " of " + found.file(), found.device().containerEdits()));
        }
        return edits;
    }

    private Found find(Catalog catalog, String text) throws InvalidConfigException {
        String name;
        try {
            name = CdiName.parse(text).toString();
        } catch (IllegalArgumentException e) {
            throw new InvalidConfigException("CDI_devices: " + e.getMessage(), e);
        }
        List<Found> found = catalog.devices().getOrDefault(name, List.of());
        if (found.size() > 1) {
            throw new InvalidConfigException("CDI_devices: device " + name + " is described twice, in "
                    + found.stream().map(each -> each.file().toString()).collect(Collectors.joining(" and "))
                    + "; remove one");
        }
        if (found.isEmpty()) {
            throw new InvalidConfigException("CDI_devices: no file in "
                    + directories.stream().map(Path::toString).collect(Collectors.joining(" or "))
                    + " describes device " + name + faults(catalog));
        }
        return found.getFirst();
    }

    private static String faults(Catalog catalog) {
        return catalog.faults().isEmpty()
                ? ""
                : "; these could not be read: "
                        + catalog.faults().entrySet().stream()
                                .map(fault -> fault.getKey() + " (" + fault.getValue() + ")")
                                .sorted()
                                .collect(Collectors.joining(", "));
    }

    private Catalog read() throws IOException {
        Map<String, List<Found>> devices = new HashMap<>();
        Map<Path, String> faults = new HashMap<>();
        for (Path directory : directories) {
            Map<String, List<Found>> here = new HashMap<>();
            for (Path file : files(directory)) {
                try {
                    CdiSpec spec = CdiFile.read(file);
                    for (CdiSpec.Device device : spec.devices()) {
                        here.computeIfAbsent(spec.kind() + "=" + device.name(), _ -> new ArrayList<>())
                                .add(new Found(file, spec, device));
                    }
                } catch (IOException e) {
                    // A file of another vendor is no reason to refuse a device: it is told where one is missing.
                    faults.put(file, String.valueOf(e.getMessage()));
                }
            }
            devices.putAll(here);
        }
        return new Catalog(devices, faults);
    }

    private static List<Path> files(Path directory) throws IOException {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory, "*.{json,yaml}")) {
            List<Path> files = new ArrayList<>();
            entries.forEach(files::add);
            files.sort(Comparator.naturalOrder());
            return files;
        } catch (NoSuchFileException | NotDirectoryException e) {
            return List.of();
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
    }
}
