package dev.fairlead.cli;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import dev.fairlead.cri.DynamicMessages;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Messages as maps, for json and yaml; names as in the .proto file's JSON form. Fields that are not set are left out. */
final class ProtoMaps {
    private ProtoMaps() {}

    static Map<String, Object> of(Message message) {
        return ofDynamic(DynamicMessages.of(message));
    }

    private static Map<String, Object> ofDynamic(Message message) {
        Map<String, Object> map = new LinkedHashMap<>();
        message.getAllFields().forEach((field, value) -> map.put(field.getJsonName(), value(field, value)));
        return map;
    }

    private static Object value(FieldDescriptor field, Object value) {
        if (field.isMapField() && value instanceof List<?> entries) {
            Map<String, Object> map = new LinkedHashMap<>();
            for (Object entry : entries) {
                if (entry instanceof Message pair) {
                    List<FieldDescriptor> keyAndValue =
                            pair.getDescriptorForType().getFields();
                    map.put(
                            String.valueOf(pair.getField(keyAndValue.getFirst())),
                            plain(pair.getField(keyAndValue.getLast())));
                }
            }
            return map;
        }
        if (value instanceof List<?> list) {
            return list.stream().map(ProtoMaps::plain).toList();
        }
        return plain(value);
    }

    private static Object plain(Object value) {
        return switch (value) {
            case Message message -> ofDynamic(message);
            case EnumValueDescriptor constant -> constant.getName();
            case ByteString bytes -> bytes.toStringUtf8();
            default -> value;
        };
    }
}
