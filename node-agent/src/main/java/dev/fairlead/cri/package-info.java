/**
 * The CRI server: one class a family of calls. A call reads its request, asks the life cycle ({@code dev.fairlead.pod}) or the image store,
 * and answers; it makes no system call. Only {@code StatusMapper} turns exceptions into gRPC codes.
 */
@NullMarked
package dev.fairlead.cri;

import org.jspecify.annotations.NullMarked;
