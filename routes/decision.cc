#include "routes/decision.h"

namespace tapline {

std::string_view to_string(Decision::State state) {
    switch (state) {
        case Decision::State::queued:
            return "queued";
        case Decision::State::held:
            return "held";
        case Decision::State::gathering:
            return "gathering";
        case Decision::State::suppressed:
            return "suppressed";
    }
    return "queued";
}

}  // namespace tapline
