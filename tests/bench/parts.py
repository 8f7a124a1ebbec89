"""The parts of scripts/bench. Each returns figures (name -> value, unit) and prints its table."""

import json
import pathlib
import shutil
import statistics
import subprocess
import sys
import urllib.parse

import signed_requests
from load import run_round
from servers import (HERE, BenchError, Fastify, Front, Gateway, Nginx, Redis, copy_config, empty,
                     secret_of)

CONNECTIONS = (32, 256, 1000)
SCRIPT_WINDOWS = (64, 256, 1024)
LOW_CONTENTION_WINDOW = 1
NDJSON_LINES = 500
NDJSON_CONNECTIONS = 8
HEALTHY_CONNECTIONS = 16
CROWD_IDLE = 10_000
CROWD_SLOW = 1_000
CROWD_SECONDS = 50  # below the front's idle deadline of 60 s


def median(rounds, name):
    return statistics.median(one[name] for one in rounds)


def say(text):
    print(text, flush=True)


class Setting:
    """What all parts share: where things are, and how long a round lasts."""

    def __init__(self, build, work, modules, quick):
        self.build = build
        self.work = work
        self.modules = modules
        self.quick = quick
        self.rounds = 1 if quick else 5
        self.seconds = 2 if quick else 4
        self.secret = secret_of("instagram-app-secret")
        self.details = {}
        self._instagram = None

    def program(self, name):
        return self.build / ("tapline" if name == "tapline" else f"tests/{name}")

    def instagram(self):
        """The file of signed messages, made once."""
        if self._instagram is None:
            path = self.work / "instagram.requests"
            count = self.seconds * 40_000
            say(f"signing {count} messages ...")
            signed_requests.write_instagram(path, count, self.secret, seed=1)
            self._instagram = path
        return self._instagram


def print_round(one):
    say("  {server:<10} {connections:>5} connections {events_per_second:>9.0f} events/s  p50 "
        "{p50_ms:>7.2f} ms  p99 {p99_ms:>7.2f} ms  cpu/event: server {server_cpu_us:>5.1f} us, "
        "redis {redis_cpu_us:>5.1f} us".format(**one))


# --- the script's ceiling -------------------------------------------------------------------------

def script_rounds(setting, redis, requests, calls, windows):
    """Each window once, on an emptied Redis; what script_bench printed."""
    empty(redis.client)
    config = copy_config(setting.work, "script-config")
    result = subprocess.run(
        [setting.program("script_bench"), config, requests, redis.socket, str(calls),
         *[str(window) for window in windows]],
        capture_output=True, text=True, timeout=300, check=False)
    if result.returncode != 0:
        raise BenchError(result.stderr.strip() or f"script_bench ended with {result.returncode}")
    found = [json.loads(line[len("script "):]) for line in result.stdout.splitlines()
             if line.startswith("script ")]
    for one in found:
        one["events_per_second"] = one["events"] / one["seconds"]
        say("  script, {window:>4} in flight {events_per_second:>9.0f} events/s  "
            "{usec_per_call:>6.2f} us in Redis per call".format(**one))
    return found


def best_ceiling(rounds):
    """The median of the best window: rounds is a flat list of several windows, several times."""
    by_window = {}
    for one in rounds:
        by_window.setdefault(one["window"], []).append(one["events_per_second"])
    return max(statistics.median(values) for values in by_window.values())


def script(setting):
    say("The script alone, called by a bare client")
    redis = Redis(setting.work, "redis-script")
    try:
        calls = 5_000 if setting.quick else 40_000
        windows = (LOW_CONTENTION_WINDOW, *SCRIPT_WINDOWS)
        rounds = []
        for _ in range(setting.rounds):
            rounds += script_rounds(setting, redis, setting.instagram(), calls, windows)
    finally:
        redis.stop()
    quiet = [one["usec_per_call"] for one in rounds if one["window"] == LOW_CONTENTION_WINDOW]
    setting.details["script"] = rounds
    setting.script_ceiling = best_ceiling(
        [one for one in rounds if one["window"] != LOW_CONTENTION_WINDOW])
    say(f"  ceiling of the script: {setting.script_ceiling:.0f} events/s")
    return {"accept.script_us": (statistics.median(quiet), "us")}


# --- throughput -----------------------------------------------------------------------------------

def rotated(servers, turn):
    turn %= len(servers)
    return servers[turn:] + servers[:turn]


