// SPDX-License-Identifier: Apache-2.0
//
// The static program is linked with `--wrap` for both functions, so every call, ours or a
// library's, arrives here. The C library's own would need NSS modules at run time and would block
// the loop. Literal addresses are answered, because the ZooKeeper client resolves those with it;
// anything else is a bug and aborts, because it would otherwise block the loop now and then.
#include <arpa/inet.h>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <netdb.h>
#include <netinet/in.h>

namespace {

/// Result and address in one block, which `freeaddrinfo` frees.
struct Entry {
    addrinfo info;
    sockaddr_storage address;
};

/// The port of a numeric service; -1 for a name.
int parse_port(char const* service) {
    if (!service) return 0;
    char* end = nullptr;
    auto const port = std::strtol(service, &end, 10);
    return *service == '\0' || *end != '\0' || port < 0 || port > 65535 ? -1
                                                                        : static_cast<int>(port);
}

} // namespace

extern "C" int __wrap_getaddrinfo(char const* node, char const* service, addrinfo const* hints,
                                  addrinfo** result) {
    int const port = parse_port(service);
    auto* entry = static_cast<Entry*>(std::calloc(1, sizeof(Entry)));
    if (!entry) return EAI_MEMORY;
    auto& v4 = reinterpret_cast<sockaddr_in&>(entry->address);
    auto& v6 = reinterpret_cast<sockaddr_in6&>(entry->address);
    if (node && port >= 0 && ::inet_pton(AF_INET, node, &v4.sin_addr) == 1) {
        v4.sin_family = AF_INET;
        v4.sin_port = htons(static_cast<std::uint16_t>(port));
        entry->info.ai_addrlen = sizeof v4;
    } else if (node && port >= 0 && ::inet_pton(AF_INET6, node, &v6.sin6_addr) == 1) {
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(static_cast<std::uint16_t>(port));
        entry->info.ai_addrlen = sizeof v6;
    } else {
        std::fprintf(stderr,
                     "heliosd: getaddrinfo was called for '%s': names are for the resolver "
                     "on the loop (this is a bug)\n",
                     node ? node : "");
        std::abort();
    }
    entry->info.ai_family = entry->address.ss_family;
    entry->info.ai_socktype = hints && hints->ai_socktype ? hints->ai_socktype : SOCK_STREAM;
    entry->info.ai_protocol = hints ? hints->ai_protocol : 0;
    entry->info.ai_addr = reinterpret_cast<sockaddr*>(&entry->address);
    *result = &entry->info;
    return 0;
}

/// Wrapped too: in the C library it is in the same object file as `getaddrinfo`, which would then
/// be linked.
extern "C" void __wrap_freeaddrinfo(addrinfo* entry) {
    std::free(entry);
}
