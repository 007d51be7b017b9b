#include "client/connection_string.hpp"

#include <portrait/postgres/connection_string.hpp>

#include <boost/algorithm/string/split.hpp>

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>
#include <vector>

#include <libpq-fe.h>

namespace portrait::postgres {
namespace {

using Options = std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)>;

/// The options that the string itself has; null when it isn't valid.
Options parse(const std::string& text) {
    char* fault = nullptr;
    Options options{PQconninfoParse(text.c_str(), &fault), &PQconninfoFree};
    PQfreemem(fault); // may have the password
    return options;
}

/// The options with those of the service, of variables and of libpq's defaults.
Options resolve(const std::string& text) {
    // An impossible value keeps libpq from connecting.
    const std::array names{"dbname", "channel_binding", static_cast<const char*>(nullptr)};
    const std::array values{text.c_str(), "none", static_cast<const char*>(nullptr)};
    const std::unique_ptr<PGconn, decltype(&PQfinish)> connection{
        PQconnectStartParams(names.data(), values.data(), 1), &PQfinish};
    return {PQconninfo(connection.get()), &PQconninfoFree};
}

/// Empty for an option that isn't set.
std::string_view value_of(const Options& options, std::string_view keyword) {
    for (const auto* option = options.get(); option != nullptr && option->keyword != nullptr; ++option)
        if (keyword == option->keyword)
            return option->val != nullptr ? option->val : std::string_view{};
    return {};
}

bool is_on_this_machine(std::string_view host) {
    return host.empty() || host.starts_with('/') || host.starts_with('@') || host == "localhost" ||
           host.starts_with("127.") || host == "::1";
}

std::vector<std::string> split(std::string_view list) {
    std::vector<std::string> parts;
    if (!list.empty())
        boost::algorithm::split(parts, list, [](char letter) { return letter == ','; });
    return parts;
}

bool are_on_this_machine(std::string_view hosts) {
    return std::ranges::all_of(split(hosts), is_on_this_machine);
}

} // namespace

bool is_connection_string(const std::string& text) {
    return parse(text) != nullptr;
}

std::vector<Host> hosts_of(const std::string& info) {
    if (!is_connection_string(info))
        return {{}};
    const auto options = resolve(info); // with those of a service file, too
    const auto names = split(value_of(options, "host"));
    const auto addresses = split(value_of(options, "hostaddr"));
    const auto ports = split(value_of(options, "port"));
    std::vector<Host> hosts(std::max(names.size(), addresses.size()));
    if (hosts.size() < 2)
        return {{}};
    for (std::size_t index = 0; index < hosts.size(); ++index) {
        const auto part = [index](const std::vector<std::string>& list) {
            return list.size() == 1 ? list.front() : index < list.size() ? list[index] : std::string{};
        };
        hosts[index] = {.name = part(names), .address = part(addresses), .port = part(ports)};
    }
    return hosts;
}

result<void> check_connection_string(const std::string& text) {
    const auto options = parse(text);
    if (options == nullptr)
        return Error{errc::store_unfit, not_a_connection_string};
    for (const auto* const keyword : {"password", "sslpassword"})
        if (!value_of(options, keyword).empty())
            return Error{errc::store_unfit,
                         "A connection string must not have a password, since others could read it; use a "
                         "passfile (~/.pgpass or passfile=…), a service file (service=…) or the variable "
                         "PGPASSWORD"};
    return {};
}

std::string added_sslmode(const std::string& info) {
    const auto given = parse(info);
    if (given == nullptr || !value_of(given, "sslmode").empty())
        return {};
    const auto resolved = resolve(info);
    const auto address = value_of(resolved, "hostaddr");
    if (are_on_this_machine(address.empty() ? value_of(resolved, "host") : address))
        return {};
    const auto mode = value_of(resolved, "sslmode");
    return mode.empty() || mode == "prefer" ? "verify-full" : std::string{};
}

} // namespace portrait::postgres
