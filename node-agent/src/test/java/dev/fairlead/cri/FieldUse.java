package dev.fairlead.cri;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import dev.fairlead.cri.v1.VersionRequest;
import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.constantpool.MemberRefEntry;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Which fields of CRI's messages the daemon reads and sets: found in the constant pools of its classes, where every method is named that
 * one of them calls or refers to. Fields are named {@code Message.field}.
 */
final class FieldUse {
    private static final String MESSAGES = "dev/fairlead/cri/v1/";
    /** These are clients of CRI: what they read of an answer, or ask for, is not what the daemon does. */
    private static final List<String> CLIENTS = List.of("kubernetes", "cli");

    /** What protoc makes of a field's name to read it; the map's and list's own come first, as one may begin like another. */
    private static final List<String> AFTER_GET =
            List.of("", "List", "Map", "Count", "Value", "ValueList", "OrDefault", "OrThrow", "Bytes", "OrBuilder");

    private static final List<String> SETTERS = List.of("set", "add", "addAll", "put", "putAll");

    private final Set<String> read = new HashSet<>();
    private final Set<String> set = new HashSet<>();
    private final Set<String> made = new HashSet<>();

    private FieldUse() {}

    /** Looks through the daemon's classes. */
    static FieldUse ofTheDaemon() throws IOException, URISyntaxException {
        FieldUse use = new FieldUse();
        Map<String, String> getters = new HashMap<>();
        Map<String, String> setters = new HashMap<>();
        for (Descriptor message : VersionRequest.getDescriptor().getFile().getMessageTypes()) {
            for (FieldDescriptor field : message.getFields()) {
                String name = name(field);
                String java = javaName(field.getName());
                AFTER_GET.forEach(end -> getters.put(message.getName() + ".get" + java + end, name));
                getters.put(message.getName() + ".has" + java, name);
                getters.put(message.getName() + ".contains" + java, name);
                for (String begin : SETTERS) {
                    setters.put(message.getName() + "$Builder." + begin + java, name);
                    setters.put(message.getName() + "$Builder." + begin + java + "Value", name);
                }
                setters.put(message.getName() + "$Builder.get" + java + "Builder", name);
            }
        }
        Path classes = Path.of(CriServices.class
                        .getProtectionDomain()
                        .getCodeSource()
                        .getLocation()
                        .toURI())
                .resolve("dev/fairlead");
        try (Stream<Path> files = Files.walk(classes)) {
            for (Path file : files.filter(path -> path.toString().endsWith(".class"))
                    .filter(path -> !CLIENTS.contains(
                            classes.relativize(path).getName(0).toString()))
                    .toList()) {
                for (var entry : ClassFile.of().parse(file).constantPool()) {
                    if (entry instanceof MemberRefEntry member
                            && member.owner().asInternalName().startsWith(MESSAGES)) {
                        use.add(
                                member.owner().asInternalName().substring(MESSAGES.length()),
                                member.name().stringValue(),
                                getters,
                                setters);
                    }
                }
            }
        }
        return use;
    }

    private void add(String owner, String method, Map<String, String> getters, Map<String, String> setters) {
        String member = owner + '.' + method;
        String got = getters.get(member);
        if (got != null) {
            read.add(got);
        }
        String put = setters.get(member);
        if (put != null) {
            set.add(put);
        }
        if (method.equals("newBuilder")) {
            made.add(owner);
        }
    }

    /** Whether the daemon looks at the field of a message that it was sent. */
    boolean isRead(FieldDescriptor field) {
        return read.contains(name(field));
    }

    /**
     * Whether the daemon puts something into the field of a message that it sends.
     * @param asked messages that it is sent: those of a type that it never makes itself it hands back as they came
     */
    boolean isSet(FieldDescriptor field, Set<Descriptor> asked) {
        String message = field.getContainingType().getName();
        return set.contains(name(field)) || (asked.contains(field.getContainingType()) && !made.contains(message));
    }

    static String name(FieldDescriptor field) {
        return field.getContainingType().getName() + '.' + field.getName();
    }

    /** As protoc writes a field's name into a method's: a capital letter after each underscore, digit, and at the start. */
    private static String javaName(String field) {
        StringBuilder name = new StringBuilder();
        boolean capital = true;
        for (int i = 0; i < field.length(); i++) {
            char c = field.charAt(i);
            if (c == '_') {
                capital = true;
            } else {
                name.append(capital ? Character.toUpperCase(c) : c);
                capital = Character.isDigit(c);
            }
        }
        return name.toString();
    }
}
