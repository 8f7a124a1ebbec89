#include "routes/text.h"

#include <string>

#include <doctest/doctest.h>

namespace tapline {
namespace {

TEST_CASE("fold: lower case, no accents, one space between words") {
    struct Row {
        std::string_view text;
        std::string_view folded;
    };
    const Row rows[] = {
        {"", " "},
        {"   \t\r\n", " "},
        {"Où est-il?", " ou est il "},
        {"CANCEL my Plan!!", " cancel my plan "},
        {"...a...", " a "},
        {"24/7 @acme #1", " 24 7 acme 1 "},
        {"snake_case", " snake case "},
        {"Größe, STRAßE, ẞ", " grosse strasse ss "},
        {"Æsir, Œuvre, Þór, ĳs", " aesir oeuvre thor ijs "},
        {"Łódź Žižkov ČEŠTINA Ğ İ ı", " lodz zizkov cestina g i i "},
        {"ȘI ȚARĂ", " si tara "},
        {"Tiếng Việt, ĐƯỜNG", " tieng viet duong "},
        {"ΆΚΥΡΟ Ακύρωση, λόγος", " ακυρο ακυρωση λογοσ "},
        {"ΛΌΓΟΣ ᾠδή", " λογοσ ωδη "},
        {"ОТМЕНИТЬ Ёлка Йод Її Ґ Ўсё", " отменить елка иод іі ґ усе "},
        {"Ѐ Ќ Ӂ Ԁ Ӏ", " е к ж ԁ ӏ "},
        {"ԵՐԵՎԱՆ", " երեվան "},
        {"１２ＡＢｃ！", " 12abc "},
        {"解約したい。", " 解約したい "},
        {"إلغاء، شكرا؟", " إلغاء شكرا "},
        {"रद्द करें।", " रद्द करें "},
        {"stop🛑now", " stop now "},
        {"cancel\u2014now\u2026", " cancel now "},
        {"50 €", " 50 "},
        {"no\u00A0break", " no break "},
        {"can\u00ADcel", " cancel "},
        {"a\u200Db\u2060c\uFEFF", " abc "},
        {"2 × 3 ÷ 4", " 2 3 4 "},
        {"1ª 2º", " 1a 2o "},
        {"\xC3", " "},
        {"a\xFFz", " a z "},
        {"a\xC0\x80z", " a z "},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        CHECK(fold(row.text) == row.folded);
    }
}

TEST_CASE("fold: decomposed text folds as composed text does") {
    struct Row {
        std::string_view composed;
        std::string_view decomposed;
    };
    const Row rows[] = {
        {"é", "e\u0301"},
        {"Å", "A\u030A"},
        {"ñ", "n\u0303"},
        {"ç", "c\u0327"},
        {"ő", "o\u030B"},
        {"ṩ", "s\u0323\u0307"},
        {"ệ", "e\u0323\u0302"},
        {"ữ", "u\u031B\u0303"},
        {"ș", "s\u0326"},
        {"ή", "η\u0301"},
        {"Ϊ", "Ι\u0308"},
        {"ΐ", "ι\u0308\u0301"},
        {"ᾧ", "ω\u0314\u0342\u0345"},
        {"й", "и\u0306"},
        {"Ё", "Е\u0308"},
        {"ї", "і\u0308"},
        {"ў", "у\u0306"},
        {"ӂ", "ж\u0306"},
        {"ǆ", "ǆ"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.composed);
        CHECK(fold(row.composed) == fold(row.decomposed));
    }
}

TEST_CASE("fold: both cases of every listed letter fold alike") {
    const std::string_view upper =
        "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞĀĂĄĆĈĊČĎĐĒĔĖĘĚĜĞĠĢĤĦĨĪĬĮĴĶĹĻĽĿŁŃŅŇŊŌŎŐŒŔŖŘŚŜŞŠŢŤŦŨŪŬŮŰŲŴŶŸŹŻ"
        "Ž"
        "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩΆΈΉΊΌΎΏΪΫАБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯЀЁЂЃЄЅІЇЈЉЊЋЌЍЎЏҐҒҖӘӨ";
    const std::string_view lower =
        "àáâãäåæçèéêëìíîïðñòóôõöøùúûüýþāăąćĉċčďđēĕėęěĝğġģĥħĩīĭįĵķĺļľŀłńņňŋōŏőœŕŗřśŝşšţťŧũūŭůűųŵŷÿźż"
        "ž"
        "αβγδεζηθικλμνξοπρστυφχψωάέήίόύώϊϋабвгдежзийклмнопрстуфхцчшщъыьэюяѐёђѓєѕіїјљњћќѝўџґғҗәө";
    CHECK(fold(upper) == fold(lower));
    CHECK(fold(upper).find_last_of(' ') + 1 == fold(upper).size());
}

TEST_CASE("fold: an apostrophe parts words, but for n't") {
    for (const std::string_view apostrophe : {"'", "\u2019", "\u2018", "\u02BC", "`", "\u00B4"}) {
        CAPTURE(apostrophe);
        const std::string mark(apostrophe);
        CHECK(fold("Don" + mark + "t") == " dont ");
        CHECK(fold("CAN" + mark + "T go") == " cant go ");
        CHECK(fold("l" + mark + "offre") == " l offre ");
        CHECK(fold("customer" + mark + "s") == " customer s ");
        CHECK(fold("isn" + mark) == " isn ");
    }
}

TEST_CASE("fold: reads at most 64 KiB and tears no letter") {
    const std::string long_text(kFoldBytesMax + 1000, 'a');
    CHECK(fold(long_text).size() == kFoldBytesMax + 2);
    const std::string torn = std::string(kFoldBytesMax - 1, 'a') + "é";
    CHECK(fold(torn) == " " + std::string(kFoldBytesMax - 1, 'a') + " ");
}

TEST_CASE("fold: folding twice changes nothing") {
    for (const std::string_view text : {"Où est-il?", "Größe", "ΛΌΓΟΣ", "Ёлка", "解約", "don’t"}) {
        CAPTURE(text);
        CHECK(fold(fold(text)) == fold(text));
    }
}

TEST_CASE("word pattern: matches whole words, phrases and beginnings") {
    struct Row {
        std::string_view pattern;
        std::string_view text;
        bool matches;
    };
    const Row rows[] = {
        {"cancel", "please cancel it", true},
        {"cancel", "CANCEL", true},
        {"cancel", "Cancel!", true},
        {"cancel", "cancelled", false},
        {"cancel", "uncancel", false},
        {"cancel", "can cel", false},
        {"cancel*", "cancelled", true},
        {"cancel*", "cancel", true},
        {"cancel*", "I am cancelling.", true},
        {"cancel*", "uncancelled", false},
        {"cancel*", "cance", false},
        {"switch to", "I'll switch to them", true},
        {"switch to", "switch, to", true},
        {"switch to", "switch over to", false},
        {"switch to", "switch town", false},
        {"switch to*", "switch town", true},
        {"don't", "i don’t know", true},
        {"don’t", "I DON'T", true},
        {"don't", "dont", true},
        {"dont", "don't", true},
        {"don't", "don", false},
        {"résilier", "RESILIER mon contrat", true},
        {"resilier", "re\u0301silier", true},
        {"straße", "STRASSE", true},
        {"отмен*", "ОТМЕНИТЬ", true},
        {"解約", "解約 したい", true},
        {"解約*", "解約したい", true},
        {"24/7", "open 24-7?", true},
        {"c", "", false},
    };
    for (const Row& row : rows) {
        CAPTURE(row.pattern);
        CAPTURE(row.text);
        REQUIRE(WordPattern::is_valid(row.pattern));
        const WordPattern pattern(row.pattern);
        CHECK(pattern.matches(fold(row.text)) == row.matches);
        CHECK(pattern.written() == row.pattern);
    }
}

TEST_CASE("word pattern: is refused when empty or with a star elsewhere") {
    for (const std::string_view written :
         {"", " ", "*", " *", "!?", "-*", "*cancel", "can*cel", "cancel**", "switch *", "a* b",
          "cancel* ", "🛑", "\xFF", "can't '*"}) {
        CAPTURE(written);
        CHECK_FALSE(WordPattern::is_valid(written));
    }
    for (const std::string_view written :
         {"a", "a*", "1", "don't", "don't*", "é*", "解*", "a b*"}) {
        CAPTURE(written);
        CHECK(WordPattern::is_valid(written));
    }
}

TEST_CASE("word pattern: is equal to what matches the same") {
    CHECK(WordPattern("Don't") == WordPattern("don’t"));
    CHECK(WordPattern("Où est") == WordPattern("ou-est"));
    CHECK_FALSE(WordPattern("cancel") == WordPattern("cancel*"));
}

}  // namespace
}  // namespace tapline
