#include "gateway/cli/cli.h"

int main(int argc, char** argv) {
    return tapline::run_cli(argc, argv);
}
