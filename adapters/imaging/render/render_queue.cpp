#include "render/render_queue.hpp"

#include <algorithm>
#include <iterator>
#include <new>
#include <tuple>
#include <utility>

namespace portrait::imaging {

std::optional<std::uint64_t> RenderQueue::next_cost() const {
    const auto found = next(&Client::judged);
    return found == clients_.end() ? std::nullopt : found->second.judged.front().cost;
}

void RenderQueue::push(RenderJob&& job) {
    push(clients_[job.client], std::move(job));
}

void RenderQueue::push(Client& client, RenderJob&& job) {
    const bool is_fresh = !job.cost;
    (is_fresh ? client.fresh : client.judged).push_back(std::move(job));
    ++size_;
    fresh_ += is_fresh ? 1 : 0;
}

RenderJob RenderQueue::replace_newest_of_most(RenderJob& job) {
    const auto most =
        std::max_element(clients_.begin(), clients_.end(), [](const auto& one, const auto& two) {
            return one.second.waiting() < two.second.waiting();
        });
    const auto own = clients_.find(job.client);
    const std::size_t own_waiting = own == clients_.end() ? 0 : own->second.waiting();
    if (most == clients_.end() || own_waiting + 1 >= most->second.waiting())
        return std::move(job);
    const bool is_fresh = !most->second.fresh.empty();
    auto& jobs = is_fresh ? most->second.fresh : most->second.judged;
    auto newest = std::move(jobs.back());
    jobs.pop_back();
    --size_;
    fresh_ -= is_fresh ? 1 : 0;
    push(std::move(job));
    return newest;
}

RenderJob RenderQueue::take_fresh() {
    --fresh_;
    return take(&Client::fresh);
}

RenderJob RenderQueue::take_judged() {
    return take(&Client::judged);
}

void RenderQueue::end(const RenderJob& job) noexcept {
    end(clients_.find(job.client));
}

bool RenderQueue::wait_again(RenderJob& job) noexcept {
    const auto client = clients_.find(job.client);
    bool pushed = true;
    try {
        push(client->second, std::move(job));
    } catch (const std::bad_alloc&) {
        pushed = false;
    }
    end(client);
    return pushed;
}

void RenderQueue::end(Clients::iterator client) noexcept {
    --client->second.running;
    forget_if_unused(client);
}

std::deque<RenderJob> RenderQueue::take_stopped() {
    Jobs stopped;
    for (auto client = clients_.begin(); client != clients_.end();) {
        for (auto* const jobs : {&client->second.fresh, &client->second.judged}) {
            std::erase_if(*jobs, [&](RenderJob& job) {
                const bool is_stopped = job.stop.stop_requested();
                if (is_stopped) {
                    --size_;
                    fresh_ -= job.cost ? 0 : 1;
                    stopped.push_back(std::move(job));
                }
                return is_stopped;
            });
        }
        forget_if_unused(client++);
    }
    return stopped;
}

std::deque<RenderJob> RenderQueue::take_all() {
    Jobs all;
    for (auto client = clients_.begin(); client != clients_.end();) {
        for (auto* const jobs : {&client->second.fresh, &client->second.judged}) {
            std::move(jobs->begin(), jobs->end(), std::back_inserter(all));
            jobs->clear();
        }
        forget_if_unused(client++);
    }
    size_ = 0;
    fresh_ = 0;
    return all;
}

RenderQueue::Clients::const_iterator RenderQueue::next(Jobs Client::*kind) const {
    auto best = clients_.end();
    for (auto client = clients_.begin(); client != clients_.end(); ++client) {
        if ((client->second.*kind).empty())
            continue;
        if (best == clients_.end() || std::tie(client->second.running, client->second.turn) <
                                          std::tie(best->second.running, best->second.turn))
            best = client;
    }
    return best;
}

RenderJob RenderQueue::take(Jobs Client::*kind) {
    auto& client = clients_.find(next(kind)->first)->second;
    auto& jobs = client.*kind;
    auto job = std::move(jobs.front());
    jobs.pop_front();
    --size_;
    ++client.running;
    client.turn = ++turns_;
    return job;
}

void RenderQueue::forget_if_unused(Clients::iterator client) {
    if (client->second.running == 0 && client->second.waiting() == 0)
        clients_.erase(client);
}

} // namespace portrait::imaging
