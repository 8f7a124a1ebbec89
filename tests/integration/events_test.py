"""The brand's own events and contact links, as apps and browsers use them."""
import base64
import hashlib
import hmac
import json
import time
import unittest
import urllib.parse

from harness import NUMBER, Gateway, eventually, sms_params

PHONE = ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 "
         "(KHTML, like Gecko) Mobile/15E148 Instagram 334.0.4.32.98")
IN_APP = ("Mozilla/5.0 (Linux; Android 14; Pixel 8; wv) AppleWebKit/537.36 (KHTML, like Gecko) "
          "Version/4.0 Chrome/146.0 Mobile Safari/537.36 MetaIAB Facebook")


def event(number, **more):
    return {"id": f"e{number}", "channel": "text", "button": "ig-text", "text": "hello",
            "customer": {"phone": "+1404555%04d" % number}, **more}


class EventsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.gateway = Gateway(brand_edit=lambda text: text.replace(
            "scopes: [events:write, outcomes:write, journeys:read]",
            "scopes: [events:write]\n    - {name: reader, value: file:secrets/reader, "
            "scopes: [journeys:read]}"))
        cls.gateway.write(cls.gateway.config + "/secrets/reader", "b9c4e1b2f2f94b6c8f0d\n")
        cls.gateway.start()

    @classmethod
    def tearDownClass(cls):
        cls.gateway.close()

    def test_one_event_is_accepted_repeated_and_contradicted(self):
        body = json.dumps(event(1)).encode()
        status, text, _ = self.gateway.events(body)
        verdict = json.loads(text)
        self.assertEqual((status, verdict["status"], verdict["queue"]), (202, "accepted", "sales"))
        self.assertRegex(verdict["tracking_number"], NUMBER)
        status, text, _ = self.gateway.events(body)
        self.assertEqual((status, json.loads(text)["tracking_number"]),
                         (200, verdict["tracking_number"]))
        status, text, headers = self.gateway.events(json.dumps(event(1, text="other")).encode())
        self.assertEqual((status, headers["content-type"]), (409, "application/problem+json"))

    def test_a_schema_error_names_the_field(self):
        status, text, _ = self.gateway.events(
            json.dumps(event(2, customer={"phone": "555"})).encode())
        self.assertEqual(status, 400)
        self.assertIn("/customer/phone", json.loads(text)["detail"])

    def test_an_event_without_an_id_is_refused(self):
        without = event(3)
        del without["id"]
        status, text, _ = self.gateway.events(json.dumps(without).encode())
        self.assertEqual(status, 400)
        self.assertIn("id", json.loads(text)["detail"])

    def test_each_line_of_ndjson_has_its_own_verdict(self):
        lines = [json.dumps(event(10)), "{not json", json.dumps(event(11)), json.dumps(event(10))]
        status, text, _ = self.gateway.events("\n".join(lines).encode(), "application/x-ndjson")
        verdicts = [json.loads(line) for line in text.splitlines()]
        self.assertEqual(status, 207)
        self.assertEqual([verdict["status"] for verdict in verdicts],
                         ["accepted", "invalid", "accepted", "seen"])

    def test_ten_thousand_lines_are_ten_thousand_contacts(self):
        body = "\n".join(json.dumps(event(20000 + i, customer={"phone": "+140455%05d" % i}))
                         for i in range(10000)).encode()
        before = len(self.gateway.queue("sales"))
        status, text, _ = self.gateway.events(body, "application/x-ndjson")
        self.assertEqual(status, 202)
        self.assertEqual(len(text.splitlines()), 10000)
        self.assertEqual(len(self.gateway.queue("sales")), before + 10000)

    def test_a_cloudevents_batch_is_accepted(self):
        batch = [{"specversion": "1.0", "id": f"ce{i}", "source": "/app", "type": "contact",
                  "data": {key: value for key, value in event(30 + i).items() if key != "id"}}
                 for i in range(2)]
        status, text, _ = self.gateway.events(json.dumps(batch).encode(),
                                              "application/cloudevents-batch+json")
        self.assertEqual((status, [v["status"] for v in json.loads(text)]), (202, ["accepted"] * 2))

    def test_a_standard_webhooks_signature_is_as_good_as_a_key(self):
        body = json.dumps(event(40)).encode()
        stamp = str(int(time.time()))
        key = base64.b64decode(self.gateway.secret("acme-signing").removeprefix("whsec_"))
        mac = base64.b64encode(hmac.new(key, f"msg_1.{stamp}.".encode() + body,
                                        hashlib.sha256).digest()).decode()
        headers = {"Content-Type": "application/json", "webhook-id": "msg_1",
                   "webhook-timestamp": stamp, "webhook-signature": "v1," + mac}
        status, _, _ = self.gateway.request("POST", "/v1/acme/events", body, headers)
        self.assertEqual(status, 202)
        headers["webhook-timestamp"] = str(int(stamp) - 3600)
        self.assertEqual(self.gateway.request("POST", "/v1/acme/events", body, headers)[0], 401)

    def test_keys_are_scoped(self):
        body = json.dumps(event(50)).encode()
        self.assertEqual(self.gateway.events(body, key="wrong-but-long-enough-key")[0], 401)
        status, text, _ = self.gateway.events(body, key=self.gateway.secret("reader"))
        self.assertEqual(status, 403)
        self.assertIn("events:write", text)
        self.assertEqual(self.gateway.events(body, brand="nobody")[0], 404)

    def test_a_content_encoding_is_refused_not_decoded(self):
        status, _, _ = self.gateway.events(b"\x1f\x8b", headers={"Content-Encoding": "gzip"})
        self.assertEqual(status, 415)


class LinksTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.gateway = Gateway(edit=lambda text: text + "trusted_proxies: [127.0.0.1]\n").start()

    @classmethod
    def tearDownClass(cls):
        cls.gateway.close()

    def tap(self, button, agent=PHONE, method="GET", query="", headers=None, address="203.0.113.9"):
        return self.gateway.request(method, f"/c/acme/{button}{query}",
                                    headers={"User-Agent": agent, "X-Forwarded-For": address,
                                             **(headers or {})})

    def taps(self):
        return self.gateway.facts("tap")

    def test_a_tap_on_a_message_button_leads_to_the_thread_with_its_number(self):
        status, _, headers = self.tap("ig-dm", query="?utm_campaign=spring&fbclid=AbC&to=//evil")
        self.assertEqual(status, 302)
        target = urllib.parse.urlsplit(headers["location"])
        self.assertEqual((target.scheme, target.netloc, target.path),
                         ("https", "ig.me", "/m/acme.shop"))
        number = urllib.parse.parse_qs(target.query)["ref"][0]
        fact = self.taps()[-1]
        self.assertEqual(fact["tracking_number"].replace("-", ""), number)
        fields = json.loads(fact["body"])["fields"]
        self.assertEqual((fields["utm_campaign"], fields["fbclid"]), ("spring", "AbC"))

        # The thread opens with the ref; the message that follows belongs to the tap.
        referral = {"sender": {"id": "650"}, "recipient": {"id": "17841400000000001"},
                    "timestamp": int(time.time() * 1000),
                    "referral": {"ref": number, "source": "IGME-SOURCE-LINK", "type": "OPEN_THREAD"}}
        self.gateway.instagram_body(json.dumps({"object": "instagram", "entry": [
            {"id": "17841400000000001", "time": 1, "messaging": [referral]}]}).encode())
        self.gateway.instagram([("after-referral", "is this in blue?", "650")])
        [entry] = [e for _, e in self.gateway.queue("sales") if e["id"] == "after-referral"]
        self.assertEqual(entry["tracking_number"], fact["tracking_number"])
        self.assertEqual((entry["attribution"], entry["button"], entry["campaign"]),
                         ("exact_ref", "ig-dm", "spring"))
        self.assertEqual(json.loads(entry["data"])["data"]["attribution"]["fbclid"], "AbC")

    def test_an_ad_that_opened_the_thread_is_the_next_message_s_without_a_ref_too(self):
        self.gateway.instagram([("before-ad", "hello", "651")])
        referral = {"sender": {"id": "651"}, "recipient": {"id": "17841400000000001"},
                    "timestamp": int(time.time() * 1000),
                    "referral": {"ad_id": "9", "source": "ADS", "type": "OPEN_THREAD"}}
        self.gateway.instagram_body(json.dumps({"object": "instagram", "entry": [
            {"id": "17841400000000001", "time": 1, "messaging": [referral]}]}).encode())
        self.gateway.instagram([("after-ad", "is this in blue?", "651")])
        self.gateway.instagram([("long-after-ad", "and in red?", "651")])
        told = {e["id"]: json.loads(e["data"])["data"]["attribution"]
                for _, e in self.gateway.queue("sales")}
        self.assertEqual(told["after-ad"].get("referral.ad_id"), "9")
        self.assertEqual(told["after-ad"].get("referral.source"), "ADS")
        self.assertNotIn("referral.ad_id", told["long-after-ad"])

    def test_calls_get_a_small_page_that_works_without_script(self):
        status, page, headers = self.tap("ig-call")
        self.assertEqual(status, 200)
        self.assertLessEqual(len(page.encode()), 4096)
        self.assertIn("no-store", headers["cache-control"])
        self.assertIn("tel:+18005550100", page)
        self.assertNotIn("<script", page)
        self.assertRegex(page, NUMBER)

    def test_previews_prefetches_and_head_are_no_taps(self):
        before = len(self.taps())
        self.tap("ig-dm", agent="facebookexternalhit/1.1 Facebot Twitterbot/1.0")
        self.tap("ig-dm", headers={"Sec-Purpose": "prefetch;prerender"})
        self.tap("ig-dm", method="HEAD")
        self.assertEqual(len(self.taps()), before)
        for kind in ("robot", "prefetch", "head"):
            self.assertEqual(self.gateway.metric(f'tapline_taps_total{{brand="acme",kind="{kind}"}}'), 1)

    def test_the_in_app_browser_is_a_person_and_a_double_tap_is_one_tap(self):
        def double_tap():
            before = len(self.taps())
            first = self.tap("ig-whatsapp", agent=IN_APP)[2]["location"]
            second = self.tap("ig-whatsapp", agent=IN_APP)[2]["location"]
            return first == second and len(self.taps()) - before <= 1
        # Two taps may fall on both sides of a five-second border; not twice in a row.
        self.assertTrue(double_tap() or double_tap())

    def test_two_people_are_two_taps(self):
        numbers = {self.tap("ig-whatsapp", query="?fbclid=" + click, address=address)[2]["location"]
                   for click, address in (("A", "198.51.100.1"), ("B", "198.51.100.1"),
                                          ("A", "198.51.100.2"))}
        self.assertEqual(len(numbers), 3)
        # Behind a proxy that nobody trusts all addresses are the proxy's.
        shared = {self.tap("ig-whatsapp", address="10.0.0.1")[2]["location"] for _ in range(3)}
        self.assertEqual(len(shared), 3)

    def test_a_visitor_who_taps_without_end_is_sent_on_but_not_recorded(self):
        before = len(self.taps())
        for i in range(60):
            status, _, headers = self.tap("ig-dm", query=f"?utm_source={i}", address="198.51.100.66")
            self.assertEqual(status, 302)
        self.assertTrue(headers["location"].startswith("https://ig.me/m/acme.shop"))
        self.assertLess(len(self.taps()) - before, 60)
        self.assertGreater(self.gateway.metric('tapline_taps_total{brand="acme",kind="limited"}'), 0)

    def test_an_unknown_link_is_404(self):
        self.assertEqual(self.tap("nothing")[0], 404)
        self.assertEqual(self.gateway.request("GET", "/c/nobody/ig-dm")[0], 404)


