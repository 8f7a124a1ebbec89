"""What `tapline channels`, /metrics and the alarms say of connections, profiles and buttons, and of a
provider that stops to make sure of its endpoint. Against a real gateway and a real Redis."""
import base64
import hashlib
import hmac
import json
import os
import time
import unittest

from harness import Gateway, eventually

HEARD = "tapline:{acme}:heard"
COMMON = "tapline:{_}:heard"
SECRET = "x-consumer-secret"
HOUR = 3600 * 1000
WEEK = 7 * 24 * HOUR


def x_connection(text):
    return text.replace("connections:",
                        "connections:\n  x-main: {provider: x, secrets: [file:secrets/x]}")


def x_profile(text):
    return text.replace("acme-x: {source: x,",
                        'acme-help: {source: x, connection: x-main, account: "33"}\n'
                        "  acme-x: {source: x, connection: x-main,")


def record(last, longest):
    """A past of four weeks with two hundred events, the last at `last` (ms)."""
    weeks = "".join(f" {last // WEEK - i}:{longest}" for i in (3, 2, 1, 0))
    return f"1 {last - 4 * WEEK} {last} 200{weeks}"


class ChannelsTest(unittest.TestCase):
    def setUp(self):
        self.gateway = Gateway(edit=x_connection, brand_edit=x_profile)
        self.addCleanup(self.gateway.close)
        Gateway.write(os.path.join(self.gateway.config, "secrets", "x"), SECRET)
        self.gateway.start()
        self.redis = self.gateway.redis()
        self.addCleanup(self.redis.close)
        eventually(lambda: self.redis.exists(HEARD), "the first turn")

    def rows(self, code=0):
        done = self.gateway.cli("channels", "--json", check=False)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return {(row["kind"], row["name"]): row for row in json.loads(done.stdout)}

    def post(self, body):
        raw = json.dumps(body).encode()
        mac = base64.b64encode(hmac.new(SECRET.encode(), raw, hashlib.sha256).digest()).decode()
        return self.gateway.request("POST", "/hooks/x-main", raw,
                                    {"Content-Type": "application/json",
                                     "X-Twitter-Webhooks-Signature": "sha256=" + mac})

    def alarms(self):
        return json.loads(self.gateway.get_admin("/readyz")[1])["alarms"]

    def channel_metric(self, name, kind, of, brand="acme"):
        return self.gateway.metric(
            f'tapline_channel_{name}{{brand="{brand}",kind="{kind}",name="{of}"}}')

    def test_all_that_is_declared_is_listed_and_heard_when_a_contact_comes(self):
        rows = self.rows()
        self.assertEqual({state["state"] for state in rows.values()}, {"never"})
        for wanted in (("connection", "x-main"), ("handshake", "x-main"), ("profile", "shop"),
                       ("connection", "acme-tel"), ("button", "x-dm"), ("button", "ig-call")):
            self.assertIn(wanted, rows)
        self.assertNotIn(("handshake", "instagram-main"), rows)
        self.assertEqual(self.gateway.instagram([("m1", "hello")])[0], 200)
        heard = eventually(lambda: [row for row in self.rows().values()
                                    if row["kind"] == "button" and row["events"]], "heard")
        self.assertEqual([(row["name"], row["events"], row["state"]) for row in heard],
                         [("ig-dm", 1, "learning")])
        self.assertIn("accepted", self.gateway.cli("send", "events", "--text", "hello").stdout)
        eventually(lambda: self.rows()["events", "acme"]["events"], "the brand's own apps are heard")
        rows = self.rows()
        self.assertEqual(rows["profile", "shop"]["events"], 1)
        self.assertEqual(rows["connection", "instagram-main"]["events"], 1)
        self.assertEqual(rows["profile", "acme-x"]["last_heard"], None)
        table = self.gateway.cli("channels").stdout
        self.assertRegex(table, r"learning +button +ig-dm +dm +acme +20")
        eventually(lambda: "kind=\"button\",name=\"ig-dm\"} " in self.gateway.get_admin("/metrics")[1],
                   "the metric")

    def test_a_button_that_falls_silent_is_quiet_until_it_is_heard(self):
        now = int(time.time() * 1000)
        self.redis.hset(HEARD, "button ig-dm", record(now - 100 * HOUR, 20 * HOUR))
        self.redis.hset(HEARD, "profile shop", record(now - 30 * HOUR, 20 * HOUR))
        rows = self.rows(code=1)
        self.assertEqual(rows["button", "ig-dm"]["state"], "quiet")
        self.assertEqual(rows["button", "ig-dm"]["usual_longest_seconds"], 20 * 3600)
        self.assertEqual(rows["button", "ig-dm"]["silent_seconds"] // 3600, 100)
        self.assertEqual(rows["profile", "shop"]["state"], "heard")
        eventually(lambda: self.channel_metric("quiet", "button", "ig-dm") == 1, "the metric")
        self.assertEqual(self.channel_metric("quiet", "profile", "shop"), 0)
        self.assertGreaterEqual(
            self.channel_metric("last_heard_seconds", "button", "ig-dm"), 100 * 3600)
        self.assertEqual(self.gateway.instagram([("m1", "hello")])[0], 200)
        eventually(lambda: self.channel_metric("quiet", "button", "ig-dm") == 0, "heard again")
        self.assertEqual(self.rows()["button", "ig-dm"]["events"], 201)

    def test_a_refused_request_is_nothing_heard(self):
        self.assertEqual(self.gateway.instagram([("m1", "x")], secret="wrong")[0], 401)
        self.assertEqual(self.gateway.instagram([("m2", "hello")])[0], 200)
        eventually(lambda: self.rows()["connection", "instagram-main"]["events"], "heard")
        self.assertEqual(self.rows()["connection", "instagram-main"]["events"], 1)

    def test_a_day_without_a_handshake_is_an_alarm_until_one_is_answered(self):
        eventually(lambda: self.redis.hexists(COMMON, "watched x-main"), "it is watched")
        self.assertNotIn("handshake.x-main", self.alarms())
        then = int(time.time() * 1000) - 25 * HOUR
        self.redis.hset(COMMON, "watched x-main", f"1 {then} {then} 1")
        alarm = eventually(lambda: self.alarms().get("handshake.x-main"), "the alarm")
        self.assertIn("none was ever answered", alarm)
        self.assertEqual(self.gateway.metric('tapline_alarm{alarm="handshake.x-main"}'), 1)
        self.assertEqual(self.rows(code=1)["handshake", "x-main"]["state"], "quiet")
        # What is refused is no handshake.
        status, body, _ = self.gateway.request("GET", "/hooks/x-main?crc_token=%7B%7D")
        self.assertEqual((status, "sha256" in body), (400, False))
        status, body, headers = self.gateway.request("GET", "/hooks/x-main?crc_token=abc")
        mac = hmac.new(SECRET.encode(), b"abc", hashlib.sha256).digest()
        self.assertEqual((status, json.loads(body)), (
            200, {"response_token": "sha256=" + base64.b64encode(mac).decode()}))
        self.assertEqual(headers["content-type"], "application/json")
        eventually(lambda: "handshake.x-main" not in self.alarms(), "cleared")
        self.assertEqual(self.rows()["handshake", "x-main"]["state"], "heard")
        self.assertEqual(self.gateway.metric(
            'tapline_refused_total{connection="x-main",reason="handshake"}'), 1)
        self.assertEqual(self.gateway.metric(
            'tapline_ignored_total{connection="x-main",reason="handshake"}'), 1)
        eventually(lambda: 'tapline_handshake_last_seconds{connection="x-main"}'
                   in self.gateway.get_admin("/metrics")[1], "the metric")

    def test_one_post_to_two_accounts_in_two_envelopes_is_one_contact(self):
        post = {"id_str": "1924465506158878979", "created_at": "Mon May 19 14:01:46 +0000 2025",
                "text": "@acme help", "user": {"id_str": "22", "screen_name": "jo"}}
        newer = {"id": "1924465506158878979", "author_id": "22", "text": "@acme help"}
        account = "2244994945"
        bodies = [
            {"for_user_id": account, "tweet_create_events": [post]},
            {"data": {"event_uuid": "-7", "filter": {"user_id": account},
                      "event_type": "post.mention.create", "payload": newer}},
            {"for_user_id": "33", "tweet_create_events": [post]},
            {"data": {"event_uuid": "8", "filter": {"user_id": account},
                      "event_type": "post.reply.create", "payload": newer}},
        ]
        for body in bodies:
            self.assertEqual(self.post(body)[:2], (200, "ok\n"))
        [(_, entry)] = self.gateway.queue("chat")
        self.assertEqual((entry["channel"], entry["profile"], entry["source"]),
                         ("post", "acme-x", "x"))
        data = json.loads(entry["data"])["data"]
        self.assertEqual((data["visibility"], data["post_url"]),
                         ("public", "https://x.com/jo/status/1924465506158878979"))

    def test_what_an_account_of_the_brand_writes_to_another_is_an_echo(self):
        answer = {"id_str": "5", "text": "@jo of course, see @acme", "user": {"id_str": "33"}}
        newer = {"id": "6", "author_id": "33", "text": "@acme"}
        message = {"type": "message_create", "id": "7", "message_create": {
            "target": {"recipient_id": "2244994945"}, "sender_id": "33",
            "message_data": {"text": "a note between colleagues"}}}
        for body in ({"for_user_id": "2244994945", "tweet_create_events": [answer]},
                     {"data": {"event_uuid": "-7", "filter": {"user_id": "2244994945"},
                               "event_type": "post.mention.create", "payload": newer}},
                     {"for_user_id": "2244994945", "direct_message_events": [message]}):
            self.assertEqual(self.post(body)[0], 200)
        self.assertEqual(self.gateway.queue("chat"), [])
        self.assertEqual([(fact["fact"], json.loads(fact["body"])["type"])
                          for fact in self.gateway.facts()],
                         [("recorded", "post.echo")] * 2 + [("recorded", "message.echo")])

    def test_an_account_that_takes_back_its_consent_is_an_alarm(self):
        def revoke(account):
            return {"user_event": {"revoke": {"source": {"user_id": account}}}}
        self.assertEqual(self.post(revoke("999"))[0], 200)
        self.assertNotIn("access_revoked.x-main", self.alarms())
        self.assertEqual(self.post(revoke("2244994945"))[0], 200)
        self.assertIn("access_revoked.x-main", self.alarms())
        [fact] = self.gateway.facts()
        self.assertEqual(json.loads(fact["body"])["type"], "access.revoked")


BOLT = """\
config: 1
brand: bolt
owner: ops@bolt.example
timezone: Europe/Berlin
profiles:
  bolt-x: {source: x, connection: x-main, account: "44"}
buttons:
  dm: {profile: bolt-x, channel: dm}
queues:
  desk: {respond_within: 1h}
routes:
  - name: default
    to: desk
"""


class TwoBrandsTest(unittest.TestCase):
    post = ChannelsTest.post

    def test_what_names_no_account_is_told_to_nobody_unless_it_concerns_all(self):
        self.gateway = Gateway(edit=x_connection, brand_edit=x_profile,
                               extra_brands=[("bolt", BOLT)])
        self.addCleanup(self.gateway.close)
        Gateway.write(os.path.join(self.gateway.config, "secrets", "x"), SECRET)
        self.gateway.start()
        for body in ({"data": {"event_uuid": "1", "filter": {}, "event_type": "follow.follow",
                               "payload": {}}},
                     {"user_event": {"something_new": {}}},
                     {"data": {"id": "1", "text": "a stranger's post"}, "matching_rules": []}):
            self.assertEqual(self.post(body)[0], 200)
        self.assertEqual((self.gateway.facts(), self.gateway.facts(brand="bolt")), ([], []))
        for reason, count in (("no brand", 2), ("filtered stream", 1), ("nothing to do", 0)):
            self.assertEqual(self.gateway.metric(
                f'tapline_ignored_total{{connection="x-main",reason="{reason}"}}'), count, reason)
        self.assertEqual(self.post({"replay_job_status": {"job_id": "1"}})[0], 200)
        for brand in ("acme", "bolt"):
            [fact] = self.gateway.facts(brand=brand)
            self.assertEqual(json.loads(fact["body"])["type"], "replay.status")


if __name__ == "__main__":
    unittest.main()