def alternate(setting, servers, connections):
    """Rounds of all servers at this number of connections, another one first each time."""
    rounds = []
    for turn in range(setting.rounds):
        for server in rotated(servers, turn):
            repeat = "once" if server.redis else "again"
            one = run_round(server, setting.instagram(), connections, setting.seconds,
                            repeat=repeat)
            print_round(one)
            rounds.append(one)
    return rounds


def compare(rounds, connections, script_ceiling):
    """The figures of one number of connections."""
    of = {}
    for one in rounds:
        of.setdefault(one["server"], []).append(one)
    rate = {name: median(some, "events_per_second") for name, some in of.items()}
    p99 = {name: median(some, "p99_ms") for name, some in of.items()}
    fastify = max((name for name in of if name.startswith("fastify")), key=rate.get)
    say(f"  at {connections}: compared with {fastify}, the better Fastify; medians "
        + ", ".join(f"{name} {rate[name]:.0f}/s {p99[name]:.1f} ms" for name in of))
    return {
        f"throughput.fastify.{connections}": (rate["gateway"] / rate[fastify], "ratio"),
        f"throughput.nginx_lua.{connections}": (rate["gateway"] / rate["nginx_lua"], "ratio"),
        f"throughput.p99_vs_fastify.{connections}": (p99["gateway"] / p99[fastify], "ratio"),
        f"throughput.p99_vs_nginx_lua.{connections}": (p99["gateway"] / p99["nginx_lua"], "ratio"),
        f"throughput.share_of_script_ceiling.{connections}":
            (rate["gateway"] / script_ceiling, "share"),
        f"throughput.share_of_front_ceiling.{connections}":
            (rate["gateway"] / rate["front"], "share"),
    }


COMPARED_ENTRIES = 2_000
RECORDS = (b"seen", b"journey", b"customer")


def stored_sizes(redis, ids):
    """What stands in Redis for these events, without what differs from server to server: names and
    lengths of keys, records, entries and facts. Only customers of one contact are compared, since
    returning ones may have come in another order."""
    sizes = {}
    for stream, key in (("entry", "tapline:{acme}:queue:sales"), ("fact", "tapline:{acme}:feed")):
        for _, fields in redis.xrange(key, count=COMPARED_ENTRIES):
            if fields[b"id"] in ids and b'"earlier_contacts":0' in fields.get(b"data", b'"earlier_contacts":0'):
                sizes[stream, fields[b"id"]] = [(name, len(value)) for name, value in fields.items()]
    for kind in RECORDS:
        keys = list(redis.scan_iter(b"tapline:{acme}:%b:*" % kind, count=10_000))[:COMPARED_ENTRIES]
        first = [(len(key), len(value)) for key, value in zip(keys, redis.mget(keys))
                 if kind != b"customer" or value.startswith(b"1\t1\t")]
        sizes[kind] = set(first)
    return sizes


def compare_stored(gateway, peer):
    """A peer must store what the gateway stores; else it does other work and the round is void."""
    ids = [{fields[b"id"] for _, fields in server.redis.xrange(
        "tapline:{acme}:queue:sales", count=COMPARED_ENTRIES)} for server in (gateway, peer)]
    common = ids[0] & ids[1]
    ours, theirs = (stored_sizes(server.redis, common) for server in (gateway, peer))
    if len(common) < COMPARED_ENTRIES // 20 or any(not ours[kind] for kind in RECORDS):
        raise BenchError(f"{gateway.name} and {peer.name} have only {len(common)} events in common")
    for what, size in ours.items():
        if what in theirs and theirs[what] != size:
            raise BenchError(f"{peer.name} stores {what} as {theirs[what]} and not as {size}")


def throughput(setting):
    figures = script(setting)
    redis = Redis(setting.work, "redis-peers")
    servers = []
    try:
        servers.append(Gateway(setting.work, setting.program("tapline")))
        for processes in (1, 2):
            servers.append(Fastify(setting.work, setting.modules, redis, setting.secret, processes))
        servers.append(Nginx(setting.work, redis, setting.secret))
        for server in servers:
            run_round(server, setting.instagram(), 32, 1, warm_up=0)
            if server is not servers[0]:
                compare_stored(servers[0], server)
        servers.append(Front(setting.work, setting.program("front_bench")))
        everything = []
        for connections in CONNECTIONS:
            say(f"{connections} connections")
            rounds = alternate(setting, servers, connections)
            figures |= compare(rounds, connections, setting.script_ceiling)
            everything += rounds
    finally:
        for server in servers:
            server.stop()
        redis.stop()
    setting.details["throughput"] = everything
    return figures


