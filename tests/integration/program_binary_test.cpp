// SPDX-License-Identifier: Apache-2.0
// The program as a file: what it is called by, what it needs around it, how large it is.
#include "support/catch.h"
#include "support/program.h"
#include "support/servers.h"

#include <elf.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>

namespace heliosd::test {
namespace {

namespace fs = std::filesystem;

TEST_CASE("program: --version says the version and the help names the four personalities") {
    Rig rig;
    auto const version = rig.run({"--version"});
    CHECK(version.status == 0);
    CHECK(version.output.starts_with("heliosd "));
    auto const help = rig.run({"--help"});
    CHECK(help.status == 0);
    for (auto const* word : {"solo", "master", "agent", "cli"})
        CHECK(help.output.find("heliosd " + std::string(word)) != std::string::npos);
    CHECK(rig.run({}).status == 64);
}

TEST_CASE("program: called as helios, helios-master or helios-agent it is that") {
    Rig rig;
    struct Row {
        char const *name, *says;
    };
    for (auto const& row :
         {Row{"helios", "usage: helios "}, Row{"helios-master", "usage: helios-master "},
          Row{"helios-agent", "usage: helios-agent "}}) {
        CAPTURE(row.name);
        fs::create_symlink(program_path(), rig.path(row.name));
        auto const help = run_command({rig.path(row.name), "--help"}, rig.environment());
        CHECK(help.status == 0);
        CHECK(help.output.find(row.says) != std::string::npos);
        auto const wrong = run_command({rig.path(row.name), "--nonsense"}, rig.environment());
        CHECK(wrong.status == 1);
        CHECK(wrong.output.find("'--nonsense'") != std::string::npos);
    }
}

TEST_CASE("program: it is static: no interpreter and no shared library is asked for") {
    auto const image = text_of(program_path());
    Elf64_Ehdr header;
    REQUIRE(image.size() > sizeof header);
    std::memcpy(&header, image.data(), sizeof header);
    REQUIRE(std::memcmp(header.e_ident, ELFMAG, SELFMAG) == 0);
    for (int i = 0; i < header.e_phnum; ++i) {
        Elf64_Phdr segment;
        auto const place = header.e_phoff + static_cast<std::size_t>(i) * sizeof segment;
        REQUIRE(place + sizeof segment <= image.size());
        std::memcpy(&segment, image.data() + place, sizeof segment);
        CHECK(segment.p_type != PT_INTERP);
        if (segment.p_type != PT_DYNAMIC) continue;
        for (auto entry = segment.p_offset; entry < segment.p_offset + segment.p_filesz;
             entry += sizeof(Elf64_Dyn)) {
            Elf64_Dyn dynamic;
            std::memcpy(&dynamic, image.data() + entry, sizeof dynamic);
            CHECK(dynamic.d_tag != DT_NEEDED);
        }
    }
}

TEST_CASE("program: it runs in an empty chroot") {
    if (getuid() != 0) return skip("chroot needs root");
    Rig rig;
    fs::create_directory(rig.path("root"));
    fs::copy_file(program_path(), rig.path("root/heliosd"));
    auto const ended =
        run_command({"chroot", rig.path("root"), "/heliosd", "--version"}, rig.environment());
    CHECK(ended.status == 0);
    CHECK(ended.output.starts_with("heliosd "));
    auto const help =
        run_command({"chroot", rig.path("root"), "/heliosd", "solo", "--help"}, rig.environment());
    CHECK(help.status == 0);
}

TEST_CASE("program: stripped it has at most 10 MB") {
    Rig rig;
    auto const ended =
        run_command({"strip", "-o", rig.path("stripped"), program_path()}, rig.environment());
    if (ended.status == 127) return skip("strip is not here (package binutils)");
    REQUIRE(ended.status == 0);
    CHECK(fs::file_size(rig.path("stripped")) <= 10'000'000);
    auto const version = run_command({rig.path("stripped"), "--version"}, rig.environment());
    CHECK(version.status == 0);
}

} // namespace
} // namespace heliosd::test
