// Mutants of routes; those of queues and hours are in queue_mutants.cc.
#include "config/tools/mutants.h"

#include <algorithm>
#include <utility>

#include "config/tools/local_time.h"
#include "config/tools/run_tests.h"

namespace tapline {

namespace {

// Collects the mutants of one route.
class RouteMutants {
  public:
    RouteMutants(const Brand& brand, const BrandTests& tests, std::size_t number,
                 std::vector<Mutant>& mutants)
        : brand_(brand),
          route_(brand.routes.at(number)),
          number_(number),
          where_(tests.at("route", route_.name)),
          mutants_(mutants) {}

    void add_all() {
        if (number_ + 1 < brand_.routes.size()) {
            add("is gone", [n = number_](Brand& brand) {
                brand.routes.erase(brand.routes.begin() + static_cast<std::ptrdiff_t>(n));
            });
        }
        add_swap();
        add_targets();
        add_conditions();
        add_attribution();
        add_overrides();
    }

  private:
    void add(const std::string& what, std::function<void(Brand&)> change) {
        mutants_.push_back({"route " + shown(route_.name) + " " + what, where_, std::move(change)});
    }
    void edit(const std::string& what, std::function<void(Route&)> change) {
        add(what, [n = number_, change = std::move(change)](Brand& brand) {
            change(brand.routes.at(n));
        });
    }
    template <class Member>
    void drop(bool there, const std::string& name, Member When::*member) {
        if (!there) return;
        edit("has no condition " + name, [member](Route& route) { route.when.*member = {}; });
    }

    void add_swap();
    void add_targets();
    void add_conditions();
    void add_attribution();
    void add_overrides();

    const Brand& brand_;
    const Route& route_;
    std::size_t number_;
    Where where_;
    std::vector<Mutant>& mutants_;
};

template <class Value>
bool apart(const std::vector<Value>& one, const std::vector<Value>& other) {
    if (one.empty() || other.empty()) return false;
    return std::none_of(one.begin(), one.end(), [&](const Value& value) {
        return std::find(other.begin(), other.end(), value) != other.end();
    });
}

// No contact meets both: their order does not matter.
bool exclude_each_other(const When& a, const When& b) {
    return apart(a.source, b.source) || apart(a.profile, b.profile) ||
           apart(a.channel, b.channel) || apart(a.button, b.button) ||
           apart(a.campaign, b.campaign) || apart(a.line, b.line) || apart(a.auth, b.auth) ||
           (a.customer_known && b.customer_known && a.customer_known != b.customer_known);
}

void RouteMutants::add_swap() {
    if (number_ + 2 >= brand_.routes.size()) return;
    const Route& next = brand_.routes.at(number_ + 1);
    if (exclude_each_other(route_.when, next.when)) return;
    add("stands after " + shown(next.name),
        [n = number_](Brand& brand) { std::swap(brand.routes.at(n), brand.routes.at(n + 1)); });
}

void RouteMutants::add_targets() {
    for (const auto& entry : brand_.queues) {
        const std::string& other = entry.first;
        if (other == route_.to) continue;
        edit("goes to " + shown(other), [other](Route& route) {
            route.to = other;
            route.to_owner = false;
        });
        break;
    }
    if (route_.to_owner) {
        edit("does not go to the owner", [](Route& route) { route.to_owner = false; });
    }
    if (!route_.copy_to.empty()) {
        edit("copies to nobody", [](Route& route) { route.copy_to.clear(); });
    }
    if (route_.is_express) {
        edit("is not express", [](Route& route) { route.is_express = false; });
    }
    if (!route_.hold_by.empty()) {
        edit("does not hold", [](Route& route) { route.hold_by.clear(); });
    }
    if (route_.respond_within) {
        const auto twice = *route_.respond_within * 2;
        edit("responds within " + duration_text(twice),
             [twice](Route& route) { route.respond_within = twice; });
    }
}

void RouteMutants::add_conditions() {
    const When& when = route_.when;
    drop(!when.source.empty(), "source", &When::source);
    drop(!when.profile.empty(), "profile", &When::profile);
    drop(!when.channel.empty(), "channel", &When::channel);
    drop(!when.button.empty(), "button", &When::button);
    drop(!when.campaign.empty(), "campaign", &When::campaign);
    drop(!when.line.empty(), "line", &When::line);
    drop(!when.region.empty(), "region", &When::region);
    drop(!when.language.empty(), "language", &When::language);
    drop(!when.auth.empty(), "auth", &When::auth);
    drop(!when.text.empty(), "text", &When::text);
    drop(!when.pattern.empty(), "pattern", &When::pattern);
    drop(when.customer_known.has_value(), "customer", &When::customer_known);
    drop(when.contacts.has_value(), "contacts", &When::contacts);
    drop(when.open_journey.has_value(), "open_journey", &When::open_journey);
    drop(!when.customer_in.empty(), "customer_in", &When::customer_in);
    drop(!when.switches.empty(), "switch", &When::switches);
    drop(!when.time.empty(), "time", &When::time);
    drop(!when.any.empty(), "any", &When::any);
    drop(!when.all.empty(), "all", &When::all);
    drop(!when.none.empty(), "not", &When::none);
}

void RouteMutants::add_attribution() {
    for (std::size_t i = 0; i < route_.when.attribution.size(); ++i) {
        edit("has no condition attribution." + route_.when.attribution.at(i).field,
             [i](Route& route) {
                 auto& all = route.when.attribution;
                 all.erase(all.begin() + static_cast<std::ptrdiff_t>(i));
             });
    }
}

void RouteMutants::add_overrides() {
    if (!route_.closed.empty()) {
        edit("says nothing of closed hours", [](Route& route) { route.closed = {}; });
    }
    if (!route_.reply.empty()) {
        edit("has no reply", [](Route& route) { route.reply.clear(); });
    }
    if (route_.patience) {
        edit("has no patience", [](Route& route) { route.patience.reset(); });
        if (!route_.patience->skip.empty()) {
            edit("waits whatever is said", [](Route& route) { route.patience->skip.clear(); });
        }
    }
    if (!route_.pilot) return;
    edit("has no pilot", [](Route& route) { route.pilot.reset(); });
    for (std::size_t i = 0; i < route_.pilot->arms.size(); ++i) {
        const Arm& arm = route_.pilot->arms.at(i);
        if (arm.to == route_.to) continue;
        edit("sends the pilot's arm " + shown(arm.name) + " to " + shown(route_.to),
             [i](Route& route) { route.pilot->arms.at(i).to = route.to; });
    }
}

}  // namespace

void add_route_mutants(const Brand& brand, const BrandTests& tests, std::vector<Mutant>& mutants) {
    for (std::size_t i = 0; i < brand.routes.size(); ++i) {
        RouteMutants(brand, tests, i, mutants).add_all();
    }
}

std::vector<Mutant> mutants_of(const Brand& brand, const BrandTests& tests) {
    std::vector<Mutant> mutants;
    add_route_mutants(brand, tests, mutants);
    add_queue_mutants(brand, tests, mutants);
    return mutants;
}

bool survives(const Brand& brand, const BrandTests& tests, const Mutant& mutant) {
    Brand changed = brand;
    mutant.change(changed);
    changed.index();
    return std::all_of(tests.tests.begin(), tests.tests.end(), [&](const BrandTest& test) {
        return run_test(changed, test, tests.zone).passed();
    });
}

}  // namespace tapline
