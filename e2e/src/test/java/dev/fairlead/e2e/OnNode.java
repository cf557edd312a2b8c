package dev.fairlead.e2e;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A class of scenarios: its constructor may ask for the {@link Node}. After each test whatever pods it left are removed, and then the node
 * must be as it was before: no mount, cgroup, namespace, link, firewall rule, process or file more, and none less.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(NodeExtension.class)
@interface OnNode {}
