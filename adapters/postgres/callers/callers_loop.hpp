#pragma once

#include "callers/account_texts.hpp"
#include "callers/freshness.hpp"
#include "callers/session_store.hpp"
#include "callers/sign_in_exchange.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace portrait::postgres {

/// A thread that asks four times a second what other servers have changed, and passes on what was counted
/// here. It has a connection of its own, so that an image or a slow read never delays a revocation.
class CallersLoop {
public:
    /// `texts`: as they were read last.
    CallersLoop(Connector& connector, std::shared_ptr<Freshness> freshness, ReadTexts texts);
    CallersLoop(const CallersLoop&) = delete;
    CallersLoop& operator=(const CallersLoop&) = delete;
    ~CallersLoop();

    void follow(std::function<void(const CallerTexts& texts)> apply);
    void add(std::shared_ptr<SessionCache> cache);
    void add(std::unique_ptr<SignInExchange> exchange);

private:
    void run();
    void tick();
    [[nodiscard]] result<void> connect(Deadline deadline);
    [[nodiscard]] attempt<void> ask();
    void apply(ReadTexts texts, bool is_other_epoch);
    void pass_on();

    Connector& connector_;
    const std::shared_ptr<Freshness> freshness_;

    std::mutex mutex_; ///< also while `apply` runs
    ReadTexts texts_;
    std::vector<std::function<void(const CallerTexts& texts)>> followers_;
    std::vector<std::shared_ptr<SessionCache>> caches_;
    std::vector<std::shared_ptr<SignInExchange>> exchanges_;

    // Of the thread.
    std::unique_ptr<Connection> connection_;
    std::string epoch_; ///< of the texts and of the found sessions
    unsigned ticks_ = 0;

    std::thread thread_;
};

} // namespace portrait::postgres
