package dev.fairlead.libcontainer.cgroups;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Chooses for each kind of limit the controller that a node has: of v1, of v2, or none. */
final class Controllers {
    /** The order in which limits are set: what a process needs to get in comes first. */
    private static final List<String> NAMES =
            List.of("cpuset", "devices", "memory", "cpu", "cpuacct", "pids", "io", "hugetlb", "rdma", "network");

    private Controllers() {}

    static List<Controller> of(List<Place> places) {
        List<Controller> controllers = new ArrayList<>();
        for (String name : NAMES) {
            controllers.add(controller(name, places));
        }
        return controllers;
    }

    private static Controller controller(String name, List<Place> places) {
        return switch (name) {
            case "cpuset" -> choose(name, places, Cpuset::new, Cpuset::new);
            case "memory" -> choose(name, places, MemoryV1::new, MemoryV2::new);
            case "cpu" -> choose(name, places, CpuV1::new, CpuV2::new);
            case "pids" -> choose(name, places, Pids::new, Pids::new);
            case "hugetlb" -> choose(name, places, at -> new Hugetlb(at, false), at -> new Hugetlb(at, true));
            case "rdma" -> choose(name, places, Rdma::new, Rdma::new);
            case "io" ->
                find(places, "blkio", false)
                        .<Controller>map(BlkioV1::new)
                        .orElseGet(() -> choose(name, places, IoV2::new, IoV2::new));
            // On v2 no controllers: devices are a matter of BPF, and CPU time is always counted.
            case "devices" -> chooseCore(name, places, DevicesV1::new, DevicesV2::new);
            case "cpuacct" -> chooseCore(name, places, CpuacctV1::new, CpuacctV2::new);
            case "network" ->
                find(places, "net_cls", false)
                        .flatMap(classes -> find(places, "net_prio", false)
                                .<Controller>map(priorities -> new NetworkV1(classes, priorities)))
                        .orElse(new MissingController(name));
            default -> throw new IllegalArgumentException(name);
        };
    }

    private static Controller choose(
            String name,
            List<Place> places,
            Function<CgroupDirectory, Controller> v1,
            Function<CgroupDirectory, Controller> v2) {
        return find(places, name, false)
                .map(v1)
                .or(() -> find(places, name, true).map(v2))
                .orElse(new MissingController(name));
    }

    private static Controller chooseCore(
            String name,
            List<Place> places,
            Function<CgroupDirectory, Controller> v1,
            Function<CgroupDirectory, Controller> v2) {
        return find(places, name, false)
                .map(v1)
                .or(() -> unified(places).map(v2))
                .orElse(new MissingController(name));
    }

    /** The directory by which a controller is driven, in a v1 hierarchy or in the v2 one. */
    static Optional<CgroupDirectory> find(List<Place> places, String controller, boolean unified) {
        return places.stream()
                .filter(place -> place.hierarchy().unified() == unified
                        && place.hierarchy().controllers().contains(controller))
                .map(Place::directory)
                .findFirst();
    }

    /** The directory in the v2 hierarchy, if there is one. */
    static Optional<CgroupDirectory> unified(List<Place> places) {
        return places.stream()
                .filter(place -> place.hierarchy().unified())
                .map(Place::directory)
                .findFirst();
    }
}
