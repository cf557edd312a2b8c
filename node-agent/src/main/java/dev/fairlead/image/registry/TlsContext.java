package dev.fairlead.image.registry;

import dev.fairlead.image.ImageException.BadConfiguration;
import dev.fairlead.image.registry.Endpoint.ClientCertificate;
import dev.fairlead.image.registry.Endpoint.Tls;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/** Makes the JDK's TLS out of PEM files. */
final class TlsContext {
    /** Where distributions keep what they trust; the first that exists is taken, as Go programs do. */
    private static final List<Path> SYSTEM_BUNDLES = Stream.of(
                    "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem")
            .map(Path::of)
            .toList();

    private static final Pattern PRIVATE_KEY = Pattern.compile(
            "-----BEGIN (?<kind>[A-Z ]*)PRIVATE KEY-----(?<body>[^-]*)-----END [A-Z ]*PRIVATE KEY-----");
    private static final Pattern CERTIFICATE =
            Pattern.compile("-----BEGIN CERTIFICATE-----(?<body>[^-]*)-----END CERTIFICATE-----");
    private static final char[] NO_PASSWORD = new char[0];

    private TlsContext() {}

    /** A context for {@code tls}; its files are read now. */
    static SSLContext of(Tls tls) throws BadConfiguration {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(
                    keyManagers(tls.clients()),
                    tls.skipVerify() ? new TrustManager[] {new Credulous()} : trustManagers(tls.authorities()),
                    null);
            return context;
        } catch (BadConfiguration e) {
            throw e;
        } catch (GeneralSecurityException | IOException e) {
            throw new BadConfiguration("TLS of a registry cannot be set up: " + e, e);
        }
    }

    private static TrustManager[] trustManagers(List<Path> authorities)
            throws GeneralSecurityException, IOException, BadConfiguration {
        Optional<Path> bundle = systemBundle();
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        if (authorities.isEmpty() && bundle.isEmpty()) {
            factory.init((KeyStore) null);
            return factory.getTrustManagers();
        }
        KeyStore store = emptyStore();
        if (bundle.isPresent()) {
            addCertificates(store, bundle.get());
        }
        for (Path file : authorities) {
            addCertificates(store, file);
        }
        factory.init(store);
        return factory.getTrustManagers();
    }

    /** Asked at run time: what a native executable trusts otherwise was fixed when it was built. */
    private static Optional<Path> systemBundle() {
        String named = System.getenv("SSL_CERT_FILE");
        return Stream.concat(Stream.ofNullable(named).map(Path::of), SYSTEM_BUNDLES.stream())
                .filter(Files::isReadable)
                .findFirst();
    }

    private static void addCertificates(KeyStore store, Path file)
            throws GeneralSecurityException, IOException, BadConfiguration {
        for (Certificate certificate : certificates(file)) {
            store.setCertificateEntry(file + "#" + store.size(), certificate);
        }
    }

    /** Those of a file that may hold keys and remarks too: the JDK's own reader takes every block for a certificate. */
    private static List<Certificate> certificates(Path file) throws IOException, BadConfiguration {
        List<Certificate> certificates = new ArrayList<>();
        try {
            CertificateFactory factory = CertificateFactory.getInstance("X.509");
            Matcher matcher = CERTIFICATE.matcher(Files.readString(file, StandardCharsets.ISO_8859_1));
            while (matcher.find()) {
                byte[] der = Base64.getMimeDecoder().decode(Objects.requireNonNull(matcher.group("body")));
                certificates.add(factory.generateCertificate(new ByteArrayInputStream(der)));
            }
        } catch (GeneralSecurityException e) {
            throw new BadConfiguration(file + ": not a certificate in PEM: " + e.getMessage(), e);
        }
        if (certificates.isEmpty()) {
            throw new BadConfiguration(file + ": there is no certificate in PEM in it", null);
        }
        return certificates;
    }

    private static KeyManager[] keyManagers(List<ClientCertificate> clients)
            throws GeneralSecurityException, IOException, BadConfiguration {
        KeyStore store = emptyStore();
        for (ClientCertificate client : clients) {
            Certificate[] chain = certificates(client.certificate()).toArray(new Certificate[0]);
            store.setKeyEntry(
                    client.key() + "#" + store.size(),
                    privateKey(client.key(), chain[0].getPublicKey().getAlgorithm()),
                    NO_PASSWORD,
                    chain);
        }
        KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(store, NO_PASSWORD);
        return factory.getKeyManagers();
    }

    private static PrivateKey privateKey(Path file, String algorithm)
            throws GeneralSecurityException, IOException, BadConfiguration {
        Matcher matcher = PRIVATE_KEY.matcher(Files.readString(file, StandardCharsets.US_ASCII));
        if (!matcher.find()) {
            throw new BadConfiguration(file + ": there is no private key in PEM in it", null);
        }
        byte[] der = Base64.getMimeDecoder().decode(Objects.requireNonNull(matcher.group("body")));
        switch (Objects.requireNonNull(matcher.group("kind")).strip()) {
            case "" -> {}
            case "RSA" -> der = pkcs8OfRsa(der);
            default ->
                throw new BadConfiguration(
                        file
                                + ": a private key of this kind is not read; convert it with openssl pkcs8 -topk8 -nocrypt",
                        null);
        }
        try {
            return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(der));
        } catch (InvalidKeySpecException e) {
            throw new BadConfiguration(file + ": the private key does not fit the certificate (" + algorithm + ")", e);
        }
    }

    /** PKCS#1, what older openssl wrote, in the PKCS#8 wrapping that the JDK reads (RFC 5208, 5). */
    private static byte[] pkcs8OfRsa(byte[] pkcs1) {
        byte[] versionAndAlgorithm = {
            2, 1, 0, 0x30, 13, 6, 9, 0x2a, (byte) 0x86, 0x48, (byte) 0x86, (byte) 0xf7, 13, 1, 1, 1, 5, 0
        };
        byte[] octets = derValue(4, pkcs1);
        byte[] inner = new byte[versionAndAlgorithm.length + octets.length];
        System.arraycopy(versionAndAlgorithm, 0, inner, 0, versionAndAlgorithm.length);
        System.arraycopy(octets, 0, inner, versionAndAlgorithm.length, octets.length);
        return derValue(0x30, inner);
    }

    private static byte[] derValue(int tag, byte[] content) {
        byte[] value = new byte[content.length + 4];
        value[0] = (byte) tag;
        value[1] = (byte) 0x82; // two bytes of length follow: keys of 1,024 to some 100,000 bits
        value[2] = (byte) (content.length >> 8);
        value[3] = (byte) content.length;
        System.arraycopy(content, 0, value, 4, content.length);
        return value;
    }

    private static KeyStore emptyStore() throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    /** Believes everything: hosts.toml said {@code skip_verify}. An extended manager, so that names are not compared either. */
    private static final class Credulous extends X509ExtendedTrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