# --- connections ----------------------------------------------------------------------------------

def resident_bytes(pid):
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Rss:"):
            return int(line.split()[1]) * 1024
    raise BenchError("smaps_rollup has no Rss")


class CrowdOf:
    """crowd.py on a port, as a context: open inside, closed and checked outside."""

    def __init__(self, port, idle, slow):
        query = urllib.parse.urlencode({
            "hub.mode": "subscribe", "hub.challenge": "1",
            "hub.verify_token": secret_of("instagram-verify-token")})
        self.idle = idle
        self.child = subprocess.Popen(
            [sys.executable, HERE / "crowd.py", str(port), f"/hooks/instagram-main?{query}",
             str(idle), str(slow), str(CROWD_SECONDS)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        if self.child.stdout.readline() != "ready\n":
            raise BenchError("the crowd of connections could not be opened")
        return self

    def __exit__(self, kind, value, trace):
        self.child.stdin.close()
        line = self.child.stdout.readline()
        self.child.wait(30)
        self.report = json.loads(line) if line else {}
        if kind is None and self.report.get("idle_open") != self.idle:
            raise BenchError(f"of {self.idle} idle connections not all stayed: {self.report}")


def connections(setting):
    say("10,000 idle and 1,000 slow connections")
    gateway = Gateway(setting.work, setting.program("tapline"))
    alone, crowded = [], []
    reports = []
    seconds = setting.seconds
    try:
        with CrowdOf(gateway.port, 100, 0):
            before = resident_bytes(gateway.pids()[0])
        with CrowdOf(gateway.port, CROWD_IDLE, 0):
            with_idle = resident_bytes(gateway.pids()[0])

        def healthy(rounds, what):
            one = run_round(gateway, setting.instagram(), HEALTHY_CONNECTIONS, seconds)
            one["crowd"] = what
            print_round(one)
            rounds.append(one)

        # The rounds inside one crowd end before the front's idle deadline.
        for _ in range(2 if not setting.quick else 1):
            for _ in range(3):
                healthy(alone, "none")
            with CrowdOf(gateway.port, CROWD_IDLE, CROWD_SLOW) as crowd:
                for _ in range(3):
                    healthy(crowded, "10,000 idle, 1,000 slow")
            reports.append(crowd.report)
    finally:
        gateway.stop()
    say(f"  crowd at the end: {reports}")
    setting.details["connections"] = {"rounds": alone + crowded, "crowds": reports,
                                      "rss_before": before, "rss_with_idle": with_idle}
    for name in ("p50_ms", "p99_ms", "events_per_second"):
        say(f"  healthy client, {name}: {median(alone, name):.2f} alone, "
            f"{median(crowded, name):.2f} in the crowd")
    return {
        "connections.p99_ratio": (median(crowded, "p99_ms") / median(alone, "p99_ms"), "ratio"),
        "connections.bytes_per_idle": ((with_idle - before) / (CROWD_IDLE - 100), "bytes"),
    }


# --- batch ----------------------------------------------------------------------------------------

def batch(setting):
    say(f"NDJSON, {NDJSON_LINES} events a request, {NDJSON_CONNECTIONS} connections")
    requests = setting.work / "ndjson.requests"
    count = max(40, setting.seconds * 40_000 // NDJSON_LINES)
    signed_requests.write_ndjson(requests, count, NDJSON_LINES, secret_of("acme-api-key"), seed=2)
    redis = Redis(setting.work, "redis-batch")
    gateway = None
    rounds, ceilings = [], []
    try:
        gateway = Gateway(setting.work, setting.program("tapline"))
        for _ in range(setting.rounds):
            one = run_round(gateway, requests, NDJSON_CONNECTIONS, setting.seconds,
                            per_request=NDJSON_LINES)
            print_round(one)
            rounds.append(one)
            calls = 5_000 if setting.quick else 40_000
            ceilings += script_rounds(setting, redis, requests, calls, SCRIPT_WINDOWS)
    finally:
        if gateway:
            gateway.stop()
        redis.stop()
    setting.details["batch"] = {"rounds": rounds, "script": ceilings}
    rate, ceiling = median(rounds, "events_per_second"), best_ceiling(ceilings)
    say(f"  accepted {rate:.0f} events/s, the script alone {ceiling:.0f} events/s")
    return {"batch.share_of_script_ceiling": (rate / ceiling, "share")}


# --- where the time goes --------------------------------------------------------------------------

# What the lines of the table are called, and whose instructions, with all they call, they are.
STEPS = (
    ("the front's loop: read, frame, write", "tapline::http::Loop::run("),
    ("cpp-httplib around the handler", "httplib::Server::process_request("),
    ("the handler: all below", "tapline::handle_hook("),
    ("  HMAC: signature, identity, customer", "tapline::hmac_sha256("),
    ("  parse the message", "sources/instagram.cc:tapline::(anonymous namespace)::parse("),
    ("  numbers named in the text", "tapline::named_numbers("),
    ("  route", "tapline::evaluate("),
    ("  the queue entry", "tapline::stream_entry("),
    ("  the fact", "tapline::event_fact("),
    ("  encode the script call", "tapline::redis::Link::submit_script("),
    ("the link's thread: send, read, complete", "tapline::redis::Connection::serve("),
)


def instructions(path):
    """Function -> instructions, with all that it calls, out of a callgrind file."""
    text = subprocess.run(
        ["callgrind_annotate", "--inclusive=yes", "--threshold=100", "--show-percs=no", path],
        capture_output=True, text=True, check=True).stdout
    found = {}
    for line in text.splitlines():
        count, _, name = line.strip().partition(" ")
        if count.replace(",", "").isdigit():
            found[name.strip().replace("[abi:cxx11]", "")] = int(count.replace(",", ""))
    return found


def control(gateway, *words):
    subprocess.run(["callgrind_control", *words, str(gateway.pids()[0])], capture_output=True,
                   check=True)


def profile(setting):
    """Instructions per event, step by step, counted by callgrind: the same on a busy machine."""
    if not shutil.which("valgrind"):
        raise BenchError("profile needs valgrind (apt-get install valgrind)")
    say("Where the gateway's time goes: instructions per event under callgrind")
    output = setting.work / "callgrind.out"
    wrapper = setting.work / "tapline-counted"
    wrapper.write_text(
        "#!/bin/sh\nexec valgrind --tool=callgrind --instr-atstart=no "
        f"--callgrind-out-file='{output}' '{setting.program('tapline')}' \"$@\"\n")
    wrapper.chmod(0o755)
    gateway = Gateway(setting.work, wrapper)
    try:
        run_round(gateway, setting.instagram(), 64, 2, warm_up=0)
        control(gateway, "-i", "on")
        counted = run_round(gateway, setting.instagram(), 64, 5 * setting.seconds, warm_up=0)
        control(gateway, "-d")  # writes callgrind.out.1
    finally:
        gateway.stop()
    found = instructions(f"{output}.1")
    total = next(count for name, count in found.items() if name.startswith("PROGRAM TOTALS"))
    rows = {"all": total / counted["events"]}
    for label, function in STEPS:
        own = [count for name, count in found.items() if function in name]
        rows[label.strip()] = max(own, default=0) / counted["events"]
        say(f"  {label:<40} {rows[label.strip()]:>9.0f}")
    say(f"  {'everything, without the kernel':<40} {rows['all']:>9.0f}")
    setting.details["profile"] = {"events": counted["events"], "instructions_per_event": rows}
    return {}


# --- the JSON writer ------------------------------------------------------------------------------

def figures_of(setting, program, *options):
    """What a program prints as figures, when it needs nothing and nobody."""
    result = subprocess.run([setting.program(program), *options], capture_output=True, text=True,
                            timeout=300, check=False)
    if result.returncode != 0:
        raise BenchError(result.stderr.strip() or f"{program} ended with {result.returncode}")
    words = [line.split() for line in result.stdout.splitlines() if line.startswith("figure ")]
    return {name: (float(value), unit) for _, name, value, unit in words}


def json_writer(setting):
    say("One entry's data by our writer and by nlohmann-json")
    return figures_of(setting, "json_writer_bench")


def routes(setting):
    say("The route of an event, among 10, 100 and 1,000, and of a thousand brands")
    return figures_of(setting, "routes_bench", "--benchmark_color=false",
                      f"--benchmark_min_time={0.05 if setting.quick else 0.5}")


PARTS = {"json": json_writer, "routes": routes, "script": script, "throughput": throughput, "connections": connections, "batch": batch,
         "profile": profile}
