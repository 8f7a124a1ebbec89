#include "routes/when.h"

namespace tapline {

bool When::empty() const {
    return source.empty() && profile.empty() && channel.empty() && button.empty() &&
           campaign.empty() && line.empty() && region.empty() && language.empty() && auth.empty() &&
           text.empty() && pattern.empty() && attribution.empty() && !customer_known && !contacts &&
           !open_journey && customer_in.empty() && switches.empty() && time.empty() &&
           any.empty() && all.empty() && none.empty();
}

}  // namespace tapline
