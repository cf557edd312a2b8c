package dev.fairlead.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.util.List;
import java.util.Map;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.common.FlowStyle;

/** How a command writes what it lists. The fields of json and yaml are stable; tables are for people. */
enum OutputFormat {
    TABLE,
    JSON,
    YAML,
    /** Only the names, one a line, for other commands to work on. */
    NAME;

    private static final ObjectMapper MAPPER = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    /** Prints maps and lists of plain values; not for {@link #TABLE} and {@link #NAME}. */
    void print(Object value, Terminal terminal) {
        switch (this) {
            case JSON -> terminal.stream().println(json(value));
            case YAML -> terminal.stream().print(yaml(value));
            case TABLE, NAME -> throw new IllegalStateException(this + " is the command's own business");
        }
    }

    /** Prints a listing; {@code table} does so for people. */
    void print(List<? extends Map<String, ?>> rows, String nameField, Terminal terminal, Runnable table) {
        switch (this) {
            case TABLE -> table.run();
            case NAME -> rows.forEach(row -> terminal.stream().println(row.get(nameField)));
            case JSON, YAML -> print(rows, terminal);
        }
    }

    private static String json(Object value) {
        try {
            return MAPPER.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a listing that can't be written as JSON", e);
        }
    }

    private static String yaml(Object value) {
        return new Dump(DumpSettings.builder()
                        .setDefaultFlowStyle(FlowStyle.BLOCK)
                        .build())
                .dumpToString(value);
    }
}
