// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/async.h"
#include "base/async/clock.h"
#include "store/store.h"

#include <span>
#include <string>
#include <string_view>

namespace heliosd::test {

/// Where a case of the contract runs: an ensemble, and ways to make it misbehave. Stores made here
/// have a connection limit of about a second.
class StoreEnvironment {
public:
    virtual ~StoreEnvironment() = default;

    virtual Clock& clock() = 0;
    /// An existing node of this case alone.
    virtual std::string const& base() const = 0;
    /// A new session; it lives until the case is over.
    virtual store::Store& connect() = 0;
    /// Ends a session made by `connect` as a clean exit does.
    virtual Async<void> close(store::Store& store) = 0;
    /// The ensemble declares the session dead.
    virtual Async<void> expire(store::Store& store) = 0;
    /// Nobody reaches the ensemble any more, until `restore`.
    virtual Async<void> cut() = 0;
    virtual Async<void> restore() = 0;
};

/// One promise of `Store`. Every implementation keeps all of them.
struct ContractCase {
    std::string_view name;
    Async<void> (*run)(StoreEnvironment&);
};
std::span<ContractCase const> store_contract();

} // namespace heliosd::test
