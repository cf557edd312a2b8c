package dev.fairlead.e2e;

import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/** Starts the one {@link Node} of a test run with its first class, and compares it before and after each test. */
final class NodeExtension implements ParameterResolver, BeforeEachCallback, AfterEachCallback {
    private static final Namespace OURS = Namespace.create(NodeExtension.class);

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == Node.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return node(context);
    }

    @Override
    public void beforeEach(ExtensionContext context) throws Exception {
        node(context).removeAllPods(); // of a test that failed before
        context.getStore(OURS).put("before", Snapshot.take());
    }

    @Override
    public void afterEach(ExtensionContext context) throws Exception {
        Node node = node(context);
        if (!node.daemon().isAlive()) {
            throw new AssertionError(
                    "the daemon is gone; its log ends with:\n" + node.daemon().logTail());
        }
        node.removeAllPods();
        if (context.getExecutionException().isEmpty()) {
            DaemonThreads.assertAtHome(node.daemon().pid());
            context.getStore(OURS)
                    .getOrDefault("before", Snapshot.class, Snapshot.take())
                    .assertRestored();
        }
    }

    private static Node node(ExtensionContext context) {
        return context.getRoot().getStore(OURS).computeIfAbsent(Node.class, type -> Node.start(), Node.class);
    }
}
