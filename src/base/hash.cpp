// SPDX-License-Identifier: Apache-2.0
// OpenSSL's low-level functions: its EVP interface would link every algorithm into the static
// binary, three megabytes.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "base/hash.h"

#include <openssl/sha.h>

#include <array>

namespace heliosd {

std::string sha1_hex(std::string_view bytes) {
    std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
    SHA_CTX state;
    SHA1_Init(&state);
    SHA1_Update(&state, bytes.data(), bytes.size());
    SHA1_Final(digest.data(), &state);
    constexpr std::string_view digits = "0123456789abcdef";
    std::string hex;
    hex.reserve(2 * digest.size());
    for (unsigned char const byte : digest) {
        hex += digits[byte >> 4];
        hex += digits[byte & 0x0F];
    }
    return hex;
}

namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

} // namespace

std::string base64_encode(std::string_view bytes) {
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        auto const byte = [&](std::size_t at) -> unsigned {
            return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0u;
        };
        unsigned const group = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
        out += alphabet[group >> 18];
        out += alphabet[group >> 12 & 0x3F];
        out += i + 1 < bytes.size() ? alphabet[group >> 6 & 0x3F] : '=';
        out += i + 2 < bytes.size() ? alphabet[group & 0x3F] : '=';
    }
    return out;
}

std::optional<std::string> base64_decode(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    auto const padding = text.ends_with("==") ? 2u : text.ends_with("=") ? 1u : 0u;
    std::string out;
    out.reserve(text.size() / 4 * 3);
    for (std::size_t i = 0; i < text.size(); i += 4) {
        bool const last = i + 4 == text.size();
        unsigned group = 0;
        for (std::size_t j = i; j < i + 4; ++j) {
            auto const digit = last && j + padding >= text.size() ? 0 : alphabet.find(text[j]);
            if (digit == std::string_view::npos) return std::nullopt;
            group = group << 6 | static_cast<unsigned>(digit);
        }
        out += static_cast<char>(group >> 16 & 0xFF);
        out += static_cast<char>(group >> 8 & 0xFF);
        out += static_cast<char>(group & 0xFF);
    }
    out.resize(out.size() - padding);
    return out;
}

} // namespace heliosd
