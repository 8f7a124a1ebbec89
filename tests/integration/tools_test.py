"""The config tools on real files: test, explain, diff, schema, sheet, fmt. Without a gateway, but for
the replay of its contacts."""
import glob
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree

import jsonschema
import yaml

from harness import BINARY, ROOT

EXAMPLES = sorted(glob.glob(os.path.join(ROOT, "config/examples/*/")))
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


class Loader(yaml.SafeLoader):
    """YAML 1.2, as editors read it: a date is a text."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"
            and not (tag == "tag:yaml.org,2002:bool" and first not in "tTfF")
            and not (tag == "tag:yaml.org,2002:int" and first == "+")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()}
# Whole numbers in decimal alone: "12:30" and "0777" are texts.
for resolvers in Loader.yaml_implicit_resolvers.values():
    for i, (tag, pattern) in enumerate(resolvers):
        if tag == "tag:yaml.org,2002:int":
            resolvers[i] = (tag, re.compile(r"^[-]?(0|[1-9][0-9]*)$"))


def schema_of(kind):
    code, out, _ = run("schema", "--of", kind)
    assert code == 0
    return json.loads(out)


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
        self.assertEqual(run("test", "--config", self.config, "buyers")[:2],
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


class SchemaTest(unittest.TestCase):
    def test_every_example_is_valid(self):
        self.assertTrue(EXAMPLES)
        for folder in EXAMPLES:
            files = glob.glob(folder + "brands/**/*.yaml", recursive=True)
            for path in files + [folder + "tapline.yaml"]:
                kind = "tapline.yaml" if path.endswith("tapline.yaml") else "brand"
                with self.subTest(path), open(path, encoding="utf-8") as file:
                    jsonschema.Draft202012Validator(schema_of(kind)).validate(
                        yaml.load(file, Loader))

    def test_the_schemas_are_schemas(self):
        for kind in ("brand", "tapline.yaml"):
            jsonschema.Draft202012Validator.check_schema(schema_of(kind))

    def test_keys_and_words_that_do_not_exist_are_refused(self):
        validator = jsonschema.Draft202012Validator(schema_of("brand"))
        good = {"config": 1, "brand": "acme", "queues": {"care": None},
                "routes": [{"name": "default", "to": "care"}],
                "tests": [{"name": "it", "at": "2026-03-09 12:30", "event": {"channel": "dm"},
                           "expect": {"queue": "care", "reply": True}}]}
        validator.validate(good)
        for bad in ({"quues": {}}, {"queues": {"care": {"hour": "store"}}},
                    {"routes": [{"name": "a", "to": "care", "when": {"txt": "a"}}]},
                    {"routes": [{"name": "a", "to": "care", "priority": "high"}]},
                    {"routes": [{"to": "care"}]}, {"queues": {"care": {"respond_within": "5x"}}},
                    {"hours": {"store": {"munday": "08:00-12:00"}}},
                    {"tests": [{"name": "a", "at": "noon", "event": {}, "expect": {}}]}):
            with self.subTest(bad), self.assertRaises(jsonschema.ValidationError):
                validator.validate({**good, **bad})

    def test_every_key_that_is_read_is_in_a_schema(self):
        """Each key that the readers ask for stands in a schema."""
        asked = set()
        sources = glob.glob(os.path.join(ROOT, "config/*.cc")) + [
            os.path.join(ROOT, "config/tools/read_contact.cc"),
            os.path.join(ROOT, "config/tools/read_tests.cc")]
        for path in sources:
            with open(path, encoding="utf-8") as file:
                text = file.read()
            asked |= set(re.findall(r'(?:find|need|read)\(\s*"([a-z_ ]+)"', text))
        schemas = set()
        for kind in ("brand", "tapline.yaml"):
            schema = schema_of(kind)
            for part in [schema, *schema["$defs"].values()]:
                schemas |= set(part["properties"])
        self.assertEqual(asked - schemas, set(), "asked for, and not in a schema")
        with open(os.path.join(ROOT, "docs/config.md"), encoding="utf-8") as file:
            self.assertIn("yaml-language-server", file.read())


if __name__ == "__main__":
    unittest.main()
