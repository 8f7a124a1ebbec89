#!/usr/bin/env python3
"""Runs the examples of docs/consumers/ against a real Redis, and against a real gateway.

    consumers_test.py [-v] [CLASS[.TEST] ...]      e.g. consumers_test.py -v RubyTest

Needs redis-server, python3-redis, ruby-redis, php-redis, node, and the npm packages of tests/node,
which scripts/test installs (NODE_PATH names another place). TAPLINE_BINARY is the path of the built
`tapline`; without it the tests of GatewayProgramTest are skipped.
"""

import collections
import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

import redis

from gateway_side import ROOT, Gateway, tracking_number

HERE = pathlib.Path(__file__).resolve().parent
DOCS = ROOT / "docs"
CONTRACT = DOCS / "queue-contract.md"
NODE_PACKAGES = ("ajv", "ajv-formats", "ioredis", "yaml")
NODE_MODULES = pathlib.Path(os.environ.get("NODE_PATH") or ROOT / "build" / "node" / "node_modules")
PATIENCE_SECONDS = 60
PROGRAMS = {"python": [sys.executable, "consumer.py"], "node": ["node", "consumer.mjs"],
            "ruby": ["ruby", "consumer.rb"], "php": ["php", "consumer.php"]}
TOO_LONG_TO_CLAIM_MS = 600_000  # for tests in which nobody may be taken for dead


def eventually(condition, what: str):
    """The first true answer of `condition`; fails when it stays false."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {PATIENCE_SECONDS} s: {what}")
        time.sleep(0.01)


def require_node_packages() -> None:
    for name in NODE_PACKAGES:
        if not (NODE_MODULES / name / "package.json").exists():
            raise AssertionError(f"the npm package {name} is missing in {NODE_MODULES}: run "
                                 "scripts/test, which installs what tests/node/package.json names")


def mistakes_of(*checks: tuple) -> list:
    """For each (schema's name, value) the list of mistakes by the published schemas."""
    require_node_packages()
    given = json.dumps({"checks": [{"schema": name, "value": value} for name, value in checks]})
    ran = subprocess.run(["node", HERE / "validate.mjs", DOCS, NODE_MODULES], input=given, text=True,
                         capture_output=True, check=False)
    if ran.returncode != 0:
        raise AssertionError(f"validate.mjs: {ran.stderr}")
    return json.loads(ran.stdout)


def parsed_entry(fields: dict) -> dict:
    return {**fields, "data": json.loads(fields["data"])}


FACT_SCHEMAS = {"queued": "eventFact", "tap": "eventFact", "recorded": "eventFact",
                "done": "doneFact", "outcome": "outcomeFact", "outcome_refused": "outcomeFact",
                "transferred": "madeFact", "followup": "madeFact", "late": "overdueFact",
                "quarantined": "quarantinedFact"}


def fact_checks(feed: list) -> list:
    return [(FACT_SCHEMAS[fields["fact"]], {**fields, "body": json.loads(fields["body"])})
            for _, fields in feed]


class RedisServer:
    """A private redis-server on a Unix socket and a port of this machine, with its file on disk."""

    def __init__(self, directory: pathlib.Path):
        self.directory, self.socket, self.process = directory, directory / "redis.sock", None
        with socket.socket() as chosen:
            chosen.bind(("127.0.0.1", 0))
            self.port = chosen.getsockname()[1]
        self.client = redis.Redis(unix_socket_path=str(self.socket), decode_responses=True)

    def start(self) -> None:
        with open(self.directory / "redis.out", "ab") as out:
            self.process = subprocess.Popen(
                ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--unixsocket",
                 str(self.socket), "--dir", str(self.directory), "--save", "", "--appendonly", "yes",
                 "--appendfsync", "always"], stdout=out, stderr=out)
        eventually(self.answers, "redis-server answers")

    def answers(self) -> bool:
        if self.process.poll() is not None:
            raise AssertionError((self.directory / "redis.out").read_text())
        with socket.socket(socket.AF_UNIX) as probe:
            if probe.connect_ex(str(self.socket)) != 0:
                return False
        try:
            return self.client.ping()
        except redis.BusyLoadingError:
            return False

    def stop(self) -> None:
        self.client.connection_pool.disconnect()
        self.process.terminate()
        self.process.wait(PATIENCE_SECONDS)


