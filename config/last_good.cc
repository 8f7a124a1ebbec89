#include "config/last_good.h"

#include <algorithm>
#include <set>
#include <utility>

#include "adapters/sources/registry.h"
#include "config/gateway_file.h"
#include "config/load.h"

namespace tapline {

namespace {

constexpr std::string_view kFolder = "brands";
constexpr std::string_view kTableEnding = ".csv";
// Of more brands than this with mistakes none is tried again once the others are put back.
constexpr std::size_t kTriedAgainMax = 8;

using BrandNames = std::set<std::string>;

// "acme" of "brands/acme.yaml" and "brands/acme/queues.yaml"; "" of any other path.
std::string brand_of(std::string_view path) {
    const std::size_t start = kFolder.size() + 1;
    if (path.size() <= start || !path.starts_with(kFolder) || path[start - 1] != '/') return "";
    std::string_view rest = path.substr(start);
    const std::size_t slash = rest.find('/');
    if (slash != std::string_view::npos) return std::string(rest.substr(0, slash));
    const std::size_t dot = rest.rfind('.');
    return std::string(rest.substr(0, dot));
}

std::optional<std::string> find(const std::map<std::string, std::string>& files,
                                const std::string& path) {
    const auto found = files.find(path);
    return found == files.end() ? std::nullopt : std::optional(found->second);
}

// The files as they stand, but for the brands that are put back: those have the files of their last
// good version, or none. Notes what each brand reads.
class Overlay {
  public:
    Overlay(const FileAccess& files, const LastGood& last_good, const BrandNames& put_back)
        : files_(files), last_good_(last_good), put_back_(put_back) {}
    Overlay(const Overlay&) = delete;
    Overlay& operator=(const Overlay&) = delete;
    ~Overlay() = default;

    // REQUIRES: this object lives for as long as it is used.
    FileAccess access() {
        FileAccess seen = files_;
        seen.list = [this](const std::string& folder) { return list(folder); };
        seen.read = [this](const std::string& path) { return read(path); };
        seen.of_brand = [this](const std::string& brand) { return of_brand(brand); };
        return seen;
    }
    LastGood reads;  // by brand

  private:
    const BrandFiles* kept(const std::string& brand) const {
        static const BrandFiles nothing;
        if (!put_back_.contains(brand)) return nullptr;
        const auto found = last_good_.find(brand);
        return found == last_good_.end() ? &nothing : &found->second;
    }

    std::vector<std::string> list(const std::string& folder) const {
        std::vector<std::string> names;
        const bool is_top = folder == kFolder;
        const std::string owner = is_top ? "" : brand_of(folder + "/");
        if (owner.empty() || kept(owner) == nullptr) names = files_.list(folder);
        if (is_top) {
            std::erase_if(names, [&](const std::string& name) {
                return kept(brand_of(std::string(kFolder) + "/" + name)) != nullptr;
            });
        }
        for (const std::string& brand : put_back_) {
            if (is_top || brand == owner) add_kept(folder + "/", *kept(brand), names);
        }
        return names;
    }

    static void add_kept(const std::string& start, const BrandFiles& version,
                         std::vector<std::string>& names) {
        for (const auto& [path, bytes] : version.files) {
            if (!path.starts_with(start)) continue;
            const std::string rest = path.substr(start.size());
            const std::string name = rest.substr(0, std::min(rest.find('/'), rest.size() - 1) + 1);
            if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
        }
    }

    std::optional<std::string> read(const std::string& path) {
        const std::string brand = brand_of(path);
        if (brand.empty()) return files_.read(path);
        if (const BrandFiles* version = kept(brand)) return find(version->files, path);
        auto bytes = files_.read(path);
        if (bytes) reads[brand].files[path] = *bytes;
        return bytes;
    }

    FileAccess of_brand(const std::string& brand) {
        FileAccess own = access();
        own.on_secret_file = [this, brand](const std::string& path) {
            secret_paths_.insert({brand, path});
        };
        own.read = [this, brand](const std::string& path) { return read_for(brand, path); };
        if (files_.is_outside) {
            own.is_outside = [this, brand](const std::string& path) {
                const BrandFiles* version = kept(brand);
                const bool is_kept = version != nullptr && (version->files.contains(path) ||
                                                            version->secrets.contains(path));
                return !is_kept && files_.is_outside(path);
            };
        }
        return own;
    }

