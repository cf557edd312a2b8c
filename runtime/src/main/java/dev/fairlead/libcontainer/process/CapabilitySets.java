package dev.fairlead.libcontainer.process;

/** The five sets of capabilities(7), bit {@code n} for capability {@code n}. Bits that the kernel does not know must not be set. */
public record CapabilitySets(long bounding, long effective, long permitted, long inheritable, long ambient) {
    /** No capability in any set. */
    public static final CapabilitySets NONE = new CapabilitySets(0, 0, 0, 0, 0);
}
