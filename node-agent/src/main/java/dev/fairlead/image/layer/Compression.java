package dev.fairlead.image.layer;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.GZIPInputStream;

/** How a layer is compressed; its first bytes tell, media types are known to lie. */
public enum Compression {
    GZIP(0x1f, 0x8b) {
        @Override
        InputStream expand(InputStream in) throws IOException {
            return new GZIPInputStream(in, BUFFER);
        }
    },
    ZSTD(0x28, 0xb5, 0x2f, 0xfd) {
        @Override
        InputStream expand(InputStream in) throws IOException {
            return new ZstdInputStreamNoFinalizer(in);
        }
    },
    NONE {
        @Override
        InputStream expand(InputStream in) {
            return in;
        }
    };

    private static final int BUFFER = 64 << 10;

    private final int[] magic;

    Compression(int... magic) {
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
        for (int i = 0; i < magic.length; i++) {
            if (i >= start.length || (start[i] & 0xff) != magic[i]) {
                return false;
            }
        }
        return true;
    }
}
