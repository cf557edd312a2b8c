package dev.fairlead.cni;

/** What a plugin is asked to do: CNI_COMMAND. */
enum Command {
    ADD,
    CHECK,
    DEL,
    STATUS,
    GC,
    VERSION
}
