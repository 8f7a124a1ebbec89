"""The command line as people meet it: what it says of what went wrong, and what its exit codes mean.
Against real gateways."""
import json
import os
import re
import shutil
import signal
import subprocess
import unittest

from harness import BINARY, NUMBER, PATIENCE, ROOT, Gateway, eventually, instagram_body, read


def log_lines(gateway):
    return [json.loads(line) for line in read(gateway.log_path).splitlines() if line[:1] == "{"]


def logged(gateway, message):
    return [line for line in log_lines(gateway) if line["message"] == message]


class LogTest(unittest.TestCase):
    def test_the_log_tells_start_loss_return_and_end(self):
        gateway = Gateway().start()
        self.addCleanup(gateway.close)
        [started] = eventually(lambda: logged(gateway, "started"), "the start is logged")
        self.assertEqual((started["level"], started["version"]), ("info", "0.1.0"))
        self.assertEqual(started["config"], os.path.realpath(gateway.config))
        self.assertRegex(started["brands"], r"^acme [0-9a-f]{12}$")
        self.assertEqual((started["listening"], started["admin"]), (gateway.public, gateway.admin))
        os.kill(gateway.redis().info("server")["process_id"], signal.SIGKILL)
        [lost] = eventually(lambda: logged(gateway, "redis: lost"), "the loss is logged")
        self.assertEqual(lost["level"], "warning")
        self.assertIn("closed the connection", lost["reason"])
        eventually(lambda: len(logged(gateway, "redis: ready")) == 2, "Redis is back")
        self.assertEqual(gateway.stop(), 0)
        self.assertEqual(len(logged(gateway, "stopping")), 1)
        self.assertEqual(len(logged(gateway, "redis: lost")), 1, "a stop is no loss")

    def test_the_log_file_may_stand_anywhere(self):
        gateway = Gateway()
        self.addCleanup(gateway.close)
        path = os.path.join(gateway.dir, "elsewhere.log")
        gateway.start(args=("--log-file", path))
        eventually(lambda: "started" in read(path), "the log is written there")


class VerdictTest(unittest.TestCase):
    """What the events API says beside "accepted" and "invalid"."""

    @classmethod
    def setUpClass(cls):
        cls.gateway = Gateway().start()

    @classmethod
    def tearDownClass(cls):
        cls.gateway.close()

    def verdicts(self, *lines):
        status, text, _ = self.gateway.events("\n".join(map(json.dumps, lines)).encode(),
                                              "application/x-ndjson")
        return status, [json.loads(line) for line in text.splitlines()]

    def test_a_refused_line_keeps_its_id(self):
        status, found = self.verdicts({"id": "m3", "channel": "fax"}, {"channel": "text"})
        self.assertEqual(status, 207)
        self.assertEqual([(v["id"], v["status"]) for v in found],
                         [("m3", "invalid"), ("", "invalid")])

    def test_names_that_do_not_exist_are_noted_and_counted(self):
        label = 'tapline_unknown_names_total{brand="acme",kind="%s"}'
        event = {"id": "u1", "channel": "text", "button": "nope", "profile": "no-shop",
                 "campaign": "winter", "buton": "x"}
        status, [verdict] = self.verdicts(event)
        self.assertEqual((status, verdict["status"], verdict["route"]), (202, "accepted", "default"))
        self.assertEqual(verdict["note"], 'the brand has no button "nope"; '
                         'the brand has no profile "no-shop"; "buton" is no member of an event')
        self.verdicts(event)
        status, text, _ = self.gateway.events(b'{"id":"u2","channel":"text","button":"nope"}')
        self.assertIn("nope", json.loads(text)["note"])
        _, [known] = self.verdicts({"id": "u3", "channel": "text", "button": "ig-text",
                                    "profile": "shop", "campaign": "Spring"})
        self.assertNotIn("note", known)
        for kind, count in (("button", 2), ("profile", 1), ("campaign", 1), ("member", 1)):
            self.assertEqual(self.gateway.metric(label % kind), count, kind)


class SendTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.gateway = Gateway().start()

    @classmethod
    def tearDownClass(cls):
        cls.gateway.close()

    def send(self, *args, stdin=None):
        return self.gateway.cli("send", *args, stdin=stdin, check=False)

    def test_the_verdicts_of_a_file_are_told_in_its_order_and_decide_the_exit_code(self):
        path = os.path.join(self.gateway.dir, "some.ndjson")
        self.gateway.write(path, '{"id":"z1","channel":"chat","text":"a"}\n\nnonsense\n'
                                 '{"id":"z2","channel":"chat"}\n'
                                 '{"id":"z1","channel":"chat","text":"b"}\n')
        first = self.send("events", "--file", path)
        lines = first.stdout.splitlines()
        self.assertEqual([re.match(r"line \d+ · \w+", line).group() for line in lines],
                         ["line 1 · accepted", "line 3 · invalid", "line 4 · accepted",
                          "line 5 · conflict"])
        self.assertIn("id z1 · this id was accepted before with another body", lines[3])
        self.assertEqual(first.returncode, 1)
        again = self.send("events", "--file", path).stdout.splitlines()
        self.assertRegex(again[0], r"^line 1 · seen before · id z1 · " + NUMBER.pattern)
        self.gateway.write(path, '{"id":"z2","channel":"chat"}\n')
        self.assertEqual(self.send("events", "--file", path).returncode, 0)

    def test_several_lines_in_a_json_file_are_told_how_to_be_sent(self):
        lines = '{"id":"l1","channel":"chat"}\n{"id":"l2","channel":"chat"}\n'
        sent = self.send("events", "--file", "-", stdin=lines)
        self.assertEqual(sent.returncode, 1)
        self.assertIn("--content-type application/x-ndjson", sent.stderr)
        self.assertEqual(self.send("events", "--file", "-", "--content-type",
                                   "application/x-ndjson", stdin=lines).returncode, 0)

    def test_a_single_event_that_is_refused_says_why(self):
        self.send("events", "--file", "-", stdin='{"id":"o1","channel":"chat"}')
        sent = self.send("events", "--file", "-", stdin='{"id":"o1","channel":"dm"}')
        self.assertEqual((sent.returncode, sent.stdout), (1, ""))
        self.assertEqual(sent.stderr, "tapline: refused with 409: this id was accepted before with "
                                      "another body; send a new id\n")

    def test_what_cannot_be_read_is_named(self):
        for path, why in ((self.gateway.dir, "is a directory"), ("/nonexistent/x", "No such file")):
            sent = self.send("instagram", "--file", path)
            self.assertEqual(sent.returncode, 1)
            self.assertIn(f"tapline: cannot read {path}: {why}", sent.stderr)
        self.assertIn("standard input is empty", self.send("events", "--file", "-", stdin="").stderr)

    def test_what_is_quarantined_ends_with_1_and_doctor_tells_it(self):
        sent = self.send("instagram", "--file", "-",
                         stdin=instagram_body([("q-1", "hi")], account="4711"))
        self.assertEqual(sent.returncode, 1)
        self.assertIn("quarantined", sent.stdout.decode())
        shown = eventually(lambda: "quarantined" in (text := self.gateway.cli(
            "doctor", check=False).stdout) and text, "doctor has heard of it")
        self.assertRegex(shown, r"note +no brand: 1 quarantined, newest reason: "
                                r"no profile or line of any brand has this account")

    def test_a_button_is_sent_to_as_its_channel_comes(self):
        called = self.send("events", "--text", "hi", "--to", "ig-call").stdout
        number = NUMBER.search(called).group()
        self.assertIn("contact.call by ig-call", self.gateway.cli("track", number).stdout)
        self.assertEqual(self.send("instagram", "--call").returncode, 2)
        wrong = self.send("instagram", "--text", "hi", "--to", "ig-call")
        self.assertEqual(wrong.returncode, 1)
        self.assertIn("there is: ig-dm", wrong.stderr)

    def test_a_brand_that_does_not_exist_is_named(self):
        for args in (("send", "events", "--text", "x"), ("tail", "sales"),
                     ("track", "7K3-M9Q-2X4")):
            done = self.gateway.cli(*args, "--brand", "nope", check=False)
            self.assertEqual((done.returncode, done.stderr),
                             (1, 'tapline: no brand "nope"; there is: acme\n'), args)

    def test_help_tells_defaults_zones_and_durability(self):
        shown = self.gateway.cli("tail", "--help").stdout
        self.assertNotIn("{false}", shown)
        self.assertRegex(shown, r"--count INT.* \[10\]|--count INT.*=10")
        for command in ("send", "tail", "track"):
            self.assertIn("in the brand's time zone", self.gateway.cli(command, "--help").stdout)
        self.assertIn('"redis" as soon as Redis has it', self.gateway.cli("send", "--help").stdout)