class Worker:
    """One running example. Its work is handler.py, so what it did stands in DIRECTORY/log."""

    def __init__(self, language: str, directory: pathlib.Path, url: str, **settings: str):
        program, script = PROGRAMS[language]
        if not shutil.which(program):
            raise AssertionError(f"{program} is not installed")
        path = DOCS / "consumers" / script
        if language == "node":  # an ES module finds its packages beside itself only
            require_node_packages()
            beside = directory / "node"
            if not beside.exists():
                beside.mkdir()
                (beside / "node_modules").symlink_to(NODE_MODULES)
            path = pathlib.Path(shutil.copy(path, beside))
        handler = shlex.join([sys.executable, str(HERE / "handler.py"), str(directory)])
        environment = {**os.environ, "TAPLINE_REDIS": url, "TAPLINE_HANDLER": handler,
                       "TAPLINE_CLAIM_MS": str(TOO_LONG_TO_CLAIM_MS), **settings}
        self.log = directory / f"worker-{time.monotonic_ns()}.log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([program, str(path)], env=environment, stdout=log,
                                            stderr=log, start_new_session=True)

    def said(self, words: str) -> int:
        return self.log.read_text(errors="replace").count(words)

    def alive(self) -> bool:
        return self.process.poll() is None

    def kill(self) -> None:
        """SIGKILL to the worker and the work in its hands."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(PATIENCE_SECONDS)


class ServerTest(unittest.TestCase):
    """A fresh Redis for each test, and a gateway's side of it."""

    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="tapline-"))
        self.addCleanup(shutil.rmtree, self.directory)
        self.server = RedisServer(self.directory)
        self.server.start()
        self.addCleanup(lambda: self.server.stop())
        self.redis = self.server.client
        self.gateway = Gateway(self.redis)

    def queue_is_empty(self) -> bool:
        self.gateway.reap()
        return self.redis.xlen(self.gateway.stream) == 0


