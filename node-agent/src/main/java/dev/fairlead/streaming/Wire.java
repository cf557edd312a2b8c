package dev.fairlead.streaming;

import dev.fairlead.linux.Pty.WindowSize;

/**
 * The streams of one process over one connection, whatever the protocol. All methods may be called from any thread and return at once; what is
 * given first is sent first.
 */
interface Wire {
    /**
     * Sends a piece of output.
     * @param data owned by the wire from now on
     * @param sent called when the bytes have been handed to the kernel, or never will be: so long they take memory
     */
    void send(StreamName stream, byte[] data, Runnable sent);

    /** Lets the client's input wait in its socket, or not. */
    void pauseInput(boolean paused);

    /** Tells how it ended, and closes the connection when that is sent. A second call does nothing. */
    void finish(CommandEnd end);

    /** What a wire tells its session, on the connection's thread: nothing here may wait. */
    interface Listener {
        /** {@code data} is the listener's. */
        void input(byte[] data);

        /** No more input will come. */
        void inputEnded();

        void resized(WindowSize size);

        /** The client has gone, or broke the protocol; nothing comes after this, and nothing can be sent. */
        void gone();
    }
}
