// Key pairs of the test's own making, for providers that sign with a private key.
#pragma once

#include <map>
#include <memory>
#include <string>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "adapters/crypto.h"
#include "adapters/source.h"

namespace tapline::test {

struct KeyPair {
    std::string private_key;  // base64 of PKCS #8
    std::string public_key;   // base64 of SubjectPublicKeyInfo
    std::string certificate;  // PEM, signed by itself
};

inline KeyPair key_pair_of(EVP_PKEY* key) {
    KeyPair pair;
    unsigned char* der = nullptr;
    PKCS8_PRIV_KEY_INFO* info = EVP_PKEY2PKCS8(key);
    int length = i2d_PKCS8_PRIV_KEY_INFO(info, &der);
    pair.private_key =
        base64_encode({reinterpret_cast<char*>(der), static_cast<std::size_t>(length)});
    OPENSSL_free(der);
    PKCS8_PRIV_KEY_INFO_free(info);
    der = nullptr;
    length = i2d_PUBKEY(key, &der);
    pair.public_key =
        base64_encode({reinterpret_cast<char*>(der), static_cast<std::size_t>(length)});
    OPENSSL_free(der);
    X509* certificate = X509_new();
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 86400L);
    X509_set_pubkey(certificate, key);
    X509_sign(certificate, key, EVP_sha256());
    BIO* bio = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(bio, certificate);
    char* text = nullptr;
    const long size = BIO_get_mem_data(bio, &text);
    pair.certificate.assign(text, static_cast<std::size_t>(size));
    BIO_free(bio);
    X509_free(certificate);
    return pair;
}

inline KeyPair new_p256_pair() {
    EVP_PKEY* key = EVP_EC_gen("P-256");
    const KeyPair pair = key_pair_of(key);
    EVP_PKEY_free(key);
    return pair;
}

inline KeyPair new_rsa_pair() {
    EVP_PKEY* key = EVP_RSA_gen(2048);
    const KeyPair pair = key_pair_of(key);
    EVP_PKEY_free(key);
    return pair;
}

inline const std::string kTopic = "arn:aws:sns:us-east-1:111111111111:mail";

// Where a test names a secret, SES has a key pair: each name its own, "" none.
inline void give_certificates(SourceSecrets& secrets) {
    static std::map<std::string, KeyPair> pairs;
    secrets.account = kTopic;
    for (const std::string& name : secrets.secrets) {
        if (name.empty()) continue;
        const auto [pair, is_new] = pairs.try_emplace(name);
        if (is_new) pair->second = new_rsa_pair();
        secrets.public_keys.push_back(pair->second.certificate);
        if (secrets.public_keys.size() == 1) secrets.signing_key = pair->second.private_key;
    }
}

}  // namespace tapline::test
