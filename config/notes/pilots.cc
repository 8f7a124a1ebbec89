#include "config/notes/pilots.h"

#include "config/report.h"

namespace tapline {

std::vector<std::string> pilot_notes(const Config& config, Time now) {
    std::vector<std::string> notes;
    for (const auto& [name, brand] : config.brands) {
        for (const Route& route : brand->routes) {
            if (!route.pilot || !route.pilot->until || *route.pilot->until > now) continue;
            notes.push_back("brand " + name + ": pilot " + shown(route.pilot->name) + " of route " +
                            shown(route.name) +
                            " is over, so everybody is answered by the route itself; remove it, "
                            "or move its until");
        }
    }
    return notes;
}

}  // namespace tapline
