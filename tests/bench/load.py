"""Rounds of load: wrk with load.lua on one server, checked on both sides."""

import json
import subprocess

from servers import HERE, BenchError, cpu_seconds, empty, queued

WIND_DOWN_SECONDS = 20


def wrk(port, requests, connections, seconds, repeat="once"):
    """One run of wrk; what load.lua counted."""
    result = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds + WIND_DOWN_SECONDS}", "--timeout", "10s",
         "-s", HERE / "load.lua", f"http://127.0.0.1:{port}/", "--", requests, str(seconds),
         str(connections), repeat],
        capture_output=True, text=True, timeout=seconds + 2 * WIND_DOWN_SECONDS, check=False)
    for line in result.stdout.splitlines():
        if line.startswith("round "):
            return json.loads(line[len("round "):])
    raise BenchError(f"wrk: {result.stdout[-500:]} {result.stderr[-500:]}")


def check(server, counted, connections, repeat, per_request):
    faults = []
    if counted["refused"] or counted["lost"]:
        faults.append(f"{counted['refused']} refused, {counted['lost']} lost")
    if counted["resting"] != connections or counted["answered"] != counted["sent"]:
        faults.append(f"{counted['sent']} sent but {counted['answered']} answered")
    if counted["exhausted"]:
        faults.append("the file of requests is too short for this machine")
    if repeat == "once":
        entries = queued(server.redis)
        answered = counted["answered"] - counted["refused"]
        if entries != answered * per_request:
            faults.append(f"{answered} requests of {per_request} events were answered "
                          f"2xx but {entries} entries are queued")
    if faults:
        raise BenchError(f"{server.name} at {connections} connections: {'; '.join(faults)}")


def run_round(server, requests, connections, seconds, warm_up=1, repeat="once", per_request=1):
    """Warms up, empties Redis, measures, and compares 2xx answers with what is queued."""
    if warm_up:
        if server.redis:
            empty(server.redis)
        wrk(server.port, requests, connections, warm_up, repeat)
    if server.redis:
        empty(server.redis)
    pids, redis_pids = server.pids(), server.redis_pids()
    server_cpu, redis_cpu = cpu_seconds(pids), cpu_seconds(redis_pids)
    counted = wrk(server.port, requests, connections, seconds, repeat)
    check(server, counted, connections, repeat, per_request)
    events = counted["answered"] * per_request
    return {
        "server": server.name, "connections": connections, "events": events,
        "events_per_second": events / counted["seconds"],
        "p50_ms": counted["p50_us"] / 1000, "p99_ms": counted["p99_us"] / 1000,
        "max_ms": counted["max_us"] / 1000,
        "server_cpu_us": 1e6 * (cpu_seconds(pids) - server_cpu) / max(1, events),
        "redis_cpu_us": 1e6 * (cpu_seconds(redis_pids) - redis_cpu) / max(1, events),
    }
