package dev.fairlead.e2e.runc;

import static dev.fairlead.e2e.runc.Configuration.bare;
import static dev.fairlead.e2e.runc.Configuration.empty;
import static dev.fairlead.e2e.runc.Configuration.ordinary;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Configurations by hand: for each row of the table in runtime/README.md its ordinary case, its edges, and what both have to refuse. */
final class Configurations {
    private static final String[] MASKED = {
        "/proc/acpi",
        "/proc/asound",
        "/proc/interrupts",
        "/proc/kcore",
        "/proc/keys",
        "/proc/latency_stats",
        "/proc/timer_list",
        "/proc/timer_stats",
        "/proc/sched_debug",
        "/proc/scsi",
        "/sys/firmware",
        "/sys/devices/virtual/powercap"
    };
    private static final String[] READ_ONLY = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"
    };

    /** Sources of binds with what only each of them has. */
    static final List<String> SOURCES =
            List.of("@/plain", "@/file", "@/link", "@/strict", "@/lazy", "@/tree", "@/private", "@/slave");

    /** Options of a mount that may be set, and their opposites. */
    static final List<String> ATTRIBUTES = List.of(
            "ro",
            "rw",
            "nosuid",
            "suid",
            "nodev",
            "dev",
            "noexec",
            "exec",
            "nosymfollow",
            "symfollow",
            "noatime",
            "atime",
            "nodiratime",
            "diratime",
            "relatime",
            "norelatime",
            "strictatime",
            "nostrictatime",
            "sync",
            "async",
            "dirsync",
            "mand",
            "nomand",
            "silent",
            "loud",
            "lazytime",
            "nolazytime",
            "iversion",
            "noiversion");

    static final List<String> RECURSIVE = List.of(
            "rro",
            "rrw",
            "rnosuid",
            "rsuid",
            "rnodev",
            "rdev",
            "rnoexec",
            "rexec",
            "rnodiratime",
            "rdiratime",
            "rnosymfollow",
            "rsymfollow",
            "rrelatime",
            "rnorelatime",
            "rnoatime",
            "ratime",
            "rstrictatime",
            "rnostrictatime");

    static final List<String> PROPAGATION =
            List.of("private", "rprivate", "slave", "rslave", "shared", "rshared", "unbindable", "runbindable");

    private Configurations() {}

    /** What must run under both. */
    static List<Configuration> running() {
        return Stream.of(
                        whole(),
                        binds(),
                        propagation(),
                        fileSystems(),
                        cgroups(),
                        devices(),
                        covers(),
                        targets(),
                        userNamespaces())
                .flatMap(List::stream)
                .toList();
    }

    private static List<Configuration> whole() {
        return List.of(
                ordinary("a pod's container as containerd writes it")
                        .mount("cgroup", "/sys/fs/cgroup", "cgroup", "nosuid", "noexec", "nodev", "relatime", "ro")
                        .bind("@/file", "/etc/hosts", "rbind", "rprivate", "rw")
                        .bind("@/file", "/dev/termination-log", "rbind", "rprivate", "rw")
                        .bind("@/plain", "/var/run/secrets/kubernetes.io/serviceaccount", "rbind", "rprivate", "ro")
                        .masked(MASKED)
                        .readonly(READ_ONLY),
                ordinary("a pod's container as CRI-O writes it")
                        .mount("cgroup", "/sys/fs/cgroup", "cgroup", "nosuid", "noexec", "nodev", "relatime", "ro")
                        .bind("@/file", "/etc/hostname", "ro", "rprivate", "bind", "nodev", "nosuid")
                        .bind("@/file", "/run/.containerenv", "rw", "rprivate", "bind", "nodev", "nosuid")
                        .bind("@/plain", "/data", "rw", "rbind", "rslave")
                        .namespace("cgroup")
                        .masked(MASKED)
                        .readonly(READ_ONLY)
                        .readonlyRoot(),
                ordinary("runc's own default")
                        .mount("cgroup", "/sys/fs/cgroup", "cgroup", "nosuid", "noexec", "nodev", "relatime", "ro")
                        .linux(
                                "{'resources': {'devices': [{'allow': false, 'access': 'rwm'}, {'allow': true, 'type': 'c', 'major': 1, 'access': 'rwm'}, {'allow': true, 'type': 'c', 'major': 5, 'access': 'rwm'}]}}")
                        .process(
                                "{'noNewPrivileges': true, 'rlimits': [{'type': 'RLIMIT_NOFILE', 'hard': 1024, 'soft': 1024}]}")
                        .masked(MASKED)
                        .readonly(READ_ONLY)
                        .tries("/dev/null", "/dev/zero", "/dev/full", "/dev/tty", "/dev/urandom", "/dev/ptmx")
                        .readonlyRoot(),
                bare("nothing but /proc"),
                ordinary("a user other than root, with a umask")
                        .process(
                                "{'user': {'uid': 1000, 'gid': 1001, 'umask': 63, 'additionalGids': [5, 7]}, 'cwd': '/home/app'}")
                        .tries("/root", "/etc/hosts", "/tmp", "/dev/null"),
                ordinary("a working directory that does not exist")
                        .process("{'cwd': '/srv/made/here'}")
                        .tries("/srv/made/here"),
                ordinary("a working directory with .. and a link in it").process("{'cwd': '/home/../share/deep'}"),
                ordinary("a working directory on a volume")
                        .bind("@/plain", "/data", "bind")
                        .process("{'cwd': '/data/work'}"),
                ordinary("a read-only root with a writable volume")
                        .bind("@/plain", "/data", "rbind", "rw")
                        .readonlyRoot()
                        .tries("/etc", "/data/note", "/etc/hosts"));
    }

    private static List<Configuration> binds() {
        List<Configuration> all = new ArrayList<>();
        for (String source : List.of("@/plain", "@/strict", "@/lazy")) {
            Configuration configuration = bare("each attribute on its own, of " + source);
            for (String attribute : ATTRIBUTES) {
                configuration.bind(source, "/m/" + attribute, "bind", attribute);
            }
            all.add(configuration);
        }
        Configuration recursive = bare("each recursive attribute on its own");
        for (String attribute : RECURSIVE) {
            recursive.bind("@/tree", "/m/" + attribute, "rbind", attribute);
        }
        all.add(recursive);
        all.addAll(List.of(
                bare("binds without any option")
                        .bind("@/strict", "/a", "bind")
                        .bind("@/tree", "/b", "rbind")
                        .bind("@/tree", "/c", "bind"),
                bare("bind by option, with another type")
                        .mount("none", "/a", "@/plain", "bind", "ro")
                        .mount("", "/b", "@/tree", "rbind"),
                bare("several attributes at once")
                        .bind(
                                "@/plain",
                                "/a",
                                "bind",
                                "ro",
                                "nosuid",
                                "nodev",
                                "noexec",
                                "noatime",
                                "nodiratime",
                                "nosymfollow")
                        .bind("@/strict", "/b", "bind", "rw", "suid", "dev", "exec", "atime")
                        .bind("@/lazy", "/c", "bind", "relatime", "diratime"),
                bare("attributes that contradict each other")
                        .bind("@/plain", "/a", "bind", "ro", "rw")
                        .bind("@/plain", "/b", "bind", "rw", "ro")
                        .bind("@/plain", "/c", "bind", "noatime", "strictatime")
                        .bind("@/plain", "/d", "bind", "nosuid", "suid", "nosuid"),
                bare("pairs of access times")
                        .bind("@/strict", "/a", "bind", "nodiratime", "norelatime")
                        .bind("@/strict", "/b", "bind", "noatime", "nodiratime")
                        .bind("@/lazy", "/c", "bind", "nodiratime")
                        .bind("@/lazy", "/d", "bind", "relatime", "noatime"),
                bare("ro on a tree leaves what is below it")
                        .bind("@/tree", "/a", "rbind", "ro")
                        .tries("/a/sub", "/a/sub/deep"),
                bare("recursive and simple together")
                        .bind("@/tree", "/a", "rbind", "ro", "rnosuid")
                        .bind("@/tree", "/b", "rbind", "rro", "rnoexec", "nodev")
                        .bind("@/tree", "/c", "rbind", "rro", "rrw")
                        .bind("@/tree", "/d", "bind", "rro", "rnoatime")
                        .tries("/a/sub", "/b/sub"),
                bare("files")
                        .bind("@/file", "/etc/hosts", "bind", "ro")
                        .bind("@/fifo", "/fifo", "bind")
                        .bind("@/null", "/null", "bind")
                        .bind("@/link", "/link", "bind"),
                bare("a file that is made for a file, with its directories").bind("@/file", "/new/deep/file", "bind"),
                bare("one source several times")
                        .bind("@/tree", "/a", "rbind")
                        .bind("@/tree/sub", "/b", "rbind", "ro")
                        .bind("@/tree/sub/deep", "/c", "bind")
                        .bind("@/tree", "/a/sub", "rbind"),
                bare("a source in the root directory itself").bind("/run/difference/rootfs/etc", "/again", "bind"),
                bare("a mount that must not be copied stays behind").bind("@/unbindable", "/a", "rbind"),
                bare("a bind over itself and over a bind")
                        .bind("@/plain", "/data", "bind")
                        .bind("@/strict", "/data", "bind", "nosuid")
                        .bind("@/plain", "/data", "bind", "ro")));
        return all;
    }

    private static List<Configuration> propagation() {
        List<Configuration> all = new ArrayList<>();
        for (String word : List.of("private", "rprivate", "slave", "rslave", "shared", "rshared", "unbindable")) {
            Configuration configuration =
                    ordinary("rootfsPropagation " + word).propagation(word).bind("@/tree", "/plain", "rbind");
            for (String own : List.of("rprivate", "rslave", "rshared", "shared", "slave")) {
                configuration.bind("@/tree", "/m/" + own, "rbind", own);
            }
            all.add(configuration.bind("@/private", "/private", "rbind").bind("@/slave", "/slave", "rbind"));
        }
        for (String source : List.of("@/tree", "@/private", "@/slave")) {
            Configuration configuration = bare("each propagation of a bind of " + source);
            for (String word : PROPAGATION) {
                configuration.bind(source, "/m/" + word, "rbind", word);
            }
            all.add(configuration);
        }
        all.add(bare("read-only paths with rootfsPropagation rshared")
                .propagation("rshared")
                .readonly("/home/app", "/proc/sys"));
        all.add(bare("several propagation words in order")
                .bind("@/tree", "/a", "rbind", "rslave", "shared")
                .bind("@/tree", "/b", "rbind", "private", "rshared")
                .bind("@/tree", "/c", "rbind", "unbindable", "private")
                .bind("@/tree", "/d", "rbind", "rprivate", "rshared", "rslave"));
        all.add(bare("propagation of new file systems")
                .mount("tmpfs", "/a", "tmpfs", "rshared")
                .mount("tmpfs", "/b", "tmpfs", "shared", "slave")
                .mount("tmpfs", "/c", "tmpfs", "unbindable")
                .mount("sysfs", "/sys", "sysfs", "rslave"));
        return all;
    }

    private static List<Configuration> fileSystems() {
        return List.of(
                bare("tmpfs with modes and sizes")
                        .mount("tmpfs", "/a", "tmpfs", "mode=1777", "size=1m")
                        .mount("tmpfs", "/b", "name of it", "size=64k", "nr_inodes=100")
                        .mount("tmpfs", "/c", "tmpfs", "uid=1000", "gid=1001", "mode=0700"),
                bare("tmpfs takes the mode of the image's directory")
                        .image("mkdir -m 1733 a; mkdir -m 0750 b; chown 1000:1000 b")
                        .mount("tmpfs", "/a", "tmpfs")
                        .mount("tmpfs", "/b", "tmpfs")
                        .mount("tmpfs", "/root", "tmpfs", "mode=0711")
                        .mount("tmpfs", "/new", "tmpfs"),
                bare("tmpfs, read-only and with attributes")
                        .mount("tmpfs", "/a", "tmpfs", "ro")
                        .mount("tmpfs", "/b", "tmpfs", "ro", "nosuid", "nodev", "noexec", "noatime")
                        .mount("tmpfs", "/c", "tmpfs", "strictatime", "nodiratime")
                        .mount("tmpfs", "/d", "tmpfs", "nosymfollow", "sync", "dirsync"),
                bare("a read-only tmpfs that is mounted on")
                        .mount("tmpfs", "/a", "tmpfs", "ro")
                        .bind("@/file", "/a/file", "bind")
                        .bind("@/plain", "/a/b/c", "bind", "ro")
                        .tries("/a/b"),
                bare("a read-only tmpfs that is covered")
                        .mount("tmpfs", "/a", "tmpfs", "ro")
                        .bind("@/plain", "/a", "bind"),
                bare("tmpcopyup")
                        .image("""
                                mkdir -m 1775 full; cd full
                                echo one >one; chmod 4750 one; chown 1000:1001 one
                                mkdir -m 0710 sub; chown 7:8 sub; echo two >sub/two
                                ln -s ../etc/hosts link

                                touch -d @1000000000 sub/two one sub .""")
                        .mount("tmpfs", "/full", "tmpfs", "tmpcopyup")
                        .mount("tmpfs", "/home", "tmpfs", "tmpcopyup", "ro", "mode=0700")
                        .mount("tmpfs", "/absent", "tmpfs", "tmpcopyup"),
                bare("tmpcopyup of attributes and hard links")
                        .image(
                                "mkdir more; echo a >more/a; ln more/a more/b; python3 -c 'import os; os.setxattr(\"more/a\", \"user.color\", b\"red\")'")
                        .mount("tmpfs", "/more", "tmpfs", "tmpcopyup"),
                bare("devpts")
                        .mount("devpts", "/dev/pts", "devpts", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5")
                        .mount("devpts", "/other", "devpts", "newinstance", "ptmxmode=0000", "ro"),
                bare("mqueue")
                        .mount("mqueue", "/dev/mqueue", "mqueue", "noexec")
                        .mount("mqueue", "/again", "mqueue", "ro"),
                empty("proc read-only, and a second one")
                        .mount("proc", "/proc", "proc", "ro", "nosuid")
                        .mount("proc", "/home/proc", "proc", "nosuid", "noexec"),
                empty("proc that hides processes").mount("proc", "/proc", "proc", "hidepid=2"),
                bare("sysfs, read-only and writable")
                        .mount("sysfs", "/sys", "sysfs", "ro")
                        .mount("sysfs", "/home/sys", "sysfs")
                        .tries("/sys/kernel", "/home/sys/kernel"),
                empty("proc and sys bound from the host")
                        .bind("/proc", "/proc", "rbind", "rprivate")
                        .bind("/sys", "/sys", "bind", "ro", "rprivate"),
                bare("overlay as a mount")
                        .sources("mkdir lower upper work; echo lower >lower/file")
                        .mount(
                                "overlay",
                                "/merged",
                                "overlay",
                                "lowerdir=/run/difference/sources/lower",
                                "upperdir=/run/difference/sources/upper",
                                "workdir=/run/difference/sources/work",
                                "nosuid")
                        .mount(
                                "overlay",
                                "/lower",
                                "over",
                                "ro",
                                "lowerdir=/run/difference/sources/lower:/run/difference/sources/plain")
                        .tries("/merged", "/merged/file", "/lower/file"),
                bare("ramfs").mount("ramfs", "/a", "ramfs", "mode=0700", "noexec"));
    }

    private static List<Configuration> cgroups() {
        List<Configuration> all = new ArrayList<>();
        for (boolean own : List.of(true, false)) {
            for (String access : List.of("ro", "rw")) {
                Configuration configuration = ordinary("cgroups, " + access
                                + (own ? ", in a namespace of its own" : ", in the node's namespace"))
                        .mount("cgroup", "/sys/fs/cgroup", "cgroup", "nosuid", "noexec", "nodev", "relatime", access)
                        .tries(
                                "/sys/fs/cgroup/memory",
                                "/sys/fs/cgroup/memory/memory.limit_in_bytes",
                                "/sys/fs/cgroup/cpu",
                                "/sys/fs/cgroup/systemd",
                                "/sys/fs/cgroup/unified");
                all.add(own ? configuration.namespace("cgroup") : configuration);
            }
        }
        all.add(bare("cgroups elsewhere, without attributes")
                .mount("cgroup", "/groups", "cgroup")
                .namespace("cgroup"));
        all.add(bare("cgroups with propagation").mount("cgroup", "/groups", "cgroup", "ro", "rslave", "noexec"));
        return all;
    }

    private static List<Configuration> devices() {
        return List.of(
                ordinary("devices of each type, mode and owner")
                        .device(
                                "{'path': '/dev/fuse', 'type': 'c', 'major': 10, 'minor': 229, 'fileMode': 432, 'uid': 1000, 'gid': 1001}")
                        .device("{'path': '/dev/loop9', 'type': 'b', 'major': 7, 'minor': 9, 'fileMode': 384}")
                        .device("{'path': '/dev/deep/down/pipe', 'type': 'p', 'fileMode': 438, 'gid': 5}")
                        .device("{'path': '/dev/unbuffered', 'type': 'u', 'major': 1, 'minor': 3}")
                        .device("{'path': '/home/elsewhere', 'type': 'c', 'major': 1, 'minor': 5, 'fileMode': 511}")
                        .tries("/dev/fuse", "/dev/loop9", "/dev/deep/down/pipe", "/home/elsewhere"),
                ordinary("a default device with other permissions")
                        .device(
                                "{'path': '/dev/null', 'type': 'c', 'major': 1, 'minor': 3, 'fileMode': 384, 'uid': 1}"),
                ordinary("ptmx and console among the devices")
                        .device("{'path': '/dev/ptmx', 'type': 'c', 'major': 5, 'minor': 2, 'fileMode': 438}")
                        .device("{'path': '/dev/console', 'type': 'c', 'major': 5, 'minor': 1, 'fileMode': 384}"),
                bare("an image that has nodes and links in /dev")
                        .image(
                                "mknod -m 0600 dev/null c 1 3; mknod -m 0611 dev/zero c 1 3; ln -s /nowhere dev/fd; echo x >dev/core; ln -s zero dev/ptmx; mkdir dev/shm"),
                bare("an image whose null is a file")
                        .image("echo data >dev/full")
                        .tries("/dev/full"),
                ordinary("/dev read-only")
                        .mount("tmpfs", "/dev/shm/in", "tmpfs", "ro")
                        .tries("/dev", "/dev/null"),
                bare("/dev, mounted read-only")
                        .mount("tmpfs", "/dev", "tmpfs", "ro", "mode=755")
                        .tries("/dev", "/dev/null"),
                bare("/dev bound: nothing is made in it")
                        .sources("mkdir dev; mknod -m 0666 dev/null c 1 3")
                        .bind("@/dev", "/dev", "bind")
                        .device("{'path': '/dev/fuse', 'type': 'c', 'major': 10, 'minor': 229}"),
                bare("/dev bound by a destination with ..")
                        .sources("mkdir dev; mknod -m 0666 dev/null c 1 3")
                        .bind("@/dev", "/home/../dev/", "bind", "ro"),
                ordinary("a device that is bound")
                        .bind("@/null", "/dev/bound", "bind")
                        .bind("@/null", "/dev/null", "bind", "ro")
                        .tries("/dev/bound", "/dev/null"));
    }

    private static List<Configuration> covers() {
        return List.of(
                ordinary("masked: files, directories, what is missing")
                        .image("mkdir -p secret/deep; echo s >secret/file; echo s >file")
                        .masked("/secret", "/file", "/absent", "/home/app", "/proc/keys", "/sys/firmware"),
                bare("masked links")
                        .image(
                                "mkdir -p secret; echo s >file; ln -s secret to-directory; ln -s /file to-file; ln -s /nowhere dangling")
                        .masked("/to-directory", "/to-file", "/dangling")
                        .tries("/secret", "/file"),
                bare("masked twice, and below what is masked")
                        .image("mkdir -p a/b")
                        .masked("/a", "/a/b", "/a"),
                bare("masked on a volume")
                        .bind("@/plain", "/data", "bind")
                        .bind("@/tree", "/tree", "rbind")
                        .masked("/data/note", "/tree/sub"),
                ordinary("read-only: files, directories, what is missing")
                        .image("mkdir -p kept/deep; echo s >file")
                        .readonly("/kept", "/file", "/absent", "/proc/sys", "/proc/sysrq-trigger")
                        .tries("/kept/deep", "/proc/sys/kernel/hostname"),
                bare("read-only links")
                        .image(
                                "mkdir -p kept; echo s >file; ln -s kept to-directory; ln -s file to-file; ln -s nowhere dangling")
                        .readonly("/to-directory", "/to-file", "/dangling")
                        .tries("/kept", "/file"),
                bare("read-only keeps nosuid, nodev and noexec, and no access times")
                        .bind("@/strict", "/strict", "bind", "nosuid", "nodev", "noexec", "noatime")
                        .bind("@/lazy", "/lazy", "bind")
                        .readonly("/strict", "/lazy"),
                bare("read-only above other mounts")
                        .bind("@/tree", "/tree", "rbind")
                        .readonly("/tree")
                        .tries("/tree/sub", "/tree/sub/deep"),
                bare("masked and read-only at once")
                        .image("mkdir -p a; echo s >file")
                        .masked("/a", "/file")
                        .readonly("/a", "/file"),
                bare("masked, with a mount label of none")
                        .image("mkdir a")
                        .masked("/a")
                        .linux("{'mountLabel': ''}"));
    }

    private static List<Configuration> targets() {
        return List.of(
                bare("relative destinations")
                        .bind("@/plain", "data", "bind")
                        .mount("tmpfs", "a/b", "tmpfs")
                        .tries("/data", "/a/b"),
                bare("destinations with .. and //")
                        .bind("@/plain", "/home/../data", "bind")
                        .bind("@/plain", "//a//b/.", "bind")
                        .mount("tmpfs", "/../../x", "tmpfs"),
                bare("links in the image as destinations")
                        .image(
                                "ln -s /etc absolute; ln -s ../../../../etc outside; ln -s usr/share/deep dangling; ln -s etc/hosts file-link; mkdir usr/share/real")
                        .bind("@/plain", "/absolute", "bind")
                        .bind("@/plain", "/outside/below", "bind")
                        .bind("@/plain", "/share/real", "bind")
                        .bind("@/file", "/file-link", "bind"),
                bare("a link to the host's own path")
                        .image("ln -s /run/difference/sources/plain here; mkdir -p run/difference/sources/plain")
                        .bind("@/tree", "/here", "bind"),
                bare("nested in the order given")
                        .mount("tmpfs", "/a", "tmpfs")
                        .mount("tmpfs", "/a/b", "tmpfs")
                        .bind("@/tree", "/a/b/c", "rbind")
                        .bind("@/file", "/a/b/c/sub/note/file", "bind")
                        .mount("tmpfs", "/a", "tmpfs", "ro"),
                bare("an outer mount after the inner one")
                        .mount("tmpfs", "/a/b", "tmpfs")
                        .mount("tmpfs", "/a", "tmpfs"),
                bare("targets with modes and owners of their own")
                        .image("mkdir -m 0700 a; chown 5:6 a; echo x >b; chmod 0400 b")
                        .bind("@/plain", "/a", "bind")
                        .bind("@/file", "/b", "bind"),
                bare("a working directory below a link").image("ln -s /tmp w").process("{'cwd': '/w/x/y'}"),
                bare("/proc, but only by name")
                        .mount("tmpfs", "/process", "tmpfs")
                        .bind("@/plain", "/procfs", "bind"),
                bare("what lxcfs emulates")
                        .bind("@/file", "/proc/meminfo", "bind")
                        .bind("@/file", "/proc/cpuinfo", "bind", "ro")
                        .bind("@/file", "/proc/uptime", "bind")
                        .bind("@/file", "/proc/sys/kernel/ns_last_pid", "bind"));
    }

    private static List<Configuration> userNamespaces() {
        return List.of(
                ordinary("a user namespace")
                        .inUserNamespace()
                        .namespace("cgroup")
                        .mount("cgroup", "/sys/fs/cgroup", "cgroup", "nosuid", "noexec", "nodev", "relatime", "ro")
                        .masked(MASKED)
                        .readonly(READ_ONLY),
                ordinary("binds in a user namespace")
                        .inUserNamespace()
                        .bind("@/plain", "/plain", "bind")
                        .bind("@/plain", "/ro", "bind", "ro", "nosuid")
                        .bind("@/tree", "/tree", "rbind", "rslave")
                        .bind("@/file", "/etc/hosts", "bind", "ro"),
                ordinary("locked attributes in a user namespace")
                        .inUserNamespace()
                        .bind("@/strict", "/a", "bind")
                        .bind("@/strict", "/b", "bind", "ro")
                        .bind("@/strict", "/c", "bind", "noexec", "noatime"),
                ordinary("devices in a user namespace")
                        .inUserNamespace()
                        .device("{'path': '/dev/fuse', 'type': 'c', 'major': 10, 'minor': 229, 'fileMode': 438}"),
                ordinary("tmpfs in a user namespace")
                        .inUserNamespace()
                        .mount("tmpfs", "/a", "tmpfs", "uid=1000", "gid=1000", "mode=0700")
                        .mount("tmpfs", "/home", "tmpfs", "tmpcopyup"),
                ordinary("idmapped mounts in a user namespace")
                        .inUserNamespace()
                        .sources("chown 1000:1000 plain/note")
                        .bind("@/plain", "/a", "bind", "idmap")
                        .bind("@/tree", "/b", "rbind", "ridmap")
                        .bind("@/plain", "/c", "bind"),
                ordinary("a mount with mappings of its own in a user namespace")
                        .inUserNamespace()
                        .sources("chown 1000:1000 plain/note")
                        .bind("@/plain", "/a", "bind", "idmap")
                        .mappedBy(0, Scene.MAPPED, 65536),
                bare("a mount with mappings of its own, without a user namespace")
                        .sources("chown 1000:1000 plain/note")
                        .bind("@/plain", "/a", "bind", "idmap")
                        .mappedBy(0, 50_000, 65536));
    }

    /** What one of the two refuses and the other makes: each with its row among the known differences. */
    static List<Configuration> refusedByOne() {
        return List.of(
                bare("binds with the type bind alone").bind("@/plain", "/a"),
                bare("remount as an option").bind("@/strict", "/a", "bind", "remount", "ro"),
                bare("options that say nothing: acl").bind("@/plain", "/a", "bind", "acl"),
                bare("options that say nothing: defaults").bind("@/plain", "/a", "bind", "defaults"),
                bare("masked below a file").image("echo s >file").masked("/file/below"),
                bare("read-only below a file").image("echo s >file").readonly("/file/below"),
                bare("tmpcopyup of dangling links, pipes and nodes")
                        .image("mkdir full; ln -s /nowhere full/dangling; mkfifo full/pipe; mknod full/node c 1 3")
                        .mount("tmpfs", "/full", "tmpfs", "tmpcopyup"),
                bare("unbindable, bound")
                        .sources("mkdir u; mount -t tmpfs tmpfs u; mount --make-unbindable u")
                        .bind("@/u", "/a", "bind"),
                ordinary("a list of devices that allows nothing")
                        .linux("{'resources': {'devices': [{'allow': false, 'access': 'rwm'}]}}"),
                bare("binds with rootfsPropagation runbindable")
                        .propagation("runbindable")
                        .bind("@/tree", "/a", "rbind"));
    }

    /** What neither may make. */
    static List<Configuration> refused() {
        return List.of(
                bare("a mount over a file of /proc").bind("@/file", "/proc/version", "bind"),
                bare("a mount over a directory of /proc").mount("tmpfs", "/proc/sys", "tmpfs"),
                bare("a mount below /proc by ..").bind("@/file", "/home/../proc/self/attr/exec", "bind"),
                bare("a mount below /proc by a link")
                        .image("ln -s /proc/self here")
                        .bind("@/file", "/here/attr/exec", "bind"),
                empty("/proc as a link").image("rmdir proc; ln -s home proc").mount("proc", "/proc", "proc"),
                bare("/sys as a link").image("rmdir sys; ln -s home sys").mount("sysfs", "/sys", "sysfs"),
                empty("/proc as a file").image("rmdir proc; touch proc").mount("proc", "/proc", "proc"),
                empty("tmpfs on /proc").mount("tmpfs", "/proc", "tmpfs"),
                empty("a directory bound on /proc").bind("@/plain", "/proc", "bind"),
                bare("a mount on /").mount("tmpfs", "/", "tmpfs"),
                bare("a bind on /, by a link").image("ln -s / root-link").bind("@/plain", "/root-link", "bind"),
                bare("a source that does not exist").bind("@/absent", "/a", "bind"),
                bare("a directory on a file").bind("@/plain", "/etc/hosts", "bind"),
                bare("a file on a directory").bind("@/file", "/home", "bind"),
                bare("an option that tmpfs does not know").mount("tmpfs", "/a", "tmpfs", "colour=red"),
                bare("a size that is none").mount("tmpfs", "/a", "tmpfs", "size=big"),
                bare("a file system that does not exist").mount("nosuchfs", "/a", "none"),
                bare("a target below a file").mount("tmpfs", "/etc/hosts/a", "tmpfs"),
                bare("links in a circle").image("ln -s b a; ln -s a b").bind("@/plain", "/a", "bind"),
                bare("a false /dev/null to mask with, in the image")
                        .image("rm -f dev/null; echo x >dev/null")
                        .masked("/etc/hosts"),
                bare("a device type that does not exist")
                        .device("{'path': '/dev/x', 'type': 'q', 'major': 1, 'minor': 3}"),
                bare("a propagation that does not exist").propagation("sideways"),
                bare("a working directory that is a file").process("{'cwd': '/etc/hosts'}"),
                ordinary("a locked attribute cleared in a user namespace")
                        .inUserNamespace()
                        .bind("@/strict", "/a", "bind", "rw"),
                ordinary("a locked access time changed in a user namespace")
                        .inUserNamespace()
                        .bind("@/strict", "/a", "bind", "strictatime"));
    }
}
