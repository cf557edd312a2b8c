/** What {@code fairlead check} looks at, one class an area of the node. Nothing is changed: kernels are asked by calls that they refuse. */
@NullMarked
package dev.fairlead.cli.check;

import org.jspecify.annotations.NullMarked;
