"""The command line as people meet it: what it says of what went wrong, and what its exit codes mean.
Against real gateways."""
import json
import os
import signal
import unittest

from harness import Gateway, eventually, read


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


if __name__ == "__main__":
    unittest.main(verbosity=2)
