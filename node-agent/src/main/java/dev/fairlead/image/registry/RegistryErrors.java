package dev.fairlead.image.registry;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fairlead.oci.OciJson;
import java.io.IOException;

/** The body of a registry's refusal (distribution-spec, Error Codes), as the end of a sentence. */
final class RegistryErrors {
    private static final int LONGEST = 300;

    private RegistryErrors() {}

    /** {@code " (MANIFEST_UNKNOWN: manifest unknown)"}; empty where the body says nothing that can be read. */
    static String in(byte[] body) {
        try {
            JsonNode first = OciJson.mapper().readTree(body).path("errors").path(0);
            String text = first.path("code").asText("");
            String message = first.path("message").asText("");
            text = text.isEmpty() || message.isEmpty() ? text + message : text + ": " + message;
            // A stranger's text in our log: bounded, and one line.
            text = text.replaceAll("\\p{Cntrl}", " ");
            return text.isEmpty() ? "" : " (" + text.substring(0, Math.min(LONGEST, text.length())) + ')';
        } catch (IOException e) {
            return "";
        }
    }
}
