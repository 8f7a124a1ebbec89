#include "gateway/metrics.h"

#include <doctest/doctest.h>

using namespace tapline;

TEST_CASE("metrics: counters are written with both labels, escaped") {
    CounterFamily family("t_total", "Things.", "a", "b");
    family.add("x", "quote\" back\\ line\n");
    family.add("x", "plain", 2);
    family.add("x", "plain");
    std::string page;
    family.write(page);
    CHECK(page ==
          "# HELP t_total Things.\n# TYPE t_total counter\n"
          "t_total{a=\"x\",b=\"plain\"} 3\n"
          "t_total{a=\"x\",b=\"quote\\\" back\\\\ line\\n\"} 1\n");
    CHECK(family.value("x", "plain") == 3);
    CHECK(family.value("x", "nothing") == 0);
}

TEST_CASE("metrics: a histogram's buckets count everything below their bound") {
    Histogram histogram("t_seconds", "Time.");
    for (const double seconds : {0.0005, 0.002, 0.2, 100.0}) histogram.observe(seconds);
    std::string page;
    histogram.write(page);
    CHECK(page.find("t_seconds_bucket{le=\"0.001\"} 1\n") != std::string::npos);
    CHECK(page.find("t_seconds_bucket{le=\"0.0025\"} 2\n") != std::string::npos);
    CHECK(page.find("t_seconds_bucket{le=\"10\"} 3\n") != std::string::npos);
    CHECK(page.find("t_seconds_bucket{le=\"+Inf\"} 4\n") != std::string::npos);
    CHECK(page.find("t_seconds_count 4\n") != std::string::npos);
}
