// SPDX-License-Identifier: Apache-2.0
#include "store/zk/request.h"

#include <zookeeper/zookeeper.h>

#include <utility>

// The library's callbacks and calls. How replies are read as outcomes is in zk_errors.cpp.

namespace heliosd::store {
namespace {

Stat stat_of(::Stat const& s) {
    return {.czxid = s.czxid,
            .mzxid = s.mzxid,
            .pzxid = s.pzxid,
            .ctime = s.ctime,
            .mtime = s.mtime,
            .version = s.version,
            .cversion = s.cversion,
            .aversion = s.aversion,
            .ephemeral_owner = s.ephemeralOwner,
            .data_length = s.dataLength,
            .num_children = s.numChildren};
}

ZkRequest* request_of(void const* data) {
    return static_cast<ZkRequest*>(const_cast<void*>(data));
}

void finish(ZkRequest* request, int code) {
    request->reply.code = code;
    request->events->finished.push_back(request);
}

void on_void(int code, void const* data) {
    finish(request_of(data), code);
}

void on_string(int code, char const*, void const* data) {
    finish(request_of(data), code);
}

void on_stat(int code, ::Stat const* stat, void const* data) {
    auto* request = request_of(data);
    if (stat) request->reply.stat = stat_of(*stat);
    finish(request, code);
}

void on_data(int code, char const* value, int length, ::Stat const* stat, void const* data) {
    auto* request = request_of(data);
    if (value && length > 0) request->reply.data.assign(value, static_cast<std::size_t>(length));
    on_stat(code, stat, data);
}

void on_names(int code, String_vector const* names, ::Stat const* stat, void const* data) {
    auto* request = request_of(data);
    if (names) request->reply.names.assign(names->data, names->data + names->count);
    on_stat(code, stat, data);
}

void on_watch(zhandle_t*, int type, int, char const* path, void* context) {
    // Whether there is a connection is asked for after each call; here only nodes matter.
    if (type == ZOO_SESSION_EVENT || !path) return;
    static_cast<ZkEvents*>(context)->fired.emplace_back(path);
}

/// An ACL in the library's form. It points into the entries it was made of.
class Acl {
public:
    explicit Acl(std::vector<AclEntry> const& entries) {
        for (auto const& entry : entries)
            list_.push_back(
                {entry.permissions,
                 {const_cast<char*>(entry.scheme.c_str()), const_cast<char*>(entry.id.c_str())}});
        vector_ = {static_cast<int>(list_.size()), list_.data()};
    }
    ACL_vector const* get() const { return list_.empty() ? &ZOO_OPEN_ACL_UNSAFE : &vector_; }

private:
    std::vector<ACL> list_;
    ACL_vector vector_{};
};

int flags_of(CreateMode mode) {
    return mode == CreateMode::ephemeral ? ZOO_EPHEMERAL : ZOO_PERSISTENT;
}

int length_of(std::string const& data) {
    return static_cast<int>(data.size()); // at most 1 MiB, checked before
}

struct ToLibrary {
    Acl const& acl;

    zoo_op_t operator()(Create const& op) const {
        zoo_op_t out{};
        zoo_create_op_init(&out, op.path.c_str(), op.data.data(), length_of(op.data), acl.get(),
                           flags_of(op.mode), nullptr, 0);
        return out;
    }
    zoo_op_t operator()(Set const& op) const {
        zoo_op_t out{};
        zoo_set_op_init(&out, op.path.c_str(), op.data.data(), length_of(op.data), op.version,
                        nullptr);
        return out;
    }
    zoo_op_t operator()(Remove const& op) const {
        zoo_op_t out{};
        zoo_delete_op_init(&out, op.path.c_str(), op.version);
        return out;
    }
    zoo_op_t operator()(Check const& op) const {
        zoo_op_t out{};
        zoo_check_op_init(&out, op.path.c_str(), op.version);
        return out;
    }
};

using MultiResults = std::vector<zoo_op_result_t>;

void on_multi(int code, void const* data) {
    auto* request = request_of(data);
    for (auto const& result : *static_cast<MultiResults const*>(request->keep.get()))
        request->reply.results.push_back(result.err);
    finish(request, code);
}

} // namespace

namespace zk {

ZkRequest::Start get(std::string path, bool watch) {
    return [path = std::move(path), watch](_zhandle* handle, ZkRequest* request) {
        return zoo_awget(handle, path.c_str(), watch ? on_watch : nullptr, request->events, on_data,
                         request);
    };
}

ZkRequest::Start exists(std::string path, bool watch) {
    return [path = std::move(path), watch](_zhandle* handle, ZkRequest* request) {
        return zoo_awexists(handle, path.c_str(), watch ? on_watch : nullptr, request->events,
                            on_stat, request);
    };
}

ZkRequest::Start children(std::string path, bool watch) {
    return [path = std::move(path), watch](_zhandle* handle, ZkRequest* request) {
        return zoo_awget_children2(handle, path.c_str(), watch ? on_watch : nullptr,
                                   request->events, on_names, request);
    };
}

ZkRequest::Start create(Create op, std::vector<AclEntry> acl) {
    return [op = std::move(op), acl = std::move(acl)](_zhandle* handle, ZkRequest* request) {
        return zoo_acreate(handle, op.path.c_str(), op.data.data(), length_of(op.data),
                           Acl(acl).get(), flags_of(op.mode), on_string, request);
    };
}

ZkRequest::Start set(Set op) {
    return [op = std::move(op)](_zhandle* handle, ZkRequest* request) {
        return zoo_aset(handle, op.path.c_str(), op.data.data(), length_of(op.data), op.version,
                        on_stat, request);
    };
}

ZkRequest::Start remove(Remove op) {
    return [op = std::move(op)](_zhandle* handle, ZkRequest* request) {
        return zoo_adelete(handle, op.path.c_str(), op.version, on_void, request);
    };
}

ZkRequest::Start sync(std::string path) {
    return [path = std::move(path)](_zhandle* handle, ZkRequest* request) {
        return zoo_async(handle, path.c_str(), on_string, request);
    };
}

ZkRequest::Start multi(std::vector<Op> ops, std::vector<std::vector<AclEntry>> acls) {
    return [ops = std::move(ops), acls = std::move(acls)](_zhandle* handle, ZkRequest* request) {
        std::vector<zoo_op_t> out;
        std::vector<Acl> lists;
        lists.reserve(acls.size());
        for (std::size_t i = 0; i < ops.size(); ++i) {
            lists.emplace_back(acls[i]);
            out.push_back(std::visit(ToLibrary{lists.back()}, ops[i]));
        }
        auto results = std::make_shared<MultiResults>(ops.size());
        auto* place = results->data();
        request->keep = std::move(results);
        return zoo_amulti(handle, static_cast<int>(out.size()), out.data(), place, on_multi,
                          request);
    };
}

} // namespace zk
} // namespace heliosd::store
