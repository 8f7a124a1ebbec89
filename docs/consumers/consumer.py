#!/usr/bin/env python3
"""Works off one Tapline queue with redis-py (4.3 or newer). README.md tells the settings."""

import json
import logging
import os
import re
import signal
import socket
import subprocess
import time

import redis

brand, queue = os.environ["TAPLINE_BRAND"], os.environ["TAPLINE_QUEUE"]
worker = os.environ.get("TAPLINE_WORKER") or socket.gethostname()
claim_ms = int(os.environ.get("TAPLINE_CLAIM_MS") or 60_000)
block_ms = min(5_000, claim_ms)
url = re.sub(r"^(unix:)?(//)?(?=/)", "unix://", os.environ.get("TAPLINE_REDIS") or "redis://127.0.0.1")
if not re.match("rediss?://|unix:///", url):
    raise SystemExit("TAPLINE_REDIS must be redis://..., rediss://... or the absolute path of a socket")
signal.signal(signal.SIGINT, signal.SIG_DFL)  # what is in hand comes again

stream, outcomes = f"tapline:{{{brand}}}:queue:{queue}", f"tapline:{{{brand}}}:outcomes"
r = redis.Redis.from_url(url, decode_responses=True, socket_timeout=block_ms / 1000 + 5)


def handle(contact: dict, entry: dict) -> None:
    """Your code. `contact` is the parsed `data`; an exception means: not done, try again later."""
    if command := os.environ.get("TAPLINE_HANDLER"):
        subprocess.run(command, shell=True, check=True, input=entry["data"], text=True)
    else:
        print(entry["tracking_number"], entry["channel"], contact["data"]["text"], flush=True)


def work(entry_id: str, entry: dict) -> None:
    try:
        mark = f"done:{{{brand}}}:{entry['tracking_number']}:{entry['id']}"
        end = r.pipeline()  # MULTI ... EXEC: marked, reported and acknowledged together or not at all
        if not r.exists(mark):
            handle(json.loads(entry["data"]), entry)
            end.set(mark, 1, ex=14 * 86_400)
            end.xadd(outcomes, {"tracking_number": entry["tracking_number"], "outcome": "answered",
                                "id": entry["id"], "entry": entry_id})
        end.xack(stream, queue, entry_id).execute()
    except redis.RedisError:
        raise
    except Exception:
        logging.exception("entry %s failed; it stays pending and comes again", entry_id)


cursor = "0-0"
while True:
    try:
        # What a dead worker (or this one, before a crash) left, then what is new. One at a time:
        # an entry that waits behind another in this worker's hands looks abandoned to the others.
        cursor, stale, *_ = r.xautoclaim(stream, queue, worker, claim_ms, cursor, count=1)
        for entry_id, entry in stale:
            work(entry_id, entry)
        more = stale or cursor != "0-0"
        for _, fresh in r.xreadgroup(queue, worker, {stream: ">"}, 1, 1 if more else block_ms):
            for entry_id, entry in fresh:
                work(entry_id, entry)
    except redis.RedisError as trouble:  # Redis is away, or NOGROUP: the gateway makes the group anew
        logging.warning("redis: %s; trying again", trouble)
        time.sleep(1)
