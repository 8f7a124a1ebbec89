// A certificate authority for tests: writes PEM files for servers good and bad.
#pragma once

#include <cstdio>
#include <memory>
#include <string>

#include <doctest/doctest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace tapline::redis {

class Authority {
  public:
    Authority() : key_(EVP_EC_gen("P-256")), certificate_(X509_new()) {
        fill(certificate_.get(), key_.get(), "Test authority");
        extend(certificate_.get(), NID_basic_constraints, "critical,CA:TRUE");
        X509_set_issuer_name(certificate_.get(), X509_get_subject_name(certificate_.get()));
        REQUIRE(X509_sign(certificate_.get(), key_.get(), EVP_sha256()) > 0);
    }

    void write(const std::string& path) const { write_certificate(path, certificate_.get()); }

    // A server certificate for `names` ("DNS:localhost,IP:127.0.0.1") that ends so many seconds
    // from now, as `path`.pem and `path`.key.
    void issue(const std::string& path, const std::string& names, long seconds) const {
        const Key key(EVP_EC_gen("P-256"));
        const Certificate certificate(X509_new());
        fill(certificate.get(), key.get(), "Test server");
        extend(certificate.get(), NID_subject_alt_name, names);
        X509_gmtime_adj(X509_getm_notAfter(certificate.get()), seconds);
        X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate_.get()));
        REQUIRE(X509_sign(certificate.get(), key_.get(), EVP_sha256()) > 0);
        write_certificate(path + ".pem", certificate.get());
        const File file(std::fopen((path + ".key").c_str(), "w"));
        REQUIRE(PEM_write_PrivateKey(file.get(), key.get(), nullptr, nullptr, 0, nullptr,
                                     nullptr) == 1);
    }

  private:
    struct Free {
        void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
        void operator()(X509* certificate) const { X509_free(certificate); }
        void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
        void operator()(std::FILE* file) const { std::fclose(file); }
    };
    using Key = std::unique_ptr<EVP_PKEY, Free>;
    using Certificate = std::unique_ptr<X509, Free>;
    using File = std::unique_ptr<std::FILE, Free>;

    static void fill(X509* certificate, EVP_PKEY* key, const char* name) {
        X509_set_version(certificate, 2);
        ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
        X509_gmtime_adj(X509_getm_notBefore(certificate), -7200);
        X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
        X509_set_pubkey(certificate, key);
        X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                                   reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
    }
    static void extend(X509* certificate, int nid, const std::string& value) {
        const std::unique_ptr<X509_EXTENSION, Free> extension(
            X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str()));
        REQUIRE(extension);
        REQUIRE(X509_add_ext(certificate, extension.get(), -1) == 1);
    }
    static void write_certificate(const std::string& path, X509* certificate) {
        const File file(std::fopen(path.c_str(), "w"));
        REQUIRE(PEM_write_X509(file.get(), certificate) == 1);
    }

    Key key_;
    Certificate certificate_;
};

}  // namespace tapline::redis
