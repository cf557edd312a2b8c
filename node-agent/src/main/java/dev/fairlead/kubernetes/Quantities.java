package dev.fairlead.kubernetes;

import io.fabric8.kubernetes.api.model.Quantity;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Kubernetes quantities as whole numbers; parts of a unit count as a whole one, as in the kubelet. */
final class Quantities {
    private static final BigDecimal MILLI = BigDecimal.valueOf(1000);

    private Quantities() {}

    /** Bytes, or pieces, of {@code name}; 0 where the map has none. */
    static long units(@Nullable Map<String, Quantity> quantities, String name) {
        return roundUp(amount(quantities, name));
    }

    /** Thousandths of a CPU; 0 where the map has none. */
    static long milliCpus(@Nullable Map<String, Quantity> quantities) {
        return roundUp(amount(quantities, "cpu").multiply(MILLI));
    }

    static long bytes(Quantity quantity) {
        return roundUp(quantity.getNumericalAmount());
    }

    static boolean has(@Nullable Map<String, Quantity> quantities, String name) {
        return quantities != null && quantities.get(name) != null;
    }

    private static BigDecimal amount(@Nullable Map<String, Quantity> quantities, String name) {
        Quantity quantity = quantities == null ? null : quantities.get(name);
        return quantity == null ? BigDecimal.ZERO : quantity.getNumericalAmount();
    }

    static long roundUp(BigDecimal amount) {
        return amount.setScale(0, RoundingMode.CEILING).longValueExact();
    }
}
