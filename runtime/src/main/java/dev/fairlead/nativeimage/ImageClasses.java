package dev.fairlead.nativeimage;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.graalvm.nativeimage.hosted.Feature;
import org.jspecify.annotations.Nullable;

/** Finds classes on the class path of an image that is being built. */
public final class ImageClasses {
    private ImageClasses() {}

    /** The classes of the package of {@code anchor} and below, in the place that {@code anchor} came from. */
    public static Stream<Class<?>> inPackageOf(Feature.BeforeAnalysisAccess access, Class<?> anchor) {
        try {
            Path place = Path.of(
                    anchor.getProtectionDomain().getCodeSource().getLocation().toURI());
            return load(access, place, anchor.getPackageName() + '.');
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The classes below {@code prefix} in the jars whose file name ends with {@code name}, a regular expression. */
    public static Stream<Class<?>> inJars(Feature.BeforeAnalysisAccess access, String name, String prefix) {
        Pattern pattern = Pattern.compile("(.*[.-])?" + name);
        List<Path> jars = access.getApplicationClassPath().stream()
                .filter(jar -> pattern.matcher(jar.getFileName().toString()).matches())
                .toList();
        if (jars.isEmpty()) {
            throw new IllegalStateException("no jar " + name + " on the class path of the image");
        }
        return jars.stream().flatMap(jar -> load(access, jar, prefix));
    }

    private static Stream<Class<?>> load(Feature.BeforeAnalysisAccess access, Path place, String prefix) {
        if (Files.isDirectory(place)) {
            return load(access, place, place, prefix).stream();
        }
        try (FileSystem jar = FileSystems.newFileSystem(place)) {
            Path root = jar.getPath("/");
            return load(access, root, root, prefix).stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<Class<?>> load(Feature.BeforeAnalysisAccess access, Path root, Path start, String prefix) {
        try (Stream<Path> files = Files.walk(start)) {
            return files.map(file -> root.relativize(file).toString().replace('/', '.'))
                    .filter(file -> file.startsWith(prefix) && file.endsWith(".class"))
                    .map(file -> find(access, file.substring(0, file.length() - ".class".length())))
                    .filter(Objects::nonNull)
                    .<Class<?>>map(type -> type)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A class that names something absent is left out, with its members that would need it. */
    private static @Nullable Class<?> find(Feature.BeforeAnalysisAccess access, String name) {
        try {
            Class<?> type = access.findClassByName(name);
            return type != null && membersOf(type) >= 0 ? type : null;
        } catch (LinkageError e) {
            return null;
        }
    }

    /** Links the members: where one of them names an absent class, this throws. */
    private static int membersOf(Class<?> type) {
        return type.getDeclaredConstructors().length
                + type.getDeclaredMethods().length
                + type.getDeclaredFields().length;
    }
}
