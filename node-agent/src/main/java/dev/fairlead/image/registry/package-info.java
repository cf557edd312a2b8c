/**
 * Pulls from registries over the distribution protocol (distribution-spec 1.1), from where {@code certs.d} says.
 *
 * <p>{@link dev.fairlead.image.registry.RegistryClient} opens a {@link dev.fairlead.image.registry.RemoteRepository} for one pull. It asks
 * the {@code Endpoint}s that {@code HostsDirectory} found, one after the other, through {@code Transport}; {@code Authorizer} answers what
 * they challenge; {@code BlobTransfer} puts a blob together from as many answers as it takes.
 *
 * <p>Transfers and tokens are on the JDK's HTTP client, not on ORAS, although that is on the class path. With ORAS 0.7.0 a kubelet's pulls
 * were not safe: its token cache belongs to the process and is keyed by registry and scope, so a pull without credentials is answered with
 * the token that another pod's secret bought ({@code OrasFactsTest}). It also refuses a challenge whose parameters are in another order than
 * realm, service, scope, or that lacks one, knows neither refresh tokens nor client certificates, sends no header or query parameter to a
 * mirror, and resumes nothing. What it brings along serves: Jackson's TOML reader, and its reader of image layouts, with which the tests
 * check ours.
 */
@NullMarked
package dev.fairlead.image.registry;

import org.jspecify.annotations.NullMarked;
