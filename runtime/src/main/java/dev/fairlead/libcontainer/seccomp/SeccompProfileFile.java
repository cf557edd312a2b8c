package dev.fairlead.libcontainer.seccomp;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.fairlead.libcontainer.capabilities.Capability;
import dev.fairlead.oci.OciJson;
import dev.fairlead.oci.Seccomp;
import dev.fairlead.oci.SeccompArg;
import dev.fairlead.oci.SeccompSyscall;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads profiles that operators keep in files (Kubernetes: Localhost): the {@code seccomp} object of an OCI configuration, or Docker's form of
 * it with {@code archMap} instead of {@code architectures}, {@code name} for one name, and {@code includes} and {@code excludes} that make a
 * rule count by capability, architecture or kernel.
 */
public final class SeccompProfileFile {
    private static final long LARGEST = 4 << 20;

    private final Path file;
    private final Set<Capability> capabilities;
    private final String machine;
    private final String kernel;

    private SeccompProfileFile(Path file, Set<Capability> capabilities, String machine, String kernel) {
        this.file = file;
        this.capabilities = capabilities;
        this.machine = machine;
        this.kernel = kernel;
    }

    /**
     * Gives the profile in {@code file} for a container whose bounding set is {@code capabilities}.
     * @throws SeccompException names the file and the field that is wrong
     */
    public static Seccomp load(Path file, Set<Capability> capabilities) throws SeccompException {
        SeccompProfileFile reader = new SeccompProfileFile(
                file, capabilities, System.getProperty("os.arch", ""), System.getProperty("os.version", ""));
        return reader.profile(reader.parse());
    }

    private JsonNode parse() throws SeccompException {
        try {
            if (!Files.isRegularFile(file)) {
                throw new NoSuchFileException(file.toString());
            }
            if (Files.size(file) > LARGEST) {
                throw wrong("", "more than " + LARGEST + " bytes");
            }
            JsonNode document = OciJson.mapper().readTree(Files.readAllBytes(file));
            if (!document.isObject()) {
                throw wrong("", "not a JSON object");
            }
            return document;
        } catch (NoSuchFileException e) {
            throw new SeccompException("seccomp profile " + file + ": no such file on this node", e);
        } catch (JsonProcessingException e) {
            throw new SeccompException(
                    "seccomp profile " + file + ": not JSON: line "
                            + e.getLocation().getLineNr() + ", column "
                            + e.getLocation().getColumnNr() + ": " + e.getOriginalMessage(),
                    e);
        } catch (SeccompException e) {
            throw e;
        } catch (IOException e) {
            throw new SeccompException("seccomp profile " + file + ": cannot be read: " + e, e);
        }
    }

    private Seccomp profile(JsonNode document) throws SeccompException {
        List<SeccompSyscall> rules = new ArrayList<>();
        JsonNode syscalls = array(document, "syscalls", "");
        for (int i = 0; i < syscalls.size(); i++) {
            String field = "syscalls[" + i + "]";
            JsonNode rule = syscalls.get(i);
            if (!rule.isObject()) {
                throw wrong(field, "not an object");
            }
            if (counts(rule, field)) {
                rules.add(rule(rule, field));
            }
        }
        List<String> architectures = new ArrayList<>(texts(document, "architectures", ""));
        for (JsonNode entry : array(document, "archMap", "")) {
            String main = text(entry, "architecture", "archMap[].");
            if (main.equals(nativeName())) {
                architectures.add(main);
                architectures.addAll(texts(entry, "subArchitectures", "archMap[]."));
            }
        }
        return new Seccomp(
                text(document, "defaultAction", ""),
                errno(document, "defaultErrnoRet", ""),
                architectures,
                texts(document, "flags", ""),
                document.hasNonNull("listenerPath") ? text(document, "listenerPath", "") : null,
                document.hasNonNull("listenerMetadata") ? text(document, "listenerMetadata", "") : null,
                rules,
                Map.of());
    }

    private SeccompSyscall rule(JsonNode rule, String field) throws SeccompException {
        List<String> names = new ArrayList<>(texts(rule, "names", field + "."));
        if (rule.hasNonNull("name")) {
            names.add(text(rule, "name", field + "."));
        }
        if (names.isEmpty()) {
            throw wrong(field + ".names", "missing: a rule needs at least one system call");
        }
        List<SeccompArg> args = new ArrayList<>();
        JsonNode list = array(rule, "args", field + ".");
        for (int i = 0; i < list.size(); i++) {
            args.add(arg(list.get(i), field + ".args[" + i + "]."));
        }
        return new SeccompSyscall(
                names, text(rule, "action", field + "."), errno(rule, "errnoRet", field + "."), args, Map.of());
    }

