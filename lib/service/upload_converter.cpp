#include <portrait/probe.hpp>
#include <portrait/upload_converter.hpp>

#include <fmt/format.h>

#include <future>
#include <memory>
#include <utility>

namespace portrait {

void convert_upload(const UploadConverter* converter, ImageBytes upload, const Limits& limits,
                    RenderCaller caller, Completion<ImageBytes> completion) {
    const auto format = convertible_format(upload.view());
    if (!format)
        return completion(std::move(upload));
    if (converter == nullptr || !converter->formats().contains(*format))
        return completion(
            Error{errc::image_unsupported_format,
                  fmt::format("{}, and {} if the operator of this service switches its conversion on",
                              probe(upload).error().message(), name_of(*format))});
    if (auto checked = check_bytes(upload.size(), limits); !checked)
        return completion(checked.error());
    converter->submit({.bytes = std::move(upload), .format = *format, .limits = limits}, std::move(caller),
                      std::move(completion));
}

[[nodiscard]] result<ImageBytes> convert_upload(const UploadConverter* converter, ImageBytes upload,
                                                const Limits& limits) {
    const auto promise = std::make_shared<std::promise<result<ImageBytes>>>();
    auto outcome = promise->get_future();
    convert_upload(converter, std::move(upload), limits, {},
                   [promise](result<ImageBytes> converted) { promise->set_value(std::move(converted)); });
    return outcome.get();
}

} // namespace portrait
