#include "adapters/multipart.h"

#include <algorithm>
#include <optional>

namespace tapline {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kBoundaryCharacters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'()+_,-./:=? ";

tl::unexpected<Error> bad(std::string_view what) {
    return fail(ErrorCode::bad_request, "multipart: " + std::string(what));
}

std::string lower(std::string_view text) {
    std::string low(text);
    std::transform(low.begin(), low.end(), low.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return low;
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

struct Parameter {
    std::string name;  // lower case
    std::string value;
};

// A quoted string from its opening quote on; takes it off the front of `rest`.
std::optional<std::string> take_quoted(std::string_view& rest) {
    std::string value;
    for (std::size_t i = 1; i < rest.size(); ++i) {
        if (rest[i] == '"') {
            rest.remove_prefix(i + 1);
            return value;
        }
        // Browsers write a quote as %22; only \" and \\ are escapes, since paths have backslashes.
        const bool escape =
            rest[i] == '\\' && i + 1 < rest.size() && (rest[i + 1] == '"' || rest[i + 1] == '\\');
        if (escape) ++i;
        value.push_back(rest[i]);
    }
    return std::nullopt;
}

// What follows the value of a header: "; name=value; name=\"value\"". Nothing when malformed.
std::optional<std::vector<Parameter>> parameters_of(std::string_view rest) {
    std::vector<Parameter> parameters;
    for (rest = trimmed(rest); !rest.empty(); rest = trimmed(rest)) {
        if (rest.front() != ';') return std::nullopt;
        rest = trimmed(rest.substr(1));
        if (rest.empty()) break;
        const std::size_t equals = rest.find('=');
        if (equals == rest.npos) return std::nullopt;
        Parameter parameter;
        parameter.name = lower(trimmed(rest.substr(0, equals)));
        rest = trimmed(rest.substr(equals + 1));
        if (!rest.empty() && rest.front() == '"') {
            auto value = take_quoted(rest);
            if (!value) return std::nullopt;
            parameter.value = *std::move(value);
        } else {
            const std::size_t end = std::min(rest.find(';'), rest.size());
            parameter.value = trimmed(rest.substr(0, end));
            rest.remove_prefix(end);
        }
        const bool twice =
            std::any_of(parameters.begin(), parameters.end(),
                        [&](const Parameter& other) { return other.name == parameter.name; });
        if (parameter.name.empty() || twice) return std::nullopt;
        parameters.push_back(std::move(parameter));
    }
    return parameters;
}

const std::string* value_of(const std::vector<Parameter>& parameters, std::string_view name) {
    const auto found = std::find_if(parameters.begin(), parameters.end(),
                                    [&](const Parameter& one) { return one.name == name; });
    return found == parameters.end() ? nullptr : &found->value;
}

Result<std::string> boundary_of(std::string_view content_type) {
    const std::size_t end = std::min(content_type.find(';'), content_type.size());
    if (lower(trimmed(content_type.substr(0, end))) != "multipart/form-data") {
        return bad("the body must be multipart/form-data");
    }
    const auto parameters = parameters_of(content_type.substr(end));
    const std::string* boundary = parameters ? value_of(*parameters, "boundary") : nullptr;
    const bool good = boundary != nullptr && !boundary->empty() && boundary->back() != ' ' &&
                      boundary->size() <= kMultipartBoundaryBytesMax &&
                      boundary->find_first_not_of(kBoundaryCharacters) == boundary->npos;
    if (!good) return bad("the Content-Type has no usable boundary");
    return *boundary;
}

// Reads one header line of a part.
std::optional<std::string> read_header(std::string_view line, MultipartField& field, bool& named) {
    const std::size_t colon = line.find(':');
    if (colon == line.npos) return "a part's header has no colon";
    const std::string name = lower(line.substr(0, colon));
    const std::string_view value = trimmed(line.substr(colon + 1));
    if (name == "content-type") field.content_type = value;
    if (name != "content-disposition") return std::nullopt;
    if (named) return "a part has two Content-Dispositions";
    const std::size_t end = std::min(value.find(';'), value.size());
    const auto parameters = parameters_of(value.substr(end));
    const std::string* field_name = parameters ? value_of(*parameters, "name") : nullptr;
    if (lower(trimmed(value.substr(0, end))) != "form-data" || field_name == nullptr) {
        return "a part's Content-Disposition is not form-data with a name";
    }
    named = true;
    field.name = *field_name;
    const std::string* file_name = value_of(*parameters, "filename");
    field.is_file = file_name != nullptr || value_of(*parameters, "filename*") != nullptr;
    if (file_name != nullptr) field.file_name = *file_name;
    return std::nullopt;
}

// A part between two delimiters, without the line ends that belong to them.
Result<MultipartField> read_part(std::string_view part) {
    MultipartField field;
    bool named = false;
    const std::size_t limit = std::min(part.size(), kMultipartHeaderBytesMax);
    for (std::size_t at = 0;;) {
        const std::size_t end = part.substr(0, limit).find(kLineEnd, at);
        if (end == part.npos) return bad("a part's headers do not end, or are too long");
        const std::string_view line = part.substr(at, end - at);
        at = end + kLineEnd.size();
        if (line.empty()) {
            if (!named) return bad("a part has no Content-Disposition");
            field.content = part.substr(at);
            return field;
        }
        if (auto fault = read_header(line, field, named)) return bad(*fault);
    }
}

}  // namespace

const MultipartField* MultipartForm::find(std::string_view name) const {
    const auto found = std::find_if(
        fields_.begin(), fields_.end(),
        [&](const MultipartField& field) { return !field.is_file && field.name == name; });
    return found == fields_.end() ? nullptr : &*found;
}

int MultipartForm::count(std::string_view name) const {
    return static_cast<int>(std::count_if(
        fields_.begin(), fields_.end(),
        [&](const MultipartField& field) { return !field.is_file && field.name == name; }));
}

Result<MultipartForm> parse_multipart(std::string_view content_type, std::string_view body) {
    const auto boundary = boundary_of(content_type);
    if (!boundary) return tl::unexpected(boundary.error());
    const std::string first = "--" + *boundary;
    const std::string delimiter = "\r\n" + first;
    if (!body.starts_with(first)) return bad("the body does not begin with the boundary");
    body.remove_prefix(first.size());
    std::vector<MultipartField> fields;
    for (;;) {
        if (body.starts_with("--")) {
            const std::string_view rest = body.substr(2);
            if (!rest.empty() && rest != kLineEnd) return bad("bytes after the last boundary");
            return MultipartForm(std::move(fields));
        }
        if (!body.starts_with(kLineEnd)) return bad("a boundary is not alone on its line");
        body.remove_prefix(kLineEnd.size());
        std::size_t end = body.find(delimiter);
        // "--xYzZY" within "--xYzZYabc" is content, not a delimiter.
        while (end != body.npos) {
            const std::string_view after = body.substr(end + delimiter.size());
            if (after.empty() || after.starts_with(kLineEnd) || after.starts_with("--")) break;
            end = body.find(delimiter, end + 1);
        }
        if (end == body.npos) return bad("the last boundary is missing");
        if (fields.size() >= kMultipartFieldsMax) return bad("more than 1000 fields");
        auto field = read_part(body.substr(0, end));
        if (!field) return tl::unexpected(field.error());
        fields.push_back(*std::move(field));
        body.remove_prefix(end + delimiter.size());
    }
}

std::string multipart_body(std::string_view boundary,
                           const std::vector<std::pair<std::string, std::string>>& fields) {
    std::string body;
    for (const auto& [name, value] : fields) {
        body.append("--").append(boundary).append("\r\nContent-Disposition: form-data; name=\"");
        body.append(name).append("\"\r\n\r\n").append(value).append("\r\n");
    }
    return body.append("--").append(boundary).append("--\r\n");
}

}  // namespace tapline
