package dev.fairlead.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.security.MessageDigest;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CryptoDigestTest {
    @ParameterizedTest
    @ValueSource(strings = {"SHA-256", "SHA-512"})
    void isJavasOwnHoweverItIsFed(String algorithm) throws Exception {
        MessageDigest fast = CryptoDigest.of(algorithm).orElse(null);
        assumeTrue(fast != null, "this system has no libcrypto.so.3");
        MessageDigest own = MessageDigest.getInstance(algorithm);
        Random random = new Random(20261126);
        for (int round = 0; round < 40; round++) {
            for (int piece = random.nextInt(12); piece > 0; piece--) {
                byte[] bytes = new byte[random.nextInt(100_000)];
                random.nextBytes(bytes);
                int offset = random.nextInt(bytes.length + 1);
                int count = random.nextInt(bytes.length - offset + 1);
                if (count == 1) {
                    fast.update(bytes[offset]);
                } else {
                    fast.update(bytes, offset, count);
                }
                own.update(bytes, offset, count);
                if (random.nextInt(20) == 0) {
                    fast.reset();
                    own.reset();
                }
            }
            assertThat(fast.digest()).as("round " + round).isEqualTo(own.digest());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"SHA-256", "SHA-512"})
    void isThatOfNothingAtFirst(String algorithm) throws Exception {
        MessageDigest fast = CryptoDigest.of(algorithm).orElse(null);
        assumeTrue(fast != null, "this system has no libcrypto.so.3");
        assertThat(fast.getDigestLength()).isEqualTo(fast.digest().length);
        assertThat(fast.digest()).isEqualTo(MessageDigest.getInstance(algorithm).digest());
    }
}
