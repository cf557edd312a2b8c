package dev.fairlead.state;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;

/**
 * The directory of one sandbox or container.
 *
 * <p>{@code request}: what the kubelet asked for, as it came (protobuf); written once. {@code record.json}: what became of it; replaced
 * whole at each change. A directory without a record is a creation that was cut off.
 */
public record EntityDirectory(String id, Path path) {
    private static final JsonMapper JSON = JsonMapper.builder()
            // A daemon that goes back to an older version reads what the newer one wrote.
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();
    /** The OCI configuration of a container. */
    public static final String CONFIG = "config.json";

    /** The limits of a container, once they were changed. */
    public static final String RESOURCES = "resources";

    private static final String REQUEST = "request";
    private static final String RECORD = "record.json";

    /** Makes the directory, for root alone. */
    public void create() throws IOException {
        Files.createDirectory(path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }

    /** A file or directory in here. */
    public Path resolve(String name) {
        return path.resolve(name);
    }

    /** Keeps the request. */
    public void writeRequest(MessageLite request) throws IOException {
        write(REQUEST, request);
    }

    /** Reads the request; empty where it was not written any more. */
    public <T> Optional<T> readRequest(Parser<T> parser) throws IOException {
        return read(REQUEST, parser);
    }

    /** Replaces the record. */
    public void writeRecord(Record state) throws IOException {
        writeJson(RECORD, state);
    }

    /** Reads the record; empty where the creation was cut off before the first. */
    public <T extends Record> Optional<T> readRecord(Class<T> type) throws IOException {
        return readJson(RECORD, type);
    }

    /** Replaces a file by a message. */
    public void write(String name, MessageLite message) throws IOException {
        AtomicFile.write(path.resolve(name), message.toByteArray());
    }

    /** Reads a message; empty where there is no such file. */
    public <T> Optional<T> read(String name, Parser<T> parser) throws IOException {
        try {
            return Optional.of(parser.parseFrom(Files.readAllBytes(path.resolve(name))));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    /** Replaces a file by the JSON of a record. */
    public void writeJson(String name, Record value) throws IOException {
        AtomicFile.write(path.resolve(name), JSON.writeValueAsBytes(value));
    }

    /** Reads a record from JSON; empty where there is no such file. */
    public <T extends Record> Optional<T> readJson(String name, Class<T> type) throws IOException {
        try {
            return Optional.of(JSON.readValue(Files.readAllBytes(path.resolve(name)), type));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    /** Removes the directory and what is in it; nothing happens where it is gone. Nothing may be mounted below any more. */
    public void remove() throws IOException {
        // The record goes first: if we are cut off here, the next daemon sees a creation that was cut off and finishes
        // this.
        Files.deleteIfExists(path.resolve(RECORD));
        removeTree(path);
    }

    private static void removeTree(Path directory) throws IOException {
        if (Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
            try (DirectoryStream<Path> children = Files.newDirectoryStream(directory)) {
                for (Path child : children) {
                    removeTree(child);
                }
            }
        }
        Files.deleteIfExists(directory);
    }
}