class ElsewhereTest(unittest.TestCase):
    """Commands in another shell than the gateway's."""

    def test_who_looks_needs_no_secrets_and_who_signs_is_told_which(self):
        gateway = Gateway(edit=lambda text: text.replace("file:secrets/twilio-auth-token",
                                                         '"${env:TL_TWILIO}"'))
        self.addCleanup(gateway.close)
        gateway.env["TL_TWILIO"] = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
        gateway.start()
        gateway.cli("send", "twilio", "--text", "hi")
        del gateway.env["TL_TWILIO"]
        number = NUMBER.search(gateway.cli("tail", "sales", "--no-follow").stdout).group()
        self.assertIn("shoppers", gateway.cli("track", number).stdout)
        gateway.cli("send", "instagram", "--text", "hi")
        sent = gateway.cli("send", "twilio", "--text", "hi", check=False)
        self.assertEqual(sent.returncode, 78)
        self.assertRegex(sent.stderr, r"nothing to sign with in this shell; tapline.yaml:\d+:\d+: "
                                      r"the environment variable TL_TWILIO is not set")

    def test_several_gateways_are_listed_and_a_killed_one_is_forgotten(self):
        first, second = Gateway().start(), Gateway()
        self.addCleanup(first.close)
        self.addCleanup(second.close)
        second.env["XDG_RUNTIME_DIR"] = first.dir
        second.start()
        asked = first.cli("tail", "sales", "--no-follow", check=False)
        self.assertEqual(asked.returncode, 1)
        for gateway in (first, second):
            self.assertIn("--config " + os.path.realpath(gateway.config), asked.stderr)
            first.cli("tail", "sales", "--no-follow", "--config", gateway.config)
        pid = second.process.pid
        second.stop(signal.SIGKILL)
        first.cli("tail", "sales", "--no-follow")
        self.assertFalse(os.path.exists(os.path.join(first.dir, "tapline", f"{pid}.json")))

    def test_another_session_finds_it_by_its_config_and_by_the_working_directory(self):
        gateway = Gateway().start()
        self.addCleanup(gateway.close)
        elsewhere = os.path.join(gateway.dir, "session")
        os.mkdir(elsewhere)
        gateway.env["XDG_RUNTIME_DIR"] = elsewhere
        gateway.cli("send", "instagram", "--text", "hi", "--config", gateway.config)
        self.assertIn("process ", gateway.cli("doctor", "--config", gateway.config,
                                              check=False).stdout)
        gateway.stop()
        gone = gateway.cli("doctor", "--config", gateway.config, check=False)
        self.assertEqual(gone.returncode, 1)
        self.assertIn("no gateway is running with", gone.stderr)

    def test_tail_says_that_the_gateway_has_gone(self):
        gateway = Gateway().start()
        self.addCleanup(gateway.close)
        gateway.cli("send", "instagram", "--text", "hi")
        with subprocess.Popen([BINARY, "tail", "sales"], env=gateway.env, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as tail:
            self.assertIn("shoppers", tail.stdout.readline())
            gateway.stop()
            self.assertEqual(tail.wait(timeout=PATIENCE), 1)
            self.assertIn("the gateway's Redis is gone", tail.stderr.read())


class ConfigTest(unittest.TestCase):
    def setUp(self):
        self.gateway = Gateway()
        self.addCleanup(self.gateway.close)

    def run_in(self, folder, *args):
        return subprocess.run([BINARY, *args], cwd=folder, env=self.gateway.env, text=True,
                              capture_output=True, timeout=PATIENCE, check=False)

    def test_check_takes_the_directory_both_ways_and_once(self):
        config = self.gateway.config
        self.gateway.cli("check", config)
        self.gateway.cli("check", "--config", config)
        self.assertEqual(self.gateway.cli("check", config, "--config", config,
                                          check=False).returncode, 2)

    def test_a_directory_that_is_none_is_named(self):
        brand = self.gateway.brand_yaml
        nowhere = self.gateway.dir + "/nowhere"
        for path, why in ((brand, "is a file; give the directory"), (nowhere, "does not exist")):
            for args in (("check", path), ("serve", "--config", path)):
                done = self.gateway.cli(*args, check=False)
                self.assertEqual(done.returncode, 78)
                self.assertIn(f"{path}: {why}", done.stdout + done.stderr)

    def test_init_makes_a_config_that_serves_and_whose_tour_works(self):
        made = self.run_in(self.gateway.dir, "init", "mybrand")
        self.assertEqual(made.returncode, 0, made.stderr)
        for command in ("tapline check tapline-config", "tapline serve --config tapline-config"):
            self.assertIn(command, made.stdout)
        config = os.path.join(self.gateway.dir, "tapline-config")
        self.assertIn("/secrets/", read(os.path.join(config, ".gitignore")))
        self.assertEqual(self.run_in(self.gateway.dir, "check", "tapline-config").returncode, 0)
        shutil.rmtree(self.gateway.config)
        os.rename(config, self.gateway.config)
        text = read(self.gateway.tapline_yaml)
        self.gateway.write(self.gateway.tapline_yaml, re.sub(
            r"(listen|admin): 127.0.0.1:\d+", r"\1: 127.0.0.1:0", text))
        self.gateway.start(args=("--tour",))
        shown = ""
        while "track NUMBER" not in shown:
            line = self.gateway.process.stdout.readline().decode()
            self.assertTrue(line, shown)
            shown += line
        send, tail = re.findall(r"^  \S+ ((?:send|tail) .*)$", shown, re.MULTILINE)
        self.assertEqual((send, tail),
                         ("send events --text 'Is this in blue?' --to site-chat", "tail chat"))
        sent = self.gateway.cli("send", "events", "--text", "Is this in blue?", "--to", "site-chat")
        self.assertIn("route visitors · queue chat", sent.stdout)
        self.assertIn("Is this in blue?", self.gateway.cli("tail", "chat", "--no-follow").stdout)

    def test_a_port_that_is_taken_names_the_key(self):
        with Gateway() as first:
            for key in ("listen", "admin"):
                other = Gateway(edit=lambda text, key=key: text.replace(
                    f"{key}: 127.0.0.1:0", f"{key}: {first.public}"))
                self.addCleanup(other.close)
                refused = other.cli("serve", "--config", other.config, check=False)
                self.assertEqual(refused.returncode, 78)
                self.assertIn(f"cannot listen on {first.public}: Address already in use; another "
                              f'program has it; see "{key}" in tapline.yaml', refused.stderr)

    def test_start_finds_a_config_relative_to_where_it_is_typed(self):
        tree = os.path.join(self.gateway.dir, "tree")
        for folder in ("scripts", "build", "bin"):
            os.makedirs(os.path.join(tree, folder))
        shutil.copy(os.path.join(ROOT, "scripts", "start"), os.path.join(tree, "scripts"))
        for path, text in (("scripts/install", "#!/bin/sh\n"), ("bin/ninja", "#!/bin/sh\n"),
                           ("build/build.ninja", ""), ("build/tapline", '#!/bin/sh\necho "$@"\n')):
            self.gateway.write(os.path.join(tree, path), text)
            os.chmod(os.path.join(tree, path), 0o755)
        env = dict(os.environ, PATH=os.path.join(tree, "bin") + ":" + os.environ["PATH"])
        for args, config in ((("c",), os.path.realpath(self.gateway.config)),
                             ((), "config/examples/acme")):
            done = subprocess.run([os.path.join(tree, "scripts", "start"), *args], env=env,
                                  cwd=self.gateway.dir, text=True, capture_output=True, check=True)
            self.assertIn(f"serve --config {config} ", done.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
