/**
 * Users and groups of an image: names become numbers by the image's own /etc/passwd and /etc/group, read without ever leaving its root.
 *
 * <p>{@link dev.fairlead.libcontainer.users.UserDatabase} reads the two files, {@link dev.fairlead.libcontainer.users.UserRequest} is what CRI
 * or the image's configuration asks for, {@link dev.fairlead.libcontainer.users.ContainerUser} the answer. Ported from libcontainer's user
 * package: a number needs no entry, a name does; the group of a user without an entry is 0.
 */
@NullMarked
package dev.fairlead.libcontainer.users;

import org.jspecify.annotations.NullMarked;
