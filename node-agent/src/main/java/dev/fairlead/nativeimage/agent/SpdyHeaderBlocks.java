package dev.fairlead.nativeimage.agent;

import com.oracle.svm.core.annotate.Alias;
import com.oracle.svm.core.annotate.Substitute;
import com.oracle.svm.core.annotate.TargetClass;
import io.netty.handler.codec.spdy.SpdyHeaderBlockEncoder;
import io.netty.handler.codec.spdy.SpdyVersion;

/**
 * Netty compresses SPDY's header blocks with the JDK's Deflater, or on Java 6 with a library that nobody has: native-image, which links everything
 * that is named, must not see the latter.
 */
@TargetClass(SpdyHeaderBlockEncoder.class)
final class SpdyHeaderBlocks {
    private SpdyHeaderBlocks() {}

    @Substitute
    static SpdyHeaderBlockEncoder newInstance(SpdyVersion version, int compressionLevel, int windowBits, int memLevel) {
        Object encoder = new ByTheJdk(version, compressionLevel);
        return (SpdyHeaderBlockEncoder) encoder;
    }

    @TargetClass(className = "io.netty.handler.codec.spdy.SpdyHeaderBlockZlibEncoder")
    private static final class ByTheJdk {
        @Alias
        @SuppressWarnings("UnusedVariable") // native-image puts the real constructor in its place
        ByTheJdk(SpdyVersion version, int compressionLevel) {}
    }
}
