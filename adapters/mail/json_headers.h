// The headers of a mail as providers write them into JSON. They are read as a header block is:
// names in lower case, values on one line and decoded, at most kMailHeadersMax; what is no header
// is passed over. Pure.
#pragma once

#include <array>
#include <string_view>

#include "adapters/json.h"
#include "adapters/mail/message.h"

namespace tapline {

// [{"Name":"Subject","Value":"..."},...]; `members` is {"Name", "Value"} as this provider spells
// it.
MailHeaders headers_of_objects(const json::MaybeValue& list,
                               const std::array<std::string_view, 2>& members);

// [["Subject","..."],...]
MailHeaders headers_of_pairs(const json::MaybeValue& list);

}  // namespace tapline
