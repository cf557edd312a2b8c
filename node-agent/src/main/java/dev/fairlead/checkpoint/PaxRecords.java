package dev.fairlead.checkpoint;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/**
 * The extended header of an entry (pax(1)). Written here and not by the tar library: that knows values as text only, and those of extended
 * attributes are bytes.
 */
final class PaxRecords {
    private static final String XATTR = "SCHILY.xattr.";

    private final ByteArrayOutputStream records = new ByteArrayOutputStream();

    PaxRecords path(String path) {
        return put("path", path);
    }

    PaxRecords link(String target) {
        return put("linkpath", target);
    }

    PaxRecords modified(Instant time) {
        return put("mtime", time.getEpochSecond() + String.format(".%09d", time.getNano()));
    }

    PaxRecords xattr(String name, byte[] value) {
        return put(XATTR + name, value);
    }

    private PaxRecords put(String key, String value) {
        return put(key, value.getBytes(StandardCharsets.UTF_8));
    }

    /** "LENGTH key=value\n", where the length counts its own digits. */
    private PaxRecords put(String key, byte[] value) {
        byte[] start = (' ' + key + '=').getBytes(StandardCharsets.UTF_8);
        int rest = start.length + value.length + 1;
        int length = rest + 1;
        while (length != rest + Integer.toString(length).length()) {
            length = rest + Integer.toString(length).length();
        }
        records.writeBytes(Integer.toString(length).getBytes(StandardCharsets.US_ASCII));
        records.writeBytes(start);
        records.writeBytes(value);
        records.write('\n');
        return this;
    }

    void writeTo(TarArchiveOutputStream tar) throws IOException {
        TarArchiveEntry header = new TarArchiveEntry("PaxHeaders", TarConstants.LF_PAX_EXTENDED_HEADER_LC);
        header.setSize(records.size());
        tar.putArchiveEntry(header);
        records.writeTo(tar);
        tar.closeArchiveEntry();
    }
}
