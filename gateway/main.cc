#include <cstdio>
#include <exception>

#include "gateway/cli/cli.h"

// The last resort: whatever a library throws ends with a sentence, not with a core file.
int main(int argc, char** argv) {
    try {
        return tapline::run_cli(argc, argv);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "tapline: %s\n", error.what());
        return tapline::kExitFindings;
    }
}
