package dev.fairlead.pod;

import dev.fairlead.cri.v1.SecurityProfile;
import dev.fairlead.cri.v1.SecurityProfile.ProfileType;
import dev.fairlead.spec.InvalidConfigException;

/** Profiles in one word, as CRI had them before it had messages for them; some clients still say nothing else. */
final class DeprecatedProfiles {
    private static final String LOCALHOST = "localhost/";
    private static final SecurityProfile UNCONFINED =
            SecurityProfile.newBuilder().setProfileType(ProfileType.Unconfined).build();

    private DeprecatedProfiles() {}

    /**
     * What a word stands for.
     * @param field that it came in
     * @param word empty: unconfined
     * @throws InvalidConfigException it stands for nothing
     */
    static SecurityProfile parse(String field, String word) throws InvalidConfigException {
        if (word.isEmpty() || word.equals("unconfined")) {
            return UNCONFINED;
        }
        if (word.equals("runtime/default") || word.equals("docker/default")) {
            return SecurityProfile.newBuilder()
                    .setProfileType(ProfileType.RuntimeDefault)
                    .build();
        }
        if (word.startsWith(LOCALHOST)) {
            return SecurityProfile.newBuilder()
                    .setProfileType(ProfileType.Localhost)
                    .setLocalhostRef(word.substring(LOCALHOST.length()))
                    .build();
        }
        throw new InvalidConfigException(
                field + ": \"" + word + "\" is none of unconfined, runtime/default and localhost/NAME");
    }
}
