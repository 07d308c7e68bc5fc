// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "master/master.h"
#include "net/http/client.h"
#include "store/store.h"

#include <map>
#include <string>

/// The example of spec/zookeeper.md §14, as far as masters are concerned, against any store.
namespace heliosd::test {

/// The API over a socket.
class ApiClient {
public:
    ApiClient(net::HttpClient& http, std::uint16_t port)
        : http_(http), endpoint_{.host = "127.0.0.1", .port = port} {}

    Async<net::FullResponse> call(std::string method, std::string target, std::string body = "");

private:
    net::HttpClient& http_;
    net::Endpoint endpoint_;
};

/// Every node with its data, creation markers under the name of the example.
Async<std::map<std::string, std::string>> whole_tree(store::Store& store);

/// Compares the nodes that masters write with what the example shows.
Async<void> check_example(store::Store& store);

/// Makes the example through the API of a running master named master-1, compares, takes it apart.
Async<void> walk_example(store::Store& store, ApiClient api);

/// Options of a master on free ports of this machine alone.
master::MasterOptions local_master(std::string name);

} // namespace heliosd::test
