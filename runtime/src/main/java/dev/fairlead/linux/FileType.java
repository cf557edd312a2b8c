package dev.fairlead.linux;

import java.util.Locale;

/** The kind of a file: S_IFMT of inode(7). */
public enum FileType {
    FIFO(0x1000),
    CHARACTER_DEVICE(0x2000),
    DIRECTORY(0x4000),
    BLOCK_DEVICE(0x6000),
    REGULAR(0x8000),
    SYMBOLIC_LINK(0xa000),
    SOCKET(0xc000),
    /** None of those: what anonymous inodes answer. */
    OTHER(0);

    private static final int MASK = 0xf000;

    private final int bits;

    FileType(int bits) {
        this.bits = bits;
    }

    int bits() {
        return bits;
    }

    static FileType ofMode(int mode) {
        for (FileType type : values()) {
            if (type.bits == (mode & MASK)) {
                return type;
            }
        }
        return OTHER;
    }

    /** As a sentence has it: {@code character device}. */
    public String words() {
        return switch (this) {
            case OTHER -> "file of no type";
            case REGULAR -> "regular file";
            default -> name().toLowerCase(Locale.ROOT).replace('_', ' ');
        };
    }
}
