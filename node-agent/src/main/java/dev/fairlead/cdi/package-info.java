/**
 * The Container Device Interface (CDI 1.0): files in which vendors say what a container needs beside a device node. {@link CdiDevices} reads
 * them and finds devices by their qualified names, {@link CdiEdits} carries out what they say on an OCI configuration.
 */
@NullMarked
package dev.fairlead.cdi;

import org.jspecify.annotations.NullMarked;
