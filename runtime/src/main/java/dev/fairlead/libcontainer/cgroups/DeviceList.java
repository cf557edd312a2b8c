package dev.fairlead.libcontainer.cgroups;

import dev.fairlead.oci.DeviceRule;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a cgroup may do with devices, in the form in which both v1's lists and v2's program can express it: all devices or none, and
 * exceptions from that.
 *
 * @param allowAll whether devices without an exception are allowed
 * @param exceptions what is different: the access denied where all are allowed, else the access allowed
 */
record DeviceList(boolean allowAll, Map<Devices, Integer> exceptions) {
    static final int MKNOD = 1;
    static final int READ = 2;
    static final int WRITE = 4;
    static final int EVERY_ACCESS = MKNOD | READ | WRITE;
    /** Stands for all majors or minors. */
    static final long ANY = -1;

    /**
     * A device, or many of them.
     *
     * @param type b or c
     * @param major or {@link #ANY}
     * @param minor or {@link #ANY}
     */
    record Devices(char type, long major, long minor) {
        boolean covers(Devices other) {
            return type == other.type
                    && (major == ANY || major == other.major)
                    && (minor == ANY || minor == other.minor);
        }

        boolean meets(Devices other) {
            return type == other.type
                    && (major == ANY || other.major == ANY || major == other.major)
                    && (minor == ANY || other.minor == ANY || minor == other.minor);
        }

        @Override
        public String toString() {
            return type + " " + number(major) + ':' + number(minor);
        }

        private static String number(long number) {
            return number == ANY ? "*" : Long.toString(number);
        }
    }

    /**
     * What a list of OCI rules amounts to, the last that matches deciding; nothing is allowed before the first.
     * @throws CgroupException a rule that is none, or that takes some devices or accesses out of a wider rule before it, as in
     *     "all c 1:*, but not c 1:3": v1's lists cannot say that
     */
    static DeviceList of(List<DeviceRule> rules) throws CgroupException {
        boolean allowAll = false;
        Map<Devices, Integer> exceptions = new LinkedHashMap<>();
        for (int i = 0; i < rules.size(); i++) {
            DeviceRule rule = rules.get(i);
            String field = "linux.resources.devices[" + i + "]";
            String type = Objects.requireNonNullElse(rule.type(), "a");
            long major = number(rule.major(), field + ".major");
            long minor = number(rule.minor(), field + ".minor");
            int access = access(rule.access(), field);
            switch (type) {
                case "a", "" -> {
                    if (major == ANY && minor == ANY && access == EVERY_ACCESS) {
                        allowAll = rule.allow();
                        exceptions.clear();
                    } else {
                        change(exceptions, allowAll, rule.allow(), new Devices('b', major, minor), access, field);
                        change(exceptions, allowAll, rule.allow(), new Devices('c', major, minor), access, field);
                    }
                }
                case "b", "c" ->
                    change(
                            exceptions,
                            allowAll,
                            rule.allow(),
                            new Devices(type.charAt(0), major, minor),
                            access,
                            field);
                default -> throw CgroupException.invalid(field + ".type: \"" + type + "\" is not a, b or c");
            }
        }
        return new DeviceList(allowAll, exceptions);
    }

    private static void change(
            Map<Devices, Integer> exceptions,
            boolean allowAll,
            boolean allow,
            Devices devices,
            int access,
            String field)
            throws CgroupException {
        if (allow != allowAll) {
            exceptions.merge(devices, access, (a, b) -> a | b);
            return;
        }
        for (Devices known : List.copyOf(exceptions.keySet())) {
            int both = exceptions.getOrDefault(known, 0) & access;
            if (both == 0 || !devices.meets(known)) {
                continue;
            }
            if (!devices.covers(known)) {
                throw CgroupException.invalid(field + ": " + (allow ? "allow " : "deny ") + devices + ' ' + text(access)
                        + " would be a hole in the rule for " + known
                        + " before it, which device cgroups cannot express");
            }
            exceptions.computeIfPresent(known, (key, old) -> (old & ~access) == 0 ? null : old & ~access);
        }
    }

    private static long number(@Nullable Long number, String field) throws CgroupException {
        if (number == null || number == ANY) {
            return ANY;
        }
        if (number < 0 || number > 0xffff_ffffL) {
            throw CgroupException.invalid(field + ": " + number + " is no device number");
        }
        return number;
    }

    private static int access(@Nullable String access, String field) throws CgroupException {
        if (access == null || access.isEmpty()) {
            return EVERY_ACCESS;
        }
        int mask = 0;
        for (int i = 0; i < access.length(); i++) {
            mask |= switch (access.charAt(i)) {
                case 'r' -> READ;
                case 'w' -> WRITE;
                case 'm' -> MKNOD;
                default ->
                    throw CgroupException.invalid(
                            field + ".access: \"" + access + "\" has other letters than r, w and m");
            };
        }
        return mask;
    }

    /** Letters as v1's files have them. */
    static String text(int access) {
        return ((access & READ) != 0 ? "r" : "")
                + ((access & WRITE) != 0 ? "w" : "")
                + ((access & MKNOD) != 0 ? "m" : "");
    }

    /**
     * The content of v1's devices.list, which does not tell the exceptions where all are allowed.
     * @throws CgroupException a line of another form
     */
    static DeviceList parse(String list) throws CgroupException {
        Map<Devices, Integer> exceptions = new LinkedHashMap<>();
        for (String line : list.split("\n", -1)) {
            if (line.isBlank()) {
                continue;
            }
            if (line.startsWith("a ")) {
                return new DeviceList(true, Map.of());
            }
            String[] words = line.split("[ :]", -1);
            if (words.length != 4) {
                throw new CgroupException("devices.list: unknown line \"" + line + '"');
            }
            exceptions.put(
                    new Devices(line.charAt(0), parseNumber(words[1]), parseNumber(words[2])),
                    access(words[3], "devices.list"));
        }
        return new DeviceList(false, exceptions);
    }

    private static long parseNumber(String word) {
        return word.equals("*") ? ANY : Long.parseLong(word);
    }
}
