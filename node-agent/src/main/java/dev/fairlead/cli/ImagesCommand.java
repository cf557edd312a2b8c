package dev.fairlead.cli;

import dev.fairlead.cri.v1.Image;
import dev.fairlead.cri.v1.ListImagesRequest;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Lists images. */
@Command(
        name = "images",
        header = "Lists the images on this node.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {"  fairlead images", "  fairlead rmi $(fairlead images -o name)   remove all that no container uses"})
final class ImagesCommand implements Callable<Integer> {
    @Mixin
    DaemonOption daemon = new DaemonOption();

    @Mixin
    OutputOption output = new OutputOption();

    @Override
    public Integer call() {
        Terminal terminal = Terminal.standardOutput();
        try (Daemon connection = daemon.connect()) {
            List<Map<String, Object>> rows = new ArrayList<>();
            for (Image image : connection
                    .images()
                    .listImages(ListImagesRequest.getDefaultInstance())
                    .getImagesList()) {
                rows.add(row(image));
            }
            output.format.print(rows, "name", terminal, () -> print(rows, terminal));
        }
        return ExitCodes.OK;
    }

    private static Map<String, Object> row(Image image) {
        Map<String, Object> row = new LinkedHashMap<>();
        List<String> tags = List.copyOf(image.getRepoTagsList());
        List<String> digests = List.copyOf(image.getRepoDigestsList());
        row.put("name", name(image));
        row.put("id", image.getId());
        row.put("tags", tags);
        row.put("digests", digests);
        row.put("sizeBytes", image.getSize());
        row.put("user", image.hasUid() ? Long.toString(image.getUid().getValue()) : image.getUsername());
        row.put("pinned", image.getPinned());
        return row;
    }

    /** A tag, or else a digest, or else the id: whatever other commands take. */
    private static String name(Image image) {
        if (!image.getRepoTagsList().isEmpty()) {
            return image.getRepoTags(0);
        }
        return image.getRepoDigestsList().isEmpty() ? image.getId() : image.getRepoDigests(0);
    }

    private static void print(List<Map<String, Object>> rows, Terminal terminal) {
        Table table = new Table().column("IMAGE").column("ID").numbers("SIZE").column("USER");
        for (Map<String, Object> row : rows) {
            List<?> tags = row.get("tags") instanceof List<?> list && !list.isEmpty() ? list : List.of(row.get("name"));
            for (Object tag : tags) {
                table.row(
                        tag,
                        Human.shortId(String.valueOf(row.get("id"))),
                        Human.bytes(row.get("sizeBytes") instanceof Long size ? size : 0),
                        row.get("user"));
            }
        }
        table.print(terminal);
    }
}
