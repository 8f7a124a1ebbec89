"""Three gateways on one Redis, all of whose stewards act, and which are killed in between: nothing is
done twice, and nothing stays."""
import collections
import json
import os
import signal
import threading
import time
import unittest

from fault_test import Redis
from harness import Gateway, eventually, read

KEY = "tapline:{acme}:"
QUEUES = """  chat:
    hours: always
    respond_within: 2s
    overdue: [{at: 100%, move: care}]
  lead:
    hours: always
    respond_within: 1h

topics:
  outage: {text: [outage], customers: 25, within: 1h, to: lead, clear_below: 10}

switches:
  storm: {about: "No sales talk in an ice storm", release_per_second: 20}
"""


def edit(text):
    return text.replace("  chat:\n    hours: always\n    respond_within: 2m\n", QUEUES)


def three(test):
    """Three gateways with the same keys, not started, and their Redis, which runs."""
    gateways = [Gateway(redis_line="redis: unix:REDIS", brand_edit=edit) for _ in range(3)]
    server = Redis(gateways[0].dir).start()
    for gateway in gateways:
        gateway.write(gateway.tapline_yaml,
                      read(gateway.tapline_yaml).replace("REDIS", server.path))
        gateway.redis = server.client
        if gateway is not gateways[0]:
            os.makedirs(os.path.join(gateway.config, "keys"))
            for name in ("tracking", "privacy"):
                gateway.write(os.path.join(gateway.config, "keys", name),
                              read(os.path.join(gateways[0].config, "keys", name)))
        gateway.start()
        test.addCleanup(gateway.stop)
    test.addCleanup(server.stop)
    return gateways, server