    std::optional<std::string> read_for(const std::string& brand, const std::string& path) {
        const bool is_secret = secret_paths_.contains({brand, path});
        if (const BrandFiles* version = kept(brand)) {
            auto bytes = find(is_secret ? version->secrets : version->files, path);
            if (bytes) return bytes;
        }
        auto bytes = files_.read(path);
        if (bytes && is_secret) reads[brand].secrets[path] = *bytes;
        if (bytes && !is_secret && path.ends_with(kTableEnding)) reads[brand].files[path] = *bytes;
        return bytes;
    }

    const FileAccess& files_;
    const LastGood& last_good_;
    const BrandNames& put_back_;
    std::set<std::pair<std::string, std::string>> secret_paths_;  // brand, path
};

struct Attempt {
    LoadResult result;
    LastGood reads;
};

std::vector<Mistake> errors_of(const std::vector<Mistake>& mistakes) {
    std::vector<Mistake> errors;
    std::copy_if(mistakes.begin(), mistakes.end(), std::back_inserter(errors),
                 [](const Mistake& one) { return one.severity == Mistake::Severity::error; });
    return errors;
}

// What the brands are put back for, until the rest loads.
class Search {
  public:
    Search(const FileAccess& files, const SteadyOptions& options,
           const std::vector<std::string>& providers)
        : files_(files), options_(options), providers_(providers) {}
    Search(const Search&) = delete;
    Search& operator=(const Search&) = delete;
    ~Search() = default;

    SteadyLoad run();

  private:
    using Faults = std::map<std::string, std::vector<Mistake>>;

    Attempt attempt(const BrandNames& put_back) const {
        Overlay overlay(files_, last_good_, put_back);
        LoadResult result = load_config(overlay.access(), providers_);
        return {std::move(result), std::move(overlay.reads)};
    }

    BrandNames names_of(const Faults& faults) const {
        BrandNames names;
        for (const auto& [name, mistakes] : faults) names.insert(name);
        return names;
    }

    std::string data_dir() const;
    bool has_changed(const std::string& brand) const;
    bool may_put_back(const std::string& brand) const;
    BrandNames candidates() const;
    Faults blamed(const Attempt& now) const;
    Faults clashing(const Attempt& now) const;
    Faults failing(const Attempt& now) const;
    void try_again();
    SteadyLoad finished(Attempt&& now);

