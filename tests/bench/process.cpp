// SPDX-License-Identifier: Apache-2.0
#include "bench/process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <stdexcept>

namespace heliosd::bench {
namespace {

pid_t spawn(std::vector<std::string> const& command, char const* log) {
    std::vector<char*> words;
    for (auto const& word : command) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    pid_t const child = vfork();
    if (child != 0) return child;
    int const out = open(log, O_WRONLY | O_CREAT | O_APPEND, 0644);
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    execvp(words[0], words.data());
    _exit(127);
}

} // namespace

Process::Process(std::vector<std::string> command, std::string const& log)
    : pid_(spawn(command, log.c_str())) {
}

Process::~Process() {
    if (pid_ > 0) stop(SIGKILL);
}

void Process::stop(int signal) {
    kill(pid_, signal);
    waitpid(pid_, nullptr, 0);
    pid_ = -1;
}

std::uint64_t Process::status_field(std::string const& name) const {
    std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
    for (std::string word; status >> word;) {
        std::uint64_t kilobytes = 0;
        if (word == name && status >> kilobytes) return kilobytes * 1024;
    }
    throw std::runtime_error("the process " + std::to_string(pid_) + " is gone");
}

double run_timed(std::vector<std::string> const& command) {
    auto const start = std::chrono::steady_clock::now();
    pid_t const child = spawn(command, "/dev/null");
    int status = 0;
    waitpid(child, &status, 0);
    std::chrono::duration<double, std::milli> const taken =
        std::chrono::steady_clock::now() - start;
    if (status != 0) throw std::runtime_error(command[0] + " failed");
    return taken.count();
}

std::uint16_t free_port() {
    int const fd = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    bool const bound = bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
                       getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) == 0;
    close(fd);
    if (!bound) throw std::runtime_error("no free port");
    return ntohs(address.sin_port);
}

} // namespace heliosd::bench
