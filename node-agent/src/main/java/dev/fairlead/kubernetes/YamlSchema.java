package dev.fairlead.kubernetes;

import java.util.HashMap;
import java.util.Map;
import org.snakeyaml.engine.v2.api.ConstructNode;
import org.snakeyaml.engine.v2.constructor.core.ConstructYamlCoreInt;
import org.snakeyaml.engine.v2.nodes.Tag;
import org.snakeyaml.engine.v2.schema.CoreSchema;

/** YAML as kubectl reads it: {@code defaultMode: 0400} is octal there, as in YAML 1.1; our library's 1.2 would take it for four hundred. */
final class YamlSchema extends CoreSchema {
    @Override
    public Map<Tag, ConstructNode> getSchemaTagConstructors() {
        Map<Tag, ConstructNode> constructors = new HashMap<>(super.getSchemaTagConstructors());
        constructors.put(Tag.INT, new OctalInt());
        return constructors;
    }

    private static final class OctalInt extends ConstructYamlCoreInt {
        @Override
        public Object createIntNumber(String text) {
            return text.matches("0[0-7]+") ? Integer.valueOf(text, 8) : super.createIntNumber(text);
        }
    }
}
