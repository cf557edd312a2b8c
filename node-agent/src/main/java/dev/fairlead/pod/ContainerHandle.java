package dev.fairlead.pod;

import dev.fairlead.libcontainer.Container;
import dev.fairlead.log.ContainerLog;

/** What is open of a container as long as its warden lives. */
record ContainerHandle(Container container, ContainerLog log) {}
