package dev.fairlead.cli;

import dev.fairlead.cli.Terminal.Look;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Aligned columns, two spaces apart; the last column is not padded. */
final class Table {
    /** A cell that is not plain text. */
    record Cell(String text, Look look) {}

    private final List<String> headers = new ArrayList<>();
    private final List<Boolean> right = new ArrayList<>();
    private final List<List<Cell>> rows = new ArrayList<>();

    Table column(String header) {
        headers.add(header);
        right.add(false);
        return this;
    }

    /** A column of numbers. */
    Table numbers(String header) {
        headers.add(header);
        right.add(true);
        return this;
    }

    /** A row; what is not known stays empty. */
    void row(@Nullable Object... cells) {
        List<Cell> row = new ArrayList<>();
        for (@Nullable Object cell : cells) {
            row.add(cell instanceof Cell styled ? styled : new Cell(Objects.toString(cell, ""), Look.PLAIN));
        }
        rows.add(row);
    }

    void print(Terminal terminal) {
        List<Integer> widths = new ArrayList<>();
        for (int column = 0; column < headers.size(); column++) {
            int at = column;
            int widest = rows.stream()
                    .mapToInt(row -> row.get(at).text().length())
                    .max()
                    .orElse(0);
            widths.add(Math.max(widest, headers.get(column).length()));
        }
        List<Cell> head =
                headers.stream().map(header -> new Cell(header, Look.BOLD)).toList();
        terminal.stream().println(line(head, widths, terminal));
        for (List<Cell> row : rows) {
            terminal.stream().println(line(row, widths, terminal));
        }
    }

    private String line(List<Cell> cells, List<Integer> widths, Terminal terminal) {
        StringBuilder line = new StringBuilder();
        for (int column = 0; column < cells.size(); column++) {
            Cell cell = cells.get(column);
            String padding = " ".repeat(widths.get(column) - cell.text().length());
            String text = terminal.look(cell.look(), cell.text());
            line.append(column == 0 ? "" : "  ").append(right.get(column) ? padding + text : text + padding);
        }
        return line.toString().stripTrailing();
    }
}
