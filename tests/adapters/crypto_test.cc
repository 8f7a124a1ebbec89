#include "adapters/crypto.h"

#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

namespace tapline {
namespace {

TEST_CASE("crypto: digests of the published examples") {
    CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(to_hex(sha256("abc")) == sha256_hex("abc"));
}

TEST_CASE("crypto: HMAC of RFC 4231 and RFC 2202") {
    const std::string jefe = "what do ya want for nothing?";
    CHECK(to_hex(hmac_sha256("Jefe", jefe)) ==
          "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    CHECK(to_hex(hmac_sha1("Jefe", jefe)) == "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
    const std::string long_key(131, '\xaa');
    CHECK(to_hex(hmac_sha256(long_key, "Test Using Larger Than Block-Size Key - Hash Key First")) ==
          "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST_CASE("crypto: an HMAC does not remember the key or message before it") {
    const std::string first = hmac_sha256("key-1", "message");
    const std::string other_key = hmac_sha256("key-2", "message");
    const std::string empty_key = hmac_sha256("", "");
    CHECK(to_hex(empty_key) == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
    CHECK(other_key != first);
    CHECK(hmac_sha256("key-1", "message") == first);
    CHECK(hmac_sha256("key-1", "message") == first);
    CHECK(hmac_sha256("key-1", "messagf") != first);
}

TEST_CASE("crypto: threads do not share contexts") {
    const std::string expected = hmac_sha256("secret", "body");
    std::vector<std::thread> threads;
    std::vector<int> right(4, 0);
    for (std::size_t t = 0; t < right.size(); ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < 1000; ++i) {
                hmac_sha256(std::to_string(t), "noise");
                right[t] += hmac_sha256("secret", "body") == expected ? 1 : 0;
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    for (const int count : right) CHECK(count == 1000);
}

TEST_CASE("crypto: constant-time comparison") {
    CHECK(equal_constant_time("", ""));
    CHECK(equal_constant_time("abc", "abc"));
    CHECK_FALSE(equal_constant_time("abc", "abd"));
    CHECK_FALSE(equal_constant_time("abc", "abcd"));
    CHECK_FALSE(equal_constant_time("abc", ""));
}

TEST_CASE("crypto: hex both ways, nothing for what is not hex") {
    const std::string bytes("\x00\x7f\xff", 3);
    CHECK(to_hex(bytes) == "007fff");
    CHECK(from_hex("007fFF") == bytes);
    CHECK(from_hex("") == "");
    for (const char* bad : {"0", "0g", "g0", "0x", " 0", "00 "}) {
        CAPTURE(bad);
        CHECK_FALSE(from_hex(bad).has_value());
    }
}

TEST_CASE("crypto: base64 of RFC 4648, and back for every length") {
    CHECK(base64_encode("foobar") == "Zm9vYmFy");
    CHECK(base64_encode("fooba") == "Zm9vYmE=");
    CHECK(base64_encode("foob") == "Zm9vYg==");
    CHECK(base64_encode("") == "");
    std::string bytes;
    for (int i = 0; i < 300; ++i) {
        CHECK(base64_decode(base64_encode(bytes)) == bytes);
        bytes.push_back(static_cast<char>(i * 7));
    }
}

TEST_CASE("crypto: base64 has one spelling per byte string") {
    for (const char* bad : {"Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Zm9vYg==\n", " Zm9v", "Zm-v",
                            "Zm_v", "====", "=", "Z===", "Zm=v", "Zg==Zg=="}) {
        CAPTURE(bad);
        CHECK_FALSE(base64_decode(bad).has_value());
    }
}

}  // namespace
}  // namespace tapline
