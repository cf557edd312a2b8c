/** The daemon's own figures and health over HTTP, for Prometheus and for probes; off unless an address is given. */
@NullMarked
package dev.fairlead.monitoring;

import org.jspecify.annotations.NullMarked;
