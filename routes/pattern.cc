#include "routes/pattern.h"

#include <re2/re2.h>

namespace tapline {

namespace {

constexpr std::size_t kPatternBytesMax = 512;
constexpr std::size_t kTextBytesMax = std::size_t{64} * 1024;
constexpr std::int64_t kMemoryMax = std::int64_t{1} << 20;

}  // namespace

class Pattern::Compiled {
  public:
    explicit Compiled(std::string_view written)
        : re(re2::StringPiece(written.data(), written.size()), options()) {}
    re2::RE2 re;

  private:
    static re2::RE2::Options options() {
        re2::RE2::Options options;
        options.set_log_errors(false);
        options.set_max_mem(kMemoryMax);
        return options;
    }
};

Pattern::Pattern(std::string written, std::shared_ptr<const Compiled> compiled)
    : written_(std::move(written)), compiled_(std::move(compiled)) {}

Result<Pattern> Pattern::parse(std::string_view written) {
    if (written.size() > kPatternBytesMax) {
        return fail(ErrorCode::bad_config, "a pattern has at most 512 bytes");
    }
    auto compiled = std::make_shared<const Compiled>(written);
    if (!compiled->re.ok()) return fail(ErrorCode::bad_config, compiled->re.error());
    return Pattern(std::string(written), std::move(compiled));
}

bool Pattern::matches(std::string_view text) const {
    const std::size_t size = std::min(text.size(), kTextBytesMax);
    return re2::RE2::PartialMatch(re2::StringPiece(text.data(), size), compiled_->re);
}

}  // namespace tapline
