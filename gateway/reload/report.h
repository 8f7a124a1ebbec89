// What a reload did, for the log, the admin page and `tapline reload`.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/mistake.h"

namespace tapline {

struct BrandChange {
    // kept: its files have mistakes, and its last good version decides. left_out: there is none.
    enum class What { added, changed, removed, kept, left_out };
    What what = What::changed;
    std::string from;  // version; "" = it was not there
    std::string to;    // version; "" = it is not there
};
std::string_view to_string(BrandChange::What what);

struct ReloadReport {
    bool is_used = false;                         // the files decide from now on
    std::string hash;                             // of the config that decides now
    std::map<std::string, BrandChange> changes;   // by brand; those that stayed are not there
    std::map<std::string, std::string> versions;  // of each brand that decides now
    std::vector<std::string> needs_restart;       // keys of tapline.yaml that keep their old value
    std::vector<Mistake> mistakes;                // warnings too

    bool has_errors() const;
};

// {"reloaded":true,"hash":"...","versions":{"acme":"..."},
//  "brands":{"acme":{"change":"changed","from":"...","to":"..."}},"needs_restart":[],
//  "mistakes":[{"severity":"error","file":"...","line":1,"column":2,"message":"..."}]}
std::string to_json(const ReloadReport& report);

// "acme 3f2a9c01d4e7 -> 9b1c77aa02de, bmart added"; "" when nothing changed.
std::string changes_text(const ReloadReport& report);

}  // namespace tapline