class ExampleTests:
    """What every example must do. Each language is a subclass."""

    language = ""

    def setUp(self):
        super().setUp()
        self.workers = []
        # Runs before the server stops: a worker that ended by itself is a failure of its own.
        self.addCleanup(self.end_workers)

    def end_workers(self):
        fell = [worker for worker in self.workers if not worker.alive()]
        for worker in self.workers:
            if worker.alive():
                worker.kill()
        for worker in fell:
            self.fail(f"a worker ended by itself:\n{worker.log.read_text(errors='replace')}")

    def start_worker(self, name: str = "w1", url: str = "", **settings) -> Worker:
        worker = Worker(self.language, self.directory, url or str(self.server.socket),
                        TAPLINE_BRAND="acme", TAPLINE_QUEUE="sales", TAPLINE_WORKER=name, **settings)
        self.workers.append(worker)
        return worker

    def kill_worker(self, worker: Worker):
        self.workers.remove(worker)
        worker.kill()

    def handled(self, word: str = "done") -> collections.Counter:
        log = self.directory / "log"
        lines = log.read_text().splitlines() if log.exists() else []
        return collections.Counter(line.split(" ", 2)[2] for line in lines
                                   if line.startswith(word + " "))

    def reported(self) -> list:
        return [fields for _, fields in self.redis.xrange(self.gateway.outcomes)]

    def wait_until_empty(self):
        eventually(self.queue_is_empty, "every entry is acknowledged and removed; the workers say:\n"
                   + "\n".join(worker.log.read_text() for worker in self.workers))

    def test_handles_each_entry_once_and_reports_it(self):
        ids = [f"m_{i}" for i in range(24)]
        for event_id in ids[:12]:
            self.assertEqual(self.gateway.accept(event_id, text="Größe 38? 😀 \"blue\"\n")[0], "ok")
        before = dict(self.redis.xrange(self.gateway.stream))
        self.start_worker("w1")
        self.start_worker("w2")
        for event_id in ids[12:]:
            self.assertEqual(self.gateway.accept(event_id)[0], "ok")
        self.wait_until_empty()
        self.assertEqual(self.handled("begun"), collections.Counter(ids))
        self.assertEqual(self.handled(), collections.Counter(ids))
        self.assertEqual(self.redis.xpending(self.gateway.stream, "sales")["pending"], 0)
        self.assertEqual(self.gateway.foreign_deletes(), 0)
        reports = self.reported()
        self.assertEqual(collections.Counter(report["id"] for report in reports),
                         collections.Counter(ids))
        for report in reports:
            self.assertEqual(set(report), {"tracking_number", "outcome", "id", "entry"})
            self.assertEqual(report["outcome"], "answered")
            self.assertEqual(report["tracking_number"], tracking_number(f"acme {report['id']}"))
        for entry_id, entry in before.items():
            self.assertIn(entry_id, [r["entry"] for r in reports if r["id"] == entry["id"]])
        self.assertEqual(mistakes_of(*(("outcome", report) for report in reports)),
                         [[]] * len(reports))
        done = [fact["id"] for _, fact in self.redis.xrange(self.gateway.feed)
                if fact["fact"] == "done"]
        self.assertEqual(collections.Counter(done), collections.Counter(ids))

    def test_waits_for_a_queue_that_is_not_there_and_survives_its_loss(self):
        worker = self.start_worker()
        eventually(lambda: worker.said("NOGROUP"), "the worker meets the missing queue")
        self.gateway.reap()
        self.gateway.accept("a")
        eventually(lambda: self.handled()["a"], "the first entry is handled")
        eventually(lambda: self.redis.xpending(self.gateway.stream, "sales")["pending"] == 0,
                   "the first entry is acknowledged")

        # Nothing was removed yet: the group that the steward makes again delivers "a" once more.
        said = worker.said("NOGROUP")
        self.redis.xgroup_destroy(self.gateway.stream, "sales")
        eventually(lambda: worker.said("NOGROUP") > said, "the worker meets the missing group")
        self.gateway.accept("b")
        self.assertEqual(self.redis.xlen(self.gateway.stream), 2)
        self.wait_until_empty()
        self.assertEqual(self.handled(), {"a": 1, "b": 1})

        said = worker.said("NOGROUP")
        self.redis.delete(self.gateway.stream)
        eventually(lambda: worker.said("NOGROUP") > said, "the worker meets the missing stream")
        self.gateway.accept("c")
        self.wait_until_empty()
        self.assertEqual(self.handled(), {"a": 1, "b": 1, "c": 1})
        self.assertEqual(len(self.reported()), 3)

    def test_entries_of_a_killed_worker_come_again(self):
        for event_id, next_name in (("own", "w1"), ("another's", "w2")):
            with self.subTest(taken_by=next_name):
                hold = self.directory / f"hold-{event_id}"
                os.mkfifo(hold)
                self.gateway.accept(event_id)
                worker = self.start_worker("w1", TAPLINE_CLAIM_MS="700")
                eventually(lambda: self.handled("begun")[event_id], "the work has begun")
                self.kill_worker(worker)
                hold.unlink()
                self.gateway.reap()
                self.assertEqual(self.redis.xlen(self.gateway.stream), 1)
                self.assertEqual(self.handled()[event_id], 0)
                worker = self.start_worker(next_name, TAPLINE_CLAIM_MS="700")
                self.wait_until_empty()
                self.assertEqual(self.handled("begun")[event_id], 2)
                self.assertEqual(self.handled()[event_id], 1)
                self.kill_worker(worker)

    def test_work_that_fails_is_tried_again_and_stops_nobody(self):
        (self.directory / "fail-f").touch()
        self.gateway.accept("f")
        self.gateway.accept("g")
        worker = self.start_worker(TAPLINE_CLAIM_MS="700")
        self.wait_until_empty()
        self.assertEqual(self.handled("begun"), {"f": 2, "g": 1})
        self.assertEqual(self.handled(), {"f": 1, "g": 1})
        self.assertEqual(worker.said("stays pending"), 1)
        self.assertEqual(sorted(report["id"] for report in self.reported()), ["f", "g"])

    def test_data_that_cannot_be_read_stays_pending_and_stops_nobody(self):
        self.gateway.accept("first")
        broken = self.redis.xadd(self.gateway.stream, {**self.gateway.entry("broken"), "data": "{"})
        self.gateway.accept("last")
        self.start_worker()
        eventually(lambda: self.handled()["last"], "the entry behind the broken one is handled")
        eventually(lambda: self.gateway.reap() == 0 and self.redis.xlen(self.gateway.stream) == 1,
                   "the others are removed")
        pending = self.redis.xpending_range(self.gateway.stream, "sales", "-", "+", 10)
        self.assertEqual([item["message_id"] for item in pending], [broken])
        self.assertEqual([report["id"] for report in self.reported()], ["first", "last"])

    def test_an_entry_that_comes_again_is_handled_once(self):
        self.gateway.accept("again")
        self.start_worker()
        self.wait_until_empty()
        self.assertEqual(self.gateway.accept("again")[0], "seen")
        fields = self.gateway.entry("again")
        self.redis.xadd(self.gateway.stream, fields)
        self.redis.xadd(self.gateway.stream, fields)
        # The same id of another journey is another contact: two of a brand's apps may both count
        # from one.
        self.redis.xadd(self.gateway.stream,
                        {**fields, "tracking_number": tracking_number("another journey")})
        self.wait_until_empty()
        self.assertEqual(self.handled("begun"), {"again": 2})
        self.assertEqual(len(self.reported()), 2)
        for key in self.redis.scan_iter("done:*"):
            self.assertGreater(self.redis.ttl(key), 8 * 86_400)  # beyond the dedupe window

    def test_survives_a_restart_of_redis(self):
        self.gateway.accept("before")
        worker = self.start_worker()
        self.wait_until_empty()
        said = worker.said("redis:")
        self.server.stop()
        eventually(lambda: worker.said("redis:") > said, "the worker sees that Redis is away")
        self.server.start()
        self.gateway.accept("after")
        self.wait_until_empty()
        self.assertEqual(self.handled(), {"before": 1, "after": 1})

    def test_needs_no_more_rights_than_the_contract_names(self):
        self.redis.execute_command(*acl_line("secret"))
        self.redis.acl_log_reset()
        self.gateway.accept("m")
        self.start_worker(url=f"redis://sales:secret@127.0.0.1:{self.server.port}")
        self.wait_until_empty()
        self.assertEqual(self.handled(), {"m": 1})
        self.assertEqual(len(self.reported()), 1)
        self.assertEqual([(item["reason"], item["object"]) for item in self.redis.acl_log()], [])


