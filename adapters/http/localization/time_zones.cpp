#include "localization/localization.hpp"

#include "headers/field_syntax.hpp"

#include <portrait/http/problem.hpp>
#include <portrait/printable.hpp>

#include <date/tz.h>
#include <fmt/chrono.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace portrait::http {
namespace {

// Sources: the vendor's public pages (SO-TimeZone and HTTP headers of SuperOffice's Web API) name zones by
// country codes, with a region where a country has several, and publish the ten numeric ids below. No page
// has the other ids, so those zones go by name alone. The other names follow the vendor's rule with the codes
// of ISO 3166, and UK beside GB; countries of several zones whose regions the vendor's pages don't name (such
// as BR, MX, RU) are left out, and so is a bare AU, CA or US. A region with two zones has that of most of its
// people. The IANA zones are those of tzdata's zone.tab.
// Format: name=zone, or name=zone:id; sorted by name.
constexpr std::string_view zone_list =
    "AD=Europe/Andorra AE=Asia/Dubai AF=Asia/Kabul AG=America/Antigua AI=America/Anguilla "
    "AL=Europe/Tirane AM=Asia/Yerevan AO=Africa/Luanda AR=America/Argentina/Buenos_Aires "
    "AS=Pacific/Pago_Pago AT=Europe/Vienna AU-ACT=Australia/Sydney:36 AU-NSW=Australia/Sydney "
    "AU-NT=Australia/Darwin AU-QLD=Australia/Brisbane AU-SA=Australia/Adelaide AU-TAS=Australia/Hobart "
    "AU-VIC=Australia/Melbourne AU-WA=Australia/Perth AW=America/Aruba AX=Europe/Mariehamn "
    "AZ=Asia/Baku BA=Europe/Sarajevo BB=America/Barbados BD=Asia/Dhaka:50 BE=Europe/Brussels "
    "BF=Africa/Ouagadougou BG=Europe/Sofia BH=Asia/Bahrain BI=Africa/Bujumbura BJ=Africa/Porto-Novo "
    "BL=America/St_Barthelemy BM=Atlantic/Bermuda BN=Asia/Brunei BO=America/La_Paz "
    "BQ=America/Kralendijk BS=America/Nassau BT=Asia/Thimphu BW=Africa/Gaborone BY=Europe/Minsk "
    "BZ=America/Belize CA-AB=America/Edmonton CA-BC=America/Vancouver CA-MB=America/Winnipeg "
    "CA-NB=America/Moncton CA-NL=America/St_Johns CA-NS=America/Halifax CA-NT=America/Edmonton "
    "CA-NU=America/Iqaluit CA-ON=America/Toronto CA-PE=America/Halifax CA-QC=America/Toronto:114 "
    "CA-SK=America/Regina CA-YT=America/Whitehorse CC=Indian/Cocos CF=Africa/Bangui "
    "CG=Africa/Brazzaville CH=Europe/Zurich CI=Africa/Abidjan CK=Pacific/Rarotonga CL=America/Santiago "
    "CM=Africa/Douala CN=Asia/Shanghai CO=America/Bogota CR=America/Costa_Rica CU=America/Havana "
    "CV=Atlantic/Cape_Verde CW=America/Curacao CX=Indian/Christmas CY=Asia/Nicosia CZ=Europe/Prague "
    "DE=Europe/Berlin DJ=Africa/Djibouti DK=Europe/Copenhagen:140 DM=America/Dominica "
    "DO=America/Santo_Domingo DZ=Africa/Algiers EC=America/Guayaquil EE=Europe/Tallinn EG=Africa/Cairo "
    "EH=Africa/El_Aaiun ER=Africa/Asmara ES=Europe/Madrid ET=Africa/Addis_Ababa FI=Europe/Helsinki "
    "FJ=Pacific/Fiji FK=Atlantic/Stanley FO=Atlantic/Faroe FR=Europe/Paris:156 GA=Africa/Libreville "
    "GB=Europe/London GD=America/Grenada GE=Asia/Tbilisi GF=America/Cayenne GG=Europe/Guernsey "
    "GH=Africa/Accra GI=Europe/Gibraltar GL=America/Nuuk GM=Africa/Banjul GN=Africa/Conakry "
    "GP=America/Guadeloupe GQ=Africa/Malabo GR=Europe/Athens GS=Atlantic/South_Georgia "
    "GT=America/Guatemala GU=Pacific/Guam GW=Africa/Bissau GY=America/Guyana HK=Asia/Hong_Kong "
    "HN=America/Tegucigalpa HR=Europe/Zagreb HT=America/Port-au-Prince HU=Europe/Budapest "
    "IE=Europe/Dublin IL=Asia/Jerusalem IM=Europe/Isle_of_Man IN=Asia/Kolkata IO=Indian/Chagos "
    "IQ=Asia/Baghdad IR=Asia/Tehran IS=Atlantic/Reykjavik IT=Europe/Rome JE=Europe/Jersey "
    "JM=America/Jamaica JO=Asia/Amman JP=Asia/Tokyo KE=Africa/Nairobi KG=Asia/Bishkek "
    "KH=Asia/Phnom_Penh KM=Indian/Comoro KN=America/St_Kitts KP=Asia/Pyongyang KR=Asia/Seoul "
    "KW=Asia/Kuwait KY=America/Cayman KZ=Asia/Almaty LA=Asia/Vientiane LB=Asia/Beirut "
    "LC=America/St_Lucia LI=Europe/Vaduz LK=Asia/Colombo LR=Africa/Monrovia LS=Africa/Maseru "
    "LT=Europe/Vilnius LU=Europe/Luxembourg LV=Europe/Riga LY=Africa/Tripoli MA=Africa/Casablanca "
    "MC=Europe/Monaco MD=Europe/Chisinau ME=Europe/Podgorica MF=America/Marigot MG=Indian/Antananarivo "
    "MH=Pacific/Majuro MK=Europe/Skopje ML=Africa/Bamako MM=Asia/Yangon MO=Asia/Macau "
    "MP=Pacific/Saipan MQ=America/Martinique MR=Africa/Nouakchott MS=America/Montserrat "
    "MT=Europe/Malta MU=Indian/Mauritius MV=Indian/Maldives MW=Africa/Blantyre MY=Asia/Kuala_Lumpur "
    "MZ=Africa/Maputo NA=Africa/Windhoek NC=Pacific/Noumea NE=Africa/Niamey NF=Pacific/Norfolk "
    "NG=Africa/Lagos NI=America/Managua NL=Europe/Amsterdam NO=Europe/Oslo:261 NP=Asia/Kathmandu "
    "NR=Pacific/Nauru NU=Pacific/Niue NZ=Pacific/Auckland OM=Asia/Muscat PA=America/Panama "
    "PE=America/Lima PF=Pacific/Tahiti PG=Pacific/Port_Moresby PH=Asia/Manila PK=Asia/Karachi "
    "PL=Europe/Warsaw PM=America/Miquelon PN=Pacific/Pitcairn PR=America/Puerto_Rico PS=Asia/Gaza "
    "PT=Europe/Lisbon PW=Pacific/Palau PY=America/Asuncion QA=Asia/Qatar RE=Indian/Reunion "
    "RO=Europe/Bucharest RS=Europe/Belgrade RW=Africa/Kigali SA=Asia/Riyadh SB=Pacific/Guadalcanal "
    "SC=Indian/Mahe SD=Africa/Khartoum SE=Europe/Stockholm SG=Asia/Singapore SH=Atlantic/St_Helena "
    "SI=Europe/Ljubljana SJ=Arctic/Longyearbyen SK=Europe/Bratislava SL=Africa/Freetown "
    "SM=Europe/San_Marino SN=Africa/Dakar SO=Africa/Mogadishu SR=America/Paramaribo SS=Africa/Juba "
    "ST=Africa/Sao_Tome SV=America/El_Salvador SX=America/Lower_Princes SY=Asia/Damascus "
    "SZ=Africa/Mbabane TC=America/Grand_Turk TD=Africa/Ndjamena TF=Indian/Kerguelen TG=Africa/Lome "
    "TH=Asia/Bangkok TJ=Asia/Dushanbe TK=Pacific/Fakaofo TL=Asia/Dili TM=Asia/Ashgabat TN=Africa/Tunis "
    "TO=Pacific/Tongatapu TR=Europe/Istanbul TT=America/Port_of_Spain TV=Pacific/Funafuti "
    "TW=Asia/Taipei TZ=Africa/Dar_es_Salaam UA=Europe/Kiev UG=Africa/Kampala UK=Europe/London "
    "US-AK=America/Anchorage US-AL=America/Chicago US-AR=America/Chicago US-AZ=America/Phoenix "
    "US-CA=America/Los_Angeles:425 US-CO=America/Denver US-CT=America/New_York US-DC=America/New_York "
    "US-DE=America/New_York US-FL=America/New_York US-GA=America/New_York US-HI=Pacific/Honolulu:433 "
    "US-IA=America/Chicago US-ID=America/Boise US-IL=America/Chicago "
    "US-IN=America/Indiana/Indianapolis US-KS=America/Chicago US-KY=America/Kentucky/Louisville "
    "US-LA=America/Chicago US-MA=America/New_York US-MD=America/New_York US-ME=America/New_York "
    "US-MI=America/Detroit US-MN=America/Chicago US-MO=America/Chicago US-MS=America/Chicago "
    "US-MT=America/Denver US-NC=America/New_York US-ND=America/Chicago US-NE=America/Chicago "
    "US-NH=America/New_York US-NJ=America/New_York US-NM=America/Denver US-NV=America/Los_Angeles "
    "US-NY=America/New_York:460 US-OH=America/New_York US-OK=America/Chicago US-OR=America/Los_Angeles "
    "US-PA=America/New_York US-RI=America/New_York US-SC=America/New_York US-SD=America/Chicago "
    "US-TN=America/Chicago US-TX=America/Chicago US-UT=America/Denver US-VA=America/New_York "
    "US-VT=America/New_York US-WA=America/Los_Angeles US-WI=America/Chicago US-WV=America/New_York "
    "US-WY=America/Denver UTC=UTC:1 UY=America/Montevideo UZ=Asia/Tashkent VA=Europe/Vatican "
    "VC=America/St_Vincent VE=America/Caracas VG=America/Tortola VI=America/St_Thomas "
    "VN=Asia/Ho_Chi_Minh VU=Pacific/Efate WF=Pacific/Wallis WS=Pacific/Apia YE=Asia/Aden "
    "YT=Indian/Mayotte ZA=Africa/Johannesburg ZM=Africa/Lusaka ZW=Africa/Harare ";

constexpr auto zones = [] {
    std::array<SuperOfficeTimeZone, std::count(zone_list.begin(), zone_list.end(), '=')> rows;
    auto rest = zone_list;
    const auto take_until = [&rest](char end) {
        const auto text = rest.substr(0, rest.find(end));
        rest.remove_prefix(text.size() + 1);
        return text;
    };
    for (auto& row : rows) {
        row.name = take_until('=');
        row.iana = take_until(' ');
        const auto colon = row.iana.find(':');
        if (colon == std::string_view::npos)
            continue;
        for (const char digit : row.iana.substr(colon + 1))
            row.id = row.id * 10 + (digit - '0');
        row.iana = row.iana.substr(0, colon);
    }
    return rows;
}();

Problem bad_zone(std::string message) {
    return plain_problem(400, "request.time_zone", std::move(message));
}

std::optional<TimeZoneRequest> find_zone(std::string_view text) {
    const auto id = parse_number<std::int32_t>(text).value_or(0);
    for (const auto& zone : superoffice_time_zones())
        if (id > 0 ? zone.id == id : equal_ignoring_case(zone.name, text))
            return TimeZoneRequest{std::string{zone.name}, std::string{zone.iana}};
    if (is_digit(text.front())) // no name of tzdata
        return std::nullopt;
    for (const auto& zone : date::get_tzdb().zones)
        if (equal_ignoring_case(zone.name(), text))
            return TimeZoneRequest{zone.name(), zone.name()};
    return std::nullopt;
}

std::string offset_text(std::chrono::seconds offset) {
    const auto minutes = std::chrono::round<std::chrono::minutes>(offset);
    return fmt::format("{}{:%H:%M}", minutes.count() < 0 ? '-' : '+', std::chrono::abs(minutes));
}

} // namespace

