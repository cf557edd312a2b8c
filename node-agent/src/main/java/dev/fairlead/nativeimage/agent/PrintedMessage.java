package dev.fairlead.nativeimage.agent;

import com.google.protobuf.AbstractMessage;
import com.google.protobuf.TextFormat;
import com.oracle.svm.core.annotate.Substitute;
import com.oracle.svm.core.annotate.TargetClass;
import dev.fairlead.cri.DynamicMessages;

/** Messages are printed without reflection on their getters, see {@link DynamicMessages}. */
@TargetClass(AbstractMessage.class)
final class PrintedMessage {
    private PrintedMessage() {}

    @Substitute
    @Override
    public String toString() {
        Object self = this;
        return TextFormat.printer().printToString(DynamicMessages.of((AbstractMessage) self));
    }
}
