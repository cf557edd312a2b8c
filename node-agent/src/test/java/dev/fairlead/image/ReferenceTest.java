package dev.fairlead.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReferenceTest {
    private static final String HEX = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    @ParameterizedTest(name = "{0} is {1}")
    @CsvSource(textBlock = """
            busybox,                                docker.io/library/busybox:latest
            busybox:1.36,                           docker.io/library/busybox:1.36
            team/app,                               docker.io/team/app:latest
            docker.io/busybox,                      docker.io/library/busybox:latest
            index.docker.io/library/busybox,        docker.io/library/busybox:latest
            localhost/app,                          localhost/app:latest
            localhost:5000/app:v1,                  localhost:5000/app:v1
            registry.example/a/b/c:1.0,             registry.example/a/b/c:1.0
            Registry/app,                           Registry/app:latest
            [::1]:5000/app,                         [::1]:5000/app:latest
            a__b/c-d--e.f:_t,                       docker.io/a__b/c-d--e.f:_t
            """)
    void fillsInWhatWasLeftOut(String text, String normal) throws Exception {
        assertThat(Reference.parse(text)).hasToString(normal);
        assertThat(Reference.parse(normal)).hasToString(normal);
    }

    @Test
    void digestDecidesAndTagIsKept() throws Exception {
        Reference both = Reference.parse("busybox:1.36@sha256:" + HEX);

        assertThat(both).hasToString("docker.io/library/busybox@sha256:" + HEX);
        assertThat(both.tag()).contains("1.36");
        assertThat(both.selector()).isEqualTo("sha256:" + HEX);
        assertThat(Reference.parse("busybox@sha256:" + HEX).tag()).isEmpty();
    }

    @ParameterizedTest(name = "\"{0}\": {1}")
    @CsvSource(delimiter = '|', quoteCharacter = '\'', textBlock = """
            ''                          | is empty
            App                         | lower case
            team//app                   | two slashes
            app/                        | slash
            app:                        | tag after the colon is empty
            app:.x                      | must be made of
            app:a b                     | must be made of
            -app                        | must be made of
            app_-x                      | must be made of
            reg_istry.example:5000/app  | not a host name
            app@sha256:abc              | 64 hexadecimal digits, these are 3
            app@md5:abc                 | must begin with "sha256:"
            app@                        | must begin with "sha256:"
            registry.example/           | no repository name
            """)
    void saysWhatIsWrong(String text, String reason) {
        assertThatThrownBy(() -> Reference.parse(text))
                .isInstanceOf(ImageException.InvalidReference.class)
                .hasMessageContaining(text)
                .hasMessageContaining(reason);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "sha256:0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef",
                "sha512:" + HEX,
                "sha256:" + HEX + "0"
            })
    void refusesDigestsThatCannotBe(String digest) {
        assertThatThrownBy(() -> Digest.parse(digest)).isInstanceOf(ImageException.InvalidReference.class);
    }

    @Test
    void refusesAnIdAndWhatIsTooLong() {
        assertThatThrownBy(() -> Reference.parse(HEX)).hasMessageContaining("image id");
        assertThatThrownBy(() -> Reference.parse("a/".repeat(130) + "b")).hasMessageContaining("longer than 255");
        assertThatThrownBy(() -> Reference.parse("app:" + "t".repeat(129))).hasMessageContaining("128 are allowed");
    }
}
