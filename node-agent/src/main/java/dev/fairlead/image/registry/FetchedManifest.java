package dev.fairlead.image.registry;

import dev.fairlead.image.Digest;

/**
 * A manifest or index, checked against its digest.
 *
 * @param mediaType as its own field or else the registry says
 * @param content the very bytes that were hashed
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record FetchedManifest(Digest digest, String mediaType, byte[] content) {}
