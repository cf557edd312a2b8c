package dev.fairlead.e2e.kube;

import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/** Starts the {@link Cluster} of a test run with its first class; JUnit closes it with the last one. */
final class ClusterExtension implements ParameterResolver {
    private static final Namespace OURS = Namespace.create(ClusterExtension.class);

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == Cluster.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return context.getRoot()
                .getStore(OURS)
                .computeIfAbsent(Start.class, type -> Start.now(), Start.class)
                .cluster();
    }

    /** The one attempt to start it: a second cluster would find what the first has left. */
    private record Start(
            @Nullable Cluster started, @Nullable Throwable failure) implements AutoCloseable {
        static Start now() {
            try {
                return new Start(new Cluster(), null);
            } catch (IOException | RuntimeException | AssertionError e) {
                return new Start(null, e);
            }
        }

        Cluster cluster() {
            if (started == null) {
                throw new IllegalStateException("the cluster did not start", failure);
            }
            return started;
        }

        @Override
        public void close() throws IOException {
            if (started != null) {
                started.close();
            }
        }
    }
}
