// SPDX-License-Identifier: Apache-2.0
//
// An answer of the kernel, cut and altered: what is decoded lies inside what arrived, and who is
// let in is decided by an established entry of the very connection only.
#include "net/local_access.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* bytes, std::size_t size) {
    using namespace heliosd::net;
    using boost::asio::ip::address_v4;
    TcpTuple const client{.source = {address_v4::loopback(), 40000},
                          .destination = {address_v4::loopback(), 5801}};
    // A question has the layout of an answer's first part: from there the fuzzer finds the rest.
    auto answer = encode_socket_query(client);
    answer.resize(std::max(answer.size(), size));
    if (size != 0) std::memcpy(answer.data(), bytes, size);

    auto const whole = decode_socket_answer(answer);
    auto const part = decode_socket_answer(std::span(answer).first(size));
    if (part && part != whole) std::abort();
    bool const refused =
        refuse_local_peer(client, whole, [](uid_t uid) { return uid == 1000; }).has_value();
    if (refused) return 0;
    if (!whole || !whole->established || whole->uid != 1000 || whole->inode == 0) std::abort();
    return 0;
}
