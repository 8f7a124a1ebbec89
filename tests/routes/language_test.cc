#include "routes/language.h"

#include <doctest/doctest.h>

namespace tapline {
namespace {

TEST_CASE("language: tags are read in lower case, and what is none is nothing") {
    struct Row {
        std::string_view written;
        std::string_view tag;
    };
    const Row rows[] = {
        {"en", "en"},
        {"pt-BR", "pt-br"},
        {"pt_BR", "pt-br"},
        {"zh-Hant-TW", "zh-hant-tw"},
        {"gsw", "gsw"},
        {"de, en", "de"},
        {" fr ;q=0.9", "fr"},
        {"es-419", "es-419"},
        {"", ""},
        {"und", ""},
        {"zxx", ""},
        {"qme", ""},
        {"quz", "quz"},
        {"English", ""},
        {"e", ""},
        {"en-", ""},
        {"en--us", ""},
        {"12", ""},
        {"en-abcdefghi", ""},
        {"<b>", ""},
        {"en us", ""},
        {"en-aaaaaaaa-aaaaaaaa-aaaaaaaa-aaaaaa", ""},
    };
    for (const Row& row : rows) {
        CAPTURE(row.written);
        CHECK(language_tag(row.written) == row.tag);
    }
}

}  // namespace
}  // namespace tapline
