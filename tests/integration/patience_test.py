"""Patience at a real gateway: a customer's posts become one entry, and none overtakes another."""
import json
import subprocess
import time
import unittest

from harness import BINARY, Gateway, eventually

QUEUES = """    express: {cap: 20}
  social:
    hours: always
    respond_within: 2m
"""
ROUTES = """routes:
  - name: leaving
    when: {text: ["cancel*"]}
    to: retention
    priority: express
  - name: under-way
    when: {open_journey: 14d}
    to: owner
  - name: social
    when: {channel: dm}
    to: social
    patience: {quiet: 2s, at_most: 6s, skip: ["legal*"]}
  - name: default
    to: care

"""


def edit(text):
    head, rest = text.split("routes:\n")
    tail = rest[rest.index("# Keys of the brand"):]
    return head.replace("    respond_within: 10m\n", "    respond_within: 10m\n" + QUEUES) + ROUTES + tail


class PatienceTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.gateway = Gateway(brand_edit=edit)
        cls.addClassCleanup(cls.gateway.close)
        cls.gateway.start()

    def post(self, customer, ident, text):
        body = {"id": ident, "channel": "dm", "text": text, "customer": {"id": customer}}
        status, _, answer = self.gateway.events(json.dumps(body))
        self.assertEqual(status // 100, 2, answer)

    def entries(self, queue, customer):
        """The entries of one customer's posts, with `data.data` under "told"."""
        found = []
        for _, entry in self.gateway.queue(queue):
            if entry["id"].startswith(customer):
                found.append({**entry, "told": json.loads(entry["data"])["data"]})
        return found

    @staticmethod
    def parts(entry):
        return [part["id"] for part in entry["told"].get("parts", [])] or [entry["id"]]

    def state_of(self, ident):
        return [fact["fact"] for fact in self.gateway.facts() if fact["id"] == ident]

    def test_posts_within_the_quiet_time_become_one_entry_with_the_parts_in_order(self):
        begun = time.monotonic()
        for number, text in enumerate(("hello", "my shoe broke", "what now?")):
            self.post("one", f"one-{number}", text)
        self.assertEqual(self.entries("social", "one"), [])
        eventually(lambda: self.entries("social", "one"), "the entry")
        self.assertGreater(time.monotonic() - begun, 1.9)
        (entry,) = self.entries("social", "one")
        self.assertEqual(entry["id"], "one-0")
        self.assertEqual(self.parts(entry), ["one-0", "one-1", "one-2"])
        self.assertEqual(entry["told"]["text"], "hello\nmy shoe broke\nwhat now?")
        self.assertEqual(self.state_of("one-0"), ["gathering", "released"])
        self.assertEqual(self.state_of("one-1"), ["merged"])
        # Told again, each is answered from its own mark.
        self.post("one", "one-1", "my shoe broke")
        self.assertEqual(self.state_of("one-1"), ["merged"])

    def test_a_word_of_skip_ends_the_wait_with_all_that_was_said(self):
        self.post("two", "two-0", "hello")
        self.post("two", "two-1", "this is a legal matter")
        eventually(lambda: self.entries("social", "two"), "the entry")
        (entry,) = self.entries("social", "two")
        self.assertEqual(self.parts(entry), ["two-0", "two-1"])

    def test_an_express_contact_sends_what_waits_before_itself(self):
        self.post("three", "three-0", "hello")
        self.post("three", "three-1", "cancel my order")
        eventually(lambda: self.entries("retention:express", "three"), "the express entry")
        (waited,) = self.entries("social", "three")
        (express,) = self.entries("retention:express", "three")
        self.assertEqual(self.parts(waited), ["three-0"])
        self.assertEqual(self.parts(express), ["three-1"])
        self.assertEqual(waited["tracking_number"], express["tracking_number"])
        order = [fact["id"] for fact in self.gateway.facts()
                 if fact["fact"] in ("released", "queued") and fact["id"].startswith("three")]
        self.assertEqual(order, ["three-0", "three-1"])

    def test_tail_shows_both_lanes_and_marks_the_express_one(self):
        self.post("tail", "tail-0", "cancel the first")
        eventually(lambda: self.entries("retention:express", "tail"), "the express entry")
        self.gateway.redis().xadd("tapline:{acme}:queue:retention", {
            "id": "tail-1", "tracking_number": "7K3-M9Q-2X4", "priority": "normal",
            "data": json.dumps({"data": {"text": "the second"}})})
        cli = self.gateway.cli
        both = cli("tail", "retention", "--no-follow").stdout.splitlines()
        express = [line for line in both if "cancel the first" in line]
        normal = [line for line in both if "the second" in line]
        self.assertEqual([len(express), len(normal)], [1, 1])
        self.assertIn("  express  ", express[0])
        self.assertNotIn("express", normal[0])
        self.assertLess(both.index(express[0]), both.index(normal[0]))
        alone = cli("tail", "retention:express", "--no-follow", "--json").stdout
        told = [json.loads(line) for line in alone.splitlines()]
        self.assertEqual({one["lane"] for one in told}, {"retention:express"})
        self.assertIn("tail-0", [one["id"] for one in told])
        last = cli("tail", "retention", "--no-follow", "--count", "1").stdout.splitlines()
        self.assertEqual(last, normal)
        with subprocess.Popen([BINARY, "tail", "retention", "--count", "0"], text=True,
                              env=self.gateway.env, stdout=subprocess.PIPE) as tail:
            self.addCleanup(tail.kill)
            time.sleep(0.5)
            self.post("tail", "tail-2", "cancel the third")
            self.assertIn("cancel the third", tail.stdout.readline())
            tail.kill()

    def test_a_post_after_the_wait_is_a_new_entry_of_the_same_journey(self):
        self.post("four", "four-0", "hello")
        eventually(lambda: self.entries("social", "four"), "the entry")
        self.post("four", "four-1", "one more thing")
        eventually(lambda: len(self.entries("social", "four")) == 2, "the next entry")
        first, second = self.entries("social", "four")
        self.assertEqual([first["id"], second["id"]], ["four-0", "four-1"])
        self.assertEqual(first["tracking_number"], second["tracking_number"])

    def test_posts_that_keep_coming_wait_no_longer_than_at_most(self):
        begun = time.monotonic()
        number = 0
        while not self.entries("social", "five") and time.monotonic() - begun < 30:
            self.post("five", f"five-{number}", f"line {number}")
            number += 1
            time.sleep(0.5)
        entry = self.entries("social", "five")[0]
        self.assertGreater(time.monotonic() - begun, 5)
        told = self.parts(entry)
        self.assertGreater(len(told), 3)
        self.assertEqual(told, [f"five-{one}" for one in range(len(told))])


if __name__ == "__main__":
    unittest.main()
