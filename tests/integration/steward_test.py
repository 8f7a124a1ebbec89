"""The background duty: what it removes, what it must never remove, and what it does when keys are
broken, groups are moved, Redis is full or emptied. Against a real gateway and a real Redis."""
import json
import os
import unittest

import redis

from harness import Gateway, eventually, read

CHAT = "tapline:{acme}:queue:chat"
FEED = "tapline:{acme}:feed"
OUTCOMES = "tapline:{acme}:outcomes"


class StewardTest(unittest.TestCase):
    def setUp(self):
        self.gateway = Gateway().start()
        self.addCleanup(self.gateway.close)
        self.redis = self.gateway.redis()
        self.addCleanup(self.redis.close)
        eventually(lambda: self.redis.exists(CHAT + ":about"), "the first turn")

    def add(self, count, stream=CHAT, **fields):
        """Entries as of another writer; their ids."""
        pipe = self.redis.pipeline(transaction=False)
        for i in range(count):
            pipe.xadd(stream, fields or {"id": f"e{i}", "tracking_number": "7K3-M9Q-2X4",
                                         "accepted_at": "1773066600210", "data": "{}"})
        return pipe.execute()

    def claim(self, count, consumer="w1", key=CHAT, group="chat"):
        taken = self.redis.xreadgroup(group, consumer, {key: ">"}, count=count)
        return [entry for entry, _ in taken[0][1]] if taken else []

    def turns(self, count=2):
        """Waits until so many turns have begun and ended: each asks Redis for the time once."""
        def asked():
            return self.redis.info("commandstats").get("cmdstat_time", {"calls": 0})["calls"]
        until = asked() + count + 1
        eventually(lambda: asked() >= until, "turns of the steward")

    def alarms(self):
        return json.loads(self.gateway.get_admin("/readyz")[1])["alarms"]

    def ids(self, key=CHAT):
        return [entry for entry, _ in self.redis.xrange(key)]

    def done_entries(self):
        return [json.loads(fact["body"])["entry"] for fact in self.gateway.facts("done")]

    # Reaping.

    def test_deleted_ids_among_the_pending_hide_no_entry(self):
        ids = self.add(1200)
        self.assertEqual(len(self.claim(1200)), 1200)
        self.redis.xdel(CHAT, *ids[1:1100])
        left = [ids[0], *ids[1100:]]
        self.redis.xack(CHAT, "chat", left[50])
        eventually(lambda: left[50] not in self.ids(), "the acknowledged one is removed")
        self.turns()
        self.assertEqual(self.ids(), left[:50] + left[51:])
        self.assertEqual(self.done_entries(), [left[50]])

    def test_every_acknowledged_entry_is_told_once_whatever_the_pattern(self):
        ids = self.add(3001)
        self.claim(3001)
        gone = [entry for i, entry in enumerate(ids) if i % 3 == 0 or 600 <= i < 1900]
        self.redis.xack(CHAT, "chat", *gone)
        eventually(lambda: self.redis.xlen(CHAT) == len(ids) - len(gone), "all are removed")
        self.turns()
        self.assertEqual(self.ids(), [entry for entry in ids if entry not in set(gone)])
        self.assertEqual(sorted(self.done_entries()), sorted(gone))
        self.assertEqual(self.redis.hget(CHAT + ":about", "removed"), str(len(gone)))

    def test_very_many_held_entries_are_looked_at_in_several_turns(self):
        ids = []
        for _ in range(6):
            ids += self.add(5000)
        while self.claim(5000):
            pass
        self.turns()

        def calls():
            stats = self.redis.info("commandstats")
            return stats["cmdstat_time"]["calls"], stats["cmdstat_xpending"]["calls"]

        first = calls()
        self.turns(4)
        last = calls()
        queues = len(self.redis.keys("tapline:{acme}:queue:*:about"))
        pages = (last[1] - first[1]) / (last[0] - first[0] + 1)
        # Each queue: its pages, and the summary for the metrics. 30,000 entries are 60 pages.
        self.assertLess(pages, 2 * queues + 30)
        for entry in (ids[-1], ids[0], ids[15000]):
            self.redis.xack(CHAT, "chat", entry)
            eventually(lambda entry=entry: not self.redis.xrange(CHAT, entry, entry), "removed")
        self.assertEqual(self.redis.xlen(CHAT), 29997)

    # Groups that others make or move.

    def test_a_group_made_again_at_the_end_of_the_stream_loses_nothing(self):
        ids = self.add(10)
        # In one transaction, so that no turn falls between the two.
        with self.redis.pipeline() as pipe:
            pipe.xgroup_destroy(CHAT, "chat")
            pipe.xgroup_create(CHAT, "chat", "$")
            pipe.execute()
        eventually(lambda: "group_recreated.acme.chat" in self.alarms(), "the alarm")
        self.turns()
        self.assertEqual(self.ids(), ids)
        self.assertEqual(self.claim(100), ids)
        self.assertEqual(self.done_entries(), [])

    def test_a_group_that_the_gateway_made_raises_no_alarm(self):
        self.gateway.events(json.dumps({"specversion": "1.0", "id": "x1", "source": "/t",
                                        "type": "contact.chat", "data": {"text": "hi"}}),
                            "application/cloudevents+json")
        self.redis.delete(CHAT)
        self.turns(3)
        self.assertFalse([name for name in self.alarms() if name.startswith("group_")])

    def test_a_group_moved_over_undelivered_entries_goes_back(self):
        before = self.add(5)
        self.assertEqual(self.claim(5), before)
        self.redis.xack(CHAT, "chat", *before[:3])
        eventually(lambda: self.redis.xlen(CHAT) == 2, "removed")
        self.turns()
        waiting = self.add(7)
        self.redis.execute_command("XGROUP", "SETID", CHAT, "chat", "$")
        eventually(lambda: "group_moved.acme.chat" in self.alarms(), "the alarm")
        self.turns()
        self.assertEqual(self.ids(), before[3:] + waiting)
        self.assertEqual(self.claim(100), waiting)
        self.assertEqual(sorted(self.done_entries()), sorted(before[:3]))

    # Redis full, emptied, broken.

    def test_a_full_redis_is_not_ready_and_acknowledged_entries_still_go(self):
        ids = self.add(50)
        self.claim(50)
        self.redis.config_set("maxmemory", 1)
        self.addCleanup(self.redis.config_set, "maxmemory", 0)
        eventually(lambda: "redis_refuses" in self.alarms(), "the alarm")
        status, body, _ = self.gateway.get_admin("/readyz")
        self.assertEqual(status, 503)
        self.assertIn("OOM", body)
        self.redis.xack(CHAT, "chat", *ids)
        eventually(lambda: self.redis.xlen(CHAT) == 0, "removed, though Redis is full")
        self.assertEqual(self.done_entries(), ids)
        self.redis.config_set("maxmemory", 0)
        eventually(lambda: self.gateway.get_admin("/readyz")[0] == 200, "ready again")
        self.assertNotIn("redis_refuses", self.alarms())

    def test_an_emptied_redis_raises_an_alarm_and_gets_its_fingerprints_again(self):
        self.assertNotIn("redis_emptied", self.alarms())
        name = "tapline:{_}:fingerprint:tracking"
        before = self.redis.get(name)
        self.redis.flushall()
        eventually(lambda: "redis_emptied" in self.alarms(), "the alarm")
        eventually(lambda: self.redis.get(name) == before, "the fingerprint is there again")

    def test_a_broken_queue_stops_neither_the_others_nor_the_outcomes(self):
        broken, first = "care", "tapline:{acme}:queue:care"
        # "care" comes before "sales", which is looked at after it.
        with self.redis.pipeline() as pipe:
            pipe.delete(first)
            pipe.set(first, "not a stream")
            pipe.execute()
        eventually(lambda: "steward.acme." + broken in self.alarms(), "the alarm")
        key = "tapline:{acme}:queue:sales"
        ids = self.add(3, key)
        self.claim(3, key=key, group="sales")
        self.redis.xack(key, "sales", *ids)
        eventually(lambda: self.redis.xlen(key) == 0, "the other queue is reaped")
        self.redis.xadd(OUTCOMES, {"outcome": "nonsense"})
        eventually(lambda: self.gateway.facts("outcome_refused"), "outcomes go on")
        self.redis.delete(first)
        eventually(lambda: "steward.acme." + broken not in self.alarms(), "the alarm ends")

    def test_a_broken_due_set_adds_no_fact_and_removes_no_entry(self):
        ids = self.add(2)
        self.claim(2)
        self.redis.set("tapline:{acme}:due", "not a sorted set")
        self.redis.xack(CHAT, "chat", *ids)
        eventually(lambda: "steward.acme.chat" in self.alarms(), "the alarm")
        self.turns()
        self.assertEqual(self.done_entries(), [])
        self.assertEqual(self.ids(), ids)
        self.redis.delete("tapline:{acme}:due")
        eventually(lambda: self.redis.xlen(CHAT) == 0, "removed")
        self.turns()
        self.assertEqual(self.done_entries(), ids)

    def test_the_age_of_the_figures_is_exported_and_grows_while_redis_is_away(self):
        name = "tapline_steward_last_turn_seconds"
        self.assertIn(name, self.gateway.get_admin("/metrics")[1])
        eventually(lambda: self.gateway.metric(name) < 1.5, "a turn has just ended")
        self.redis.execute_command("CLIENT", "PAUSE", 5000, "ALL")
        eventually(lambda: self.gateway.metric(name) > 2.5, "no turn ends")
        eventually(lambda: self.gateway.metric(name) < 1.5, "turns end again")

    # Outcomes.

    def journey(self):
        answer = self.gateway.instagram([("o1", "I want to buy")])
        self.assertEqual(answer[0], 200)
        return self.gateway.facts("queued")[-1]["tracking_number"]

    def test_thousands_of_outcomes_drain_and_each_is_told_once(self):
        number = self.journey()
        pipe = self.redis.pipeline(transaction=False)
        for i in range(3000):
            for _ in range(1 + (i % 10 == 0)):
                pipe.xadd(OUTCOMES, {"tracking_number": number, "outcome": "sale", "id": f"r{i}",
                                     "value": "120"})
        before = self.redis.info("commandstats").get("cmdstat_time", {"calls": 0})["calls"]
        pipe.execute()
        eventually(lambda: self.redis.xlen(OUTCOMES) == 0, "drained")
        after = self.redis.info("commandstats")["cmdstat_time"]["calls"]
        facts = self.gateway.facts("outcome")
        self.assertEqual(sorted(fact["id"] for fact in facts), sorted(f"r{i}" for i in range(3000)))
        self.assertEqual(json.loads(facts[0]["body"]), {"outcome": "sale", "value": "120"})
        self.assertEqual(self.redis.xpending(OUTCOMES, "tapline")["pending"], 0)
        # 200 a turn would be sixteen turns.
        self.assertLess(after - before, 12)
        self.assertIn("last outcome sale", self.gateway.cli("track", number, "--config",
                                                            self.gateway.config).stdout)

    def test_an_outcome_is_told_once_though_a_later_key_is_broken(self):
        number = self.journey()
        self.redis.delete("tapline:{acme}:due")
        self.redis.set("tapline:{acme}:due", "not a sorted set")
        self.redis.xadd(OUTCOMES, {"tracking_number": number, "outcome": "sale", "id": "b",
                                   "entry": "1-1"})
        self.redis.xadd(OUTCOMES, {"tracking_number": number, "outcome": "answered", "id": "c"})
        eventually(lambda: "steward.acme" in self.alarms(), "the alarm")
        eventually(lambda: self.gateway.facts("outcome"), "the report behind it is recorded")
        self.turns()
        self.assertEqual([fact["id"] for fact in self.gateway.facts("outcome")], ["c"])
        self.redis.delete("tapline:{acme}:due")
        eventually(lambda: self.redis.xlen(OUTCOMES) == 0, "the report is taken")
        self.turns()
        self.assertEqual([fact["id"] for fact in self.gateway.facts("outcome")], ["c", "b"])
        eventually(lambda: "steward.acme" not in self.alarms(), "the alarm ends")

    def test_long_fields_of_a_report_are_cut_in_the_feed(self):
        self.redis.xadd(OUTCOMES, {"tracking_number": "x" * 5000, "outcome": "y" * 5000,
                                   "id": "é" * 5000, "reason": "z" * 5000})
        fact = eventually(lambda: self.gateway.facts("outcome_refused"), "refused")[0]
        self.assertEqual(fact["id"], "é" * 128)
        self.assertEqual(fact["tracking_number"], "")
        self.assertEqual(json.loads(fact["body"])["reason"], "z" * 256)
        self.assertEqual(json.loads(fact["body"])["outcome"], "y" * 256)

    # Commands that read.

    def test_tail_and_track_bear_what_others_wrote(self):
        for data in ('{"data":{"text":5}}', '{"data":7}', '[]', '{', '{"data":null}', '{"data":["text"]}'):
            self.redis.xadd(CHAT, {"data": data})
        self.redis.xadd(CHAT, {"data": '{"data":{"text":"the last one"}}', "accepted_at": "9" * 30})
        shown = self.gateway.cli("tail", "chat", "--no-follow", "--config",
                                 self.gateway.config).stdout
        self.assertIn("the last one", shown)
        self.assertEqual(len(shown.splitlines()), 7)
        number = self.journey()
        for fact, body in (("queued", '{"type":5,"queue":[],"route":null}'), ("done", "[1]"),
                           ("outcome", "7"), ("other", "{")):
            self.redis.xadd(FEED, {"fact": fact, "tracking_number": number, "at": "9" * 30,
                                   "id": "", "body": body})
        told = self.gateway.cli("track", number, "--config", self.gateway.config).stdout
        self.assertIn("outcome: ", told)

    def test_commands_that_read_show_no_control_characters(self):
        number = self.journey()
        evil = "\x1b]0;owned\x07\x1b[2J\u009b2J\u202e\n"
        body = json.dumps({name: evil + name for name in (
            "type", "button", "route", "queue", "source", "outcome", "refused", "text")})
        for fact in ("queued", "tap", "done", "outcome", "outcome_refused", evil):
            self.redis.xadd(FEED, {"fact": fact, "tracking_number": number, "at": "1", "id": evil,
                                   "body": body})
        self.redis.xadd(CHAT, {"tracking_number": evil, "channel": evil, "source": evil,
                               "button": evil, "route": evil + "the route",
                               "data": json.dumps({"data": {"text": evil + "the text"}})})
        where = ("--config", self.gateway.config)
        told = self.gateway.cli("track", number, *where).stdout
        shown = self.gateway.cli("tail", "chat", "--no-follow", *where).stdout
        for text, part in ((told, "2J"), (shown, "the route"), (shown, "the text")):
            self.assertIn(part, text)
            for character in "\x1b\x07\u009b\u202e":
                self.assertNotIn(character, text)
        self.assertEqual(len(shown.splitlines()), self.redis.xlen(CHAT), "one line an entry")
        for command in (("track", number), ("tail", "chat", "--no-follow")):
            as_json = self.gateway.cli(*command, "--json", *where).stdout
            self.assertTrue(as_json.isascii())
            self.assertIn("\\u009b2J", as_json)
        self.redis.delete(CHAT)

    def test_commands_that_read_make_no_key_files(self):
        path = os.path.join(self.gateway.config, "keys", "privacy")
        kept = read(path)
        os.remove(path)
        done = self.gateway.cli("tail", "chat", "--no-follow", "--config", self.gateway.config,
                                check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(path, done.stderr)
        self.assertFalse(os.path.exists(path))
        self.gateway.write(path, kept + "\n")


if __name__ == "__main__":
    unittest.main(verbosity=2)
