package dev.fairlead.cli;

import dev.fairlead.admin.v1.Layer;
import dev.fairlead.admin.v1.Progress;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;

/**
 * One line that shows how far a transfer is, drawn again and again on a terminal; elsewhere nothing. What is done is told by the caller,
 * after {@link #close} has wiped the line.
 */
final class ProgressBar implements AutoCloseable {
    private static final Duration BETWEEN_DRAWINGS = Duration.ofMillis(80);
    private static final String EIGHTHS = " ▏▎▍▌▋▊▉";
    private static final int WIDEST_BAR = 24;
    private static final String WIPE = "\r\033[K";

    private final Terminal terminal;
    private final String title;
    private final Instant begin = Instant.now();
    private Instant drawn = Instant.MIN;

    ProgressBar(Terminal terminal, String title) {
        this.terminal = terminal;
        this.title = title;
        if (!terminal.isTerminal()) {
            terminal.stream().println(title);
        }
    }

    void show(Progress progress) {
        Instant now = Instant.now();
        if (!terminal.isTerminal() || now.isBefore(drawn.plus(BETWEEN_DRAWINGS))) {
            return;
        }
        drawn = now;
        terminal.stream().print(WIPE + line(progress.getLayersList(), now));
        terminal.stream().flush();
    }

    private String line(List<Layer> layers, Instant now) {
        long size = layers.stream().mapToLong(Layer::getSizeBytes).sum();
        long downloaded = layers.stream().mapToLong(ProgressBar::downloaded).sum();
        long done = layers.stream()
                .filter(layer -> layer.getState() == Layer.State.DONE)
                .count();
        boolean unpacking =
                downloaded == size && layers.stream().anyMatch(layer -> layer.getState() == Layer.State.UNPACKING);
        double seconds = Math.max(0.001, Duration.between(begin, now).toMillis() / 1000.0);
        String figures = String.format(
                Locale.ROOT,
                "  %.1f / %.1f MiB  %s  layer %d of %d",
                downloaded / (double) (1 << 20),
                size / (double) (1 << 20),
                unpacking ? "unpacking" : Math.round(downloaded / seconds / (1 << 20)) + " MiB/s",
                Math.min(done + 1, layers.size()),
                layers.size());
        int room = terminal.columns() - title.length() - figures.length() - 4;
        return title + "  " + bar(size == 0 ? 0 : (double) downloaded / size, Math.clamp(room, 0, WIDEST_BAR))
                + figures;
    }

    /** What is being unpacked was downloaded in full. */
    private static long downloaded(Layer layer) {
        return switch (layer.getState()) {
            case WAITING, UNRECOGNIZED -> 0;
            case DOWNLOADING -> layer.getDoneBytes();
            case UNPACKING, DONE -> layer.getSizeBytes();
        };
    }

    static String bar(double part, int width) {
        int eighths = (int) Math.round(Math.clamp(part, 0, 1) * width * 8);
        StringBuilder bar = new StringBuilder("█".repeat(eighths / 8));
        if (eighths % 8 > 0) {
            bar.append(EIGHTHS.charAt(eighths % 8));
        }
        return bar + " ".repeat(width - bar.length());
    }

    @Override
    public void close() {
        if (terminal.isTerminal()) {
            terminal.stream().print(WIPE);
            terminal.stream().flush();
        }
    }
}
