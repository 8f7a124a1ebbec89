"""Runs parts of the benchmark and prints their figures last; started by scripts/bench."""

import argparse
import json
import os
import pathlib
import platform
import resource
import shutil
import sys
import tempfile

from parts import PARTS, Setting
from servers import BenchError

FILES_NEEDED = 16_000


def raise_file_limit():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard != resource.RLIM_INFINITY and hard < FILES_NEEDED:
        raise BenchError(f"{FILES_NEEDED} open files are needed and {hard} are allowed; "
                         f"raise the hard limit (ulimit -Hn)")


def machine():
    model = ""
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
    return {"cores": os.cpu_count(), "processor": model, "kernel": platform.release(),
            "load_before": os.getloadavg()[0]}


def main():
    parser = argparse.ArgumentParser(prog="bench")
    parser.add_argument("part", choices=[*PARTS, "all"])
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--modules", type=pathlib.Path, required=True)
    args = parser.parse_args()

    raise_file_limit()
    about = machine()
    names = ["throughput", "connections", "batch"] if args.part == "all" else [args.part]
    work = pathlib.Path(tempfile.mkdtemp(prefix="bench-", dir=args.build / "bench"))
    figures, details = {}, {}
    try:
        for name in names:
            part_work = work / name
            part_work.mkdir()
            setting = Setting(args.build, part_work, args.modules, args.quick)
            figures |= PARTS[name](setting)
            details[name] = setting.details
            shutil.rmtree(part_work)
    except BenchError as problem:
        print(f"bench: {problem}\nbench: logs are in {work}", file=sys.stderr)
        return 1
    shutil.rmtree(work, ignore_errors=True)
    if args.json:
        args.json.write_text(json.dumps({
            "machine": about, "quick": args.quick, "details": details,
            "figures": {name: {"value": value, "unit": unit}
                        for name, (value, unit) in figures.items()}}, indent=2) + "\n")
    print()
    for name, (value, unit) in figures.items():
        print(f"figure {name} {value:.4g} {unit}")
    return 0


sys.exit(main())