class StewardsTest(unittest.TestCase):
    def setUp(self):
        self.gateways, self.server = three(self)
        self.kills = 0
        self.redis = self.server.client()
        self.addCleanup(self.redis.close)

    def kill_in_turn(self, stop):
        """Until `stop` is set: kills one gateway after another, and starts it again."""
        while not stop.is_set():
            for gateway in self.gateways:
                time.sleep(0.7)
                gateway.stop(signal.SIGKILL)
                gateway.start()
                self.kills += 1

    def with_kills(self, work):
        stop = threading.Event()
        killer = threading.Thread(target=self.kill_in_turn, args=(stop,))
        killer.start()
        try:
            work()
            # Each has come back at least once, and does nothing again.
            eventually(lambda: self.kills >= 4, "kills")
        finally:
            stop.set()
            killer.join()

    def send(self, gateway, number):
        body = {"id": f"c{number}", "channel": "chat", "text": "hello",
                "customer": {"id": f"p{number}"}}
        while True:
            try:
                status = gateway.events(json.dumps(body))[0]
            except OSError:
                status = 0
            if status // 100 == 2:
                return
            time.sleep(0.05)

    def facts(self, fact):
        return [(entry["id"], json.loads(entry["body"])) for _, entry in
                self.redis.xrange(KEY + "feed") if entry["fact"] == fact]

    def once_each(self, fact, ids):
        counts = collections.Counter(one for one, _ in self.facts(fact))
        self.assertEqual([one for one, count in counts.items() if count != 1], [], fact)
        self.assertEqual(set(counts), set(ids), fact)

    def test_overdue_entries_move_once_and_none_stays_while_gateways_are_killed(self):
        total = 300

        def work():
            threads = [threading.Thread(target=lambda n=n: [
                self.send(self.gateways[n], i) for i in range(n, total, 3)]) for n in range(3)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            eventually(lambda: self.redis.xlen(KEY + "queue:care") >= total and
                       not self.redis.xlen(KEY + "queue:chat"), "all have moved", 120)

        self.with_kills(work)
        ids = {f"c{number}" for number in range(total)}
        self.once_each("late", ids)
        self.once_each("moved", ids)
        entries = [entry for _, entry in self.redis.xrange(KEY + "queue:care")]
        self.assertEqual(sorted(entry["id"] for entry in entries), sorted(ids))
        self.assertEqual({json.loads(entry["data"])["data"]["context"]["late_reason"]
                          for entry in entries}, {"outage"})
        self.assertEqual([self.redis.zcard(KEY + name) for name in ("late", "due")], [total, 0])

    def hold(self, ident, kind, timer, score):
        self.redis.hset(KEY + "held:" + ident, mapping={
            "v": "1", "id": ident, "tracking_number": "7K3-M9Q-2X4", "accepted_at": "1773066600210",
            "due_at": "", "data": "{}", "_kind": kind, "_lane": "retention", "_group": "retention",
            "_copies": "", "_step": "", "_at": "1773066600210", "_customer": "", "_place": "",
            "_switch": "storm" if kind == "switch" else ""})
        self.redis.zadd(KEY + timer, {ident: score})

    def test_held_entries_topics_and_transfers_are_done_once_while_gateways_are_killed(self):
        held = [f"h{number}" for number in range(200)]
        now = int(time.time() * 1000)

        def work():
            for ident in held:
                self.hold(ident, "hours", "delayed", now + 1500)
            for number in range(30):
                self.redis.zadd(KEY + "topic:outage", {f"customer{number}": now})
            for number in range(50):
                journey = ["1", "f", str(now), "chat", "", "", "", "", "care", "default", "1",
                           str(now), "", ""]
                self.redis.set(KEY + "journey:" + self.numbers[number].replace("-", ""),
                               "\t".join(journey))
                for _ in range(2):
                    self.redis.xadd(KEY + "outcomes", {
                        "tracking_number": self.numbers[number], "outcome": "transferred",
                        "queue": "lead", "id": f"t{number}"})
            eventually(lambda: self.redis.xlen(KEY + "queue:retention") == len(held), "released")
            eventually(lambda: self.redis.xlen(KEY + "outcomes") == 0, "outcomes are taken")

        # Numbers of the gateway's own, with their check character.
        for number in range(50):
            self.send(self.gateways[0], 1000 + number)
        self.numbers = [entry["tracking_number"] for _, entry in
                        self.redis.xrange(KEY + "feed") if entry["fact"] == "queued"]
        self.with_kills(work)
        self.once_each("released", held)
        self.assertEqual(self.redis.zcard(KEY + "delayed"), 0)
        eventually(lambda: self.facts("topic_escalated"), "the escalation")
        self.assertEqual(len(self.facts("topic_escalated")), 1)
        self.once_each("transferred", [f"t{number}" for number in range(50)])
        types = collections.Counter(entry["type"] for _, entry in
                                    self.redis.xrange(KEY + "queue:lead"))
        self.assertEqual(types, {"contact.transferred": 50, "escalation.topic": 1})

    def test_a_switch_is_turned_on_and_off_and_what_it_held_comes_in_order(self):
        cli = self.gateways[0].cli
        told = cli("switch", "strom", "on", "--until", "+6h", "--reason", "ice", check=False)
        self.assertEqual(told.returncode, 1)
        self.assertIn('did you mean "storm"?', told.stderr)
        self.assertEqual(cli("switch", "storm", "on", "--reason", "ice", check=False).returncode, 2)
        turn_on = ["switch", "storm", "on", "--until", "+6h", "--reason", "ice", "--author", "dana",
                   "--region", "US-GA"]
        passed = KEY + "switch_passed"
        self.redis.hset(passed, "storm", 7)  # of the last time that it was on
        cli(*turn_on)
        self.assertIsNone(self.redis.hget(passed, "storm"))
        self.redis.hset(passed, "storm", 3)
        cli(*turn_on)
        self.assertEqual(self.redis.hget(passed, "storm"), "3")
        listed = json.loads(cli("switch", "--json").stdout)["switches"][0]
        self.assertEqual((listed["name"], listed["on"], listed["author"], listed["regions"]),
                         ("storm", True, "dana", ["US-GA"]))
        idents = [f"s{number:03}" for number in range(60)]
        for number, ident in enumerate(idents):
            self.hold(ident, "switch", "switched:storm", 1773066600210 + number)
        time.sleep(2.5)
        self.assertEqual(self.redis.xlen(KEY + "queue:retention"), 0)
        self.assertEqual(json.loads(cli("switch", "--json").stdout)["switches"][0]["held"], 60)
        begun = time.monotonic()
        cli("switch", "storm", "off", "--reason", "over")
        eventually(lambda: self.redis.xlen(KEY + "queue:retention") == 60, "released")
        self.assertGreater(time.monotonic() - begun, 1.9)
        self.assertEqual(sorted(one for one, _ in self.facts("released")), idents)
        facts = self.facts("switch_on") + self.facts("switch_off")
        self.assertEqual(len(facts), 3)
        self.assertNotIn("reason", str(facts))

    def test_a_suppression_is_kept_as_a_keyed_hash_and_ends(self):
        cli = self.gateways[1].cli
        cli("suppress", "add", "--phone", "+14045550199", "--reason", "fraud", "--until", "+1d")
        listed = cli("suppress", "list").stdout
        self.assertIn("1 customer suppressed", listed)
        self.assertIn("fraud", listed)
        stored = self.redis.hgetall(KEY + "suppressed")
        self.assertEqual(len(stored), 1)
        self.assertNotIn("4045550199", json.dumps(stored) + listed)
        self.assertNotIn("fraud", json.dumps(self.facts("suppression_added")))
        eventually(lambda: self.gateways[2].metric("tapline_suppressed{") == 1, "the figure")
        cli("suppress", "remove", "--phone", "+1 404 555-0199", "--reason", "mistake")
        self.assertEqual(self.redis.hlen(KEY + "suppressed"), 0)
        self.redis.set(KEY + "suppressed", "not the right type")
        told = cli("suppress", "list", check=False)
        self.assertEqual(told.returncode, 1)
        self.assertIn("WRONGTYPE", told.stderr)

    def test_a_page_in_a_browser_changes_nothing(self):
        body = json.dumps({"on": True, "until": "+1h", "author": "x", "reason": "x"}).encode()
        target = "/v1/brands/acme/switches/storm"
        for headers in ({"Content-Type": "text/plain"},
                        {"Content-Type": "application/json", "Origin": "https://example.com"}):
            status, _, _ = self.gateways[0].request("PUT", target, body, headers,
                                                    address=self.gateways[0].admin)
            self.assertEqual(status, 400)
        self.assertEqual(self.redis.hlen(KEY + "switches"), 0)


if __name__ == "__main__":
    unittest.main()
