#include "routes/brand.h"

#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/routes/sample_brand.h"

namespace tapline {
namespace {

TEST_CASE("brand: the index knows lines by channel, addresses in lower case and accounts") {
    Brand brand = sample_brand();
    brand.index();
    CHECK(brand.button_by_line_call.size() == 1);
    CHECK(brand.button_by_line_call.at("+18005550100") == "ig-call");
    CHECK(brand.button_by_line_text.size() == 1);
    CHECK(brand.button_by_line_text.at("+18005550101") == "ig-text");
    CHECK(brand.button_by_address.size() == 2);
    CHECK(brand.button_by_address.at("hello+ig@acme.example") == "ig-email");
    CHECK(brand.profile_by_account.size() == 2);
    CHECK(brand.profile_by_account.at("meta-main\n17841400000000001") == "shop");
}

TEST_CASE("brand: the index knows the only button of a channel and marks several") {
    Brand brand = sample_brand();
    brand.index();
    const auto& dm = brand.button_by_profile.at(static_cast<std::size_t>(Channel::dm));
    CHECK(dm.at("shop") == "ig-dm");
    CHECK(dm.at("acme-x").empty());
    CHECK(brand.button_by_profile.at(static_cast<std::size_t>(Channel::chat)).empty());
}

TEST_CASE("brand: a line may be on a call button and on a text button") {
    Brand brand = sample_brand();
    brand.buttons["ig-text"].line = "+18005550100";
    brand.index();
    CHECK(brand.button_by_line_call.at("+18005550100") == "ig-call");
    CHECK(brand.button_by_line_text.at("+18005550100") == "ig-text");
}

TEST_CASE("brand: profiles without an account and buttons without a profile are left out") {
    Brand brand = sample_brand();
    brand.profiles["site"] = {"site", "web", "", "", ""};
    add_button(brand, "loose", "", Channel::dm);
    brand.index();
    CHECK(brand.profile_by_account.size() == 2);
    CHECK(brand.button_by_profile.at(static_cast<std::size_t>(Channel::dm)).count("") == 0);
}

TEST_CASE("brand: campaigns are known by the buttons that they list") {
    Brand brand = sample_brand();
    add_campaign(brand, "spring", std::nullopt, {"ig-call", "ig-dm"});
    add_campaign(brand, "sale", std::nullopt, {"ig-call"});
    brand.index();
    CHECK(brand.campaigns_by_button.at("ig-call") == std::vector<std::string>{"sale", "spring"});
    CHECK(brand.campaigns_by_button.at("ig-dm") == std::vector<std::string>{"spring"});
    CHECK(brand.campaigns_by_button.count("ig-text") == 0);
}

TEST_CASE("brand: a WhatsApp button is found by the number's own profile, and by no other") {
    Brand brand = sample_brand();
    brand.profiles["wa"] = {"wa", "whatsapp", "wa-main", "1065", ""};
    Button button;
    button.name = "wa-dm";
    button.profile = "wa";
    button.whatsapp = "+18005550102";
    brand.buttons["wa-dm"] = button;
    button.name = "ig-whatsapp";
    button.profile = "shop";
    brand.buttons["ig-whatsapp"] = button;
    brand.index();
    const auto& only = brand.button_by_profile.at(static_cast<std::size_t>(Channel::dm));
    CHECK(only.at("wa") == "wa-dm");
    CHECK(only.at("shop") == "ig-dm");
    CHECK(brand.profile_by_account.at("wa-main\n1065") == "wa");
}

TEST_CASE("brand: indexing again forgets what is gone") {
    Brand brand = sample_brand();
    brand.index();
    brand.buttons.erase("ig-call");
    brand.profiles.erase("shop");
    brand.index();
    CHECK(brand.button_by_line_call.empty());
    CHECK(brand.profile_by_account.size() == 1);
}

TEST_CASE("brand: a copy has its own index") {
    Brand brand = sample_brand();
    brand.index();
    const Brand copy = brand;
    brand.buttons.clear();
    brand.index();
    CHECK(copy.button_by_line_call.at("+18005550100") == "ig-call");
    CHECK(brand.button_by_line_call.empty());
}

}  // namespace
}  // namespace tapline
