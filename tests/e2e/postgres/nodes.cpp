#include "nodes.hpp"

#include "support/catch.hpp"

#include <optional>
#include <stdexcept>

namespace portrait::testing::nodes {

Load::Load(std::function<std::uint16_t(int client)> port, int clients)
    : port_{std::move(port)}
    , records_(static_cast<std::size_t>(clients)) {
    for (int index = 0; index < clients; ++index)
        threads_.emplace_back([this, index] { write(index); });
}

void Load::stop() {
    stopping_ = true;
    for (auto& thread : threads_)
        thread.join();
    threads_.clear();
}

void Load::wait_for_writes(std::uint64_t more) const {
    const auto target = acknowledged_ + more;
    REQUIRE(becomes_true([&] { return acknowledged_ >= target; }, std::chrono::seconds{60}));
}

void Load::check(std::uint16_t port) const {
    for (std::size_t index = 0; index < records_.size(); ++index) {
        const auto& record = records_[index];
        INFO("person " << index + 1 << ", acknowledged " << record.acknowledged << ", tried "
                       << record.tried);
        const auto stored = get_image(port, static_cast<std::int64_t>(index) + 1);
        if (stored.status == 404) {
            CHECK(record.acknowledged == 0);
            continue;
        }
        CHECK(stored.status == 200);
        bool found = false;
        for (auto seed = record.tried; seed > 0 && seed >= record.acknowledged && !found; --seed)
            found = stored.body == picture(seed);
        CHECK(found);
    }
}

void Load::write(int index) {
    auto& record = records_[static_cast<std::size_t>(index)];
    const auto fields = as_demo_user({{"Content-Type", "image/jpeg"}});
    std::optional<RawConnection> connection;
    while (!stopping_) {
        try {
            if (!connection)
                connection.emplace(port_(index));
            ++record.tried;
            connection->send(request_text("PUT", image_path(index + 1), fields, picture(record.tried)));
            const auto answer = connection->read_response();
            if (answer.status == 200) {
                record.acknowledged = record.tried;
                ++acknowledged_;
            } else if (answer.status == 500) {
                ++unknown_;
            } else if (answer.status != 503 && answer.status != 502) {
                ++unexpected_;
            }
            if (answer.status != 200 || answer.field("Connection") == "close")
                connection.reset();
        } catch (const std::runtime_error&) { // the node is gone
            connection.reset();
            std::this_thread::sleep_for(std::chrono::milliseconds{5});
        }
    }
}

} // namespace portrait::testing::nodes
