#include <portrait/portrait.hpp>

#ifdef CONSUMER_HAS_audit_file
#include <portrait/audit_file/audit_file.hpp>
#endif
#ifdef CONSUMER_HAS_accounts
#include <portrait/accounts/token_file.hpp>
#endif
#ifdef CONSUMER_HAS_beast
#include <portrait/beast/server.hpp>
#endif
#ifdef CONSUMER_HAS_prometheus
#include <portrait/prometheus/metrics.hpp>
#endif
#ifdef CONSUMER_HAS_postgres
#include <portrait/postgres/image_store.hpp>
#endif
#ifdef CONSUMER_HAS_http
#include <portrait/http/endpoint.hpp>
#endif
#ifdef CONSUMER_HAS_sqlite
#include <portrait/sqlite/image_store.hpp>
#endif
#ifdef CONSUMER_HAS_imaging
#include <portrait/imaging/vips_renderer.hpp>
#endif
#ifdef CONSUMER_HAS_testing
#include <portrait/testing/pictures.hpp>
#endif

#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

// Saves a GIF of one pixel and reads it back, and uses every installed component.

namespace {

constexpr char one_pixel[] =
    "GIF89a\x01\0\x01\0\x80\0\0\xFF\xFF\xFF\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0;";

#ifdef CONSUMER_HAS_audit_file
const char* const audit_path = "consumer-audit.jsonl";

std::shared_ptr<portrait::AuditLog> audit_log() {
    return portrait::audit_file::AuditFile::open(audit_path).value();
}
#else
std::shared_ptr<portrait::AuditLog> audit_log() {
    return nullptr;
}
#endif

std::shared_ptr<portrait::ImageStore> make_store() {
#ifdef CONSUMER_HAS_sqlite
    return portrait::sqlite::SqliteImageStore::open(
               {.folder = std::filesystem::current_path() / "consumer-data", .audit = audit_log()})
        .value();
#else
    return std::make_shared<portrait::MemoryImageStore>(std::nullopt, audit_log());
#endif
}

} // namespace

int main() {
    const auto person = portrait::PersonId::from(1).value();
    portrait::PersonImageService service{make_store(), std::make_shared<portrait::AnyPersonDirectory>()};
    const auto picture = portrait::ImageBytes::copy_of(std::string_view{one_pixel, sizeof one_pixel - 1});
    if (const auto saved = service.save(person, picture); !saved) {
        std::puts(saved.error().message().c_str());
        return 1;
    }
#ifdef CONSUMER_HAS_audit_file
    if (std::filesystem::file_size(audit_path) == 0)
        return 1;
#endif
#ifdef CONSUMER_HAS_beast
    static_assert(sizeof(portrait::http::ServerOptions) > 0);
#endif
#ifdef CONSUMER_HAS_prometheus
    if (portrait::http::prometheus_metrics(nullptr)->text().empty())
        return 1;
#endif
#ifdef CONSUMER_HAS_postgres
    if (portrait::postgres::PostgresImageStore::open({.connection = "host=/nowhere"}).error() !=
        portrait::errc::store_unreachable)
        return 1;
#endif
#ifdef CONSUMER_HAS_http
    if (portrait::http::status_of(portrait::errc::image_none, portrait::http::Access::read) != 404)
        return 1;
#endif
#if defined(CONSUMER_HAS_imaging) && defined(CONSUMER_HAS_testing)
    const portrait::ImageBytes png{portrait::testing::make_png(40, 20)};
    const auto header = portrait::probe(png).value();
    const auto rendered = portrait::imaging::VipsRenderer{}.render({png, header, {.width = 10}, {}});
    if (!rendered || rendered->width != 10)
        return 1;
#elif defined(CONSUMER_HAS_testing)
    if (portrait::probe(portrait::testing::make_png(40, 20)).value().width != 40)
        return 1;
#endif
    const auto stored = service.image(person).value();
    std::printf("%s, %u x %u, %zu bytes\n", media_type(stored.info.format.value()).data(), stored.info.width,
                stored.info.height, stored.bytes.size());
    return stored.bytes.text() == picture.text() ? 0 : 1;
}
