package dev.fairlead.libcontainer.process;

/** How a process ended. */
public sealed interface ExitStatus {
    /**
     * It exited.
     *
     * @param value 0 to 255
     */
    record Code(int value) implements ExitStatus {}

    /**
     * A signal ended it.
     *
     * @param number as in signal(7)
     * @param coreDumped whether a core was written
     */
    record Signal(int number, boolean coreDumped) implements ExitStatus {}

    /**
     * Nobody was there to see it.
     *
     * @param why for a person
     */
    record Unknown(String why) implements ExitStatus {}

    /** Of a status as wait(2) gives it; -1: there never was a process. */
    static ExitStatus ofWait(int status) {
        if (status == -1) {
            return new Unknown("its first process was never made");
        }
        int signal = status & 0x7f;
        return signal == 0 ? new Code(status >> 8 & 0xff) : new Signal(signal, (status & 0x80) != 0);
    }

    /** As shells and the CRI have it: the code, 128 + signal, and 255 where it is unknown. */
    default int asExitCode() {
        return switch (this) {
            case Code(int value) -> value;
            case Signal(int number, boolean _) -> 128 + number;
            case Unknown _ -> 255;
        };
    }
}