class PythonTest(ExampleTests, ServerTest):
    language = "python"


class NodeTest(ExampleTests, ServerTest):
    language = "node"


class RubyTest(ExampleTests, ServerTest):
    language = "ruby"


class PhpTest(ExampleTests, ServerTest):
    language = "php"


def block_after(heading: str, language: str) -> str:
    """The first code block of `language` below a heading of the contract."""
    below = CONTRACT.read_text().split(f"\n{heading}\n", 1)[1]
    return re.search(rf"^```{language}\n(.*?)^```$", below, re.M | re.S).group(1)


def acl_line(password: str) -> list:
    lines = block_after("## Rights", "text").replace("\\\n", " ")
    return [word.replace("PASSWORD", password) for word in shlex.split(lines)]


class ContractTest(ServerTest):
    """docs/queue-contract.md, queue-entry.schema.json and asyncapi.yaml say what is written."""

    def test_what_the_scripts_write_is_what_the_schemas_say(self):
        self.gateway.accept("m_1")
        fields = self.redis.xrange(self.gateway.stream)[0][1]
        entry_id = self.redis.xreadgroup("sales", "w", {self.gateway.stream: ">"})[0][1][0][0]
        self.redis.xack(self.gateway.stream, "sales", entry_id)
        self.assertEqual(self.gateway.reap(), 1)
        feed = self.redis.xrange(self.gateway.feed)
        self.assertEqual([fact["fact"] for _, fact in feed], ["queued", "done"])
        checks = [("entry", parsed_entry(fields)), *fact_checks(feed)]
        self.assertEqual(mistakes_of(*checks), [[], [], []])

    def test_the_schemas_refuse_what_is_wrong(self):
        good = parsed_entry(self.gateway.entry("m_1"))
        contact = good["data"]["data"]

        def with_data(**changes):
            return {**good, "data": {**good["data"], **changes}}

        wrong = {
            "a field is missing": {name: good[name] for name in good if name != "route"},
            "a field is a number": {**good, "accepted_at": 1},
            "a moment is a date": {**good, "due_at": "2026-03-09"},
            "another version": {**good, "v": "2"},
            "no id": {**good, "id": ""},
            "a tracking number without dashes": {**good, "tracking_number": "7K3M9Q2X4"},
            "data is still text": {**good, "data": json.dumps(good["data"])},
            "a field that is not described": {**good, "phone": "+14045550199"},
            "a member that is not described": with_data(data={**contact, "mood": "fine"}),
            "a time without zone": with_data(time="2026-03-09T12:30:00"),
            "a phone that is not E.164": with_data(
                data={**contact, "customer": {**contact["customer"], "phone": "404 555"}}),
        }
        found = mistakes_of(("entry", good), *(("entry", value) for value in wrong.values()))
        self.assertEqual(found[0], [])
        for name, mistakes in zip(wrong, found[1:]):
            with self.subTest(name):
                self.assertNotEqual(mistakes, [])
        report = {"tracking_number": "7K3-M9Q-2X4", "outcome": "answered"}
        good_report, no_number, no_outcome = mistakes_of(
            ("outcome", report), ("outcome", {"outcome": "answered"}),
            ("outcome", {**report, "outcome": "fixed"}))
        self.assertEqual(good_report, [])
        self.assertNotEqual(no_number, [])
        self.assertNotEqual(no_outcome, [])

    def test_the_document_names_each_field_and_outcome(self):
        schema = json.loads((DOCS / "queue-entry.schema.json").read_text())
        written = list(self.gateway.entry("m"))
        self.assertEqual(list(schema["properties"]), written)
        self.assertEqual(schema["required"], written)
        text = CONTRACT.read_text()
        fields = text.split("\n## The entry\n", 1)[1].split("\n## ", 1)[0]
        self.assertEqual(re.findall(r"^\| `([a-z_]+)` \|", fields, re.M), written)
        source = (ROOT / "gateway" / "steward" / "outcomes.cc").read_text()
        known = re.findall(r'"([a-z_]+)"', re.search(r"kOutcomes = \{(.*?)\}", source, re.S).group(1))
        outcomes = text.split("\n### Names of outcomes\n", 1)[1].split("\n## ", 1)[0]
        self.assertEqual(re.findall(r"^\| `([a-z_]+)` \|", outcomes, re.M), known)
        api = (DOCS / "asyncapi.yaml").read_text()
        names = re.search(r"outcomeName:\n.*\n +enum: \[(.*)\]", api).group(1).split(", ")
        self.assertEqual(names, known)

    def test_operations_names_each_alarm_and_each_reason(self):
        alarms, refused, ignored = set(), set(), set()
        for path in [*(ROOT / "gateway").rglob("*.cc"), *(ROOT / "gateway").rglob("*.h")]:
            source = path.read_text()
            alarms |= set(re.findall(r'k\w+Alarm = "([a-z_]+)"', source))
            for call in re.findall(r"alarms_?\.raise\(\s*(.*?),", source, re.S):
                alarms |= set(re.findall(r'"([a-z_]+)\.?', call))
            for value in re.findall(r"\b(?:alarm|mended) = (.*?);", source, re.S):
                alarms |= set(re.findall(r'"([a-z_]+)\.?', value))
            for call in re.findall(r'refused\.add\((.*?)\);', source, re.S):
                refused |= set(re.findall(r'"([a-z ]+)"', call)) - {"unknown", "link"}
            for call in re.findall(r"return refuse\(([^;]*?)\d{3},", source, re.S):
                refused |= set(re.findall(r'"([a-z ]+)"', call))
            for call in re.findall(r'ignored\.add\((.*?)\);', source, re.S):
                ignored |= set(re.findall(r'"([a-z ]+)"', call))
        text = (DOCS / "operations.md").read_text()
        listed = text.split("\n| Reason of `tapline_refused_total` |", 1)[1].split("\n\n", 1)[0]
        told = text.split("\n| Alarm |", 1)[1].split("\n\n", 1)[0]
        [row] = re.findall(r"^\| `tapline_ignored_total` .*$", text, re.M)
        self.assertTrue({"redis_refuses", "clock_skew", "access_revoked", "handshake"} <= alarms, alarms)
        self.assertTrue({"signature", "origin", "rate of client", "full"} <= refused, refused)
        for name in sorted(alarms):
            self.assertRegex(told, rf"`{name}[.`]", name)
        for name in sorted(refused):
            self.assertIn(f"`{name}`", listed)
        for name in sorted(ignored):
            self.assertIn(name, row)

    def test_the_example_in_the_document_is_valid(self):
        example = json.loads(block_after("## The entry", "json"))
        self.assertEqual(list(example), list(self.gateway.entry("m")))
        self.assertEqual(mistakes_of(("entry", example)), [[]])

    def test_the_rights_in_the_document_allow_the_work_and_nothing_else(self):
        self.redis.execute_command(*acl_line("secret"))
        user = acl_line("secret")[2]
        queue, outcomes, mark = self.gateway.stream, self.gateway.outcomes, "done:{acme}:n:id"
        fields = ["tracking_number", "n", "outcome", "answered"]
        read = ["XREADGROUP", "GROUP", "sales", "w", "COUNT", "1", "BLOCK", "1", "STREAMS"]
        allowed = [
            [*read, queue, ">"], ["XACK", queue, "sales", "1-1"],
            ["XAUTOCLAIM", queue, "sales", "w", "60000", "0-0", "COUNT", "1"],
            ["XCLAIM", queue, "sales", "w", "0", "1-1", "JUSTID"],
            ["XADD", outcomes, "*", *fields], ["SET", mark, "1", "EX", "60"], ["EXISTS", mark],
            ["MULTI"], ["EXEC"], ["PING"],
        ]
        refused = [
            ["XDEL", queue, "1-1"], ["XTRIM", queue, "MAXLEN", "0"], ["DEL", queue],
            ["UNLINK", queue], ["XGROUP", "DESTROY", queue, "sales"],
            ["XGROUP", "SETID", queue, "sales", "$"], ["XADD", queue, "*", *fields],
            ["XADD", self.gateway.feed, "*", *fields], ["SET", queue, "1"], ["SET", outcomes, "1"],
            ["EXISTS", outcomes], ["XDEL", outcomes, "1-1"],
            [*read, queue.replace("sales", "care"), ">"], [*read, queue.replace("acme", "bolt"), ">"],
            ["GET", mark], ["GET", "tapline:{acme}:journey:7K3M9Q2X4"], ["SET", "done:{bolt}:n:id", "1"],
            ["KEYS", "*"], ["SCAN", "0"], ["FLUSHALL"], ["CONFIG", "GET", "*"], ["EVAL", "return 1", "0"],
        ]
        for command in allowed:
            with self.subTest(allowed=command):
                self.assertEqual(self.redis.execute_command("ACL", "DRYRUN", user, *command), "OK")
        for command in refused:
            with self.subTest(refused=command):
                answer = self.redis.execute_command("ACL", "DRYRUN", user, *command)
                self.assertNotEqual(answer, "OK")

    def test_a_stranger_who_deletes_is_counted(self):
        for event_id in ("a", "b", "c"):
            self.gateway.accept(event_id)
        self.assertEqual(self.gateway.foreign_deletes(), 0)
        first = self.redis.xrange(self.gateway.stream, count=1)[0][0]
        self.redis.xdel(self.gateway.stream, first)
        self.gateway.reap()
        self.assertEqual(self.gateway.foreign_deletes(), 1)


