package dev.fairlead.kubernetes;

/** What one probe found. */
sealed interface ProbeOutcome {
    /** The container answered as it should. */
    record Success() implements ProbeOutcome {}

    /** It did not; {@code message} says how. */
    record Failure(String message) implements ProbeOutcome {}

    /** The probe itself could not be made, which says nothing of the container. */
    record Unknown(String message) implements ProbeOutcome {}
}