std::span<const SuperOfficeTimeZone> superoffice_time_zones() noexcept {
    return zones;
}

ProblemOr<TimeZoneRequest> requested_time_zone(const RequestHead& head) {
    TimeZoneRequest request;
    if (head.find("SO-TimeZone") == nullptr)
        return request;
    const auto value = head.joined("SO-TimeZone");
    for (std::string_view rest = value; !rest.empty();) {
        const auto end = std::min(rest.find_first_of(",;"), rest.size());
        const auto token = trimmed(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (token.empty())
            continue;
        if (equal_ignoring_case(token, "includeTZOffset")) {
            request.include_offset = true;
            continue;
        }
        auto zone = find_zone(token);
        if (!zone) {
            constexpr std::size_t max_shown = 64;
            const auto shown =
                printable(token.substr(0, max_shown)) + (token.size() > max_shown ? "..." : "");
            return bad_zone(
                fmt::format("The time zone \"{}\" of SO-TimeZone is unknown; accepted: SuperOffice's ids and "
                            "names, such as 261 or US-NY, and IANA names, such as Europe/Oslo",
                            shown));
        }
        if (!request.iana.empty() && request.iana != zone->iana)
            return bad_zone(fmt::format("SO-TimeZone names two time zones, {} and {}; accepted: one",
                                        request.name, zone->name));
        zone->include_offset = request.include_offset;
        request = *std::move(zone);
    }
    return request;
}

std::string render_date(Timestamp moment, const TimeZoneRequest& zone, bool convert) {
    const auto whole = std::chrono::floor<std::chrono::seconds>(moment);
    if (!convert || zone.iana.empty())
        return fmt::format("{:%FT%T}Z", fmt::gmtime(whole.time_since_epoch().count()));
    const auto offset = date::locate_zone(zone.iana)->get_info(whole).offset;
    auto text = fmt::format("{:%FT%T}", fmt::gmtime((whole + offset).time_since_epoch().count()));
    return zone.include_offset ? text + offset_text(offset) : text;
}

} // namespace portrait::http
