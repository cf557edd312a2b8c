package dev.fairlead.linux;

import jnr.ffi.Pointer;
import org.jspecify.annotations.Nullable;

/** The functions of OpenSSL 3's libcrypto.so.3 that {@link CryptoDigest} calls, as they are: see EVP_DigestInit(3). */
public interface LibCrypto {
    @Nullable
    Pointer EVP_MD_fetch(@Nullable Pointer context, String algorithm, @Nullable Pointer properties);

    @Nullable
    Pointer EVP_MD_CTX_new();

    void EVP_MD_CTX_free(Pointer context);

    int EVP_DigestInit_ex2(Pointer context, Pointer algorithm, @Nullable Pointer parameters);

    int EVP_DigestUpdate(Pointer context, Pointer data, long count);

    int EVP_DigestFinal_ex(Pointer context, Pointer digest, @Nullable Pointer size);
}
