package dev.fairlead.selftest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Makes records in which no component is empty, with all records below them. */
final class RecordSamples {
    private final Set<Class<?>> made = new HashSet<>();

    /** The kinds of records that were made so far. */
    Set<Class<?>> made() {
        return Set.copyOf(made);
    }

    /** One of {@code type}, by its canonical constructor. */
    <T extends Record> T of(Class<T> type) throws ReflectiveOperationException {
        made.add(type);
        RecordComponent[] components = type.getRecordComponents();
        Class<?>[] types =
                Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
        Object[] values = new Object[components.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = value(components[i].getGenericType());
        }
        Constructor<T> constructor = type.getDeclaredConstructor(types);
        constructor.setAccessible(true);
        try {
            return constructor.newInstance(values);
        } catch (InvocationTargetException e) {
            throw new IllegalStateException(type.getName() + " refuses " + Arrays.toString(values), e.getCause());
        }
    }

    private Object value(Type type) throws ReflectiveOperationException {
        if (type instanceof ParameterizedType generic) {
            Type last = generic.getActualTypeArguments()[generic.getActualTypeArguments().length - 1];
            if (generic.getRawType() == List.class) {
                return List.of(value(last));
            }
            if (generic.getRawType() == Map.class) {
                return Map.of("key", value(last));
            }
            if (generic.getRawType() == Optional.class) {
                return Optional.of(value(last));
            }
        }
        if (type instanceof Class<?> plain) {
            return plain(plain);
        }
        throw new IllegalStateException("no sample of " + type);
    }

    private Object plain(Class<?> type) throws ReflectiveOperationException {
        if (type.isRecord()) {
            return of(type.asSubclass(Record.class));
        }
        if (type.isEnum()) {
            return type.getEnumConstants()[0];
        }
        if (type == String.class) {
            return "text";
        }
        if (type == boolean.class || type == Boolean.class) {
            return true;
        }
        if (type == int.class || type == Integer.class) {
            return 1;
        }
        if (type == long.class || type == Long.class) {
            return 1L;
        }
        if (type == double.class || type == Double.class) {
            return 1.0;
        }
        if (type == JsonNode.class) {
            return JsonNodeFactory.instance.textNode("text");
        }
        throw new IllegalStateException("no sample of " + type);
    }
}
