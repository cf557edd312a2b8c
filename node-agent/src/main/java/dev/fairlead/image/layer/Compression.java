package dev.fairlead.image.layer;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.zip.GZIPInputStream;

/** How a layer is compressed; its first bytes tell, media types are known to lie. */
public enum Compression {
    GZIP("\u001f\u008b") {
        @Override
        InputStream expand(InputStream in) throws IOException {
            return new GZIPInputStream(in, BUFFER);
        }
    },
    ZSTD("(\u00b5/\u00fd") {
        @Override
        InputStream expand(InputStream in) throws IOException {
            return new ZstdInputStreamNoFinalizer(in);
        }
    },
    NONE("") {
        @Override
        InputStream expand(InputStream in) {
            return in;
        }
    };

    private static final int BUFFER = 64 << 10;

    /** The first bytes, as Latin-1. */
    private final String magic;

    Compression(String magic) {
        this.magic = magic;
    }

    abstract InputStream expand(InputStream in) throws IOException;

    /** The plain bytes of {@code compressed}, which is closed with what is returned. */
    public static InputStream plain(InputStream compressed) throws IOException {
        BufferedInputStream in = new BufferedInputStream(compressed, BUFFER);
        in.mark(8);
        byte[] start = in.readNBytes(4);
        in.reset();
        for (Compression compression : values()) {
            if (compression.begins(start)) {
                return compression.expand(in);
            }
        }
        return in;
    }

    private boolean begins(byte[] start) {
        return new String(start, StandardCharsets.ISO_8859_1).startsWith(magic);
    }
}
