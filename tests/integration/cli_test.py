"""The command line as people meet it: what it says of what went wrong, and what its exit codes mean.
Against real gateways."""
import json
import unittest

from harness import Gateway


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
