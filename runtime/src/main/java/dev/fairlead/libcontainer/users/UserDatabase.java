package dev.fairlead.libcontainer.users;

import dev.fairlead.linux.Fd;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/** The users and groups of one image: its /etc/passwd and /etc/group (passwd(5), group(5)). Immutable. */
public final class UserDatabase {
    static final String PASSWD = "/etc/passwd";
    static final String GROUP = "/etc/group";

    /** As libcontainer has it: a larger number turns negative in programs with a signed uid_t, and 4294967295 means "leave it" to setuid. */
    static final long LARGEST_ID = Integer.MAX_VALUE;

    private record User(String name, long uid, long gid, String home) {}

    private record Group(String name, long gid, List<String> members) {}

    private final Optional<List<User>> users;
    private final Optional<List<Group>> groups;

    private UserDatabase(Optional<List<User>> users, Optional<List<Group>> groups) {
        this.users = users;
        this.groups = groups;
    }

    /**
     * Reads the files of an image. A file that is missing is a database without entries; a line that is none is passed over.
     *
     * @param root the image's root directory, borrowed; links in it are followed as if it were /
     * @throws UserException a file that is no regular one, or larger than 16 MiB
     * @throws IOException it cannot be read
     */
    public static UserDatabase read(Fd root) throws IOException {
        return of(ImageFile.read(root, PASSWD), ImageFile.read(root, GROUP));
    }

    /** A database of the texts of both files; empty: the file is missing. */
    static UserDatabase of(Optional<String> passwd, Optional<String> group) {
        return new UserDatabase(passwd.map(UserDatabase::parseUsers), group.map(UserDatabase::parseGroups));
    }

    private static List<User> parseUsers(String text) {
        List<User> users = new ArrayList<>();
        for (String line : text.split("\n", -1)) {
            // name:password:uid:gid:comment:home:shell
            String[] fields = line.strip().split(":", -1);
            if (fields.length >= 4 && !fields[0].isEmpty() && !fields[0].startsWith("#")) {
                OptionalLong uid = number(fields[2]);
                OptionalLong gid = number(fields[3]);
                if (uid.isPresent() && gid.isPresent()) {
                    users.add(
                            new User(fields[0], uid.getAsLong(), gid.getAsLong(), fields.length > 5 ? fields[5] : ""));
                }
            }
        }
        return users;
    }

    private static List<Group> parseGroups(String text) {
        List<Group> groups = new ArrayList<>();
        for (String line : text.split("\n", -1)) {
            // name:password:gid:member,member
            String[] fields = line.strip().split(":", -1);
            if (fields.length >= 3 && !fields[0].isEmpty() && !fields[0].startsWith("#")) {
                OptionalLong gid = number(fields[2]);
                if (gid.isPresent()) {
                    groups.add(new Group(
                            fields[0],
                            gid.getAsLong(),
                            fields.length > 3 ? List.of(fields[3].split(",", -1)) : List.of()));
                }
            }
        }
        return groups;
    }

    /** A user or group id; empty where it is not all digits or out of range. */
    private static OptionalLong number(String text) {
        if (text.isEmpty() || text.length() > 10 || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return OptionalLong.empty();
        }
        long number = Long.parseLong(text);
        return number <= LARGEST_ID ? OptionalLong.of(number) : OptionalLong.empty();
    }

    private static boolean isNumber(String text) {
        return !text.isEmpty() && text.chars().allMatch(c -> (c >= '0' && c <= '9') || c == '-');
    }

    /**
     * Finds who a process is to be. Digits are always a number, also where the image has a user of such a name: what the kubelet took for
     * a number when it judged runAsNonRoot must not become root here.
     *
     * @throws UserException a name without entry, a number out of range
     */
    public ContainerUser resolve(UserRequest request) throws UserException {
        String text = request.user();
        int colon = text.indexOf(':');
        String userPart = colon < 0 ? text : text.substring(0, colon);
        String groupPart = colon < 0 ? "" : text.substring(colon + 1);
        if (groupPart.indexOf(':') >= 0) {
            throw new UserException("user \"" + text + "\": not USER or USER:GROUP, by name or number");
        }
        long uid = 0;
        Optional<User> user;
        if (userPart.isEmpty() || isNumber(userPart)) {
            uid = userPart.isEmpty() ? 0 : id(userPart, "user");
            long wanted = uid;
            user = findUser(each -> each.uid == wanted);
        } else {
            user = findUser(each -> each.name.equals(userPart));
            if (user.isEmpty()) {
                throw new UserException(unknown("user", userPart, PASSWD, users.isPresent()));
            }
            uid = user.get().uid;
        }
        long gid = groupPart.isEmpty() ? user.map(User::gid).orElse(0L) : group(groupPart);
        return new ContainerUser(
                uid,
                gid,
                user.map(User::name),
                additionalGids(request, user, gid),
                user.map(User::home).filter(home -> home.startsWith("/")).orElse("/"));
    }

    private List<Long> additionalGids(UserRequest request, Optional<User> user, long gid) throws UserException {
        Set<Long> gids = new TreeSet<>();
        // The primary group too: a process that changes its group could otherwise drop what a mode denies to that group
        // (CVE-2022-2995).
        gids.add(gid);
        if (request.mergeGroups() && user.isPresent()) {
            for (Group group : groups.orElse(List.of())) {
                if (group.members.contains(user.get().name)) {
                    gids.add(group.gid);
                }
            }
        }
        for (long group : request.supplementalGroups()) {
            if (group < 0 || group > LARGEST_ID) {
                throw new UserException("supplemental group " + group + ": not from 0 to " + LARGEST_ID);
            }
            gids.add(group);
        }
        return List.copyOf(gids);
    }

    private long group(String text) throws UserException {
        if (isNumber(text)) {
            return id(text, "group");
        }
        for (Group group : groups.orElse(List.of())) {
            if (group.name.equals(text)) {
                return group.gid;
            }
        }
        throw new UserException(unknown("group", text, GROUP, groups.isPresent()));
    }

    private Optional<User> findUser(Predicate<User> wanted) {
        return users.orElse(List.of()).stream().filter(wanted).findFirst();
    }

    private static long id(String text, String kind) throws UserException {
        return number(text).orElseThrow(() -> new UserException(kind + " " + text + ": not from 0 to " + LARGEST_ID));
    }

    private static String unknown(String kind, String name, String file, boolean there) {
        return kind + " \"" + name + "\": "
                + (there ? "no such entry in the image's " + file : "the image has no " + file)
                + "; use a number, or an image that has the " + kind;
    }
}
