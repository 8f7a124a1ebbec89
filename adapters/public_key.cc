#include "adapters/public_key.h"

#include <array>
#include <memory>

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "adapters/crypto.h"

namespace tapline {
namespace {

constexpr int kRsaBitsMin = 2048;

struct Free {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
    void operator()(BIO* bio) const { BIO_free(bio); }
    void operator()(X509* certificate) const { X509_free(certificate); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data() != nullptr ? text.data() : "");
}

// OpenSSL leaves what went wrong in the thread's queue, where the next TLS call would find it.
struct ClearErrors {
    ClearErrors() = default;
    ClearErrors(const ClearErrors&) = delete;
    ClearErrors& operator=(const ClearErrors&) = delete;
    ~ClearErrors() { ERR_clear_error(); }
};

Key public_p256(std::string_view key) {
    const auto der = base64_decode(key);
    if (!der) return nullptr;
    const unsigned char* at = bytes_of(*der);
    Key read(d2i_PUBKEY(nullptr, &at, static_cast<long>(der->size())));
    std::array<char, 32> group{};
    std::size_t length = 0;
    const bool good = read && EVP_PKEY_get_base_id(read.get()) == EVP_PKEY_EC &&
                      EVP_PKEY_get_group_name(read.get(), group.data(), group.size(), &length) == 1;
    return good && std::string_view(group.data(), length) == "prime256v1" ? std::move(read)
                                                                          : nullptr;
}

Key rsa_of_certificate(std::string_view pem) {
    const std::unique_ptr<BIO, Free> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    const std::unique_ptr<X509, Free> certificate(
        bio ? PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr) : nullptr);
    Key key(certificate ? X509_get_pubkey(certificate.get()) : nullptr);
    const bool good = key && EVP_PKEY_get_base_id(key.get()) == EVP_PKEY_RSA &&
                      EVP_PKEY_get_bits(key.get()) >= kRsaBitsMin;
    return good ? std::move(key) : nullptr;
}

Key private_key(std::string_view text, int type) {
    const auto der = base64_decode(text);
    if (!der) return nullptr;
    const unsigned char* at = bytes_of(*der);
    Key key(d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(der->size())));
    return key && EVP_PKEY_get_base_id(key.get()) == type ? std::move(key) : nullptr;
}

const EVP_MD* digest_of(RsaDigest digest) {
    return digest == RsaDigest::sha1 ? EVP_sha1() : EVP_sha256();
}

bool verify(const Key& key, const EVP_MD* digest, std::string_view message,
            std::string_view signature) {
    const std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
    return key && context &&
           EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, key.get()) == 1 &&
           EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(message),
                            message.size()) == 1;
}

std::optional<std::string> sign(const Key& key, const EVP_MD* digest, std::string_view message) {
    const std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
    std::size_t length = 0;
    const bool begun =
        key && context &&
        EVP_DigestSignInit(context.get(), nullptr, digest, nullptr, key.get()) == 1 &&
        EVP_DigestSign(context.get(), nullptr, &length, bytes_of(message), message.size()) == 1;
    if (!begun) return std::nullopt;
    std::string signature(length, '\0');
    const bool made = EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(&signature[0]),
                                     &length, bytes_of(message), message.size()) == 1;
    if (!made) return std::nullopt;
    signature.resize(length);
    return signature;
}

}  // namespace

bool is_p256_key(std::string_view key) {
    const ClearErrors clear;
    return public_p256(key) != nullptr;
}

bool verify_p256(std::string_view key, std::string_view message, std::string_view signature) {
    const ClearErrors clear;
    return verify(public_p256(key), EVP_sha256(), message, signature);
}

bool is_rsa_certificate(std::string_view pem) {
    const ClearErrors clear;
    return rsa_of_certificate(pem) != nullptr;
}

bool verify_rsa(std::string_view pem, RsaDigest digest, std::string_view message,
                std::string_view signature) {
    const ClearErrors clear;
    return verify(rsa_of_certificate(pem), digest_of(digest), message, signature);
}

std::optional<std::string> sign_p256(std::string_view private_key_text, std::string_view message) {
    const ClearErrors clear;
    return sign(private_key(private_key_text, EVP_PKEY_EC), EVP_sha256(), message);
}

std::optional<std::string> sign_rsa(std::string_view private_key_text, RsaDigest digest,
                                    std::string_view message) {
    const ClearErrors clear;
    return sign(private_key(private_key_text, EVP_PKEY_RSA), digest_of(digest), message);
}

}  // namespace tapline
