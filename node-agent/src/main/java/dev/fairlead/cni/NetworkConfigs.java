package dev.fairlead.cni;

import dev.fairlead.cni.NetworkConfig.PluginConfig;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * The network configurations of a node: in directories, in the order of their file names. The first that can be read is the pods' network.
 * Network add-ons write them at any time, so each look compares names, times and sizes with the last, and reads anew when one differs.
 */
final class NetworkConfigs {
    private static final System.Logger LOG = System.getLogger(NetworkConfigs.class.getName());
    private static final String FILES = "*.{conflist,conf,json}";
    private static final int MAX_SIZE = 1 << 20;

    private final List<Path> directories;
    private Snapshot snapshot = new Snapshot(List.of(), Optional.empty(), "");

    /**
     * What was found.
     * @param why there is no configuration, in words for the operator; empty where there is one
     */
    record Snapshot(List<Stamp> files, Optional<NetworkConfig> config, String why) {}

    private record Stamp(Path file, FileTime modified, long size) {}

    NetworkConfigs(List<Path> directories) {
        this.directories = List.copyOf(directories);
    }

    /** The configuration as it is now. */
    synchronized Snapshot current() throws IOException {
        List<Stamp> files = new ArrayList<>();
        for (Path directory : directories) {
            files.addAll(list(directory));
        }
        if (!files.equals(snapshot.files()) || snapshot.config().isEmpty()) {
            snapshot = read(files);
        }
        return snapshot;
    }

    private Snapshot read(List<Stamp> files) {
        List<String> failures = new ArrayList<>();
        for (Stamp stamp : files) {
            if (!directories.contains(stamp.file().getParent())) {
                continue; // a plugin of a network, in the directory of its name
            }
            try {
                return new Snapshot(files, Optional.of(read(stamp)), "");
            } catch (IOException | IllegalArgumentException e) {
                failures.add(stamp.file() + ": " + e.getMessage());
            }
        }
        String why = failures.isEmpty()
                ? "no network configuration (*.conflist, *.conf) in " + words(directories)
                        + ": has the network add-on been installed?"
                : String.join("; ", failures);
        if (!failures.isEmpty() && !why.equals(snapshot.why())) {
            LOG.log(System.Logger.Level.WARNING, "network configuration: {0}", why);
        }
        return new Snapshot(files, Optional.empty(), why);
    }

    private static NetworkConfig read(Stamp stamp) throws IOException {
        if (stamp.size() > MAX_SIZE) {
            throw new IOException(stamp.size() + " bytes are too many for a network configuration");
        }
        NetworkConfig config = NetworkConfig.parse(Files.readAllBytes(stamp.file()));
        if (!config.inlinedOnly()) {
            config = config.plus(pluginsOf(stamp.file().resolveSibling(config.name())));
        }
        if (config.plugins().isEmpty()) {
            throw new IllegalArgumentException("plugins is missing or empty");
        }
        return config;
    }

    /** Plugins may be added to a network without editing its file: libcni 1.3. */
    private static List<PluginConfig> pluginsOf(Path directory) throws IOException {
        List<PluginConfig> plugins = new ArrayList<>();
        for (Stamp stamp : list(directory, "*.conf")) {
            plugins.add(PluginConfig.of(
                    NetworkConfig.JSON.readTree(Files.readAllBytes(stamp.file())),
                    stamp.file().toString()));
        }
        return plugins;
    }

    private static List<Stamp> list(Path directory) throws IOException {
        List<Stamp> all = list(directory, FILES);
        for (Path network : subdirectories(directory)) {
            all.addAll(list(network, "*.conf"));
        }
        return all;
    }

    private static List<Path> subdirectories(Path directory) throws IOException {
        List<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory, Files::isDirectory)) {
            entries.forEach(found::add);
        } catch (NoSuchFileException | NotDirectoryException e) {
            return List.of();
        }
        Collections.sort(found);
        return found;
    }

    private static List<Stamp> list(Path directory, String pattern) throws IOException {
        List<Path> names = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory, pattern)) {
            entries.forEach(names::add);
        } catch (NoSuchFileException | NotDirectoryException e) {
            return new ArrayList<>();
        }
        Collections.sort(names);
        List<Stamp> stamps = new ArrayList<>();
        for (Path name : names) {
            try {
                BasicFileAttributes attributes = Files.readAttributes(name, BasicFileAttributes.class);
                if (attributes.isRegularFile()) {
                    stamps.add(new Stamp(name, attributes.lastModifiedTime(), attributes.size()));
                }
            } catch (NoSuchFileException e) {
                LOG.log(System.Logger.Level.DEBUG, "{0}: removed since it was listed, or a link to nowhere", name);
            }
        }
        return stamps;
    }

    private static String words(List<Path> paths) {
        return String.join(", ", paths.stream().map(Path::toString).toList());
    }
}
