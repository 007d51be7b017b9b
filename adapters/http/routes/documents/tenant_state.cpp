#include "headers/field_syntax.hpp"
#include "pictures/image_answers.hpp"
#include "routes/documents/links.hpp"
#include "routes/table.hpp"

#include <algorithm>
#include <chrono>

namespace portrait::http {
namespace {

/// Clients of SuperOffice's cloud ask again after this time.
constexpr std::chrono::hours validity{1};

bool is_tenant(std::string_view text) noexcept {
    constexpr std::size_t longest = 64;
    return !text.empty() && text.size() <= longest &&
           std::all_of(text.begin(), text.end(), [](char character) {
               return is_alphanumeric(character) || character == '-' || character == '_';
           });
}

/// GET /api/state/{tenant} (contract section 1): where the tenant's interface is. Every tenant is served here
/// and is running.
Begun begin_tenant_state(const RequestPointer& request) {
    const auto& tenant = request->person_id_text();
    if (!is_tenant(tenant))
        return plain_problem(404, "request.unknown_path",
                             "There is no such tenant; 1 to 64 letters, digits, - and _ are accepted");
    const Links links{*request};
    const auto now = std::chrono::floor<Timestamp::duration>(std::chrono::system_clock::now());
    auto answer = document_answer(request->response_type(), "TenantState",
                                  boost::json::object{{"ContextIdentifier", tenant},
                                                      {"Endpoint", links.base()},
                                                      {"State", "Running"},
                                                      {"IsRunning", true},
                                                      {"ValidUntil", Localization{}.date(now + validity)},
                                                      {"Api", links.to(get_api)}});
    links.set_cache_control(answer);
    return answer;
}

} // namespace

constinit const Route get_tenant_state{.method = "GET",
                                       .path = "/api/state/{tenant}",
                                       .at_root = true,
                                       .callers = Callers::visitors,
                                       .summary = "Whether the tenant is running, and where its interface is",
                                       .begin = &begin_tenant_state,
                                       .document = {.subject = "TenantState",
                                                    .parameters = {"tenant"},
                                                    .answers = {{200, BodyContent::tenant_state}},
                                                    .refusals = {404}}};

} // namespace portrait::http
