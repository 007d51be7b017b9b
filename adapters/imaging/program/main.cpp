#include "process/messages.hpp"
#include "program/serve_renderings.hpp"

#include <cstdio>
#include <memory>
#include <utility>

#include <sys/socket.h>

/// Renders pictures for a `ProcessRenderer`, which starts it; see there.
int main() {
    using namespace portrait::imaging;
    int type = 0;
    socklen_t size = sizeof type;
    if (::getsockopt(process::messages_descriptor, SOL_SOCKET, SO_TYPE, &type, &size) != 0) {
        static_cast<void>(
            std::fputs("portrait-render renders pictures in a process of its own. It is started by\n"
                       "programs such as portrait-server --render-isolation process.\n",
                       stderr));
        return 2;
    }
    return process::serve_renderings([](RenderSettings settings) -> std::unique_ptr<const BoundedRenderer> {
        return std::make_unique<VipsRenderer>(std::move(settings));
    });
}
