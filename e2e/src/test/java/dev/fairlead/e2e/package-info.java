/**
 * The scenarios: a real daemon in a private node, driven as the kubelet and crictl drive it. {@link dev.fairlead.e2e.OnNode} gives a test
 * class its {@link dev.fairlead.e2e.Node} and holds it to leaving the node as it found it.
 */
@NullMarked
package dev.fairlead.e2e;

import org.jspecify.annotations.NullMarked;
