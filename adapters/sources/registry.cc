#include "adapters/sources/registry.h"

#include <algorithm>
#include <array>

#include "adapters/sources/table.h"

namespace tapline {

std::span<const Source> sources() {
    static const std::array table = {
        chat_source(),      events_source(),   instagram_source(), mailgun_source(),
        messenger_source(), postmark_source(), sendgrid_source(),  ses_source(),
        twilio_source(),    web_source(),      whatsapp_source(),  x_source(),
    };
    return table;
}

const Source* find_source(std::string_view provider) {
    const auto all = sources();
    const auto found = std::find_if(
        all.begin(), all.end(), [&](const Source& source) { return source.provider == provider; });
    return found == all.end() ? nullptr : &*found;
}

}  // namespace tapline
