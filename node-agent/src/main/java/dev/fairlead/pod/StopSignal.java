package dev.fairlead.pod;

import dev.fairlead.cri.v1.Signal;
import dev.fairlead.spec.InvalidConfigException;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Signals by the names that images and the kubelet use, and by the kernel's numbers (signal(7), x86-64 and arm64). */
public final class StopSignal {
    static final int SIGKILL = 9;
    static final int SIGTERM = 15;

    private static final int SIGRTMIN = 34;
    private static final int SIGRTMAX = 64;
    private static final Map<String, Integer> NUMBERS = numbers();

    private StopSignal() {}

    /**
     * The signal that asks a container to end: what the pod says, else what the image says, else SIGTERM.
     * @param image such as SIGQUIT, QUIT, 3 or SIGRTMIN+3; null or empty: none
     */
    static int choose(Signal asked, @Nullable String image) throws InvalidConfigException {
        if (asked != Signal.RUNTIME_DEFAULT && asked != Signal.UNRECOGNIZED) {
            return number(asked);
        }
        return image == null || image.isEmpty() ? SIGTERM : parse(image);
    }

    /** CRI's number, which is not the kernel's, of a signal. */
    public static int criNumber(int signal) {
        for (Signal candidate : Signal.values()) {
            if (candidate != Signal.RUNTIME_DEFAULT
                    && candidate != Signal.UNRECOGNIZED
                    && number(candidate) == signal) {
                return candidate.getNumber();
            }
        }
        return Signal.RUNTIME_DEFAULT_VALUE;
    }

    private static int number(Signal signal) {
        String name = signal.name().replace("PLUS", "+").replace("MINUS", "-");
        Integer number = NUMBERS.get(name.substring("SIG".length()));
        if (number == null) {
            throw new IllegalStateException("no number for " + signal);
        }
        return number;
    }

    private static int parse(String text) throws InvalidConfigException {
        String name = text.strip().toUpperCase(Locale.ROOT);
        Integer number = NUMBERS.get(name.startsWith("SIG") ? name.substring("SIG".length()) : name);
        if (number == null && name.matches("[0-9]{1,2}")) {
            number = Integer.valueOf(name);
        }
        if (number == null || number < 1 || number > SIGRTMAX) {
            throw new InvalidConfigException("the image's StopSignal \"" + text
                    + "\" is no signal of Linux; write a name such as SIGTERM or a number from 1 to " + SIGRTMAX);
        }
        return number;
    }

    private static Map<String, Integer> numbers() {
        String[] names = {
            "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM",
            "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF",
            "WINCH", "IO", "PWR", "SYS"
        };
        Map<String, Integer> numbers = new LinkedHashMap<>();
        for (int i = 0; i < names.length; i++) {
            numbers.put(names[i], i + 1);
        }
        numbers.put("IOT", numbers.get("ABRT"));
        numbers.put("CLD", numbers.get("CHLD"));
        numbers.put("POLL", numbers.get("IO"));
        numbers.put("RTMIN", SIGRTMIN);
        numbers.put("RTMAX", SIGRTMAX);
        for (int i = 1; i <= 15; i++) {
            numbers.put("RTMIN+" + i, SIGRTMIN + i);
        }
        for (int i = 1; i <= 14; i++) {
            numbers.put("RTMAX-" + i, SIGRTMAX - i);
        }
        return Map.copyOf(numbers);
    }
}