class CommandsTest(unittest.TestCase):
    """The command line against a running gateway, as the README's tour uses it."""

    @classmethod
    def setUpClass(cls):
        cls.gateway = Gateway().start()

    @classmethod
    def tearDownClass(cls):
        cls.gateway.close()

    def test_send_tail_and_track_tell_one_story(self):
        sent = self.gateway.cli("send", "instagram", "--text", "Is this in blue?").stdout
        self.assertRegex(sent, r"^accepted · \S{3}-\S{3}-\S{3} · route shoppers · queue sales · "
                               r"due ([\d-]{10} )?\d\d:\d\d · redis\n$")
        number = NUMBER.search(sent).group()
        self.assertIn(number, self.gateway.cli("tail", "sales", "--no-follow").stdout)
        story = self.gateway.cli("track", number.lower().replace("-", " ")).stdout
        self.assertIn("route shoppers", story)

    def test_send_can_call_text_and_repeat(self):
        called = self.gateway.cli("send", "twilio", "--call").stdout
        self.assertIn("queue sales", called)
        text = ("send", "twilio", "--text", "please cancel", "--id", "SM" + "7" * 32,
                "--from", "+14045550123")
        self.assertIn("queue retention", self.gateway.cli(*text).stdout)
        self.assertTrue(self.gateway.cli(*text).stdout.startswith("seen before · "))
        self.assertIn("queue sales", self.gateway.cli("send", "events", "--text", "hi", "--to", "ig-text").stdout)

    def test_send_reads_a_body_from_standard_input(self):
        from harness import instagram_body
        sent = self.gateway.cli("send", "instagram", "--file", "-",
                                stdin=instagram_body([("stdin-1", "hi", "71")])).stdout
        self.assertIn("accepted", sent.decode())

    def test_track_explains_a_phone_number_and_a_mistyped_one(self):
        self.gateway.twilio(sms_params(1, "hello", sender="+14045550177"))
        line = self.gateway.cli("track", "+18005550100", check=False).stdout
        self.assertIn("ig-call", line)
        customer = self.gateway.cli("track", "+1 404 555 0177", check=False).stdout
        self.assertIn("1 contact", customer)
        mistyped = self.gateway.cli("track", "7K3-M9Q-2X5", check=False)
        self.assertEqual(mistyped.returncode, 1)
        self.assertIn("not a tracking number", mistyped.stderr)

    def test_doctor_names_what_is_wrong(self):
        # Nothing listens on port 1, so the public URL leads nowhere.
        with Gateway(edit=lambda text: text.replace("127.0.0.1:8080", "127.0.0.1:1")) as gateway:
            examined = gateway.cli("doctor", check=False)
            self.assertEqual(examined.returncode, 1)
            self.assertIn("WRONG  public url", examined.stdout)
            self.assertIn("embedded Redis: one machine, not for production", examined.stdout)
            gateway.instagram([("doctor-1", "hello")])
            self.assertRegex(gateway.cli("doctor", check=False).stdout,
                             r"ok +connection instagram-main: instagram, last event 20\d\d-")
            eventually(lambda: gateway.redis().hexists("tapline:{_}:heard", "connection instagram-main"),
                       "the record has it")
            gateway.stop()
            gateway.start()
            eventually(lambda: "instagram-main: instagram, last event 20"
                       in gateway.cli("doctor", check=False).stdout, "it outlives the gateway")

    def test_init_writes_a_brand_that_passes_the_check(self):
        folder = self.gateway.dir + "/fresh"
        self.gateway.cli("init", "my-brand", "--config", folder)
        checked = self.gateway.cli("check", folder)
        self.assertRegex(checked.stdout, r"^ok: \d+ connections?, 1 brand, \d+ routes?\n$")
        again = self.gateway.cli("init", "my-brand", "--config", folder, check=False)
        self.assertEqual(again.returncode, 1)
        self.assertIn("nothing was written", again.stderr)
        self.assertEqual(self.gateway.cli("init", "No Brand", check=False).returncode, 2)

    def test_check_reports_every_mistake_with_its_place_and_exits_with_78(self):
        gateway = Gateway(brand_edit=lambda text: text.replace("to: sales", "to: salse").replace(
            "channel: call, line", "chanel: call, line"))
        self.addCleanup(gateway.close)
        checked = gateway.cli("check", gateway.config, check=False)
        self.assertEqual(checked.returncode, 78)
        self.assertRegex(checked.stdout, r"brands/acme\.yaml:\d+:\d+: .*salse.*sales")
        self.assertRegex(checked.stdout, r"brands/acme\.yaml:\d+:\d+: .*chanel.*channel")
        findings = json.loads(gateway.cli("check", gateway.config, "--json", check=False).stdout)
        self.assertTrue(all(f["line"] > 0 and f["column"] > 0 for f in findings))
        served = gateway.cli("serve", "--config", gateway.config, check=False)
        self.assertEqual(served.returncode, 78)

    def test_a_command_that_misses_something_says_what_to_give(self):
        for args, name, purpose in ((("check",), "DIR", "directory of tapline.yaml"),
                                    (("serve",), "--config", "directory of tapline.yaml"),
                                    (("tail",), "queue", "name of the queue")):
            done = self.gateway.cli(*args, check=False)
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertIn(f"tapline: {name} is required\n  {name}: ", done.stderr)
            self.assertIn(purpose, done.stderr)

    def test_doctor_tells_the_trouble_of_redis_once(self):
        def edit(text):
            return text.replace("redis: embedded", "redis: redis://127.0.0.1:1")
        gateway = Gateway(edit=edit)
        self.addCleanup(gateway.close)
        gateway.start(wait_ready=False)
        shown = eventually(lambda: "cannot connect" in (text := gateway.cli(
            "doctor", check=False).stdout) and text, "doctor has heard of it")
        self.assertIn("WRONG  redis: cannot connect to redis://127.0.0.1:1/0", shown)
        status = json.loads(gateway.get_admin("/readyz")[1])
        self.assertTrue(status["wrong"][0].startswith("redis: cannot connect"), status)
        tail = gateway.cli("tail", "sales", "--no-follow", check=False).stderr
        self.assertTrue(tail.startswith("tapline: redis: cannot connect"), tail)

    def test_health_readiness_and_metrics_answer(self):
        self.assertEqual(self.gateway.get_admin("/healthz")[:2], (200, "ok\n"))
        ready = json.loads(self.gateway.get_admin("/readyz")[1])
        self.assertTrue(ready["ready"])
        self.assertIn("embedded Redis: one machine, not for production", ready["notes"])
        self.gateway.instagram([("metrics-1", "hello", "72")])
        self.assertGreaterEqual(self.gateway.metric("tapline_accept_seconds_count"), 1)
        for i in range(20):
            before = self.gateway.metric("tapline_accept_seconds_count")
            self.gateway.events(json.dumps({"id": f"metrics-{i}", "channel": "chat"}).encode())
            self.assertEqual(self.gateway.metric("tapline_accept_seconds_count"), before + 1)

    def test_what_belongs_to_no_brand_and_asks_for_nothing_is_counted_once(self):
        read = {"sender": {"id": "601"}, "recipient": {"id": "999"}, "timestamp": 1773059400000,
                "read": {"mid": "m1"}}
        body = json.dumps({"object": "instagram", "entry": [
            {"time": 1773059400000, "id": "999", "messaging": [read]}]}).encode()
        self.assertEqual(self.gateway.instagram_body(body)[0], 200)
        label = 'tapline_ignored_total{connection="instagram-main",reason="%s"}'
        self.assertEqual([self.gateway.metric(label % why) for why in ("no brand", "nothing to do")],
                         [1, 0])
        eventually(lambda: self.gateway.metric('tapline_queue_depth{brand="acme",queue="sales"}') > 0,
                   "the queue's depth is shown")


if __name__ == "__main__":
    unittest.main(verbosity=2)
