package dev.fairlead.cri.v1;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Holds our api.proto against the table of CRI v1, both ways: nothing is missing, nothing is added, no number differs. */
class CriWireContractTest {
    private static final FileDescriptor FILE = VersionRequest.getDescriptor().getFile();

    @Test
    void everyRowOfTheTableIsCompiledAndEveryThingCompiledHasARow() throws IOException {
        List<String> compiled = new ArrayList<>();
        FILE.getServices().forEach(service -> addService(compiled, service));
        FILE.getMessageTypes().forEach(message -> addMessage(compiled, message));
        FILE.getEnumTypes().forEach(type -> addEnum(compiled, type, type.getName()));
        assertThat(compiled).containsExactlyInAnyOrderElementsOf(table());
    }

    @Test
    void thePackageIsTheOneThatTheKubeletCalls() {
        assertThat(FILE.getPackage()).isEqualTo("runtime.v1");
    }

    private static List<String> table() throws IOException {
        try (InputStream table = CriWireContractTest.class.getResourceAsStream("/cri-v1-wire.tsv")) {
            return new String(table.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .skip(1)
                    .map(String::stripTrailing)
                    .toList();
        }
    }

    private static void addService(List<String> rows, ServiceDescriptor service) {
        for (MethodDescriptor method : service.getMethods()) {
            rows.add(row(
                    "rpc",
                    service.getName(),
                    method.getName(),
                    "",
                    method.getInputType().getName(),
                    (method.isServerStreaming() ? "stream " : "")
                            + method.getOutputType().getName()));
        }
    }

    private static void addMessage(List<String> rows, Descriptor message) {
        if (message.getFields().isEmpty()) {
            rows.add(row("message", message.getName(), "(no fields)", "", "", ""));
        }
        for (FieldDescriptor field : message.getFields()) {
            String label = field.isMapField()
                    ? ""
                    : field.isRepeated() ? "repeated" : field.getOptions().getDeprecated() ? "deprecated" : "";
            rows.add(row(
                    "field",
                    message.getName(),
                    field.getName(),
                    Integer.toString(field.getNumber()),
                    type(field),
                    label));
        }
        message.getEnumTypes().forEach(type -> addEnum(rows, type, message.getName() + "." + type.getName()));
    }

    private static void addEnum(List<String> rows, EnumDescriptor type, String name) {
        for (EnumValueDescriptor value : type.getValues()) {
            rows.add(row("enum", name, value.getName(), Integer.toString(value.getNumber()), "", ""));
        }
    }

    private static String type(FieldDescriptor field) {
        if (field.isMapField()) {
            return "map<" + type(field.getMessageType().findFieldByNumber(1)) + ","
                    + type(field.getMessageType().findFieldByNumber(2)) + ">";
        }
        return switch (field.getJavaType()) {
            case MESSAGE -> relative(field.getMessageType().getFullName());
            case ENUM -> relative(field.getEnumType().getFullName());
            default -> field.getLiteType().name().toLowerCase(java.util.Locale.ROOT);
        };
    }

    private static String relative(String fullName) {
        return fullName.substring("runtime.v1.".length());
    }

    private static String row(String... cells) {
        return String.join("\t", cells).stripTrailing();
    }
}
