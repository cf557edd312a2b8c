package dev.fairlead.cri;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import dev.fairlead.cri.v1.VersionRequest;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Holds the two tables of README.md against CRI's descriptors and the daemon's classes: a field of a request is read (and has an effect, or
 * is refused) or is in the first table, a field of an answer is set or is in the second. None is in both, none in neither.
 */
class FieldTableTest {
    private static final Path README = Path.of("README.md");
    private static final Pattern ROW = Pattern.compile("\\| (`[^|]+`) \\| ([^|]+) \\|");
    private static final Pattern NAME = Pattern.compile("`([A-Za-z]+\\*?)\\.([A-Za-z_0-9]+|\\*)`");

    /** Calls that the daemon answers; the others say UNIMPLEMENTED, whatever is in their messages. */
    private static List<MethodDescriptor> calls() {
        Set<String> answered = Stream.of(RuntimeCalls.class, ImageCalls.class)
                .flatMap(type -> Arrays.stream(type.getDeclaredMethods()))
                .map(Method::getName)
                .collect(Collectors.toSet());
        return VersionRequest.getDescriptor().getFile().getServices().stream()
                .flatMap(service -> service.getMethods().stream())
                .filter(call ->
                        answered.contains(Character.toLowerCase(call.getName().charAt(0))
                                + call.getName().substring(1)))
                .toList();
    }

    /** What is reached from one side of the calls; {@code entered}: fields whose messages are looked into. */
    private static Set<Descriptor> messages(
            Function<MethodDescriptor, Descriptor> side, Predicate<FieldDescriptor> entered) {
        Set<Descriptor> found = new LinkedHashSet<>();
        Deque<Descriptor> waiting = new ArrayDeque<>();
        calls().forEach(call -> waiting.add(side.apply(call)));
        while (!waiting.isEmpty()) {
            Descriptor message = waiting.remove();
            if (!message.getOptions().getMapEntry() && found.add(message)) {
                message.getFields().stream()
                        .filter(field -> field.getJavaType() == FieldDescriptor.JavaType.MESSAGE)
                        .filter(entered)
                        .forEach(field -> waiting.add(field.getMessageType()));
            }
        }
        return found;
    }

    /** A row's fields: {@code Message.field}, with a star for all fields, or for all messages whose names begin so. */
    private record Row(Set<String> fields, String why) {
        boolean has(FieldDescriptor field) {
            String message = field.getContainingType().getName();
            return fields.stream().anyMatch(name -> {
                String owner = name.substring(0, name.indexOf('.'));
                String own = name.substring(name.indexOf('.') + 1);
                return (own.equals("*") || own.equals(field.getName()))
                        && (owner.endsWith("*")
                                ? message.startsWith(owner.substring(0, owner.length() - 1))
                                : message.equals(owner));
            });
        }
    }

    private static List<Row> table(String heading) throws IOException {
        List<Row> rows = new ArrayList<>();
        boolean inside = false;
        for (String line : Files.readAllLines(README)) {
            if (line.startsWith("#")) {
                inside = line.endsWith(heading);
            }
            Matcher row = ROW.matcher(line);
            if (inside && row.matches()) {
                rows.add(new Row(
                        NAME.matcher(row.group(1))
                                .results()
                                .map(name -> name.group(1) + '.' + name.group(2))
                                .collect(Collectors.toSet()),
                        row.group(2).strip()));
            }
        }
        assertThat(rows)
                .as("rows below \"" + heading + "\"")
                .isNotEmpty()
                .allSatisfy(row ->
                        assertThat(row.why()).as("reason of %s", row.fields()).isNotBlank());
        return rows;
    }

    private static void compare(Set<Descriptor> messages, Predicate<FieldDescriptor> used, List<Row> table) {
        List<FieldDescriptor> fields = messages.stream()
                .flatMap(message -> message.getFields().stream())
                .toList();
        assertThat(fields.stream()
                        .filter(used.negate())
                        .filter(field -> table.stream().noneMatch(row -> row.has(field)))
                        .map(FieldUse::name))
                .as("neither used nor in the table")
                .isEmpty();
        assertThat(fields.stream()
                        .filter(used)
                        .filter(field -> table.stream().anyMatch(row -> row.has(field)))
                        .map(FieldUse::name))
                .as("used, and in the table all the same")
                .isEmpty();
        assertThat(table.stream().filter(row -> fields.stream().noneMatch(row::has)))
                .as("in the table, but no field")
                .isEmpty();
    }

    @Test
    void everyFieldOfARequestIsReadOrInTheTable() throws Exception {
        FieldUse use = FieldUse.ofTheDaemon();
        compare(
                messages(MethodDescriptor::getInputType, _ -> true),
                use::isRead,
                table("Fields of requests that have no effect"));
    }

    @Test
    void everyFieldOfAnAnswerIsSetOrInTheTable() throws Exception {
        FieldUse use = FieldUse.ofTheDaemon();
        Set<Descriptor> asked = messages(MethodDescriptor::getInputType, _ -> true);
        Predicate<FieldDescriptor> set = field -> use.isSet(field, asked);
        compare(
                // What is in a message that is never sent needs no reason.
                messages(MethodDescriptor::getOutputType, field -> field.isMapField() || set.test(field)),
                set,
                table("Fields of answers that stay empty"));
    }
}
