package dev.fairlead.image.registry;

import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;

/** A 200 or 206 whose body is still to be read. */
record Answer(HttpResponse<InputStream> response) implements AutoCloseable {
    InputStream body() {
        return response.body();
    }

    /** The first value of a header, empty where there is none. */
    String header(String name) {
        return response.headers().firstValue(name).orElse("");
    }

    /** Whether it is the part that was asked for, not the whole. */
    boolean isPart() {
        return response.statusCode() == 206;
    }

    @Override
    public void close() throws IOException {
        response.body().close();
    }
}
