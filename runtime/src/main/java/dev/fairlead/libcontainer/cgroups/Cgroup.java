package dev.fairlead.libcontainer.cgroups;

import dev.fairlead.linux.Errno;
import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.KernelFiles;
import dev.fairlead.oci.Resources;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * A cgroup: the directories of one path in all hierarchies, as one thing. It holds no descriptors and no state of its own, so that a
 * restarted daemon has the same in hand when it opens the path again. Safe for use by several threads as far as the kernel is.
 *
 * <p>A process enters by {@link #v2Directory} (clone3 with CLONE_INTO_CGROUP) and by writing "0" to each of {@link #tasksFiles}; on a
 * hybrid node it takes both.
 */
public final class Cgroup {
    /** Processes that were killed are gone within this, unless they sleep in the kernel. */
    private static final Duration REMOVE_LIMIT = Duration.ofSeconds(2);

    /** A controller's name, a dot and more: no slash, so no file of another directory. */
    private static final Pattern UNIFIED_FILE = Pattern.compile("[a-z][a-z0-9_]*(\\.[A-Za-z0-9_]+)+");

    /** Of the files of the core, those that limit; the others would freeze, kill or delegate. */
    private static final Set<String> CORE_LIMITS = Set.of("cgroup.max.depth", "cgroup.max.descendants");

    private final String path;
    private final List<Place> places;
    /** The directories that are this cgroup's alone; of a child, the others are its parent's. */
    private final List<Place> own;

    private final List<Controller> controllers;
    private final Processes processes;

    private Cgroup(
            String path, List<Place> places, List<Place> own, List<Controller> controllers, Processes processes) {
        this.path = path;
        this.places = List.copyOf(places);
        this.own = List.copyOf(own);
        this.controllers = List.copyOf(controllers);
        this.processes = processes;
    }

    static Cgroup at(String path, List<Hierarchy> hierarchies) throws CgroupException {
        List<Place> places = new ArrayList<>();
        for (Hierarchy hierarchy : hierarchies) {
            CgroupDirectory directory = hierarchy.directory(path);
            if (directory.path().equals(hierarchy.mountPoint())) {
                throw CgroupException.invalid(
                        "cgroup path \"" + path + "\": the root of a hierarchy is nobody's to limit or remove");
            }
            places.add(new Place(hierarchy, directory));
        }
        return new Cgroup(path, places, places, Controllers.of(places), processes(places));
    }

    private static Processes processes(List<Place> places) {
        return Controllers.unified(places)
                .<Processes>map(Processes.Unified::new)
                .or(() -> Controllers.find(places, "freezer", false).map(Processes.Freezer::new))
                .orElseGet(() -> new Processes.Listed(places.getFirst().directory()));
    }

    /** The path as given to {@link CgroupHierarchies#create} or {@link CgroupHierarchies#open}. */
    public String path() {
        return path;
    }

    void make(Resources limits, Consumer<String> warnings) throws CgroupException {
        List<CgroupDirectory> made = new ArrayList<>();
        List<CgroupException> refusals = new ArrayList<>();
        try {
            for (Place place : own) {
                place.make(made, refusals);
            }
            boolean fresh = made.containsAll(own.stream().map(Place::directory).toList());
            set(limits, fresh, warnings);
        } catch (CgroupException e) {
            undo(made, e);
            throw e.errno() == Errno.ENOENT && !refusals.isEmpty()
                    ? CgroupException.withDetail(
                            e,
                            "the controller was refused: " + refusals.getFirst().getMessage())
                    : e;
        }
    }

    private static void undo(List<CgroupDirectory> made, CgroupException cause) {
        for (CgroupDirectory directory : made.reversed()) {
            try {
                KernelFiles.removeDirectory(directory.path().toString());
            } catch (ErrnoException e) {
                // Busy: an ancestor that another container uses by now.
                if (e.errno() != Errno.EBUSY && e.errno() != Errno.ENOENT) {
                    cause.addSuppressed(e);
                }
            }
        }
    }

    /**
     * Sets what {@code limits} asks for and leaves the rest as it is: absent, and 0 or "" as CRI sends them, mean "not asked".
     *
     * <p>A limit that would silently not hold is an error: of CPU time, CPU sets, memory, pids, devices, I/O rates, RDMA, and everything in
     * {@code unified}. Told in a warning instead, since the kubelet sends it to nodes that lack it or since it promises little: huge pages
     * without the controller or of a size that the processor lacks (a limit of 0 of these is not worth a word), a limit of swap where swap
     * is not accounted, weights of I/O. Ignored without a word: the limit of kernel memory, which the kernel dropped; on v2 swappiness
     * and the switch of the OOM killer, which v2 does not have.
     *
     * @throws CgroupException what was refused, after what was set before it
     */
    public void apply(Resources limits, Consumer<String> warnings) throws CgroupException {
        set(limits, false, warnings);
    }

    private void set(Resources limits, boolean fresh, Consumer<String> warnings) throws CgroupException {
        for (Controller controller : controllers) {
            controller.apply(limits, fresh, warnings);
        }
        for (var entry : limits.unified().entrySet()) {
            setUnified(entry.getKey(), entry.getValue());
        }
    }

    private void setUnified(String file, String value) throws CgroupException {
        String field = "linux.resources.unified[\"" + file + "\"]";
        boolean core = file.startsWith("cgroup.");
        if (!UNIFIED_FILE.matcher(file).matches() || (core && !CORE_LIMITS.contains(file))) {
            throw CgroupException.invalid(field + ": not the name of a limit of cgroup v2, such as memory.high");
        }
        CgroupDirectory unified = Controllers.unified(places)
                .orElseThrow(() -> CgroupException.invalid(field + " is set, but this node has no cgroup v2"));
        for (String line : value.split("\n", -1)) {
            unified.write(file, line);
        }
    }

    /** Whether it is there, in the hierarchy by which its processes are found. */
    public boolean exists() {
        return Files.isDirectory(processes.directory().path());
    }

    /** Whether it is there in any hierarchy. */
    public boolean isLeft() {
        return places.stream()
                .anyMatch(place -> Files.isDirectory(place.directory().path()));
    }

    /**
     * The directory in the v2 hierarchy, for CLONE_INTO_CGROUP; empty on a legacy node.
     * @return owned by the caller
     */
    public Optional<Fd> v2Directory() throws CgroupException {
        Optional<CgroupDirectory> directory = Controllers.unified(places);
        if (directory.isEmpty()) {
            return Optional.empty();
        }
        String path = directory.get().toString();
        try {
            return Optional.of(KernelFiles.openDirectory(path));
        } catch (ErrnoException e) {
            throw CgroupException.of(path, e);
        }
    }

    /**
     * The file {@code tasks} of each v1 hierarchy, open for writing; a process that writes "0" to one enters there. None on v2.
     *
     * <p>Not cgroup.procs: entering by that takes the lock that holds up every fork and exit of the machine, while a task alone that moves
     * itself needs none.
     * @return each owned by the caller
     */
    public List<Fd> tasksFiles() throws CgroupException {
        List<Fd> files = new ArrayList<>();
        for (Place place : places) {
            if (!place.hierarchy().unified()) {
                try {
                    files.add(KernelFiles.openForWriting(place.directory().file("tasks")));
                } catch (ErrnoException e) {
                    files.forEach(Fd::close);
                    throw CgroupException.of(place.directory().file("tasks"), e);
                }
            }
        }
        return files;
    }

    /**
     * Moves a running process in, with all its threads; into a child from its parent. For a process that is to start in here, use
     * {@link #v2Directory} and {@link #tasksFiles}, which leave no moment outside.
     * @throws CgroupException ESRCH: it has ended
     */
    public void add(int process) throws CgroupException {
        for (Place place : own) {
            place.directory().write("cgroup.procs", process);
        }
    }

    /**
     * Makes a group within this one that has no limits of its own, so that the processes in it can be told apart and killed together, as
     * those of an exec. They stay within all limits of this cgroup.
     *
     * @param name a file name; the child of that name may be there already
     */
    public Cgroup child(String name) throws CgroupException {
        if (name.isEmpty() || name.contains("/") || name.startsWith(".") || name.indexOf('\0') >= 0) {
            throw CgroupException.invalid("\"" + name + "\" is no name for a child of cgroup " + path);
        }
        CgroupDirectory parent = processes.directory();
        CgroupDirectory directory = new CgroupDirectory(parent.path().resolve(name));
        List<Place> entered = new ArrayList<>();
        List<Place> made = new ArrayList<>();
        for (Place place : places) {
            if (place.directory().equals(parent)) {
                made.add(new Place(place.hierarchy(), directory));
                entered.addAll(made);
            } else {
                entered.add(place);
            }
        }
        try {
            KernelFiles.makeDirectory(directory.path().toString());
        } catch (ErrnoException e) {
            if (e.errno() != Errno.EEXIST) {
                throw CgroupException.of(directory.toString(), e);
            }
        }
        return new Cgroup(path + '/' + name, entered, made, List.of(), processes(made));
    }

    /**
     * Stops all processes, and returns when they are stopped.
     * @throws CgroupException not all within five seconds: they run again then
     */
    public void freeze() throws CgroupException {
        processes.freeze();
    }

    /** The directory by which {@link #freeze} stops the processes: of the v2 hierarchy, or of v1's freezer. */
    public Path freezer() {
        return processes.directory().path();
    }

    /** Lets stopped processes go on. */
    public void thaw() throws CgroupException {
        processes.thaw();
    }

    /**
     * Sends SIGKILL to every process in here and below, frozen or not. Returns before they are gone; {@link #remove} waits for that. Does
     * nothing where the cgroup does not exist.
     */
    public void kill() throws CgroupException {
        processes.kill();
        if (places.size() > 1 && processes instanceof Processes.Unified) {
            thawLegacyFreezer();
        }
    }

    /** On a hybrid node somebody may have stopped the processes by v1's freezer, in which SIGKILL waits. */
    private void thawLegacyFreezer() throws CgroupException {
        Optional<CgroupDirectory> freezer = Controllers.find(own, "freezer", false);
        try {
            if (freezer.isPresent()) {
                freezer.get().write("freezer.state", "THAWED");
            }
        } catch (CgroupException e) {
            if (!e.isGone()) {
                throw e;
            }
        }
    }

    /** The processes in here and below, as our pid namespace numbers them; none where the cgroup does not exist. */
    public List<Integer> pids() throws CgroupException {
        return processes.directory().processesOfTree();
    }

    /**
     * What the cgroup has used so far.
     * @throws CgroupException it is gone
     */
    public CgroupStatistics statistics() throws CgroupException {
        Measurement measurement = new Measurement();
        Instant takenAt = Instant.now();
        for (Controller controller : controllers) {
            controller.measure(measurement);
        }
        return measurement.finish(takenAt, pressure());
    }

    /**
     * What the cgroup uses, as far as it is asked for every few seconds.
     * @throws CgroupException it is gone
     */
    public CgroupUsage usage() throws CgroupException {
        Measurement measurement = new Measurement();
        Instant takenAt = Instant.now();
        for (Controller controller : controllers) {
            controller.measureUsage(measurement);
        }
        return measurement.usage(takenAt, pressure());
    }

    private Optional<CgroupStatistics.Pressures> pressure() throws CgroupException {
        return processes instanceof Processes.Unified unified
                ? PressureFiles.read(unified.directory())
                : Optional.empty();
    }

    /** The limits that hold for it, as the kernel has them; what lies above it may hold it shorter. */
    public CgroupLimits limits() throws CgroupException {
        CgroupLimits.Builder limits = new CgroupLimits.Builder();
        for (Controller controller : controllers) {
            controller.readLimits(limits);
        }
        return limits.build();
    }

    /** How many processes the kernel's OOM killer has ended in here and below; 0 where memory is not accounted. */
    public long oomKills() throws CgroupException {
        for (Controller controller : controllers) {
            if (controller instanceof MemoryV1 memory) {
                return memory.oomKills();
            }
            if (controller instanceof MemoryV2 memory) {
                return memory.oomKills();
            }
        }
        return 0;
    }

    /**
     * Removes the cgroup, with those below it, from every hierarchy. Processes must have ended or have been killed: those that are on their
     * way out are waited for. Does nothing where it is gone already.
     * @throws CgroupException processes are still there after two seconds; they are named
     */
    public void remove() throws CgroupException {
        Set<Place> left = new HashSet<>(own);
        List<ErrnoException> refusals = new ArrayList<>();
        boolean removed = Waiting.until(REMOVE_LIMIT, () -> {
            refusals.clear();
            left.removeIf(place -> place.remove(refusals));
            return left.isEmpty();
        });
        if (!removed) {
            throw new CgroupException("cgroup " + path + " cannot be removed ("
                    + refusals.getFirst().getMessage() + "); processes in it: " + pids());
        }
    }

    /**
     * Removes the cgroup, with those below it, if no process is in any of them; does not wait for one. For a child whose processes have
     * ended, as those of an exec: a process that it left running keeps it until the parent goes.
     * @return whether it is gone
     */
    public boolean removeIfEmpty() {
        List<ErrnoException> refusals = new ArrayList<>();
        boolean gone = true;
        for (Place place : own) {
            gone &= place.removeAlone(refusals);
        }
        return gone;
    }

    @Override
    public String toString() {
        return "cgroup " + path;
    }
}
