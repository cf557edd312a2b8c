package dev.fairlead.pod;

/** What lies in a sandbox's directory beside its record. */
enum PodFileName {
    NAMESPACES("ns"),
    /** While the namespaces of a pod with a user namespace are made. */
    USER_NAMESPACE("userns"),
    SHM("shm"),
    HOSTNAME("hostname"),
    HOSTS("hosts"),
    RESOLV_CONF("resolv.conf"),
    CNI("cni");

    private final String fileName;

    PodFileName(String fileName) {
        this.fileName = fileName;
    }

    String fileName() {
        return fileName;
    }
}
