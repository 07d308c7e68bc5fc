// SPDX-License-Identifier: Apache-2.0
#include "store/embedded/sqlite_journal.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <fcntl.h>
#include <unistd.h>
#include <utility>

namespace heliosd::store {
namespace {

/// "hlsd": what tells our files from others'.
constexpr std::int64_t application_id = 0x686c7364;
/// The version of the schema below.
constexpr std::int64_t format_version = 1;

constexpr char const* schema = R"(
    CREATE TABLE node (
        path TEXT PRIMARY KEY, data BLOB NOT NULL,
        czxid INTEGER NOT NULL, mzxid INTEGER NOT NULL, pzxid INTEGER NOT NULL,
        ctime INTEGER NOT NULL, mtime INTEGER NOT NULL,
        version INTEGER NOT NULL, cversion INTEGER NOT NULL, aversion INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE state (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
    INSERT INTO state VALUES ('zxid', 0);
)";
constexpr char const* put_node =
    "INSERT OR REPLACE INTO node VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10)";
constexpr char const* drop_node = "DELETE FROM node WHERE path = ?1";
constexpr char const* put_zxid = "UPDATE state SET value = ?1 WHERE name = 'zxid'";
constexpr char const* all_nodes = "SELECT path, data, czxid, mzxid, pzxid, ctime, mtime, version, "
                                  "cversion, aversion FROM node";

struct CloseDatabase {
    void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;

struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, Finalize>;

class SqliteJournal final : public Journal {
public:
    SqliteJournal(std::string file, Database database)
        : file_(std::move(file)), database_(std::move(database)) {}

    Result<> prepare();
    Result<Content> load() override;
    Result<> commit(Group const& group) override;

private:
    Result<> execute(char const* sql);
    Result<std::int64_t> number(char const* sql);
    Result<Statement> statement(char const* sql);
    Result<> run(Statement& statement);
    Result<> write(Group const& group);
    Result<> claim();
    Result<> make_durable();
    Result<bool> check_format();
    std::unexpected<Error> failure() const;

    std::string file_;
    Database database_;
    Statement put_node_, drop_node_, put_zxid_;
};

void bind_number(Statement const& statement, int place, std::int64_t value) {
    sqlite3_bind_int64(statement.get(), place, value);
}

/// The text must outlive the step.
void bind_text(Statement const& statement, int place, std::string const& text) {
    sqlite3_bind_text64(statement.get(), place, text.data(), text.size(), SQLITE_STATIC,
                        SQLITE_UTF8);
}

void bind_blob(Statement const& statement, int place, std::string const& bytes) {
    sqlite3_bind_blob64(statement.get(), place, bytes.data(), bytes.size(), SQLITE_STATIC);
}

std::string bytes_of(Statement const& statement, int column) {
    auto const* bytes = static_cast<char const*>(sqlite3_column_blob(statement.get(), column));
    auto const size = sqlite3_column_bytes(statement.get(), column);
    return bytes ? std::string(bytes, static_cast<std::size_t>(size)) : std::string();
}

std::unexpected<Error> SqliteJournal::failure() const {
    int const code = sqlite3_errcode(database_.get());
    switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return fail(Errc::locked, fmt::format("{} is in use by another process: stop that one, or "
                                              "use another state directory",
                                              file_));
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
        return fail(Errc::invalid, fmt::format("{} is damaged or no store of heliosd ({}): restore "
                                               "it from a backup, or move it away",
                                               file_, sqlite3_errmsg(database_.get())));
    default: return fail(Errc::io, fmt::format("{}: {}", file_, sqlite3_errmsg(database_.get())));
    }
}

Result<> SqliteJournal::execute(char const* sql) {
    if (sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK)
        return failure();
    return {};
}

Result<Statement> SqliteJournal::statement(char const* sql) {
    sqlite3_stmt* made = nullptr;
    if (sqlite3_prepare_v2(database_.get(), sql, -1, &made, nullptr) != SQLITE_OK) return failure();
    return Statement(made);
}

Result<std::int64_t> SqliteJournal::number(char const* sql) {
    auto query = TRY(statement(sql));
    if (sqlite3_step(query.get()) != SQLITE_ROW) return failure();
    return sqlite3_column_int64(query.get(), 0);
}

/// One turn of a statement that answers nothing.
Result<> SqliteJournal::run(Statement& statement) {
    int const code = sqlite3_step(statement.get());
    sqlite3_reset(statement.get());
    sqlite3_clear_bindings(statement.get());
    if (code != SQLITE_DONE) return failure();
    return {};
}

Result<> SqliteJournal::prepare() {
    TRY(claim());
    bool const fresh = TRY(check_format());
    TRY(make_durable());
    if (fresh) {
        auto const create =
            fmt::format("BEGIN; {} PRAGMA application_id = {}; PRAGMA user_version = {}; COMMIT;",
                        schema, application_id, format_version);
        TRY(execute(create.c_str()));
    }
    for (auto [place, sql] :
         {std::pair{&put_node_, put_node}, {&drop_node_, drop_node}, {&put_zxid_, put_zxid}}) {
        auto made = TRY(statement(sql));
        *place = std::move(made);
    }
    return {};
}

/// Takes the file for us alone without a change to it.
Result<> SqliteJournal::claim() {
    // A file that is refused must stay as it is: its write-ahead log, too, is another program's.
    sqlite3_db_config(database_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    for (auto const* sql : {"PRAGMA locking_mode = EXCLUSIVE", "BEGIN EXCLUSIVE", "COMMIT"})
        TRY(execute(sql));
    return {};
}

/// Makes every commit wait for the disk.
Result<> SqliteJournal::make_durable() {
    sqlite3_db_config(database_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr);
    for (auto const* sql : {"PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL"})
        TRY(execute(sql));
    auto mode = TRY(statement("PRAGMA journal_mode"));
    if (sqlite3_step(mode.get()) != SQLITE_ROW) return failure();
    if (bytes_of(mode, 0) != "wal")
        return fail(Errc::io,
                    fmt::format("{}: the file system cannot hold a write-ahead log", file_));
    return {};
}

/// Refuses what is not ours. Answers whether the file is still empty.
Result<bool> SqliteJournal::check_format() {
    auto const application = TRY(number("PRAGMA application_id"));
    auto const version = TRY(number("PRAGMA user_version"));
    auto const tables = TRY(number("SELECT count(*) FROM sqlite_master"));

    if (application == 0 && version == 0 && tables == 0) return true;
    if (application != application_id)
        return fail(Errc::invalid,
                    fmt::format("{} is an SQLite file of another program: use another state "
                                "directory",
                                file_));
    if (version > format_version)
        return fail(Errc::invalid,
                    fmt::format("{} was written by a newer heliosd (format {}, this one knows {}): "
                                "start that version, or use another state directory",
                                file_, version, format_version));
    return false;
}

Result<Journal::Content> SqliteJournal::load() {
    Content content;
    auto rows = TRY(statement(all_nodes));
    int code = SQLITE_ROW;
    while ((code = sqlite3_step(rows.get())) == SQLITE_ROW) {
        auto const column = [&](int i) { return sqlite3_column_int64(rows.get(), i); };
        EmbeddedTree::Entry entry;
        entry.data = bytes_of(rows, 1);
        entry.stat.czxid = column(2);
        entry.stat.mzxid = column(3);
        entry.stat.pzxid = column(4);
        entry.stat.ctime = column(5);
        entry.stat.mtime = column(6);
        entry.stat.version = static_cast<std::int32_t>(column(7));
        entry.stat.cversion = static_cast<std::int32_t>(column(8));
        entry.stat.aversion = static_cast<std::int32_t>(column(9));
        content.entries.emplace(bytes_of(rows, 0), std::move(entry));
    }
    if (code != SQLITE_DONE) return failure();
    auto const zxid = TRY(number("SELECT value FROM state WHERE name = 'zxid'"));
    content.zxid = zxid;
    return content;
}

Result<> SqliteJournal::commit(Group const& group) {
    if (auto begun = execute("BEGIN IMMEDIATE"); !begun) return begun;
    auto written = write(group);
    if (written) written = execute("COMMIT");
    // Some failures have rolled back by themselves; then this one has nothing to do.
    if (!written) sqlite3_exec(database_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
    return written;
}

Result<> SqliteJournal::write(Group const& group) {
    for (auto const& [path, node] : group.nodes) {
        auto& statement = node ? put_node_ : drop_node_;
        bind_text(statement, 1, path);
        if (node) {
            bind_blob(statement, 2, node->data);
            Stat const& stat = node->stat;
            int place = 3;
            for (std::int64_t value : {stat.czxid, stat.mzxid, stat.pzxid, stat.ctime, stat.mtime,
                                       std::int64_t{stat.version}, std::int64_t{stat.cversion},
                                       std::int64_t{stat.aversion}})
                bind_number(statement, place++, value);
        }
        if (auto done = run(statement); !done) return done;
    }
    bind_number(put_zxid_, 1, group.zxid);
    return run(put_zxid_);
}

} // namespace

Result<std::unique_ptr<Journal>> open_sqlite_journal(std::string const& file, char const* vfs) {
    if (!vfs) {
        // Jobs may carry secrets in their environment: for nobody else. SQLite gives its other
        // files the mode of this one.
        int const fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (fd == -1)
            return fail(Errc::io, fmt::format("cannot open {}: {}", file,
                                              std::generic_category().message(errno)));
        ::close(fd);
    }
    sqlite3* opened = nullptr;
    int const flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    int const code = sqlite3_open_v2(file.c_str(), &opened, flags, vfs);
    Database database(opened);
    if (code != SQLITE_OK)
        return fail(Errc::io, fmt::format("cannot open {}: {}", file, sqlite3_errstr(code)));
    auto journal = std::make_unique<SqliteJournal>(file, std::move(database));
    if (auto prepared = journal->prepare(); !prepared)
        return std::unexpected(std::move(prepared.error()));
    return journal;
}

} // namespace heliosd::store
