/**
 * What a build of the executable must be able to do: each path that goes by reflection, a proxy, a service, a resource or a foreign library
 * is walked once. A native executable lacks what its builder was not told of, and says so only when it gets there.
 */
@NullMarked
package dev.fairlead.selftest;

import org.jspecify.annotations.NullMarked;
