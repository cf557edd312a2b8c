package dev.fairlead.libcontainer.cgroups;

import java.util.OptionalLong;

/**
 * The text of a file of words and numbers, a line each (memory.stat, cpu.stat), of which a few are wanted: memory.stat has seventy.
 */
record StatFile(String text) {
    /** The number behind {@code word}; 0 where the kernel has no such line. */
    long value(String word) {
        return find(word).orElse(0);
    }

    /** The number behind {@code word}, empty where the kernel has no such line. */
    OptionalLong find(String word) {
        int start = 0;
        if (!text.startsWith(word + ' ')) {
            start = text.indexOf('\n' + word + ' ') + 1;
            if (start == 0) {
                return OptionalLong.empty();
            }
        }
        int from = start + word.length() + 1;
        int end = text.indexOf('\n', from);
        return OptionalLong.of(Long.parseLong(text, from, end < 0 ? text.length() : end, 10));
    }
}