    const FileAccess& files_;
    const SteadyOptions& options_;
    const std::vector<std::string>& providers_;
    LastGood last_good_;
    Attempt first_;
    Faults faults_;
    std::vector<Mistake> test_mistakes_;
};

std::string Search::data_dir() const {
    Report told_elsewhere;
    const std::string path(kGatewayFile);
    const auto bytes = files_.read(path);
    if (!bytes) return "";
    const auto root = parse_yaml(path, *bytes, told_elsewhere);
    if (!root) return "";
    return read_gateway_file(&*root, {files_, providers_, told_elsewhere}).config.data_dir;
}

// Whether the brand's files are others than those of its last good version.
bool Search::has_changed(const std::string& brand) const {
    const auto last = last_good_.find(brand);
    const auto now = first_.reads.find(brand);
    if (last == last_good_.end() || now == first_.reads.end()) return true;
    const BrandFiles& before = last->second;
    if (before.files != now->second.files) return true;
    // After a restart there are none to compare with.
    return !before.secrets.empty() && before.secrets != now->second.secrets;
}

bool Search::may_put_back(const std::string& brand) const {
    if (faults_.contains(brand)) return false;
    return last_good_.contains(brand) ? has_changed(brand) : options_.leaves_out_new;
}

BrandNames Search::candidates() const {
    BrandNames names;
    for (const auto& [brand, files] : first_.reads) {
        if (may_put_back(brand)) names.insert(brand);
    }
    return names;
}

// The brands in whose files the errors stand.
Search::Faults Search::blamed(const Attempt& now) const {
    Faults faults;
    for (const Mistake& mistake : errors_of(now.result.mistakes)) {
        const std::string owner = brand_of(mistake.file);
        if (!owner.empty() && may_put_back(owner)) faults[owner].push_back(mistake);
        if (!owner.empty()) continue;
        for (const auto& [brand, read] : now.reads) {
            if (read.files.contains(mistake.file) && may_put_back(brand)) {
                faults[brand].push_back(mistake);
            }
        }
    }
    return faults;
}

// The changed brand without whose change most of the errors are gone: they stand elsewhere.
Search::Faults Search::clashing(const Attempt& now) const {
    const auto errors = errors_of(now.result.mistakes);
    BrandNames all = names_of(faults_);
    const BrandNames changed = candidates();
    all.insert(changed.begin(), changed.end());
    std::size_t fewest = errors.size();
    if (errors_of(attempt(all).result.mistakes).size() >= fewest) return {};
    Faults found;
    for (const std::string& brand : changed) {
        BrandNames put_back = names_of(faults_);
        put_back.insert(brand);
        const auto left = errors_of(attempt(put_back).result.mistakes);
        if (left.size() >= fewest) continue;
        fewest = left.size();
        std::vector<Mistake> gone;
        std::copy_if(errors.begin(), errors.end(), std::back_inserter(gone), [&](const auto& one) {
            return std::none_of(left.begin(), left.end(), [&](const Mistake& other) {
                return to_string(one) == to_string(other);
            });
        });
        found = {{brand, gone.empty() ? errors : gone}};
        if (left.empty()) break;
    }
    return found;
}

// The changed brands whose tests fail. REQUIRES: there is a config.
Search::Faults Search::failing(const Attempt& now) const {
    Faults faults;
    if (!options_.tests) return faults;
    for (const auto& [name, brand] : now.result.config->brands) {
        if (!may_put_back(name)) continue;
        Config one = *now.result.config;
        one.brands = {{name, brand}};
        const auto read = now.reads.find(name);
        const bool is_known = read != now.reads.end() && !read->second.files.empty();
        const std::string file = is_known ? read->second.files.begin()->first : "";
        for (const std::string& failure : options_.tests(one)) {
            faults[name].push_back(
                {Mistake::Severity::error, file, 0, 0, "a test of the brand fails: " + failure});
        }
    }
    return faults;
}

// A brand that only clashed with one that is put back by now loads as it stands.
void Search::try_again() {
    if (faults_.size() < 2 || faults_.size() > kTriedAgainMax) return;
    for (const std::string& brand : names_of(faults_)) {
        const auto fault = faults_.extract(brand);
        const Attempt without = attempt(names_of(faults_));
        if (!without.result.config || failing(without).contains(brand)) {
            faults_.emplace(brand, fault.mapped());
        }
    }
}

SteadyLoad Search::finished(Attempt&& now) {
    SteadyLoad load;
    load.mistakes = first_.result.mistakes;
    load.mistakes.insert(load.mistakes.end(), test_mistakes_.begin(), test_mistakes_.end());
    for (auto& [brand, mistakes] : faults_) {
        load.faults[brand] = {std::move(mistakes), last_good_.contains(brand)};
    }
    for (const auto& [name, brand] : now.result.config->brands) {
        BrandFiles& good = load.good[name];
        good = std::move(now.reads[name]);
        if (!load.faults.contains(name)) continue;
        good.files = last_good_[name].files;
        good.secrets.merge(last_good_[name].secrets);
    }
    load.config = std::move(now.result.config);
    return load;
}

SteadyLoad Search::run() {
    first_ = attempt({});
    const bool asks = !first_.result.config || options_.tests;
    if (asks && options_.last_good) last_good_ = options_.last_good(data_dir());
    Attempt now = first_;
    for (;;) {
        Faults more;
        if (now.result.config) {
            more = failing(now);
            for (const auto& [brand, mistakes] : more) {
                test_mistakes_.insert(test_mistakes_.end(), mistakes.begin(), mistakes.end());
            }
            if (more.empty()) break;
        } else {
            more = blamed(now);
            if (more.empty()) more = clashing(now);
            if (more.empty()) {
                SteadyLoad nothing;
                nothing.mistakes = first_.result.mistakes;
                return nothing;
            }
        }
        faults_.merge(more);
        now = attempt(names_of(faults_));
    }
    const std::size_t before = faults_.size();
    try_again();
    if (faults_.size() != before) now = attempt(names_of(faults_));
    return finished(std::move(now));
}

}  // namespace

SteadyLoad load_steadily(const FileAccess& files, const SteadyOptions& options,
                         const std::vector<std::string>& providers) {
    return Search(files, options, providers).run();
}

SteadyLoad load_steadily(const FileAccess& files, const SteadyOptions& options) {
    std::vector<std::string> providers;
    for (const Source& source : sources()) providers.emplace_back(source.provider);
    return load_steadily(files, options, providers);
}

}  // namespace tapline
