// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <cstring>

int main(int argc, char** argv) {
    if (argc == 2 && std::strcmp(argv[1], "--version") == 0) {
        std::puts("heliosd " HELIOSD_VERSION);
        return 0;
    }
    std::fputs("usage: heliosd --version\n", stderr);
    return 64;
}
