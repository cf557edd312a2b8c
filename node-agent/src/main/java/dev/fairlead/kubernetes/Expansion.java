package dev.fairlead.kubernetes;

import java.util.List;
import java.util.Map;

/** Kubernetes' {@code $(NAME)} references in commands, arguments and values of variables. */
final class Expansion {
    private Expansion() {}

    /** Expands each of {@code texts}. */
    static List<String> expand(List<String> texts, Map<String, String> variables) {
        return texts.stream().map(text -> expand(text, variables)).toList();
    }

    /**
     * Replaces {@code $(NAME)} by the variable's value. {@code $$} is one dollar sign, so {@code $$(NAME)} stays {@code $(NAME)}; a
     * reference to an unknown variable, and a dollar sign before anything else, stay as they are.
     */
    static String expand(String text, Map<String, String> variables) {
        StringBuilder expanded = new StringBuilder(text.length());
        int at = 0;
        while (at < text.length()) {
            char c = text.charAt(at);
            if (c != '$' || at + 1 == text.length()) {
                expanded.append(c);
                at++;
                continue;
            }
            char next = text.charAt(at + 1);
            int end = next == '(' ? text.indexOf(')', at) : -1;
            if (next == '$') {
                expanded.append('$');
                at += 2;
            } else if (end < 0) {
                expanded.append(c);
                at++;
            } else {
                String reference = text.substring(at, end + 1);
                String name = text.substring(at + 2, end);
                expanded.append(variables.getOrDefault(name, reference));
                at = end + 1;
            }
        }
        return expanded.toString();
    }
}
