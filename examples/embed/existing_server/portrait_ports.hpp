#pragma once

#include "staff_server.hpp"

#include <portrait/http/authenticator.hpp>
#include <portrait/http/executor.hpp>
#include <portrait/person_directory.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include <openssl/crypto.h>

#include <atomic>
#include <memory>
#include <utility>

// The ports: the service's colleagues, their keys, its threads.

/// The persons are the colleagues.
class StaffDirectory final : public portrait::PersonDirectory {
public:
    explicit StaffDirectory(std::shared_ptr<const Staff> staff)
        : staff_{std::move(staff)} {}

    [[nodiscard]] portrait::result<bool> contains(portrait::PersonId person) const override {
        return staff_->contains(person.value());
    }

private:
    std::shared_ptr<const Staff> staff_;
};

/// Authenticates by the colleagues' keys as bearer tokens.
class StaffKeys final : public portrait::http::Authenticator {
public:
    explicit StaffKeys(std::shared_ptr<const Staff> staff)
        : staff_{std::move(staff)} {}

    void authenticate(portrait::http::Credentials credentials, std::string_view,
                      std::function<void(portrait::http::AuthenticationOutcome)> done) override {
        using namespace portrait::http;
        const auto* bearer = std::get_if<BearerCredentials>(&credentials);
        if (bearer == nullptr)
            return done(AuthenticationFailure{});
        for (const auto& [number, colleague] : *staff_) {
            if (is_same(bearer->token, colleague.key))
                return done(Principal{colleague.name,
                                      {.associate_id = number, .name = colleague.name, .person_id = number},
                                      colleague.edits_pictures});
        }
        done(AuthenticationFailure{});
    }

private:
    static bool is_same(const std::string& left, const std::string& right) {
        return left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
    }

    std::shared_ptr<const Staff> staff_;
};

/// Runs portrait's disk work on the service's thread pool. Work beyond the bound is answered 503.
class PoolExecutor final : public portrait::http::Executor {
public:
    PoolExecutor(boost::asio::thread_pool& pool, int max_waiting)
        : pool_{pool}
        , max_waiting_{max_waiting} {}

    bool execute(std::function<void()> task) override {
        if (waiting_->fetch_add(1) >= max_waiting_) {
            --*waiting_;
            return false;
        }
        boost::asio::post(pool_, [task = std::move(task), waiting = waiting_] {
            --*waiting;
            task();
        });
        return true;
    }

private:
    boost::asio::thread_pool& pool_;
    int max_waiting_;
    std::shared_ptr<std::atomic<int>> waiting_ = std::make_shared<std::atomic<int>>(0);
};
