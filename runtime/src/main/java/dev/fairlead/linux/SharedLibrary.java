package dev.fairlead.linux;

import jnr.ffi.LibraryLoader;

/** Libraries that are not part of every system, bound by jnr-ffi: unlike the C library's, their functions are not called a thousand times. */
final class SharedLibrary {
    private SharedLibrary() {}

    /**
     * Loads one.
     * @param functions an interface with a method for each function that is used
     * @param sharedObject its name with the version of its ABI, such as {@code libseccomp.so.2}
     * @throws LinkageError it is not there, or lacks a function
     */
    static <T> T load(Class<T> functions, String sharedObject) {
        // Code generation at run time is not to be had in a native image, and not needed on the JVM either.
        System.setProperty("jnr.ffi.asm.enabled", "false");
        return LibraryLoader.create(functions).failImmediately().load(sharedObject);
    }
}
