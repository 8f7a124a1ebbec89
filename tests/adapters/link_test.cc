#include "adapters/link.h"

#include <doctest/doctest.h>

#include "adapters/crypto.h"

namespace tapline {
namespace {

Brand brand() {
    Brand b;
    b.name = "acme";
    b.profiles["shop"] = {"shop", "instagram", "meta-main", "17841400000000001", "acme.shop"};
    b.profiles["acme-x"] = {"acme-x", "x", "x-main", "2244994945", "acme"};
    b.profiles["page"] = {"page", "facebook", "", "", "acme"};
    return b;
}

Button button(Channel channel, const std::string& profile = "shop") {
    Button made;
    made.name = "b";
    made.profile = profile;
    made.channel = channel;
    return made;
}

const TrackingNumber kNumber = TrackingNumber::from_bits(0x123456789A);

std::string header(const LinkAnswer& answer, std::string_view name) {
    for (const auto& [key, value] : answer.headers) {
        if (key == name) return value;
    }
    return {};
}

TEST_CASE("link: messaging is a redirect to the platform, with the number where it fits") {
    const std::string ref = "%28ref%20" + kNumber.display() + "%29";
    Button whatsapp = button(Channel::dm);
    whatsapp.whatsapp = "+14045550100";
    Button prefilled = button(Channel::dm, "acme-x");
    prefilled.prefill = "About {tracking_number}, & more";
    struct Row {
        Button made;
        std::string target;
    };
    const Row rows[] = {
        {button(Channel::dm), "https://ig.me/m/acme.shop?ref=" + kNumber.compact()},
        {button(Channel::dm, "page"), "https://m.me/acme?ref=" + kNumber.compact()},
        {button(Channel::dm, "acme-x"),
         "https://x.com/messages/compose?recipient_id=2244994945&text=Hello%21%20I%20have%20a%20"
         "question.%20" +
             ref},
        {whatsapp, "https://wa.me/14045550100?text=Hello%21%20I%20have%20a%20question.%20" + ref},
        {prefilled, "https://x.com/messages/compose?recipient_id=2244994945&text=About%20" +
                        kNumber.display() + "%2C%20%26%20more"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.target);
        const LinkAnswer answer = link_answer(brand(), row.made, kNumber);
        CHECK(answer.status == 302);
        CHECK(header(answer, "Location") == row.target);
        CHECK(header(answer, "Cache-Control") == "no-store");
        CHECK(answer.body.empty());
    }
    CHECK(link_target(brand(), button(Channel::dm), std::nullopt) == "https://ig.me/m/acme.shop");
    CHECK(link_target(brand(), whatsapp, std::nullopt) ==
          "https://wa.me/14045550100?text=Hello%21%20I%20have%20a%20question.");
}

TEST_CASE("link: calls, SMS and mail get a small page without script") {
    Button call = button(Channel::call);
    call.line = "+18005550100";
    Button text = button(Channel::text);
    text.line = "+18005550101";
    Button mail = button(Channel::email);
    mail.address = "hello+ig@acme.example";
    mail.prefill = "Hi & bye?cc=x";
    const std::string shown = kNumber.display();
    struct Row {
        Button made;
        std::string href;
        std::string shown;
    };
    const Row rows[] = {
        {call, "tel:+18005550100", "+18005550100"},
        {text,
         "sms:+18005550101?&amp;body=Hello%21%20I%20have%20a%20question.%20%28ref%20" + shown +
             "%29",
         "+18005550101"},
        {mail,
         "mailto:hello%2Big@acme.example?subject=Your%20question%20to%20acme%20%28ref%20" + shown +
             "%29&amp;body=Hi%20%26%20bye%3Fcc%3Dx%20%28ref%20" + shown + "%29",
         "hello+ig@acme.example"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.href);
        const LinkAnswer answer = link_answer(brand(), row.made, kNumber);
        CHECK(answer.status == 200);
        CHECK(answer.body.size() <= 4096);
        CHECK(answer.body.find("<a href=\"" + row.href + "\">") != std::string::npos);
        CHECK(answer.body.find("<b>" + row.shown + "</b>") != std::string::npos);
        CHECK(answer.body.find("<b>" + shown + "</b>") != std::string::npos);
        CHECK(answer.body.find("<script") == std::string::npos);
        CHECK(answer.body.find("http") == std::string::npos);
        CHECK(answer.body.find("<html lang=\"en\">") != std::string::npos);
        CHECK(answer.body.find("name=\"viewport\"") != std::string::npos);
        CHECK(header(answer, "Content-Type") == "text/html; charset=utf-8");
        CHECK(header(answer, "Cache-Control") == "no-store");
        CHECK(header(answer, "Referrer-Policy") == "no-referrer");
        CHECK(header(answer, "X-Robots-Tag") == "noindex, nofollow");
        CHECK(header(answer, "X-Content-Type-Options") == "nosniff");
    }
}

TEST_CASE("link: customers read the brand's display name") {
    Button mail = button(Channel::email);
    mail.address = "hello@acme.example";
    CHECK(link_answer(brand(), mail, kNumber).body.find("<h1>Email acme</h1>") !=
          std::string::npos);
    Brand named = brand();
    named.display_name = "Acme Shoes & Sons";
    const LinkAnswer answer = link_answer(named, mail, kNumber);
    CHECK(answer.body.find("<h1>Email Acme Shoes &amp; Sons</h1>") != std::string::npos);
    CHECK(answer.body.find("<title>Email Acme Shoes &amp; Sons</title>") != std::string::npos);
    CHECK(answer.body.find("question%20to%20Acme%20Shoes%20%26%20Sons") != std::string::npos);
    CHECK(answer.body.find("color-scheme:light dark") != std::string::npos);
}

TEST_CASE("link: the policy allows the page's own style and nothing else") {
    Button call = button(Channel::call);
    call.line = "+18005550100";
    const LinkAnswer answer = link_answer(brand(), call, kNumber);
    const std::size_t begin = answer.body.find("<style>") + 7;
    const std::string style = answer.body.substr(begin, answer.body.find("</style>") - begin);
    CHECK(header(answer, "Content-Security-Policy") ==
          "default-src 'none'; style-src 'sha256-" + base64_encode(sha256(style)) +
              "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
}

TEST_CASE("link: the page is whole and small whatever the config says") {
    Button text = button(Channel::text);
    text.line = "+18005550101";
    text.prefill = "\"><script>alert(1)</script>" + std::string(5000, '\'');
    Brand named = brand();
    named.name = "<b>" + std::string(5000, '&');
    const LinkAnswer answer = link_answer(named, text, kNumber);
    CHECK(answer.body.size() <= 4096);
    CHECK(answer.body.find("<script") == std::string::npos);
    CHECK(answer.body.find("<a href=\"sms:+18005550101\">") != std::string::npos);
    CHECK(answer.body.ends_with("</main></body></html>\n"));
}

TEST_CASE("link: a button without a target says so and redirects nowhere") {
    Brand odd = brand();
    odd.profiles["shop"].handle = "acme/../evil?x";
    odd.profiles["acme-x"].account = "12&recipient_id=13";
    for (const Button& made :
         {button(Channel::dm), button(Channel::dm, "acme-x"), button(Channel::call),
          button(Channel::email), button(Channel::post), button(Channel::dm, "nobody")}) {
        const LinkAnswer answer = link_answer(odd, made, kNumber);
        CHECK(answer.status == 404);
        CHECK(header(answer, "Location").empty());
        CHECK(answer.body.find("<a ") == std::string::npos);
    }
}

TEST_CASE("link: persons, previews, prefetches and everything that is not a GET") {
    struct Row {
        std::string method;
        std::string name;
        std::string value;
        TapKind kind;
    };
    const std::string phone =
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Mobile/15E148";
    const Row rows[] = {
        {"GET", "user-agent", "facebookexternalhit/1.1", TapKind::robot},
        {"GET", "user-agent",
         "Mozilla/5.0 Safari/601 facebookexternalhit/1.1 Facebot Twitterbot/1.0", TapKind::robot},
        {"GET", "user-agent", "Twitterbot/1.0", TapKind::robot},
        {"GET", "user-agent", "WhatsApp/2.23.20.0", TapKind::robot},
        {"GET", "user-agent", "Mozilla/5.0 (compatible; GOOGLEBOT/2.1)", TapKind::robot},
        {"GET", "user-agent",
         phone + " (compatible; Pinterestbot/1.0; +http://www.pinterest.com/bot.html)",
         TapKind::robot},
        {"GET", "user-agent", "Mozilla/5.0+(compatible; UptimeRobot/2.0; http://x.example/)",
         TapKind::robot},
        {"GET", "user-agent",
         "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com "
         "GoogleImageProxy)",
         TapKind::robot},
        {"GET", "user-agent",
         "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/96.0 Safari/537.36 BarracudaCentral",
         TapKind::robot},
        {"GET", "user-agent", phone + " Safari/604.1 moatbot", TapKind::robot},
        {"GET", "user-agent", phone + " HeadlessChrome/120", TapKind::robot},
        {"GET", "user-agent", "curl/7.88.1", TapKind::robot},
        {"GET", "user-agent", "", TapKind::robot},
        {"GET", "sec-purpose", "prefetch;prerender", TapKind::prefetch},
        {"GET", "purpose", "prefetch", TapKind::prefetch},
        {"GET", "x-purpose", "preview", TapKind::prefetch},
        {"GET", "x-moz", "Prefetch", TapKind::prefetch},
        {"HEAD", "user-agent", phone, TapKind::head},
        {"OPTIONS", "user-agent", phone, TapKind::head},
    };
    for (const Row& row : rows) {
        CAPTURE(row.value);
        const std::pair<std::string_view, std::string_view> headers[] = {{row.name, row.value}};
        CHECK(classify_tap(row.method, headers) == row.kind);
    }
}

TEST_CASE("link: what a browser fetches to show elsewhere is no tap") {
    const std::string_view phone =
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1";
    const std::pair<std::string_view, TapKind> rows[] = {
        {"document", TapKind::person}, {"Document", TapKind::person}, {"image", TapKind::robot},
        {"iframe", TapKind::robot},    {"empty", TapKind::robot},     {"script", TapKind::robot}};
    for (const auto& [use, kind] : rows) {
        CAPTURE(use);
        const std::pair<std::string_view, std::string_view> headers[] = {{"user-agent", phone},
                                                                         {"sec-fetch-dest", use}};
        CHECK(classify_tap("GET", headers) == kind);
    }
}

TEST_CASE("link: the browsers of phones, and those inside apps, are persons") {
    const std::string ios =
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) "
        "AppleWebKit/605.1.15 (KHTML, like Gecko) ";
    const std::string android = "AppleWebKit/537.36 (KHTML, like Gecko) ";
    const std::string wv = "Mozilla/5.0 (Linux; Android 14; SM-S918B Build/UP1A.231005.007; wv) " +
                           android + "Version/4.0 Chrome/124.0.6367.82 Mobile Safari/537.36 ";
    const std::string agents[] = {
        ios + "Version/17.5 Mobile/15E148 Safari/604.1",
        ios + "CriOS/125.0.6422.80 Mobile/15E148 Safari/604.1",
        ios + "FxiOS/126.0 Mobile/15E148 Safari/605.1.15",
        ios + "EdgiOS/124.0.2478.89 Version/17.0 Mobile/15E148 Safari/604.1",
        ios + "DuckDuckGo/7 Mobile/15E148 Safari/605.1.15",
        ios + "GSA/317.0.634488990 Mobile/15E148 Safari/604.1",
        ios +
            "Mobile/15E148 Instagram 332.0.7.26.110 (iPhone14,5; iOS 17_5_1; en_US; en; "
            "scale=3.00; 1170x2532; 601420827; IABMV/1)",
        ios +
            "Mobile/15E148 [FBAN/FBIOS;FBAV/466.0.0.39.105;FBBV/601;FBDV/iPhone14,5;FBMD/iPhone;"
            "FBSN/iOS;FBSV/17.5.1;FBSS/3;FBLC/en_US;FBOP/5]",
        ios + "Mobile/15E148 Twitter for iPhone/10.40",
        ios + "Mobile/15E148 Snapchat/12.87.0.41 (like Safari/8618.2.12.10.9, panda)",
        ios +
            "Mobile/15E148 musical_ly_34.5.0 JsSdk/2.0 NetType/WIFI Channel/App Store "
            "ByteLocale/en Region/US BytedanceWebview/d8a21c6",
        ios + "Mobile/15E148 [Pinterest/iOS]",
        ios + "Mobile/15E148 LinkedInApp/9.29.8962",
        ios + "Mobile/15E148 Safari Line/14.8.0",
        wv + "Instagram 332.0.0.38.90 Android (34/14; 480dpi; 1080x2340; samsung; SM-S918B; dm3q; "
             "qcom; en_US; 601420827)",
        wv + "[FB_IAB/FB4A;FBAV/466.0.0.51.109;]",
        wv + "MetaIAB Facebook",
        wv + "TwitterAndroid",
        "Mozilla/5.0 (Linux; Android 10; K) " + android + "Chrome/125.0.0.0 Mobile Safari/537.36",
        "Mozilla/5.0 (Linux; Android 9; CUBOT X19) " + android +
            "Chrome/120.0.6099.43 Mobile Safari/537.36",
        "Mozilla/5.0 (Linux; Android 9; CUBOT) " + android + "Chrome/120.0.0.0 Safari/537.36",
        "Mozilla/5.0 (Linux; Android 14; SAMSUNG SM-A546B) " + android +
            "SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36",
        "Mozilla/5.0 (Android 14; Mobile; rv:126.0) Gecko/126.0 Firefox/126.0",
        "Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
        "Version/17.5 Mobile/15E148 Safari/604.1",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) " + android + "Chrome/125.0.0.0 Safari/537.36",
        "Opera/9.80 (Android; Opera Mini/36.2.2254/191.303; U; en) Presto/2.12.423 Version/12.16",
    };
    for (const std::string& agent : agents) {
        CAPTURE(agent);
        const std::pair<std::string_view, std::string_view> headers[] = {{"user-agent", agent}};
        CHECK(classify_tap("GET", headers) == TapKind::person);
    }
}

TEST_CASE("link: carries campaign and click ids of the query, capped and once") {
    const Fields expected = {
        {"utm_source", "ig bio"}, {"fbclid", "IwAR_x"}, {"gclid", "C\xC3\xA9"}};
    CHECK(link_attribution(
              "utm_source=ig+bio&evil=1&fbclid=IwAR_x&fbclid=two&utm_term=&gclid=C%C3%A9") ==
          expected);
    CHECK(link_attribution("gclid=" + std::string(2000, 'x')).front().second.size() == 512);
    CHECK(link_attribution("gclid=%FF").front().second == "\xEF\xBF\xBD");
    CHECK(link_attribution("").empty());
    // Whatever the platforms of brand-declared sources write, and what analytics add.
    for (const char* name : {"epik", "ScCid", "ttclid", "rdt_cid", "wbraid", "ctwa_clid", "ad_id",
                             "utm_marketing_tactic", "utm_own_2", "gad_campaignid"}) {
        CAPTURE(name);
        CHECK(link_attribution(std::string("x=1&") + name + "=aB").size() == 1);
    }
    for (const char* name : {"utm_", "utm-source", "UTM_source", "clid", "gclidx", "id"}) {
        CAPTURE(name);
        CHECK(link_attribution(std::string(name) + "=aB").empty());
    }
    std::string many;
    for (int i = 0; i < 50; ++i) many += "utm_" + std::to_string(i) + "=1&";
    CHECK(link_attribution(many).size() == 32);
}

TEST_CASE("link: a ref is what an ig.me link could carry") {
    CHECK(link_ref("a=1&ref=7K3M9Q2X4") == "7K3M9Q2X4");
    CHECK(link_ref("ref=a-b_c%3D") == "a-b_c=");
    CHECK(link_ref("ref=a%20b").empty());
    CHECK(link_ref("ref=" + std::string(129, 'a')).empty());
    CHECK(link_ref("").empty());
}

}  // namespace
}  // namespace tapline