    private SeccompArg arg(JsonNode arg, String prefix) throws SeccompException {
        long index = number(arg, "index", prefix);
        return new SeccompArg(
                (int) Math.min(index & Long.MAX_VALUE, Integer.MAX_VALUE),
                number(arg, "value", prefix),
                arg.hasNonNull("valueTwo") ? Long.valueOf(number(arg, "valueTwo", prefix)) : null,
                text(arg, "op", prefix),
                Map.of());
    }

    private boolean counts(JsonNode rule, String field) throws SeccompException {
        JsonNode includes = rule.path("includes");
        JsonNode excludes = rule.path("excludes");
        String in = field + ".includes.";
        String out = field + ".excludes.";
        for (String name : texts(includes, "caps", in)) {
            if (!capabilities.contains(capability(name, in))) {
                return false;
            }
        }
        List<String> architectures = texts(includes, "arches", in);
        if (!architectures.isEmpty() && !architectures.contains(goName())) {
            return false;
        }
        if (includes.hasNonNull("minKernel") && !kernelIsAtLeast(text(includes, "minKernel", in), in)) {
            return false;
        }
        for (String name : texts(excludes, "caps", out)) {
            if (capabilities.contains(capability(name, out))) {
                return false;
            }
        }
        return !texts(excludes, "arches", out).contains(goName())
                && !(excludes.hasNonNull("minKernel") && kernelIsAtLeast(text(excludes, "minKernel", out), out));
    }

    private Capability capability(String name, String prefix) throws SeccompException {
        try {
            return Capability.of(name);
        } catch (IllegalArgumentException e) {
            throw wrong(prefix + "caps", String.valueOf(e.getMessage()));
        }
    }

    private boolean kernelIsAtLeast(String version, String prefix) throws SeccompException {
        if (!version.matches("[0-9]{1,4}\\.[0-9]{1,4}(\\..*)?")) {
            throw wrong(prefix + "minKernel", "\"" + version + "\" is not a version such as 4.8");
        }
        String[] wanted = version.split("\\.", -1);
        String[] have = kernel.split("[^0-9]+", -1);
        int major = Integer.parseInt(have[0]);
        int minor = have.length > 1 && !have[1].isEmpty() ? Integer.parseInt(have[1]) : 0;
        int wantedMajor = Integer.parseInt(wanted[0]);
        return major > wantedMajor || (major == wantedMajor && minor >= Integer.parseInt(wanted[1]));
    }

    /** The machine as Docker's profiles call it in {@code arches}. */
    private String goName() {
        return machine.equals("aarch64") ? "arm64" : machine;
    }

    private String nativeName() {
        return switch (machine) {
            case "amd64" -> "SCMP_ARCH_X86_64";
            case "aarch64" -> "SCMP_ARCH_AARCH64";
            default -> machine;
        };
    }

    private JsonNode array(JsonNode parent, String name, String prefix) throws SeccompException {
        JsonNode value = parent.path(name);
        if (value.isMissingNode() || value.isNull()) {
            return OciJson.mapper().createArrayNode();
        }
        if (!value.isArray()) {
            throw wrong(prefix + name, "not a list");
        }
        return value;
    }

    private List<String> texts(JsonNode parent, String name, String prefix) throws SeccompException {
        List<String> texts = new ArrayList<>();
        for (JsonNode each : array(parent, name, prefix)) {
            if (!each.isTextual()) {
                throw wrong(prefix + name, "not a list of strings: " + each);
            }
            texts.add(each.asText());
        }
        return texts;
    }

    private String text(JsonNode parent, String name, String prefix) throws SeccompException {
        JsonNode value = parent.path(name);
        if (!value.isTextual()) {
            throw wrong(prefix + name, value.isMissingNode() ? "missing" : "not a string: " + value);
        }
        return value.asText();
    }

    private @Nullable Integer errno(JsonNode parent, String name, String prefix) throws SeccompException {
        if (!parent.hasNonNull(name)) {
            return null;
        }
        long value = number(parent, name, prefix);
        if (value < 0 || value > 0xffff) {
            throw wrong(prefix + name, parent.path(name) + " is not from 0 to 65535");
        }
        return (int) value;
    }

    /** An unsigned number of 64 bits. */
    private long number(JsonNode parent, String name, String prefix) throws SeccompException {
        JsonNode value = parent.path(name);
        if (!value.isIntegralNumber()) {
            throw wrong(prefix + name, value.isMissingNode() ? "missing" : "not a whole number: " + value);
        }
        BigInteger number = value.bigIntegerValue();
        if (number.signum() < 0 || number.bitLength() > 64) {
            throw wrong(prefix + name, number + " is not an unsigned number of 64 bits");
        }
        return number.longValue();
    }

    private SeccompException wrong(String field, String what) {
        return new SeccompException("seccomp profile " + file + ": " + (field.isEmpty() ? "" : field + ": ") + what);
    }
}
