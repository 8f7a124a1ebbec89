// Loading in which a brand with a mistake does not stop the others: its last good version decides
// in its place.
//
//     SteadyLoad load = load_steadily(files, {.last_good = [&](const std::string&) { return kept;
//     }}); if (!load.config) refuse(load.mistakes); for (const auto& [brand, fault] : load.faults)
//     alarm(brand, fault); kept = load.good;
//
// A version is the brand's files as they were read: brand files, tables, and in memory the files of
// its secrets. A brand is put back when one of its files has a mistake or one of its tests fails.
// Where two brands claim the same account, line, address or key, the one that changed is put back,
// whichever of them the mistake stands at; where both changed, the later by name. A mistake in
// tapline.yaml, or one that no brand's earlier version mends, leaves no config.
//
// Pure but for FileAccess and the tests; not thread-safe. A load with a mistake reads the files
// once more for each brand that is put back, and after a clash for each that changed.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "config/config.h"

namespace tapline {

struct BrandFiles {
    std::map<std::string, std::string> files;    // path -> bytes: brand files and tables
    std::map<std::string, std::string> secrets;  // the same of secrets; never written anywhere
};
using LastGood = std::map<std::string, BrandFiles>;  // by brand

struct SteadyOptions {
    // The last good versions, asked for when there is a mistake; data_dir is as tapline.yaml says.
    // Null: there are none.
    std::function<LastGood(const std::string& data_dir)> last_good;
    // A brand with a mistake and no last good version is left out; else nothing is loaded.
    bool leaves_out_new = false;
    // The failures of the tests of the one brand that the config holds, a sentence each. Asked for
    // brands that changed. Null: there are no tests.
    std::function<std::vector<std::string>(const Config&)> tests;
};

struct BrandFault {
    std::vector<Mistake> mistakes;  // the errors; at least one
    bool is_kept = false;           // its last good version decides; else it is left out
};

struct SteadyLoad {
    std::optional<Config> config;   // nothing: see mistakes
    std::vector<Mistake> mistakes;  // of the files as they stand, warnings too, and of their tests
    std::map<std::string, BrandFault> faults;  // by brand; empty without a config
    LastGood good;                             // of each brand in the config, what decides it now
};
SteadyLoad load_steadily(const FileAccess& files, const SteadyOptions& options);
// The same with the known providers handed in.
SteadyLoad load_steadily(const FileAccess& files, const SteadyOptions& options,
                         const std::vector<std::string>& providers);

}  // namespace tapline
