#include "config/load.h"

#include <set>
#include <utility>

#include "adapters/crypto.h"
#include "config/brand_file.h"
#include "config/brand_merge.h"
#include "config/checks/brand.h"
#include "config/checks/cross.h"
#include "config/gateway_file.h"
#include "config/tools/test_reply.h"

namespace tapline {

namespace {

constexpr std::size_t kVersionCharacters = 12;
constexpr std::string_view kTableEnding = ".csv";

std::optional<YamlNode> read_gateway_tree(const FileAccess& files, Report& report) {
    const std::string path(kGatewayFile);
    const auto bytes = files.read(path);
    if (!bytes) {
        report.error(whole_file(path), "there is no such file in " + shown(files.directory) +
                                           ", or it cannot be read; \"tapline init BRAND "
                                           "--config DIR\" writes one");
        return std::nullopt;
    }
    return parse_yaml(path, *bytes, report);
}

// The brand's view of the files, which adds the tables that are read to its bytes.
FileAccess watched(const FileAccess& files, BrandTree& tree) {
    FileAccess own = files.of_brand ? files.of_brand(tree.name) : files;
    own.read = [&tree, read = own.read](const std::string& path) {
        auto bytes = read(path);
        if (bytes && path.ends_with(kTableEnding)) {
            tree.bytes += "\n" + path + "\n" + std::to_string(bytes->size()) + "\n" + *bytes;
        }
        return bytes;
    };
    return own;
}

// A hash of all that decides how the brand's events are understood: its files, and the connections
// that they come by. Secrets are left out, so that a new one is no new version.
std::string version_of(const BrandTree& tree, const BrandDraft& draft, const Config& config) {
    std::set<std::string> used;
    for (const auto& [name, profile] : draft.brand.profiles) used.insert(profile.connection);
    for (const auto& [number, line] : draft.brand.lines) used.insert(line.connection);
    std::string parts = tree.bytes;
    for (const auto& [name, connection] : config.connections) {
        if (!used.contains(name) && connection.brand != tree.name) continue;
        parts += "\n" + name + "\n" + connection.provider + "\n" + connection.account + "\n" +
                 connection.brand;
        const WebForm& form = connection.form;
        if (connection.accepts_unsigned) parts += "\nunsigned";
        if (connection.provider != "web") continue;
        for (const std::string& field :
             {form.name, form.email, form.phone, form.message, form.subject, form.honeypot}) {
            parts += "\n" + field;
        }
    }
    return sha256_hex(parts).substr(0, kVersionCharacters);
}

std::vector<BrandDraft> read_brands(const FileAccess& files, std::vector<BrandTree>& trees,
                                    const GatewayDraft& gateway, Report& report) {
    std::vector<BrandDraft> drafts;
    for (BrandTree& tree : trees) {
        if (!tree.root) continue;
        BrandDraft draft;
        draft.complete = tree.complete;
        draft.sound = tree.sound;
        draft.top = tree.top;
        draft.brand.name = tree.name;
        read_brand(*tree.root, watched(files, tree), gateway.connections, draft, report);
        check_brand(draft, report);
        draft.brand.config_version = version_of(tree, draft, gateway.config);
        drafts.push_back(std::move(draft));
    }
    return drafts;
}

}  // namespace

LoadResult load_config(const FileAccess& files, const std::vector<std::string>& providers) {
    Report report;
    const std::string fault = files.directory_fault ? files.directory_fault() : "";
    if (!fault.empty()) {
        report.error(whole_file(files.directory), fault);
        return {std::nullopt, report.sorted()};
    }
    const auto root = read_gateway_tree(files, report);
    GatewayDraft gateway = read_gateway_file(root ? &*root : nullptr, {files, providers, report});
    std::vector<BrandTree> trees = read_brand_trees(files, report);
    std::vector<BrandDraft> drafts = read_brands(files, trees, gateway, report);

    Names brands;
    for (const BrandTree& tree : trees) brands.all.insert(tree.name);
    check_across(gateway, drafts, brands, report);
    if (trees.empty() && !report.has_errors()) {
        report.error(whole_file("brands"),
                     "there is no brand; \"tapline init BRAND\" writes a first one");
    }

    LoadResult result;
    result.mistakes = report.sorted();
    if (report.has_errors()) return result;
    for (BrandDraft& draft : drafts) {
        draft.brand.index();
        const std::string name = draft.brand.name;
        draft.tests.places = std::move(draft.places);
        for (BrandTest& test : draft.tests.tests) {
            set_reply(gateway.config.connections, draft.brand, test.contact);
        }
        gateway.config.tests[name] = std::make_shared<const BrandTests>(std::move(draft.tests));
        gateway.config.brands[name] = std::make_shared<const Brand>(std::move(draft.brand));
    }
    result.config = std::move(gateway.config);
    return result;
}

}  // namespace tapline
