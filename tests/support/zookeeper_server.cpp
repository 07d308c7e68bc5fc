// SPDX-License-Identifier: Apache-2.0
#include "support/zookeeper_server.h"

#include "support/process.h"

#include <arpa/inet.h>
#include <csignal>
#include <cstdlib>
#include <endian.h>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <netinet/in.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace heliosd::test {
namespace {

constexpr char const* jar = "/usr/share/java/zookeeper.jar";

sockaddr_in local(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    return address;
}

/// A blocking connection. A server that is just starting may accept it and never answer.
class Connection {
public:
    explicit Connection(int port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        timeval const limit{0, 500'000};
        ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        auto const address = local(port);
        connected_ =
            ::connect(fd_, reinterpret_cast<sockaddr const*>(&address), sizeof address) == 0;
    }
    ~Connection() { ::close(fd_); }
    Connection(Connection const&) = delete;
    Connection& operator=(Connection const&) = delete;

    std::string exchange(std::string const& request, bool to_the_end) {
        if (!connected_ || ::send(fd_, request.data(), request.size(), MSG_NOSIGNAL) < 0) return {};
        std::string answer;
        char part[4096];
        for (;;) {
            auto const size = ::recv(fd_, part, sizeof part, 0);
            if (size <= 0) return answer;
            answer.append(part, static_cast<std::size_t>(size));
            if (!to_the_end) return answer;
        }
    }

private:
    int fd_;
    bool connected_ = false;
};

void put(std::string& out, std::int32_t value) {
    value = static_cast<std::int32_t>(htobe32(static_cast<std::uint32_t>(value)));
    out.append(reinterpret_cast<char const*>(&value), sizeof value);
}

void put(std::string& out, std::int64_t value) {
    value = static_cast<std::int64_t>(htobe64(static_cast<std::uint64_t>(value)));
    out.append(reinterpret_cast<char const*>(&value), sizeof value);
}

std::string packet(std::string const& body) {
    std::string out;
    put(out, static_cast<std::int32_t>(body.size()));
    return out + body;
}

} // namespace

bool ZookeeperServer::is_installed() {
    return std::filesystem::exists(jar) && std::filesystem::exists("/usr/bin/java");
}

ZookeeperServer::ZookeeperServer() {
    auto pattern = (std::filesystem::temp_directory_path() / "heliosd-zk-XXXXXX").string();
    if (!::mkdtemp(pattern.data())) throw std::runtime_error("no scratch directory for ZooKeeper");
    directory_ = pattern;
    port_ = free_port();
    write_config(0);
    start();
}

ZookeeperServer::~ZookeeperServer() {
    kill();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
}

void ZookeeperServer::limit_connections(int limit) {
    write_config(limit);
}

void ZookeeperServer::write_config(int connections) {
    std::ofstream(directory_ + "/zoo.cfg")
        << "tickTime=500\nminSessionTimeout=500\nmaxSessionTimeout=60000\n"
        << "dataDir=" << data() << "\nclientPortAddress=127.0.0.1\nclientPort=" << port_
        << "\nmaxClientCnxns=" << connections
        << "\nadmin.enableServer=false\n4lw.commands.whitelist=*\npreAllocSize=1024\n";
}

void ZookeeperServer::start() {
    pid_ = ::fork();
    if (pid_ == 0) {
        // Whatever becomes of the tests, the server does not stay.
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        int const log = ::open((directory_ + "/log").c_str(), O_CREAT | O_APPEND | O_WRONLY, 0600);
        ::dup2(log, 1);
        ::dup2(log, 2);
        auto const config = directory_ + "/zoo.cfg";
        ::execl("/usr/bin/java", "java", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
                "-cp", jar, "org.apache.zookeeper.server.quorum.QuorumPeerMain", config.c_str(),
                nullptr);
        ::_exit(127);
    }
    for (int waited = 0; waited < 3000; ++waited) {
        // "ruok" is answered long before sessions are.
        if (ask("srvr").find("Mode:") != std::string::npos) return;
        if (::waitpid(pid_, nullptr, WNOHANG) == pid_) break;
        ::usleep(10'000);
    }
    std::ifstream log(directory_ + "/log");
    std::string const text(std::istreambuf_iterator<char>(log), {});
    throw std::runtime_error("ZooKeeper does not start: " + text);
}

void ZookeeperServer::kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
}

void ZookeeperServer::back_up() {
    std::filesystem::remove_all(backup());
    std::filesystem::copy(data(), backup(), std::filesystem::copy_options::recursive);
}

void ZookeeperServer::restore() {
    wipe();
    std::filesystem::copy(backup(), data(), std::filesystem::copy_options::recursive);
}

void ZookeeperServer::wipe() {
    std::filesystem::remove_all(data());
}

void ZookeeperServer::freeze() {
    ::kill(pid_, SIGSTOP);
}

void ZookeeperServer::thaw() {
    ::kill(pid_, SIGCONT);
}

std::string ZookeeperServer::ask(std::string const& word) const {
    return Connection(port_).exchange(word, true);
}

void ZookeeperServer::expire(std::int64_t session, std::string const& password) {
    Connection connection(port_);
    std::string connect;
    put(connect, std::int32_t{0}); // protocol version
    put(connect, std::int64_t{0}); // last transaction seen
    put(connect, std::int32_t{4000});
    put(connect, session);
    put(connect, static_cast<std::int32_t>(password.size()));
    connect += password;
    connect += '\0'; // not read-only
    connection.exchange(packet(connect), false);
    std::string close;
    put(close, std::int32_t{1});
    put(close, std::int32_t{-11});
    connection.exchange(packet(close), false);
}

} // namespace heliosd::test
