package dev.fairlead.cli;

import dev.fairlead.cli.Terminal.Look;
import dev.fairlead.kubernetes.LogLine;
import dev.fairlead.kubernetes.PodEvent;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Tells what happens to a pod: its containers' lines on the stream they wrote to, all else on standard error. */
final class RunView implements Consumer<PodEvent> {
    private final String pod;
    private final int nameWidth;
    private final Terminal error = Terminal.standardError();
    private final Map<String, Boolean> insideLine = new HashMap<>();
    private final List<String> stopped = new ArrayList<>();
    private int toStop;

    /** @param containers their names, to align what they write */
    RunView(String pod, List<String> containers) {
        this.pod = pod;
        this.nameWidth = containers.stream().mapToInt(String::length).max().orElse(0);
    }

    @Override
    public void accept(PodEvent event) {
        switch (event) {
            case PodEvent.SandboxStarted started ->
                note("pod " + pod + "  "
                        + (started.ips().isEmpty() ? "host network" : String.join(" ", started.ips())));
            case PodEvent.Started started -> {
                String again = started.attempt() == 0 ? "" : ", restart " + started.attempt();
                state(
                        started.kind(),
                        started.container(),
                        "running",
                        Look.GOOD,
                        "started in " + Human.took(started.took()) + again);
            }
            case PodEvent.Ready ready ->
                state(
                        ready.kind(),
                        ready.container(),
                        ready.ready() ? "ready" : "not ready",
                        ready.ready() ? Look.GOOD : Look.NOTE,
                        ready.ready() ? "probe ok" : "probe failed");
            case PodEvent.ProbeFailed failed ->
                state(
                        failed.kind(),
                        failed.container(),
                        failed.fatal() ? "unhealthy" : "probing",
                        failed.fatal() ? Look.BAD : Look.NOTE,
                        failed.probe() + ": " + failed.message());
            case PodEvent.Ended ended -> ended(ended);
            case PodEvent.BackingOff waiting -> {
                if (!waiting.delay().isZero()) {
                    state(
                            waiting.kind(),
                            waiting.container(),
                            "waiting",
                            Look.NOTE,
                            "restart in " + Human.took(waiting.delay()));
                }
            }
            case PodEvent.Output output -> print(output.container(), output.line());
            case PodEvent.Stopping stopping -> {
                toStop = stopping.containers().size();
                stopped.clear();
                if (error.isTerminal()) {
                    note("stopping pod " + pod + ": " + String.join(", ", stopping.containers()));
                }
            }
            case PodEvent.Stopped one -> {
                stopped.add(one.container() + " (" + Human.took(one.took()) + ")");
                if (stopped.size() == toStop) {
                    note("stopped pod " + pod + ": " + String.join(", ", stopped));
                }
            }
            case PodEvent.Removed _ -> note("removed pod " + pod);
            case PodEvent.Problem problem -> note(error.look(Look.NOTE, "note: ") + problem.message());
        }
    }

    private void ended(PodEvent.Ended ended) {
        boolean good = ended.exitCode() == 0;
        String reason = ended.reason().isEmpty()
                        || ended.reason().equals("Completed")
                        || ended.reason().equals("Error")
                ? ""
                : " " + ended.reason();
        String message = ended.message().isEmpty() ? "" : "  " + ended.message().replaceAll("\\s+", " ");
        state(
                ended.kind(),
                ended.container(),
                good ? "done" : "failed",
                good ? Look.DIM : Look.BAD,
                "exit " + ended.exitCode() + reason + "  " + Human.took(ended.ran()) + message);
    }

    private void state(PodEvent.Kind kind, String container, String state, Look look, String detail) {
        String word = switch (kind) {
            case INIT -> "init";
            case SIDECAR -> "side";
            case MAIN -> "ctr ";
        };
        note("  " + word + "  " + pad(container, nameWidth) + "  " + error.look(look, pad(state, 9)) + "  " + detail);
    }

    private void note(String line) {
        System.out.flush();
        error.stream().println(line);
        error.stream().flush();
    }

    /** Parts of one line are put together again, unless another container wrote meanwhile. */
    private void print(String container, LogLine line) {
        PrintStream stream = line.stderr() ? System.err : System.out;
        boolean goesOn = insideLine.getOrDefault(container, false);
        if (!goesOn) {
            stream.print(pad(container, nameWidth) + " | ");
        }
        byte[] bytes = line.text().toByteArray();
        stream.write(bytes, 0, bytes.length);
        if (line.complete()) {
            stream.write('\n');
        }
        insideLine.put(container, !line.complete());
        stream.flush();
    }

    private static String pad(String text, int width) {
        return text + " ".repeat(Math.max(0, width - text.length()));
    }
}
