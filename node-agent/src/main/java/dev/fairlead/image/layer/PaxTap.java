package dev.fairlead.image.layer;

import dev.fairlead.image.ImageException.BadImage;
import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Reads along with commons-compress and keeps the extended attributes of pax headers as bytes. The library gives them as text, which
 * destroys every binary value that is no UTF-8: {@code security.capability} of a program with CAP_SETUID (1 &lt;&lt; 7) is one. It also bounds
 * the headers, which the library reads into memory whatever their size.
 */
final class PaxTap extends FilterInputStream {
    private static final int RECORD = 512;
    private static final int LARGEST_HEADER = 1 << 20;
    private static final String XATTR = "SCHILY.xattr.";

    private final byte[] record = new byte[RECORD];
    private final ByteArrayOutputStream header = new ByteArrayOutputStream();
    private final String label;
    private int inRecord;
    private long bodyLeft;
    private boolean keepBody;
    private boolean sparseHeaders;
    private long headerLeft;
    private long paxSize = -1;
    private Map<String, byte[]> pending = new LinkedHashMap<>();
    private Map<String, byte[]> xattrs = Map.of();

    /** @param label begins messages */
    PaxTap(InputStream tar, String label) {
        super(tar);
        this.label = label;
    }

    /** The attributes of the entry whose header was read last. */
    Map<String, byte[]> xattrs() {
        return xattrs;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        int count = super.read(bytes, offset, length);
        if (count > 0) {
            see(bytes, offset, count);
        }
        return count;
    }

    @Override
    public long skip(long count) throws IOException {
        byte[] waste = new byte[(int) Math.min(count, 8192)];
        long done = 0;
        while (done < count) {
            int read = read(waste, 0, (int) Math.min(waste.length, count - done));
            if (read < 0) {
                break;
            }
            done += read;
        }
        return done;
    }

    @Override
    public boolean markSupported() {
        return false;
    }

    private void see(byte[] bytes, int offset, int count) throws IOException {
        int at = offset;
        int end = offset + count;
        while (at < end) {
            if (bodyLeft > 0) {
                int take = (int) Math.min(bodyLeft, end - at);
                if (keepBody) {
                    int wanted = (int) Math.min(headerLeft, take);
                    header.write(bytes, at, wanted);
                    headerLeft -= wanted;
                }
                bodyLeft -= take;
                at += take;
                if (bodyLeft == 0 && keepBody) {
                    keepBody = false;
                    parse(header.toByteArray());
                }
            } else {
                int take = Math.min(RECORD - inRecord, end - at);
                System.arraycopy(bytes, at, record, inRecord, take);
                inRecord += take;
                at += take;
                if (inRecord == RECORD) {
                    inRecord = 0;
                    headerRecord();
                }
            }
        }
    }

    private void headerRecord() throws BadImage {
        if (sparseHeaders) {
            sparseHeaders = record[504] != 0; // one more map of an old GNU sparse file
            return;
        }
        if (record[0] == 0 && record[156] == 0) {
            return; // the end, or padding behind it
        }
        long size = size();
        char type = (char) (record[156] & 0xff);
        if (isMeta(type)) {
            if (size > LARGEST_HEADER) {
                throw new BadImage(label + ": a header has " + size + " bytes, " + LARGEST_HEADER
                        + " are allowed; the image is hostile or broken");
            }
            keepBody = size > 0 && (type == 'x' || type == 'X');
            if (keepBody) {
                header.reset();
                headerLeft = size;
            }
        } else {
            xattrs = pending;
            pending = new LinkedHashMap<>();
            if (paxSize >= 0) {
                size = paxSize;
                paxSize = -1;
            }
            sparseHeaders = type == 'S' && record[482] != 0;
        }
        bodyLeft = (size + RECORD - 1) / RECORD * RECORD;
    }

    /** Headers that speak of the entry behind them, or of all. */
    private static boolean isMeta(char type) {
        return switch (type) {
            case 'x', 'X', 'g', 'L', 'K' -> true;
            default -> false;
        };
    }

    /** Octal digits, or with the highest bit set a binary number (GNU). */
    private long size() throws BadImage {
        if ((record[124] & 0x80) != 0) {
            long value = record[124] & 0x3f;
            for (int i = 125; i < 136; i++) {
                if (value >= 1L << 54) {
                    throw new BadImage(label + ": an entry claims more than 2^62 bytes; the image is broken");
                }
                value = (value << 8) | (record[i] & 0xff);
            }
            return value;
        }
        long value = 0;
        for (int i = 124; i < 136; i++) {
            int digit = record[i] - '0';
            if (digit >= 0 && digit < 8) {
                value = value * 8 + digit;
            }
        }
        return value;
    }

    /** Lines of {@code length key=value\n}, the length in bytes and with itself (POSIX pax, Extended Header). */
    private void parse(byte[] lines) throws BadImage {
        int at = 0;
        while (at < lines.length && lines[at] != 0) {
            int length = 0;
            int i = at;
            for (; i < lines.length && lines[i] >= '0' && lines[i] <= '9' && length < LARGEST_HEADER; i++) {
                length = length * 10 + lines[i] - '0';
            }
            int end = at + length;
            int equals = i;
            while (equals < lines.length && lines[equals] != '=') {
                equals++;
            }
            if (i == at || i >= lines.length || lines[i] != ' ' || end > lines.length || equals >= end) {
                throw new BadImage(label + ": a pax header is malformed; the image is broken");
            }
            String key = new String(lines, i + 1, equals - i - 1, StandardCharsets.UTF_8);
            int valueLength = end - 1 - (equals + 1);
            if (key.startsWith(XATTR)) {
                byte[] value = new byte[Math.max(0, valueLength)];
                System.arraycopy(lines, equals + 1, value, 0, value.length);
                pending.put(key.substring(XATTR.length()), value);
            } else if (key.equals("size")) {
                paxSize = parseSize(new String(lines, equals + 1, Math.max(0, valueLength), StandardCharsets.US_ASCII));
            }
            at = end;
        }
    }

    private long parseSize(String text) throws BadImage {
        try {
            long size = Long.parseLong(text);
            if (size >= 0) {
                return size;
            }
        } catch (NumberFormatException e) {
            // The same answer as for a negative one.
        }
        throw new BadImage(label + ": a pax header has the size \"" + text + "\"; the image is broken");
    }
}
