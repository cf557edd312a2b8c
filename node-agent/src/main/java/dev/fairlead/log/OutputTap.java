package dev.fairlead.log;

/** Sees what a container writes, beside its log: for those who attach to it. Called on the log pump's thread, so it must not wait. */
public interface OutputTap {
    /**
     * Takes the next bytes of a stream.
     * @param data valid during the call alone
     */
    void output(StreamName stream, byte[] data, int offset, int length);

    /** Nothing more will come of a stream; may be said again. */
    void ended(StreamName stream);
}
