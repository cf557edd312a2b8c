package dev.fairlead.oci;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Block I/O.
 *
 * @param weight 10 to 1000
 * @param unknown fields of a newer specification, kept as they are
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record BlockIo(
        @Nullable Integer weight,
        @Nullable Integer leafWeight,
        List<WeightDevice> weightDevice,
        List<ThrottleDevice> throttleReadBpsDevice,
        List<ThrottleDevice> throttleWriteBpsDevice,
        List<ThrottleDevice> throttleReadIOPSDevice,
        List<ThrottleDevice> throttleWriteIOPSDevice,
        @JsonAnySetter @JsonAnyGetter Map<String, JsonNode> unknown) {
    public BlockIo {
        weightDevice = Absent.list(weightDevice);
        throttleReadBpsDevice = Absent.list(throttleReadBpsDevice);
        throttleWriteBpsDevice = Absent.list(throttleWriteBpsDevice);
        throttleReadIOPSDevice = Absent.list(throttleReadIOPSDevice);
        throttleWriteIOPSDevice = Absent.list(throttleWriteIOPSDevice);
        unknown = Absent.map(unknown);
    }
}
