// SPDX-License-Identifier: Apache-2.0
#include "support/process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace heliosd::test {
namespace {

std::vector<char*> pointers(std::vector<std::string> const& words) {
    std::vector<char*> result;
    for (auto const& word : words) result.push_back(const_cast<char*>(word.c_str()));
    result.push_back(nullptr);
    return result;
}

pid_t spawn(std::vector<std::string> const& command, char const* log, char** environment) {
    auto const words = pointers(command);
    pid_t const child = vfork();
    if (child != 0) return child;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int const in = open("/dev/null", O_RDONLY);
    dup2(in, STDIN_FILENO);
    int const out = open(log, O_WRONLY | O_CREAT | O_APPEND, 0644);
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    execvpe(words[0], words.data(), environment);
    _exit(127);
}

int end_of(int status) {
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

} // namespace

Process::Process(std::vector<std::string> const& command, std::string const& log)
    : pid_(spawn(command, log.c_str(), environ)) {
}

Process::Process(std::vector<std::string> const& command, std::string const& log,
                 Variables const& environment)
    : pid_(spawn(command, log.c_str(), pointers(environment).data())) {
}

Process::~Process() {
    if (pid_ > 0) stop(SIGKILL);
}

int Process::stop(int signal) {
    if (pid_ <= 0) throw std::runtime_error("the process has ended already");
    kill(pid_, signal);
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    return end_of(status);
}

std::optional<int> Process::wait(std::chrono::milliseconds limit) {
    auto const deadline = std::chrono::steady_clock::now() + limit;
    do {
        int status = 0;
        if (waitpid(pid_, &status, WNOHANG) == pid_) {
            pid_ = -1;
            return end_of(status);
        }
        usleep(2000);
    } while (std::chrono::steady_clock::now() < deadline);
    return std::nullopt;
}

std::uint64_t Process::status_field(std::string const& name) const {
    std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
    for (std::string word; status >> word;) {
        std::uint64_t kilobytes = 0;
        if (word == name && status >> kilobytes) return kilobytes * 1024;
    }
    throw std::runtime_error("the process " + std::to_string(pid_) + " is gone");
}

Ended run_command(std::vector<std::string> const& command, Variables const& environment) {
    auto file = (std::filesystem::temp_directory_path() / "heliosd-output-XXXXXX").string();
    int const made = mkstemp(file.data());
    if (made < 0) throw std::runtime_error("no scratch file for the output of " + command[0]);
    close(made);
    Process process(command, file, environment);
    auto const status = process.wait(std::chrono::minutes{1});
    Ended ended{.output = text_of(file)};
    std::filesystem::remove(file);
    if (!status) throw std::runtime_error(command[0] + " does not end: " + ended.output);
    ended.status = *status;
    return ended;
}

double run_timed(std::vector<std::string> const& command) {
    auto const start = std::chrono::steady_clock::now();
    pid_t const child = spawn(command, "/dev/null", environ);
    int status = 0;
    waitpid(child, &status, 0);
    std::chrono::duration<double, std::milli> const taken =
        std::chrono::steady_clock::now() - start;
    if (status != 0) throw std::runtime_error(command[0] + " failed");
    return taken.count();
}

std::string text_of(std::string const& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::uint16_t free_port() {
    int const fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
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

} // namespace heliosd::test
