"""The config tools on real files: test, explain, diff, sheet, fmt. Without a gateway, but for
the replay of its contacts."""
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree

from harness import BINARY, ROOT, Gateway

ACME = os.path.join(ROOT, "config/examples/acme")
TESTS = """
tests:
  - name: buyers reach sales
    at: 2026-03-09 12:30
    event: {button: ig-text, from: "+14045550199", text: "Do you have this in blue?"}
    expect: {route: shoppers, queue: sales}
  - name: who is leaving never waits behind buyers
    at: 2026-03-09 14:00
    event: {button: ig-text, from: "+14045550199", text: "please cancel my plan"}
    expect: {route: leaving, queue: retention}
"""


def run(*args, text=None):
    done = subprocess.run([BINARY, *args], input=text, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


class ToolsTest(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.dir)
        self.config = os.path.join(self.dir, "config")
        shutil.copytree(ACME, self.config, ignore=shutil.ignore_patterns("data"))
        self.brand = os.path.join(self.config, "brands/acme.yaml")
        with open(self.brand, encoding="utf-8") as file:
            self.text = file.read().split("\ntests:")[0] + "\n"
        self.write(self.text + TESTS)

    def write(self, text):
        with open(self.brand, "w", encoding="utf-8") as file:
            file.write(text)

    def path(self, name, text=""):
        path = os.path.join(self.dir, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def test_the_examples_are_sound_and_their_tests_reach_every_route(self):
        for name in ("retailer", "airline", "plumber"):
            with self.subTest(name):
                config = os.path.join(ROOT, "config/examples", name)
                code, out, err = run("check", config)
                self.assertEqual((code, err), (0, ""))
                self.assertNotIn("warning", out)
                code, out, _ = run("test", "--config", config, "--coverage")
                self.assertEqual(code, 0, out)
                covered = re.search(r"covered: (\d+) of (\d+) routes", out)
                self.assertEqual(covered[1], covered[2], out)
                self.assertNotIn("!", out)

    def test_tests_pass_fail_and_tell_why(self):
        code, out, _ = run("test", "--config", self.config)
        self.assertEqual((code, out), (0, "2 tests, 0 failed\n"))
        self.write(self.text + TESTS.replace("queue: retention", "queue: care"))
        junit = os.path.join(self.dir, "junit.xml")
        code, out, _ = run("test", "--config", self.config, "--junit", junit)
        self.assertEqual(code, 1)
        self.assertRegex(out, r"brands/acme.yaml:\d+: FAILED who is leaving never waits")
        self.assertIn("queue: expected care, got retention", out)
        self.assertIn("leaving: text yes", out)
        suite = xml.etree.ElementTree.parse(junit).getroot()
        self.assertEqual((suite.get("tests"), suite.get("failures")), ("2", "1"))
        code, out, _ = run("test", "--config", self.config, "--json", "--coverage")
        self.assertEqual(code, 1)
        told = json.loads(out)
        self.assertEqual(told["failed"], 1)
        shoppers = next(r for r in told["coverage"] if r["route"] == "shoppers")
        self.assertEqual(shoppers["taken"], 1)
        self.assertFalse(shoppers["covered"])

    def test_exit_codes(self):
        self.assertEqual(run("test", "--config", self.config, "nothing-of-this")[0], 2)
        self.assertEqual(run("test", "--config", self.config, "--brand", "nobody")[0], 2)
        self.assertEqual(run("test", "--config", self.config, "buyers reach")[:2],
                         (0, "1 test, 0 failed\n"))
        self.write(self.text + TESTS.replace("ig-text", "ig-txt"))
        code, _, err = run("test", "--config", self.config)
        self.assertEqual(code, 78)
        self.assertIn('button "ig-txt" does not exist; did you mean "ig-text"?', err)

    def test_mutants_that_nothing_notices_are_listed_with_their_place(self):
        code, out, _ = run("test", "--config", self.config, "--mutate")
        self.assertEqual(code, 1)
        self.assertRegex(out, r'brands/acme.yaml:\d+: no test notices that route "social" is gone')
        self.assertNotIn('route "leaving" is gone', out)

    def test_explain_takes_events_and_tests(self):
        posted = self.path("posted.json", json.dumps(
            {"id": "e1", "channel": "text", "button": "ig-text", "text": "I cancel",
             "customer": {"phone": "+14045550199"}}))
        event = self.path("event.json", json.dumps(
            {"button": "ig-text", "text": "I cancel", "from": "+14045550199"}))
        for path in (posted, event):
            code, out, err = run("explain", path, "--config", self.config, "--at",
                                 "2026-03-09 12:30", "--json")
            self.assertEqual((code, err), (0, ""))
            told = json.loads(out)
            self.assertEqual(told["outcome"]["route"], "leaving")
            self.assertEqual(told["entry"]["data"]["data"]["text"], "I cancel")
            self.assertEqual(told["steps"]["routes"][0],
                             {"route": "leaving", "condition": "text", "holds": True})
        code, out, _ = run("explain", event, "--config", self.config, "--at", "2026-03-09 12:30")
        steps = [line[:2] for line in out.splitlines() if re.match(r"\d ", line)]
        self.assertEqual(steps, ["1 ", "2 ", "3 ", "4 ", "5 ", "6 "])
        self.assertIn("due: 2026-03-09 12:40 (10m from 2026-03-09 12:30)", out)
        bad = self.path("bad.json", json.dumps({"button": "ig-txt"}))
        self.assertEqual(run("explain", bad, "--config", self.config)[0], 2)

    def explain_at(self, event, at, example="plumber"):
        code, out, err = run("explain", self.path("event.json", json.dumps(event)), "--config",
                             os.path.join(ROOT, "config/examples", example), "--at", at)
        self.assertEqual((code, err), (0, ""))
        return out

    def test_explain_shows_the_closed_queue_that_hands_a_contact_on(self):
        dm = {"button": "message", "from": "9081726354", "text": "do you fix boilers?"}
        out = self.explain_at(dm, "2026-02-10 22:00")
        self.assertIn("4 closed hours: queue office keeps the hours office: closed until 2026-02-11"
                      " 07:30; hands it to queue answering-service\n", out)
        self.assertIn("    then: queue answering-service is always open\n", out)
        text = {"button": "text", "from": "+13035550144", "text": "what does a tap cost?"}
        out = self.explain_at(text, "2026-02-10 22:00")
        self.assertIn("closed until 2026-02-11 07:30; holds it until then\n", out)
        self.assertIn("opens Wednesday 07:30. If water is running", out)
        out = self.explain_at(text, "2026-02-10 10:00")
        self.assertIn("queue office keeps the hours office: open\n", out)
        self.assertNotIn("until none", out)
        out = self.explain_at({"button": "call", "from": "+13035550144"}, "2026-02-10 22:00")
        self.assertIn("closed until 2026-02-11 07:30; the caller gets: dial\n", out)

    def test_explain_tells_who_sends_the_reply_as_the_entry_does(self):
        for event, sent in (({"button": "text", "from": "+13035550144", "text": "flood"}, True),
                            ({"id": "e1", "channel": "text", "button": "text", "text": "flood",
                              "customer": {"phone": "+13035550144"}}, False)):
            out = self.explain_at(event, "2026-02-10 10:00")
            told = json.loads(out[out.index("entry:\n") + len("entry:\n"):])["data"]["data"]
            self.assertIn("(sent by Tapline)" if sent else "(not sent: the entry suggests", out)
            suggested = told["reply"].get("suggested", "")
            self.assertEqual("Shut the main valve" in suggested, not sent)

    def test_explain_notes_names_and_keys_that_nobody_knows(self):
        out = self.explain_at({"id": "e1", "channel": "text", "button": "txt", "txet": "flood",
                               "customer": {"phone": "+13035550144"}}, "2026-02-10 10:00")
        self.assertIn('note: the brand has no button "txt"; "txet" is no member of an event\n', out)

    def test_diff_tells_the_meaning(self):
        self.assertEqual(run("diff", self.config, self.config)[0], 0)
        other = os.path.join(self.dir, "other")
        shutil.copytree(self.config, other)
        path = os.path.join(other, "brands/acme.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write("# another comment\n" + self.text.replace("respond_within: 10m",
                                                                 "respond_within: 20m"))
        code, out, _ = run("diff", self.config, other)
        self.assertEqual((code, out),
                         (1, 'brand acme:\n  queue "retention": respond_within: 10m -> 20m\n'))

    def test_diff_replays_the_contacts_of_the_gateway_that_is_named(self):
        other = os.path.join(self.dir, "other")
        second = Gateway()
        with Gateway() as first:
            self.addCleanup(second.close)
            second.env["XDG_RUNTIME_DIR"] = first.dir
            second.start()
            for number in range(3):
                first.cli("send", "instagram", "--text", f"hello {number}", "--config",
                          first.config)
            shutil.copytree(first.config, other,
                            ignore=shutil.ignore_patterns("data", "keys"))
            brand = os.path.join(other, "brands/acme.yaml")
            with open(brand, encoding="utf-8") as file:
                text = file.read()
            with open(brand, "w", encoding="utf-8") as file:
                file.write(text.replace("channel: [call, text, dm, email]}\n    to: sales",
                                        "channel: [call, text, dm, email]}\n    to: care"))
            asked = first.cli("diff", first.config, other, "--replay", "1d", check=False)
            self.assertEqual(asked.returncode, 1)
            for gateway in (first, second):
                self.assertIn("--config " + os.path.realpath(gateway.config), asked.stderr)
            told = first.cli("diff", first.config, other, "--replay", "1d", "--config",
                             first.config, check=False)
            self.assertEqual((told.returncode, told.stderr), (1, ""))
            self.assertIn("replay: 3 contacts", told.stdout)
            none = first.cli("diff", first.config, other, "--replay", "1d", "--config",
                             second.config, check=False)
            self.assertIn("replay: 0 contacts", none.stdout)

    def test_fmt_upgrades_and_keeps_comments(self):
        self.write(self.text.replace("source: x,", "source: twitter,  ") + "\n\n")
        self.assertEqual(run("fmt", "--upgrade", "--check", self.config)[0], 1)
        self.assertIn("fmt --upgrade", run("check", self.config)[1])
        self.assertEqual(run("fmt", "--upgrade", self.config)[0], 0)
        with open(self.brand, encoding="utf-8") as file:
            text = file.read()
        self.assertIn("source: x,", text)
        self.assertEqual(text.count("#"), self.text.count("#"))
        self.assertEqual(run("fmt", "--upgrade", "--check", self.config)[0], 0)

    def test_the_sheet_is_a_page_of_its_own(self):
        code, out, _ = run("sheet", "--config", self.config, "--html")
        self.assertEqual(code, 0)
        self.assertTrue(out.startswith("<!doctype html>"))
        self.assertNotRegex(out, r"<script|src=|href=")
        self.assertIn("+18005550100", run("sheet", "--config", self.config)[1])


if __name__ == "__main__":
    unittest.main()