@unittest.skipUnless(os.environ.get("TAPLINE_BINARY"), "TAPLINE_BINARY is not set")
class GatewayProgramTest(unittest.TestCase):
    """The examples on the embedded Redis of a running `tapline serve`."""

    @classmethod
    def setUpClass(cls):
        cls.directory = pathlib.Path(tempfile.mkdtemp(prefix="tapline-"))
        cls.addClassCleanup(shutil.rmtree, cls.directory)
        cls.config = cls.directory / "config"
        shutil.copytree(ROOT / "config" / "examples" / "acme", cls.config,
                        ignore=shutil.ignore_patterns("data", "keys"))
        cls.data = cls.directory / "data"
        (cls.directory / "run").mkdir(mode=0o700)
        cls.environment = {**os.environ, "XDG_RUNTIME_DIR": str(cls.directory / "run")}
        settings = cls.config / "tapline.yaml"
        text = settings.read_text()
        for name, value in (("listen", "127.0.0.1:0"), ("admin", "127.0.0.1:0"),
                            ("data_dir", str(cls.data))):
            text, changed = re.subn(rf"^{name}: .*$", f"{name}: {value}", text, flags=re.M)
            assert changed == 1, f"the example's tapline.yaml has no line {name}:"
        settings.write_text(text)
        cls.output = cls.directory / "serve.out"
        with open(cls.output, "wb") as out:
            cls.process = subprocess.Popen(
                [os.environ["TAPLINE_BINARY"], "serve", "--config", str(cls.config)],
                env=cls.environment, stdout=out, stderr=out)
        cls.addClassCleanup(cls.stop)
        eventually(cls.ready, "the gateway is ready")
        cls.redis = redis.Redis(unix_socket_path=str(cls.data / "redis" / "redis.sock"),
                                decode_responses=True)
        cls.gateway = Gateway(cls.redis)  # for its names; the program does the work

    @classmethod
    def stop(cls):
        cls.process.terminate()
        cls.process.wait(PATIENCE_SECONDS)

    @classmethod
    def ready(cls):
        if cls.process.poll() is not None:
            raise AssertionError(f"the gateway ended: {cls.output.read_text()}")
        return "Tapline serves" in cls.output.read_text() and (cls.data / "gateway.json").exists()

    @classmethod
    def tapline(cls, *words: str) -> str:
        ran = subprocess.run([os.environ["TAPLINE_BINARY"], *words, "--config", str(cls.config)],
                             env=cls.environment, text=True, capture_output=True, check=False)
        if ran.returncode != 0:
            raise AssertionError(f"tapline {' '.join(words)}: {ran.stdout}{ran.stderr}")
        return ran.stdout

    @classmethod
    def send(cls, event_id: str) -> str:
        """Sends one direct message; its tracking number."""
        said = cls.tapline("send", "instagram", "--text", "Is this in blue?", "--id", event_id,
                           "--from", f"9{abs(hash(event_id)) % 10**15:015}")
        return re.search(r"accepted · (\S+) · route shoppers · queue sales", said).group(1)

    def work_off(self, language: str):
        numbers = [self.send(f"m_{language}_{i}") for i in range(3)]
        worker = Worker(language, self.directory, str(self.data / "redis" / "redis.sock"),
                        TAPLINE_BRAND="acme", TAPLINE_QUEUE="sales", TAPLINE_WORKER=language)
        self.addCleanup(worker.kill)
        # Meanwhile somebody destroys the group; the steward makes it again.
        eventually(lambda: self.redis.xinfo_consumers(self.gateway.stream, "sales"),
                   "the worker has come")
        self.redis.xgroup_destroy(self.gateway.stream, "sales")
        numbers.append(self.send(f"m_{language}_3"))
        eventually(lambda: self.redis.xlen(self.gateway.stream) == 0,
                   "the steward removes what is acknowledged")
        self.assertTrue(worker.alive())
        done = [line.split()[1] for line in (self.directory / "log").read_text().splitlines()
                if line.startswith("done ")]
        for number in numbers:
            with self.subTest(number):
                self.assertEqual(done.count(number), 1)
                story = eventually(lambda: self.answered(number), "the outcome is recorded")
                facts = [fact["fact"] for fact in story["facts"]]
                self.assertEqual(collections.Counter(facts), {"queued": 1, "done": 1, "outcome": 1})
                self.assertEqual(story["queue"], "sales")
        self.assertEqual(self.redis.zcard(self.gateway.due), 0)
        self.assertEqual(self.redis.xlen(self.gateway.outcomes), 0)

    def answered(self, number: str):
        story = json.loads(self.tapline("track", number, "--json"))
        return story if story["last_outcome"] == "answered" else None

    def test_python(self):
        self.work_off("python")

    def test_node(self):
        self.work_off("node")

    def test_ruby(self):
        self.work_off("ruby")

    def test_php(self):
        self.work_off("php")

    def test_what_the_program_writes_is_what_the_schemas_say(self):
        number = self.send("m_schema")
        entry_id, fields = next((i, f) for i, f in self.redis.xrange(self.gateway.stream)
                                if f["tracking_number"] == number)
        # The part of the tests without a program is as good as these two lines.
        made = self.gateway.entry("m_schema")
        self.assertEqual(list(fields), list(made))
        self.assertEqual(mistakes_of(("entry", parsed_entry(fields))), [[]])
        real, ours = json.loads(fields["data"]), json.loads(made["data"])
        self.assertEqual(list(real), list(ours))
        self.assertEqual(list(real["data"]), list(ours["data"]))
        for part in ("customer", "reply", "context"):
            self.assertEqual(list(real["data"][part]), list(ours["data"][part]))

        self.redis.xadd(self.gateway.outcomes, {"tracking_number": number, "outcome": "sale",
                                                "value": "120", "currency": "USD", "agent": "a7",
                                                "id": fields["id"], "entry": entry_id})
        self.redis.xadd(self.gateway.outcomes, {"tracking_number": number, "outcome": "fixed"})
        self.redis.xadd(self.gateway.outcomes, {"outcome": "sale"})
        eventually(lambda: self.redis.xlen(self.gateway.outcomes) == 0, "the reports are taken off")
        self.redis.xreadgroup("sales", "test", {self.gateway.stream: ">"})
        self.redis.xack(self.gateway.stream, "sales", entry_id)
        eventually(lambda: self.redis.xlen(self.gateway.stream) == 0, "the entry is removed")
        feed = self.redis.xrange(self.gateway.feed)
        kinds = collections.Counter(fact["fact"] for _, fact in feed)
        for kind in ("queued", "outcome", "outcome_refused", "done"):
            self.assertGreater(kinds[kind], 0, kind)
        checks = fact_checks(feed)
        self.assertEqual(mistakes_of(*checks), [[]] * len(checks))
        ours = json.loads(self.gateway.fact(made)["body"])
        theirs = next(json.loads(f["body"]) for _, f in feed if f["id"] == "m_schema")
        self.assertEqual(list(theirs), list(ours))

    def test_what_a_transfer_writes_is_what_the_schemas_say(self):
        number = self.send("m_moves")
        sales_id, original = next((i, f) for i, f in self.redis.xrange(self.gateway.stream)
                                  if f["tracking_number"] == number)
        care = self.gateway.stream.replace("sales", "care")
        report = {"tracking_number": number, "outcome": "transferred"}
        self.redis.xadd(self.gateway.outcomes, {**report, "id": "m_moves", "entry": sales_id,
                                                "queue": "care"})
        eventually(lambda: self.redis.xlen(care) == 1, "the contact is on the other queue")
        self.assertEqual(self.redis.xrange(self.gateway.stream, sales_id, sales_id), [])
        self.redis.xadd(self.gateway.outcomes, {**report, "id": "m_none", "queue": "retention"})
        retention = self.gateway.stream.replace("sales", "retention")
        eventually(lambda: self.redis.xlen(retention) == 1, "a slim entry is on a third queue")
        [(_, moved)], [(_, slim)] = self.redis.xrange(care), self.redis.xrange(retention)
        self.assertEqual((moved["id"], moved["data"]), ("m_moves:to:care", original["data"]))
        self.assertEqual(int(moved["due_at"]) - int(moved["accepted_at"]), 1_800_000)
        self.assertEqual(slim["type"], "contact.transferred")
        told = [fact for fact in self.redis.xrange(self.gateway.feed)
                if fact[1]["fact"] == "transferred"]
        self.assertEqual([json.loads(fact["body"]).get("entry") for _, fact in told],
                         [sales_id, None])
        checks = [("entry", parsed_entry(moved)), ("entry", parsed_entry(slim)), *fact_checks(told)]
        self.assertEqual(mistakes_of(*checks), [[]] * len(checks))
        self.redis.zremrangebyrank(self.gateway.due, 0, -1)

    def test_z_a_stranger_who_deletes_is_seen_on_the_metrics_page(self):
        # The last of the names: what it leaves behind stands for good.
        self.assertEqual(self.foreign_deletes(), 0)
        self.send("m_deleted")
        self.redis.xdel(self.gateway.stream, self.redis.xrange(self.gateway.stream)[0][0])
        eventually(lambda: self.foreign_deletes() == 1, "the metrics page counts it")

    def foreign_deletes(self) -> float:
        admin = json.loads((self.data / "gateway.json").read_text())["admin"]
        base = admin if admin.startswith("http") else f"http://{admin}"
        with urllib.request.urlopen(f"{base}/metrics", timeout=PATIENCE_SECONDS) as page:
            text = page.read().decode()
        line = re.search(r'^tapline_queue_foreign_deletes\{brand="acme",queue="sales"\} (\S+)$', text, re.M)
        return float(line.group(1))


if __name__ == "__main__":
    unittest.main()
