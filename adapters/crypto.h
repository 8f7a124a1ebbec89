// Digests, MACs, constant-time comparison and the two text codings of bytes.
//
//     std::string mac = hmac_sha256(secret, body);           // 32 raw bytes
//     if (!equal_constant_time(mac, *from_hex(written))) refuse();
//
// The only place of this layer that knows OpenSSL. Thread-safety: all functions may be called from
// any thread; each thread keeps its own contexts and its last key's schedule, so that one hot
// secret costs no key set-up. An OpenSSL failure (out of memory) ends the process: no caller could
// go on without a digest.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tapline {

std::string sha256(std::string_view bytes);      // 32 raw bytes
std::string sha256_hex(std::string_view bytes);  // 64 lower-case hex characters

std::string hmac_sha256(std::string_view key, std::string_view message);  // 32 raw bytes
std::string hmac_sha1(std::string_view key, std::string_view message);    // 20 raw bytes

// Takes as long for equal as for different bytes of one length. The length itself may leak.
bool equal_constant_time(std::string_view a, std::string_view b);

std::string to_hex(std::string_view bytes);  // lower case

// Either case. Nothing when the length is odd or a character is not hex.
std::optional<std::string> from_hex(std::string_view hex);

std::string base64_encode(std::string_view bytes);  // RFC 4648 section 4, padded

// Strict: the standard alphabet, padded, no white space, unused bits zero. So each byte string has
// exactly one spelling and a signature cannot be respelled to look new.
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace tapline
