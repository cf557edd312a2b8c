package dev.fairlead.e2e.runc;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;

/** What a container looked like, as facts: the words that name one, and its value. */
record Report(Map<String, String> facts) {
    private static final String REFUSED = "refused: ";
    private static final String OUTCOME = "outcome";
    static final String ABSENT = "(none)";

    static Report of(Outcome outcome, HostMounts host) {
        return switch (outcome) {
            case Outcome.Refused(var message) -> new Report(Map.of(OUTCOME, REFUSED + message.strip()));
            case Outcome.Ran(var lines) -> parse(lines, host);
        };
    }

    private static Report parse(List<String> lines, HostMounts host) {
        Map<String, String> facts = new LinkedHashMap<>();
        List<MountInfo> mounts = new ArrayList<>();
        facts.put(OUTCOME, "ran");
        for (String line : lines) {
            String[] fields = line.split("\t", 3);
            if (fields.length < 3) {
                continue; // "end"
            }
            if (fields[0].equals("mountinfo") && fields[1].equals("line")) {
                mounts.add(MountInfo.parse(fields[2]));
            } else {
                facts.put(fields[0] + " " + fields[1], fields[2]);
            }
        }
        MountTable table = new MountTable(mounts, host);
        facts.putAll(table.facts());
        facts.put("order of mounts", table.lines().stream().map(table::name).collect(Collectors.joining(" ")));
        return new Report(facts);
    }

    boolean ran() {
        return outcome().equals("ran");
    }

    /** What of its file system the uppermost mount at a path shows; empty: nothing is mounted there. */
    String topRoot(String path) {
        String root = "";
        for (int place = 0; facts.containsKey("mount " + path + "#" + place + " root"); place++) {
            root = Objects.requireNonNull(facts.get("mount " + path + "#" + place + " root"));
        }
        return root;
    }

    /** Whether a mount is a copy of one of the host, or the procfs that init makes first. */
    boolean isBroughtAlong(String name) {
        return facts.getOrDefault("mount " + name + " file system", "").startsWith(MountTable.OF_THE_HOST)
                || facts.getOrDefault("mount " + name + " type", "").equals("proc");
    }

    /** Whether mounts lie upon each other at a path. */
    boolean isPile(String path) {
        return facts.containsKey("mount " + path + "#1 type");
    }

    private String outcome() {
        return Objects.requireNonNull(facts.get(OUTCOME));
    }

    /** What differs, in the order of the facts. Where one of them refused, that alone; the words of two that refused are their own. */
    static List<Difference> differences(Report runc, Report fairlead) {
        if (!runc.ran() && !fairlead.ran()) {
            return List.of();
        }
        if (runc.ran() != fairlead.ran()) {
            return List.of(new Difference(OUTCOME, runc.outcome(), fairlead.outcome()));
        }
        Set<String> facts = new LinkedHashSet<>(runc.facts.keySet());
        facts.addAll(fairlead.facts.keySet());
        return facts.stream()
                .map(fact -> new Difference(
                        fact, runc.facts.getOrDefault(fact, ABSENT), fairlead.facts.getOrDefault(fact, ABSENT)))
                .filter(difference -> !difference.runc().equals(difference.fairlead()))
                .toList();
    }

    /** One fact that is not the same. */
    record Difference(String fact, String runc, String fairlead) {
        @Override
        public String toString() {
            return fact + "\n    runc:     " + runc + "\n    Fairlead: " + fairlead;
        }
    }
}
