// Bodies that verified may still be anything.
#include "tests/fuzz/meta_check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    tapline::fuzz::check_body("whatsapp", data, size);
    return 0;
}
