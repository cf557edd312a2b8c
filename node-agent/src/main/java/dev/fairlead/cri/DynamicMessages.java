package dev.fairlead.cri;

import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;

/**
 * Messages whose fields are to be walked. A generated class does that by reflection on its getters, all of which a native executable would have to
 * keep for it: some megabytes. A dynamic message has its fields in a map.
 */
public final class DynamicMessages {
    private DynamicMessages() {}

    /** The same fields; unknown ones too. */
    public static DynamicMessage of(Message message) {
        if (message instanceof DynamicMessage dynamic) {
            return dynamic;
        }
        try {
            // The builder's descriptor: the message's own would look up the getters.
            return DynamicMessage.parseFrom(message.newBuilderForType().getDescriptorForType(), message.toByteString());
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException("what was just written cannot be read", e);
        }
    }
}
