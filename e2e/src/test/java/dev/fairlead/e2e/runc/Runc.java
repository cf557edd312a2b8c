package dev.fairlead.e2e.runc;

import dev.fairlead.e2e.Command;
import java.io.IOException;
import java.util.List;

/** runc, as a program. */
final class Runc implements Subject {
    private static final String ID = "difference";

    @Override
    public Outcome run(Scene scene) throws IOException {
        Command.Result result =
                Command.run("runc", "--root", scene.state().toString(), "run", "--bundle", Scene.PLACE.toString(), ID);
        List<String> lines = result.out().lines().toList();
        if (!lines.isEmpty() && lines.getLast().equals("end") && result.exitCode() == 0) {
            return new Outcome.Ran(lines);
        }
        if (result.err().contains("runc run failed")) {
            return new Outcome.Refused(result.err());
        }
        throw new AssertionError("runc: exit code " + result.exitCode() + "\n" + result.out() + result.err());
    }
}
