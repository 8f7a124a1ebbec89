// The last good version of each brand on disk, for a start whose files are broken.
//
//     DATA_DIR/last_good/acme/brands%2Facme.yaml
//     DATA_DIR/last_good/acme/tables%2Fvips.csv
//
// The name of a file is its path from the config directory, with "%" and "/" as %25 and %2F. A
// brand's folder is written beside its place and exchanged for the old one in one step, so that a
// gateway that dies in between leaves the old version or the new one; names that begin with a "."
// are such leftovers. Nothing secret is written: brand files hold references only. Not thread-safe.
#pragma once

#include <string>

#include "config/last_good.h"
#include "routes/error.h"

namespace tapline {

class LastGoodStore {
  public:
    explicit LastGoodStore(const std::string& data_dir);

    // What is there; a brand that cannot be read is left out.
    LastGood read() const;
    // Writes the brands whose files are others than those there, and removes those that `good` has
    // not. Error unavailable: a brand could not be written; its old version stands.
    Result<void> keep(const LastGood& good);

  private:
    std::string folder_;
    LastGood written_;
};

}  // namespace tapline
