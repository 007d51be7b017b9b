#pragma once

#include <portrait/http/host_route.hpp>
#include <portrait/image_renderer.hpp>
#include <portrait/person_image_service.hpp>
#include <portrait/upload_converter.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace portrait_server {

/// A file of the page, as in examples/server/page.
struct PageFile {
    std::string_view name;
    std::string_view text;
};

/// All of them; in a source that the build writes.
const std::vector<PageFile>& page_files();

/// What previews of pictures that browsers can't show are made with.
struct PageParts {
    std::shared_ptr<const portrait::PersonImageService> service;
    std::shared_ptr<const portrait::ImageRenderer> renderer;    ///< null: previews are refused
    std::shared_ptr<const portrait::UploadConverter> converter; ///< null: nothing is converted
};

/// The page at `ui/`, and the start page, icon and robots.txt that browsers ask for. Its files need no
/// caller, since they hold no data.
std::vector<portrait::http::HostRoute> page_routes(const std::string& base_path, PageParts parts);

} // namespace portrait_server
