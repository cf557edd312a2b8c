package dev.fairlead.selftest;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;
import dev.fairlead.admin.v1.PullRequest;
import dev.fairlead.cri.DynamicMessages;
import dev.fairlead.cri.v1.ContainerConfig;
import dev.fairlead.cri.v1.ImageSpec;
import dev.fairlead.cri.v1.PodSandboxConfig;
import dev.fairlead.cri.v1.VersionRequest;
import dev.fairlead.selftest.SelfTest.Step;
import java.util.List;

/** Messages of protobuf, which read their own fields by reflection when they are printed or compared. */
final class MessageSteps {
    /** Messages nest without end; what lies deeper is made of the same types. */
    private static final int DEEPEST = 6;

    private MessageSteps() {}

    static List<Step> steps() {
        return List.of(
                new Step(
                        "messages of CRI",
                        () -> fill(VersionRequest.getDescriptor().getFile())),
                new Step(
                        "messages of the daemon",
                        () -> fill(PullRequest.getDescriptor().getFile())),
                new Step("a pod's configuration", () -> roundTrip(PodSandboxConfig.getDefaultInstance())),
                new Step("a container's configuration", () -> roundTrip(ContainerConfig.getDefaultInstance())),
                new Step("an image's name", () -> roundTrip(ImageSpec.getDefaultInstance())));
    }

    private static void fill(FileDescriptor file) throws Exception {
        for (Descriptor type : file.getMessageTypes()) {
            Message message = filled(type, 0);
            SelfTest.require(
                    DynamicMessage.parseFrom(type, message.toByteArray()).equals(message),
                    type.getName() + " is not what was written");
        }
    }

    /** With the generated class instead of a dynamic one. */
    private static void roundTrip(Message type) throws Exception {
        Descriptor descriptor = type.newBuilderForType().getDescriptorForType();
        Message message = type.newBuilderForType()
                .mergeFrom(filled(descriptor, 0).toByteArray())
                .build();
        SelfTest.require(
                message.getParserForType().parseFrom(message.toByteArray()).equals(message),
                "it is not what was written");
        DynamicMessage.Builder read = DynamicMessage.newBuilder(descriptor);
        TextFormat.merge(message.toString(), read);
        SelfTest.require(read.build().equals(DynamicMessages.of(message)), "printed, it is another");
    }

    private static Message filled(Descriptor type, int depth) {
        DynamicMessage.Builder message = DynamicMessage.newBuilder(type);
        for (FieldDescriptor field : type.getFields()) {
            if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE && depth == DEEPEST) {
                continue;
            }
            Object value = value(field, depth);
            if (field.isRepeated()) {
                message.addRepeatedField(field, value);
            } else {
                message.setField(field, value);
            }
        }
        return message.build();
    }

    private static Object value(FieldDescriptor field, int depth) {
        return switch (field.getJavaType()) {
            case INT -> 1;
            case LONG -> 1L;
            case FLOAT -> 1f;
            case DOUBLE -> 1.0;
            case BOOLEAN -> true;
            case STRING -> "text";
            case BYTE_STRING -> ByteString.copyFromUtf8("bytes");
            case ENUM -> field.getEnumType().getValues().getLast();
            case MESSAGE -> filled(field.getMessageType(), depth + 1);
        };
    }
}
