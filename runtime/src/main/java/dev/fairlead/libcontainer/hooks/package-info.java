/**
 * OCI hooks (runtime-spec, config.md, POSIX-platform hooks): when they run, what they read, and how they fail. Those of the host's namespaces
 * run here; those of the container's are execs of its {@code Container}.
 */
package dev.fairlead.libcontainer.hooks;
