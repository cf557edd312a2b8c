/**
 * Fairlead under a real kubelet, alone and as the node of a cluster: what people ask of Kubernetes, and what becomes of it. Needs the programs that
 * {@code need_kube} of {@code e2e/settings.sh} builds.
 */
@NullMarked
package dev.fairlead.e2e.kube;

import org.jspecify.annotations.NullMarked;
