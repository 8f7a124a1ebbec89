#include "adapters/crypto.h"

#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

namespace tapline {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kBase64Alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void require(bool holds) {
    if (!holds) std::abort();
}

const unsigned char* bytes_of(std::string_view text) {
    // EVP_MAC_init takes a null key as "keep the last one", so an empty key needs an address.
    return reinterpret_cast<const unsigned char*>(text.data() != nullptr ? text.data() : "");
}

struct MacFree {
    void operator()(EVP_MAC* mac) const { EVP_MAC_free(mac); }
    void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
    void operator()(EVP_MD* md) const { EVP_MD_free(md); }
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

// One key's HMAC with its key schedule.
class Hmac {
  public:
    Hmac(const char* digest, std::string_view key) : key_(key) {
        const std::unique_ptr<EVP_MAC, MacFree> mac(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
        require(mac != nullptr);
        context_.reset(EVP_MAC_CTX_new(mac.get()));
        require(context_ != nullptr);
        const std::array<OSSL_PARAM, 2> parameters = {
            OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, const_cast<char*>(digest), 0),
            OSSL_PARAM_construct_end()};
        require(EVP_MAC_init(context_.get(), bytes_of(key), key.size(), parameters.data()) == 1);
    }
    Hmac(const Hmac&) = delete;
    Hmac& operator=(const Hmac&) = delete;
    ~Hmac() { OPENSSL_cleanse(key_.data(), key_.size()); }

    bool has(std::string_view key) const { return key == key_; }

    std::string of(std::string_view message) {
        require(EVP_MAC_init(context_.get(), nullptr, 0, nullptr) == 1);
        require(EVP_MAC_update(context_.get(), bytes_of(message), message.size()) == 1);
        std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
        std::size_t length = 0;
        require(EVP_MAC_final(context_.get(), out.data(), &length, out.size()) == 1);
        return {reinterpret_cast<const char*>(out.data()), length};
    }

  private:
    std::unique_ptr<EVP_MAC_CTX, MacFree> context_;
    std::string key_;
};

// One thread's HMACs of one digest: setting a key up costs several times what a short message does,
// and an event needs the provider's secret and both of the gateway's keys.
class Hmacs {
  public:
    explicit Hmacs(const char* digest) : digest_(digest) {}

    std::string operator()(std::string_view key, std::string_view message) {
        for (const auto& hmac : kept_) {
            if (hmac && hmac->has(key)) return hmac->of(message);
        }
        auto& oldest = kept_.at(next_++ % kept_.size());
        oldest = std::make_unique<Hmac>(digest_, key);
        return oldest->of(message);
    }

  private:
    const char* digest_;
    std::array<std::unique_ptr<Hmac>, 8> kept_;
    std::size_t next_ = 0;
};

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

int base64_value(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    if (c == '+') return 62;
    if (c == '/') return 63;
    return -1;
}

}  // namespace

std::string sha256(std::string_view bytes) {
    thread_local const std::unique_ptr<EVP_MD, MacFree> md(
        EVP_MD_fetch(nullptr, "SHA256", nullptr));
    thread_local const std::unique_ptr<EVP_MD_CTX, MacFree> context(EVP_MD_CTX_new());
    require(md != nullptr && context != nullptr);
    std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
    unsigned length = 0;
    require(EVP_DigestInit_ex2(context.get(), md.get(), nullptr) == 1 &&
            EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()) == 1 &&
            EVP_DigestFinal_ex(context.get(), out.data(), &length) == 1);
    return {reinterpret_cast<const char*>(out.data()), length};
}

std::string sha256_hex(std::string_view bytes) {
    return to_hex(sha256(bytes));
}

std::string hmac_sha256(std::string_view key, std::string_view message) {
    thread_local Hmacs hmacs("SHA256");
    return hmacs(key, message);
}

std::string hmac_sha1(std::string_view key, std::string_view message) {
    thread_local Hmacs hmacs("SHA1");
    return hmacs(key, message);
}

bool equal_constant_time(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string to_hex(std::string_view bytes) {
    std::string hex(bytes.size() * 2, '\0');
    std::size_t at = 0;
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        hex[at++] = kHexDigits[byte >> 4];
        hex[at++] = kHexDigits[byte & 15];
    }
    return hex;
}

std::optional<std::string> from_hex(std::string_view hex) {
    if (hex.size() % 2 != 0) return std::nullopt;
    std::string bytes;
    bytes.reserve(hex.size() / 2);
    for (std::size_t i = 0; i < hex.size(); i += 2) {
        const int high = hex_value(hex[i]);
        const int low = hex_value(hex[i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        bytes.push_back(static_cast<char>(high * 16 + low));
    }
    return bytes;
}

std::string base64_encode(std::string_view bytes) {
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::size_t left = bytes.size() - i;
        std::uint32_t group = static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i]))
                              << 16;
        if (left > 1)
            group |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i + 1])) << 8;
        if (left > 2) group |= static_cast<unsigned char>(bytes[i + 2]);
        text.push_back(kBase64Alphabet[group >> 18]);
        text.push_back(kBase64Alphabet[(group >> 12) & 63]);
        text.push_back(left > 1 ? kBase64Alphabet[(group >> 6) & 63] : '=');
        text.push_back(left > 2 ? kBase64Alphabet[group & 63] : '=');
    }
    return text;
}

std::optional<std::string> base64_decode(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    std::size_t padding = 0;
    while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=')
        ++padding;
    std::string bytes;
    bytes.reserve(text.size() / 4 * 3);
    std::uint32_t group = 0;
    unsigned bits = 0;
    for (const char c : text.substr(0, text.size() - padding)) {
        const int value = base64_value(c);
        if (value < 0) return std::nullopt;
        group = (group << 6) | static_cast<std::uint32_t>(value);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            bytes.push_back(static_cast<char>((group >> bits) & 0xFF));
        }
    }
    const bool unused_bits_zero = (group & ((1U << bits) - 1)) == 0;
    if (!unused_bits_zero) return std::nullopt;
    return bytes;
}

}  // namespace tapline
