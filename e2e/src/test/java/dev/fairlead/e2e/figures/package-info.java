/**
 * What Fairlead costs next to containerd with runc: both on one node with one pod network, asked in turn. Run by {@code e2e/bench},
 * which makes tables and a picture of it.
 */
@NullMarked
package dev.fairlead.e2e.figures;

import org.jspecify.annotations.NullMarked;
