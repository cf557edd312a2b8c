package dev.fairlead.image.registry;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a registry wants to see: one challenge of a WWW-Authenticate header (RFC 9110, 11.6.1).
 *
 * @param scheme lower case
 * @param parameters names in lower case, values without their quotes
 */
record Challenge(String scheme, Map<String, String> parameters) {
    private static final String TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
    private static final Pattern PART = Pattern.compile(
            "\\s*,?\\s*(?:(?<name>" + TOKEN + ")\\s*=\\s*(?:\"(?<quoted>(?:[^\"\\\\]|\\\\.)*)\"|(?<plain>" + TOKEN
                    + "))|(?<scheme>" + TOKEN + ")(?=\\s|,|$))");

    /** All challenges of all headers, in their order; what cannot be read ends its header. */
    static List<Challenge> parse(List<String> headers) {
        List<Challenge> challenges = new ArrayList<>();
        for (String header : headers) {
            Matcher matcher = PART.matcher(header);
            int at = 0;
            while (at < header.length() && matcher.find(at) && matcher.start() == at && matcher.end() > at) {
                at = matcher.end();
                if (matcher.group("scheme") != null) {
                    challenges.add(
                            new Challenge(matcher.group("scheme").toLowerCase(Locale.ROOT), new LinkedHashMap<>()));
                } else if (!challenges.isEmpty()) {
                    String quoted = matcher.group("quoted");
                    challenges
                            .getLast()
                            .parameters
                            .put(
                                    matcher.group("name").toLowerCase(Locale.ROOT),
                                    quoted == null ? matcher.group("plain") : quoted.replaceAll("\\\\(.)", "$1"));
                }
            }
        }
        return challenges;
    }

    /** A parameter's value, empty where it is missing. */
    String get(String name) {
        return parameters.getOrDefault(name, "");
    }
}
