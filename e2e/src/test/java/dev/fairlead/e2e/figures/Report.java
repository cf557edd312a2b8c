package dev.fairlead.e2e.figures;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/** The figures by what was measured and of whom, and what is shown of them: a table in Markdown and a picture of the ratios. */
final class Report {
    private static final List<String> PEERS = List.of(Peer.FAIRLEAD, Peer.RUNC, Peer.CRUN);
    private static final int BAR = 420;
    private static final int LINE = 22;

    /** A row: what was measured and in which unit, the median and the 95th percentile of each peer. */
    private final Map<String, Map<String, double[]>> rows = new LinkedHashMap<>();

    /** Rows that ratios are told of: less is better. */
    private final List<String> less = new ArrayList<>();

    /** Adds single measurements, from which the median and the 95th percentile are taken; less is better. */
    void samples(String what, String peer, List<Double> values) {
        double[] sorted = values.stream().mapToDouble(value -> value).sorted().toArray();
        double median = (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
        double high = sorted[Math.min(sorted.length - 1, (int) Math.ceil(sorted.length * 0.95) - 1)];
        put(what, peer, median, high);
        if (!less.contains(what)) {
            less.add(what);
        }
    }

    /** Adds a figure of which less is better. */
    void less(String what, String peer, double value) {
        samples(what, peer, List.of(value));
    }

    /** Adds a figure of which more is better. */
    void more(String what, String peer, double value) {
        put(what, peer, value, value);
    }

    private void put(String what, String peer, double... values) {
        rows.computeIfAbsent(what, _ -> new LinkedHashMap<>()).put(peer, values);
    }

    String markdown() {
        StringBuilder table = new StringBuilder("| | ")
                .append(String.join(" | ", PEERS))
                .append(" | ratio to runc |\n|---|---:|---:|---:|---:|\n");
        rows.forEach((what, figures) -> table.append("| ")
                .append(what)
                .append(PEERS.stream()
                        .map(peer -> " | " + cell(figures.get(peer)))
                        .collect(Collectors.joining()))
                .append(" | ")
                .append(ratio(figures))
                .append(" |\n"));
        return table.toString();
    }

    private static String cell(double @org.jspecify.annotations.Nullable [] figure) {
        if (figure == null) {
            return "";
        }
        return figure[0] == figure[1] ? number(figure[0]) : number(figure[0]) + " (" + number(figure[1]) + ")";
    }

    private static String ratio(Map<String, double[]> figures) {
        double[] own = figures.get(Peer.FAIRLEAD);
        double[] peer = figures.get(Peer.RUNC);
        return own == null || peer == null || peer[0] == 0 ? "" : number(own[0] / peer[0]);
    }

    private static String number(double value) {
        int digits = value >= 100 || value == Math.rint(value) ? 0 : value >= 10 ? 1 : value >= 0.1 ? 2 : 3;
        return String.format(Locale.ROOT, "%." + digits + "f", value);
    }

    /** Bars of Fairlead's figures where less is better, as shares of those of containerd with runc, which are 1. */
    String picture() {
        Map<String, Double> ratios = new LinkedHashMap<>();
        for (String what : less) {
            Map<String, double[]> figures = Objects.requireNonNull(rows.get(what), what);
            double[] own = figures.get(Peer.FAIRLEAD);
            double[] peer = figures.get(Peer.RUNC);
            if (own != null && peer != null && peer[0] > 0) {
                ratios.put(what, own[0] / peer[0]);
            }
        }
        int left = 330;
        StringBuilder svg = new StringBuilder(String.format(
                Locale.ROOT,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" font-family=\"sans-serif\" font-size=\"13\">%n"
                        + "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>%n"
                        + "<text x=\"%d\" y=\"16\">share of what containerd + runc takes: less is better, the line is 1</text>%n",
                left + BAR * 3 / 2,
                LINE * (ratios.size() + 2),
                left));
        int y = 2 * LINE;
        for (Map.Entry<String, Double> bar : ratios.entrySet()) {
            svg.append(String.format(
                    Locale.ROOT,
                    "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>"
                            + "<rect x=\"%d\" y=\"%d\" width=\"%.0f\" height=\"%d\" fill=\"%s\"/>"
                            + "<text x=\"%.0f\" y=\"%d\">%s</text>%n",
                    left - 8,
                    y,
                    bar.getKey(),
                    left,
                    y - 12,
                    Math.min(bar.getValue(), 1.4) * BAR,
                    LINE - 6,
                    bar.getValue() > 1 ? "#c0392b" : "#2471a3",
                    left + Math.min(bar.getValue(), 1.4) * BAR + 4,
                    y,
                    number(bar.getValue())));
            y += LINE;
        }
        return svg.append(String.format(
                        Locale.ROOT,
                        "<line x1=\"%1$d\" x2=\"%1$d\" y1=\"%2$d\" y2=\"%3$d\" stroke=\"black\" stroke-dasharray=\"4\"/>%n</svg>%n",
                        left + BAR,
                        LINE,
                        y - 12))
                .toString();
    }

    @Override
    public String toString() {
        return rows.entrySet().stream()
                .map(row -> row.getKey() + " "
                        + row.getValue().entrySet().stream()
                                .map(figure -> figure.getKey() + Arrays.toString(figure.getValue()))
                                .toList())
                .collect(Collectors.joining("\n"));
    }
}
