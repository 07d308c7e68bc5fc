// SPDX-License-Identifier: Apache-2.0
#include "store/request_size.h"

#include <fmt/format.h>

namespace heliosd::store {
namespace {

// Jute: integers take 4 bytes, booleans 1, strings and buffers 4 and their length.
constexpr std::size_t integer = 4, boolean = 1;
constexpr std::size_t request_header = 2 * integer;
constexpr std::size_t multi_header = 2 * integer + boolean;
constexpr std::size_t open_acl = 3 * integer + 2 * integer + 5 + 6; // 31, "world", "anyone"

std::size_t text(std::string_view s) {
    return integer + s.size();
}

struct BodySize {
    std::size_t acl;
    std::size_t operator()(Create const& op) const {
        return text(op.path) + text(op.data) + acl + integer;
    }
    std::size_t operator()(Set const& op) const { return text(op.path) + text(op.data) + integer; }
    std::size_t operator()(Remove const& op) const { return text(op.path) + integer; }
    std::size_t operator()(Check const& op) const { return text(op.path) + integer; }
};

} // namespace

std::size_t acl_size(std::span<AclEntry const> acl) {
    if (acl.empty()) return open_acl;
    std::size_t size = integer;
    for (auto const& entry : acl) size += integer + text(entry.scheme) + text(entry.id);
    return size;
}

std::size_t request_size(Op const& op, std::size_t acl_size) {
    return request_header + std::visit(BodySize{acl_size}, op);
}

std::size_t request_size(std::span<Op const> ops, std::size_t acl_size) {
    std::size_t size = request_header + multi_header;
    for (auto const& op : ops) size += multi_header + std::visit(BodySize{acl_size}, op);
    return size;
}

Error too_large(std::size_t size) {
    return {StoreErrc::too_large,
            fmt::format("the request takes {} bytes, the store's limit is {} (jute.maxbuffer)",
                        size, max_request_size)};
}

std::string const& path_of(Op const& op) {
    return std::visit([](auto const& one) -> std::string const& { return one.path; }, op);
}

Result<> check_path(std::string_view path) {
    if (is_valid_path(path)) return {};
    return fail(StoreErrc::bad_path,
                fmt::format("'{}' is not a valid path: it must begin with '/', have no empty, '.' "
                            "or '..' part, no '/' at its end and no control characters",
                            path));
}

std::optional<MultiError> check_paths(std::span<Op const> ops) {
    for (std::size_t i = 0; i < ops.size(); ++i) {
        auto checked = check_path(path_of(ops[i]));
        if (!checked) return MultiError{std::move(checked.error()), i};
    }
    return std::nullopt;
}

} // namespace heliosd::store
