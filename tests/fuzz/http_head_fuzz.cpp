// SPDX-License-Identifier: Apache-2.0
//
// What any stranger may send to a server: the first byte says how the network cuts the rest. The
// same bytes cut and uncut must come out alike, and no target may upset the router's decoding.
#include "net/http/parser.h"
#include "net/http/uri.h"

#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace heliosd::net;

struct Outcome {
    int refused = 0;
    bool head_done = false, done = false;
    std::string target, body;

    bool operator==(Outcome const&) const = default;
};

Outcome feed(Parser parser, std::string_view text, std::size_t step) {
    Outcome outcome;
    std::string held;
    while (!text.empty() && !parser.done()) {
        auto const piece = text.substr(0, step);
        text.remove_prefix(piece.size());
        held += piece;
        for (std::size_t used = 1; used > 0 && !held.empty() && !parser.done();) {
            auto const taken = parser.put(held);
            if (!taken) {
                outcome.refused = taken.error().status;
                return outcome;
            }
            used = *taken;
            held.erase(0, used);
        }
    }
    outcome.head_done = parser.head_done();
    outcome.done = parser.done();
    if (outcome.head_done) outcome.target = parser.head().target;
    outcome.body = parser.take_body();
    if (!outcome.done) (void)parser.put_end();
    return outcome;
}

void decode(std::string const& target) {
    auto const path = target.substr(0, target.find('?'));
    auto const decoded = percent_decode(path);
    if (decoded && percent_decode(percent_encode(*decoded)) != decoded) std::abort();
    Query const query(target.size() > path.size() ? std::string_view(target).substr(path.size() + 1)
                                                  : std::string_view{});
    for (auto const& value : query.all("a"))
        if (value.size() > target.size()) std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* bytes, std::size_t size) {
    if (size < 2) return 0;
    // Beginnings that are well-formed let the rest reach fields and chunks.
    constexpr std::array<std::string_view, 4> beginnings{
        "", "GET /a?b=%20 HTTP/1.1\r\nHost: x\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"};
    std::string text(beginnings[bytes[1] % beginnings.size()]);
    text.append(reinterpret_cast<char const*>(bytes) + 2, size - 2);
    std::size_t const step = bytes[0] % 64 + 1u;
    Parser::Limits const limits{.head_bytes = 4096, .body_bytes = 4096};

    auto const whole = feed(Parser::request(limits), text, text.size() + 1);
    auto const cut = feed(Parser::request(limits), text, step);
    if (whole.refused == 0 && whole != cut) std::abort();
    if (whole.head_done) decode(whole.target);
    (void)feed(Parser::response(limits, (bytes[0] & 64) != 0), text, step);
    return 0;
}
