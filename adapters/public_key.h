// Signatures made with a private key: ECDSA P-256 (SendGrid) and RSA (Amazon SNS).
//
// Keys and certificates are read anew for each call (some 20 microseconds); nothing is kept.
// Signing serves `tapline send` and the tests: the gateway only verifies. By OpenSSL; pure; any
// thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tapline {

// Whether `key` is base64 of a SubjectPublicKeyInfo (DER) of a P-256 key, as SendGrid shows it.
bool is_p256_key(std::string_view key);

// ECDSA over SHA-256; the signature is DER. False also for a key that cannot be read.
bool verify_p256(std::string_view key, std::string_view message, std::string_view signature);

enum class RsaDigest { sha1, sha256 };

// Whether `pem` begins with a certificate of an RSA key.
bool is_rsa_certificate(std::string_view pem);

// RSA PKCS #1 v1.5 by the key of the first certificate in `pem`.
bool verify_rsa(std::string_view pem, RsaDigest digest, std::string_view message,
                std::string_view signature);

// With a private key: base64 of PKCS #8 (DER). Nothing when it cannot be read or used so.
std::optional<std::string> sign_p256(std::string_view private_key, std::string_view message);
std::optional<std::string> sign_rsa(std::string_view private_key, RsaDigest digest,
                                    std::string_view message);

}  // namespace tapline
