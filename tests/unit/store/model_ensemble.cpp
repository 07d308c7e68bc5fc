// SPDX-License-Identifier: Apache-2.0
#include "model_ensemble.h"

#include <algorithm>
#include <utility>

namespace heliosd::test {

using namespace store;
using Outcome = WatchReply::Outcome;
using What = WatchedTree::Request::What;

ModelEnsemble::ModelEnsemble(std::size_t sessions) : states_(1), sessions_(sessions) {
}

void ModelEnsemble::commit(Nodes nodes) {
    states_.push_back(std::move(nodes));
}

Stat ModelEnsemble::stat() const {
    auto const zxid = static_cast<std::int64_t>(states_.size());
    return {.czxid = zxid, .mzxid = zxid, .pzxid = zxid, .ctime = time_, .mtime = time_};
}

void ModelEnsemble::create(std::string const& path) {
    auto nodes = now();
    ++time_;
    if (auto const above = nodes.find(std::string(parent(path))); above != nodes.end())
        above->second.stat.pzxid = stat().pzxid;
    nodes[path] = {std::to_string(time_), stat()};
    commit(std::move(nodes));
}

void ModelEnsemble::set(std::string const& path) {
    auto nodes = now();
    auto& node = nodes.at(path);
    ++time_;
    node.data = std::to_string(time_);
    node.stat.mzxid = stat().mzxid;
    node.stat.mtime = time_;
    commit(std::move(nodes));
}

void ModelEnsemble::remove(std::string const& path) {
    auto nodes = now();
    std::erase_if(nodes, [&](auto const& one) {
        return one.first == path || one.first.starts_with(path + '/');
    });
    if (auto const above = nodes.find(std::string(parent(path))); above != nodes.end())
        above->second.stat.pzxid = stat().pzxid;
    commit(std::move(nodes));
}

void ModelEnsemble::restore(std::size_t zxid) {
    states_.resize(zxid + 1);
    for (auto& session : sessions_) session.zxid = session.seen = std::min(session.zxid, zxid);
}

void ModelEnsemble::send(Request request) {
    sessions_[request.session].requests.push_back(std::move(request));
}

bool ModelEnsemble::advance(std::size_t number) {
    auto& session = sessions_[number];
    if (session.zxid == head()) return false;
    auto const& before = states_[session.zxid];
    auto const& after = states_[++session.zxid];
    std::map<std::string, Message> fired;
    for (auto const& [path, node] : before) {
        auto const it = after.find(path);
        bool const gone = it == after.end() || it->second.stat.czxid != node.stat.czxid;
        bool const changed = gone || it->second.stat.mzxid != node.stat.mzxid;
        bool const relisted = gone || it->second.stat.pzxid != node.stat.pzxid;
        if (changed && session.data.erase(path) > 0) fired[path].data = true;
        if (relisted && session.children.erase(path) > 0) fired[path].children = true;
    }
    for (auto const& [path, node] : after)
        if (!before.contains(path) && session.existence.erase(path) > 0)
            fired[path].existence = true;
    for (auto& [path, message] : fired) {
        message.path = path;
        message.zxid = session.zxid;
        if (session.connected) session.messages.push_back(std::move(message));
    }
    return true;
}

WatchReply ModelEnsemble::answer(Session& session, Request const& request) {
    auto const& nodes = states_[session.zxid];
    auto const it = nodes.find(request.path);
    if (it == nodes.end()) {
        if (request.what == What::existence) session.existence.insert(request.path);
        return {.outcome = Outcome::missing};
    }
    WatchReply reply{.stat = it->second.stat};
    if (request.what == What::children) {
        session.children.insert(request.path);
        for (auto const& [path, node] : nodes)
            if (parent(path) == request.path && path != request.path)
                reply.names.insert(reply.names.begin(), std::string(basename(path)));
    } else {
        session.data.insert(request.path);
        reply.data = it->second.data;
    }
    return reply;
}

bool ModelEnsemble::execute(std::size_t number, bool refused) {
    auto& session = sessions_[number];
    if (!session.connected || session.requests.empty()) return false;
    auto const request = std::move(session.requests.front());
    session.requests.pop_front();
    WatchReply reply{.outcome = Outcome::refused};
    if (!refused && request.what == What::sync) {
        while (advance(number)) {
        }
        reply = {};
    } else if (!refused) {
        reply = answer(session, request);
    }
    session.messages.push_back({request.id, request.path, std::move(reply), session.zxid});
    return true;
}

bool ModelEnsemble::deliver(std::size_t number, WatchedTree& tree, SteadyTime now) {
    auto& session = sessions_[number];
    if (session.messages.empty()) return false;
    auto message = std::move(session.messages.front());
    session.messages.pop_front();
    session.seen = message.zxid;
    if (message.id)
        tree.replied(*message.id, std::move(message.reply), now);
    else
        tree.watch_fired(static_cast<SessionNumber>(number), message.path, now);
    return true;
}

void ModelEnsemble::disconnect(std::size_t number, WatchedTree& tree, SteadyTime now) {
    auto& session = sessions_[number];
    if (!session.connected) return;
    session.connected = false;
    // Watches whose event got lost are still set as far as the client knows.
    for (auto const& message : std::exchange(session.messages, {})) {
        if (message.id) tree.replied(*message.id, {.outcome = Outcome::lost}, now);
        if (message.data) session.data.insert(message.path);
        if (message.children) session.children.insert(message.path);
        if (message.existence) session.existence.insert(message.path);
    }
    // Those that were not sent may wait for the next connection, or not.
    auto const requests = std::exchange(session.requests, {});
    for (auto const& request : requests) tree.replied(request.id, {.outcome = Outcome::lost}, now);
    tree.session_disconnected(static_cast<SessionNumber>(number), now);
}

void ModelEnsemble::connect(std::size_t number, bool fresh, std::size_t zxid, WatchedTree& tree,
                            SteadyTime now) {
    auto& session = sessions_[number];
    if (session.connected) return;
    session.connected = true;
    session.zxid = fresh ? zxid : std::max(zxid, session.seen);
    auto const fire = [&](std::string const& path) {
        session.messages.push_back({std::nullopt, path, {}, session.zxid});
    };
    auto const data = std::exchange(session.data, {});
    auto const children = std::exchange(session.children, {});
    auto const existence = std::exchange(session.existence, {});
    auto const seen = static_cast<std::int64_t>(session.seen);
    if (fresh) {
        session.seen = 0;
    } else {
        auto const& nodes = states_[session.zxid];
        auto const newer = [&](std::string const& path, std::int64_t Stat::* member) {
            auto const it = nodes.find(path);
            return it == nodes.end() || it->second.stat.*member > seen;
        };
        for (auto const& path : data)
            newer(path, &Stat::mzxid) ? fire(path) : void(session.data.insert(path));
        for (auto const& path : children)
            newer(path, &Stat::pzxid) ? fire(path) : void(session.children.insert(path));
        for (auto const& path : existence)
            nodes.contains(path) ? fire(path) : void(session.existence.insert(path));
    }
    tree.session_connected(static_cast<SessionNumber>(number), fresh, now);
}

} // namespace heliosd::test
