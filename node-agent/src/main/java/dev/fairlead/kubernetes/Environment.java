package dev.fairlead.kubernetes;

import io.fabric8.kubernetes.api.model.ConfigMapEnvSource;
import io.fabric8.kubernetes.api.model.ConfigMapKeySelector;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvFromSource;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarSource;
import io.fabric8.kubernetes.api.model.SecretEnvSource;
import io.fabric8.kubernetes.api.model.SecretKeySelector;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The variables of a container: {@code envFrom} in its order, then {@code env}, where a later one may refer to an earlier one. */
final class Environment {
    private final ConfigSources sources;
    private final DownwardApi downward;

    Environment(ConfigSources sources, DownwardApi downward) {
        this.sources = sources;
        this.downward = downward;
    }

    /**
     * The variables in the order in which they were declared first.
     * @param field the container's place in the manifest, for messages
     */
    Map<String, String> of(Container container, String field) {
        Map<String, String> variables = new LinkedHashMap<>();
        List<EnvFromSource> from = container.getEnvFrom();
        for (int i = 0; i < from.size(); i++) {
            addAll(from.get(i), variables, field + ".envFrom[" + i + "]");
        }
        List<EnvVar> env = container.getEnv();
        for (int i = 0; i < env.size(); i++) {
            EnvVar variable = env.get(i);
            String at = field + ".env[" + i + "]";
            value(variable, container, variables, at)
                    .ifPresent(value -> variables.put(variable.getName(), noNul(value, at)));
        }
        return variables;
    }

    private void addAll(EnvFromSource source, Map<String, String> variables, String at) {
        String prefix = source.getPrefix() == null ? "" : source.getPrefix();
        values(source, at)
                .ifPresent(values ->
                        values.forEach((key, bytes) -> variables.put(prefix + key, noNul(Manifest.utf8(bytes), at))));
    }

    private Optional<Map<String, byte[]>> values(EnvFromSource source, String at) {
        ConfigMapEnvSource map = source.getConfigMapRef();
        if (map != null) {
            return sources.resolve(
                    ConfigSources.Kind.CONFIG_MAP, map.getName(), isTrue(map.getOptional()), at + ".configMapRef");
        }
        SecretEnvSource secret = source.getSecretRef();
        if (secret != null) {
            return sources.resolve(
                    ConfigSources.Kind.SECRET, secret.getName(), isTrue(secret.getOptional()), at + ".secretRef");
        }
        throw new ManifestException(at, "has neither configMapRef nor secretRef");
    }

    private Optional<String> value(EnvVar variable, Container container, Map<String, String> variables, String at) {
        if (variable.getValue() != null && !variable.getValue().isEmpty()) {
            return Optional.of(Expansion.expand(variable.getValue(), variables));
        }
        EnvVarSource source = variable.getValueFrom();
        if (source == null) {
            return Optional.of("");
        }
        if (source.getFieldRef() != null) {
            return Optional.of(downward.field(source.getFieldRef().getFieldPath(), at + ".valueFrom.fieldRef"));
        }
        if (source.getResourceFieldRef() != null) {
            return Optional.of(
                    downward.resource(source.getResourceFieldRef(), container, at + ".valueFrom.resourceFieldRef"));
        }
        ConfigMapKeySelector map = source.getConfigMapKeyRef();
        if (map != null) {
            return key(
                    ConfigSources.Kind.CONFIG_MAP,
                    map.getName(),
                    map.getKey(),
                    isTrue(map.getOptional()),
                    at + ".valueFrom.configMapKeyRef");
        }
        SecretKeySelector secret = source.getSecretKeyRef();
        if (secret != null) {
            return key(
                    ConfigSources.Kind.SECRET,
                    secret.getName(),
                    secret.getKey(),
                    isTrue(secret.getOptional()),
                    at + ".valueFrom.secretKeyRef");
        }
        throw new ManifestException(
                at + ".valueFrom", "has none of fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef");
    }

    private Optional<String> key(ConfigSources.Kind kind, String name, String key, boolean optional, String at) {
        Optional<Map<String, byte[]>> values = sources.resolve(kind, name, optional, at);
        if (values.isEmpty()) {
            return Optional.empty();
        }
        byte[] bytes = values.get().get(key);
        if (bytes == null && !optional) {
            throw new ManifestException(
                    at + ".key",
                    kind.word() + " \"" + name + "\" has no key \"" + key + "\", but "
                            + String.join(", ", values.get().keySet()));
        }
        return Optional.ofNullable(bytes).map(Manifest::utf8);
    }

    private static String noNul(String value, String at) {
        if (value.indexOf('\0') >= 0) {
            throw new ManifestException(at, "the value has a NUL character: the kernel ends a variable there");
        }
        return value;
    }

    static boolean isTrue(@Nullable Boolean value) {
        return Boolean.TRUE.equals(value);
    }
}
