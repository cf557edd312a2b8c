/**
 * System call filters: seccomp(2).
 *
 * <p>A profile is an OCI document. {@link dev.fairlead.libcontainer.seccomp.DefaultSeccompProfile} makes that of RuntimeDefault,
 * {@link dev.fairlead.libcontainer.seccomp.SeccompProfileFile} reads one from a file; {@link dev.fairlead.libcontainer.seccomp.SeccompProfile}
 * compiles either to the program that a process installs before it executes the container's command.
 *
 * <p>Ported from libcontainer's seccomp: what happens to names that nobody knows and to comparisons of one argument twice, and the words before
 * the program that answer ENOSYS for system calls newer than the profile. Different here: a system call that libseccomp does not know yet but
 * we do is filtered as the profile says.
 */
@NullMarked
package dev.fairlead.libcontainer.seccomp;

import org.jspecify.annotations.NullMarked;
