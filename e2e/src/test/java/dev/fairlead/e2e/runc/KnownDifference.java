package dev.fairlead.e2e.runc;

import dev.fairlead.e2e.runc.Report.Difference;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What is not the same as under runc, and why; runtime/README.md has a row for each. It is tied to the configurations and facts it concerns,
 * and to what the two runtimes say there. One that no configuration shows any more fails the test, as one that is not here does.
 */
enum KnownDifference {
    ORDER_OF_BINDS(".*", "order of mounts", ".*", ".*") {
        // Whatever is no copy of a mount of the host comes in the same order.
        @Override
        boolean concerns(Matcher fact, Difference difference, Report there, Report here) {
            return made(difference.runc(), there, here).equals(made(difference.fairlead(), there, here));
        }

        private static List<String> made(String names, Report there, Report here) {
            return Stream.of(names.split(" ", -1))
                    .filter(name -> !there.isBroughtAlong(name) && !here.isBroughtAlong(name))
                    .toList();
        }
    },
    NULL_OF_THE_HOST(
            ".*",
            "(?:mount|statfs) ([^# ]*)(?:#\\d+ (?:type|source|root|options|propagation|file system|file system's options))?",
            ".*",
            ".*") {
        @Override
        boolean concerns(Matcher fact, Difference difference, Report there, Report here) {
            return here.topRoot(fact.group(1)).equals("/null");
        }
    },
    ATTRIBUTE_OF_SYSFS(".*", "mount [^ ]*/sys[^ ]*#0 file system's options", "ro", "rw"),
    ACCESS_OF_SYSFS(
            ".*", "(?:try|statfs) .*/sys(/kernel)?", ".*(EROFS|flags 0x102[1f]).*", ".*(EACCES|EPERM|flags 0x1020).*"),
    ONE_PROCFS(
            "proc read-only, and a second one",
            "mount /proc#0 file system('s options)?",
            "its own|ro",
            "that of /home/proc#0|rw"),
    RECURSIVE_READ_ONLY_PATHS(
            "read-only above other mounts",
            "(statfs|try|mount) /tree/sub.*",
            "(?!.*EROFS).*",
            ".*(EROFS|0x1023|ro,).*"),
    WORD_OF_ACCESS_TIME(".*recursive.*", "(statfs|mount) /m/rnorelatime.*", ".*(0x10|relatime).*", "(?!.*relatime).*"),
    UNBINDABLE_STAYS("a mount that must not be copied stays behind", "(statfs|file|mount) /a/sub.*", ".*", ".*"),
    UNBINDABLE_REFUSED("unbindable, bound", "outcome", "ran", "refused: .*unbindable.*"),
    NOT_RECURSIVE(".*rootfsPropagation (private|slave|unbindable|shared)", "mount .* propagation", ".*", ".*"),
    PEERS_OF_READ_ONLY_PATHS(
            ".*rootfsPropagation r?shared", "mount .* propagation", "shared:group of [^ ]*", "shared:group of [^ ]*"),
    SLAVE_OF_PRIVATE(".*rootfsPropagation rprivate", "mount .* propagation", "private", "master:.*"),
    SOURCES_OF_UNBINDABLE(
            ".*rootfsPropagation runbindable", "outcome", "refused: .*MS_BIND.*invalid argument.*", "ran"),
    MISSING_BELOW_A_FILE(".*below a file", "outcome", "refused: .*not a directory.*", "ran"),
    BIND_BY_TYPE(".*the type bind alone", "outcome", "refused: .*no such device.*", "ran"),
    REMOUNT("remount as an option", "outcome", "refused: .*MS_REMOUNT.*", "ran"),
    NO_OPTION("options that say nothing.*", "outcome", "refused: .*(acl|defaults).*", "ran"),
    COPY_OF_LINKS_AND_PIPES(
            "tmpcopyup of dangling links.*", "outcome", "refused: .*tmpcopyup: failed to copy.*", "ran"),
    COVERED_BEFORE_READ_ONLY(
            ".*",
            "(?:statfs|try|mount) (/[^# ]*)(?:#\\d+ options)?",
            ".*(EROFS|flags|made|r[ow],).*",
            ".*(EROFS|flags|made|r[ow],).*") {
        @Override
        boolean concerns(Matcher fact, Difference difference, Report there, Report here) {
            return here.isPile(fact.group(1)) && there.isPile(fact.group(1));
        }
    },
    COPY_OF_TIMES("tmpcopyup", "file /full.*", "(?!.* of 1000000000).*", ".* of 1000000000"),
    COPY_OF_ATTRIBUTES(
            "tmpcopyup of attributes and hard links", "file /more/[ab]", ".* 1 links.*", ".* 2 links.* user.color"),
    LINKS_IN_DEV("an image that has nodes and links in /dev", "file /nowhere", "l .*", Pattern.quote(Report.ABSENT)),
    GROUP_OF_MQUEUE(".*", "file /dev/mqueue", "d 1777 0:65534", "d 1777 0:0"),
    DEVICE_RULES("a list of devices that allows nothing", "outcome", "ran", "refused: .*/dev/null: EPERM.*"),
    ROOT_AS_SOURCE("a source in the root directory itself", "mount /again#0 propagation", "private", "master:.*");

    private final Pattern configuration;
    private final Pattern fact;
    private final Pattern runc;
    private final Pattern fairlead;

    KnownDifference(String configuration, String fact, String runc, String fairlead) {
        this.configuration = Pattern.compile(configuration, Pattern.DOTALL);
        this.fact = Pattern.compile(fact);
        this.runc = Pattern.compile(runc, Pattern.DOTALL);
        this.fairlead = Pattern.compile(fairlead, Pattern.DOTALL);
    }

    /** What a pattern cannot say. */
    boolean concerns(Matcher fact, Difference difference, Report there, Report here) {
        return true;
    }

    /**
     * The one that a difference is.
     * @param there runc's report
     * @param here Fairlead's
     * @param configuration its name
     */
    static Optional<KnownDifference> explaining(
            Difference difference, Report there, Report here, String configuration) {
        return Arrays.stream(values())
                .filter(known -> known.matches(difference, there, here, configuration))
                .findFirst();
    }

    private boolean matches(Difference difference, Report there, Report here, String name) {
        Matcher matched = fact.matcher(difference.fact());
        return configuration.matcher(name).matches()
                && matched.matches()
                && runc.matcher(difference.runc()).matches()
                && fairlead.matcher(difference.fairlead()).matches()
                && concerns(matched, difference, there, here);
    }
}
