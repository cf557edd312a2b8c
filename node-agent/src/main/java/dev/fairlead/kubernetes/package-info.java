/**
 * A Kubernetes Pod manifest on one node without a cluster: what the API server and the kubelet do between a file and the calls of CRI.
 *
 * <p>{@link dev.fairlead.kubernetes.Manifest} reads the file and fills in the API server's defaults.
 * {@link dev.fairlead.kubernetes.PodTranslation} makes the kubelet's CRI messages of it, {@link dev.fairlead.kubernetes.PodVolumes} the
 * directories that they mount, and {@link dev.fairlead.kubernetes.PodRunner} runs it through a CRI server: any, not only ours.
 *
 * <p>Where the text says "as the kubelet does", version 1.36 is meant.
 */
@NullMarked
package dev.fairlead.kubernetes;

import org.jspecify.annotations.NullMarked;
