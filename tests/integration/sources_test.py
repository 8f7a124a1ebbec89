"""Every way in that no platform's webhook covers: chats, forms, unsigned connections, own sources."""
import base64
import hashlib
import hmac
import json
import os
import re
import secrets
import subprocess
import time
import unittest
import urllib.parse

from harness import NUMBER, ROOT, Gateway, call_params, eventually, instagram_body, read

ORIGIN = "https://www.acme.example"
CHAT_KEY = secrets.token_bytes(32)
CONNECTIONS = f"""
  acme-chat: {{provider: chat, secrets: [file:secrets/chat], brand: acme}}
  acme-web:
    provider: web
    brand: acme
    unsigned: accept
    because: "browsers keep no secret; origins, honeypot and limits stand in"
    origins: [{ORIGIN}]
    thanks: {ORIGIN}/thanks
    honeypot: website
    per_minute: {{client: 100000, all: 100000}}
  slow-web:
    provider: web
    brand: acme
    unsigned: accept
    because: "the same with a low limit"
    origins: [{ORIGIN}]
    per_minute: {{client: 100000, all: 3}}
  open-instagram:
    provider: instagram
    secrets: [file:secrets/instagram-app-secret]
    verify_token: file:secrets/instagram-verify-token
    unsigned: accept
    because: "a proxy of ours checks the signature"
"""


def with_connections(text):
    return text.rstrip("\n") + CONNECTIONS


def with_sources(text):
    text = text.replace("profiles:\n", """sources: [pinterest]
profiles:
  pins:      {source: pinterest}
  site-form: {source: web, connection: acme-web}
  site-chat: {source: web, connection: acme-chat}
  open-shop: {source: instagram, connection: open-instagram, account: "17841400000000002"}
""")
    text = text.replace("lines:\n", """lines:
  "+18005550105": {connection: acme-tel}
""")
    text = text.replace("buttons:\n", """buttons:
  pin-call:  {profile: pins, channel: call, line: "+18005550105"}
  pin-email: {profile: pins, channel: email, address: hello+pin@acme.example}
  contact:   {profile: site-form, channel: email}
  ask:       {profile: site-chat, channel: chat}
""")
    return text.replace("routes:\n", """routes:
  - name: paid-pins
    when: {channel: [email, chat], attribution: {epik: "*", utm_medium: [CPC, paid]}}
    to: retention
""")


class SourcesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.gateway = Gateway(edit=with_connections, brand_edit=with_sources)
        cls.gateway.write(cls.gateway.config + "/secrets/chat",
                          "whsec_" + base64.b64encode(CHAT_KEY).decode() + "\n")
        cls.gateway.start()

    @classmethod
    def tearDownClass(cls):
        cls.gateway.close()

    def setUp(self):
        connection = self.gateway.redis()
        fingerprints = set(connection.keys("tapline:{_}:fingerprint:*"))
        for key in connection.keys("*"):
            if key not in fingerprints:
                connection.delete(key)

    # Senders.

    def chat(self, message, key=CHAT_KEY, **more):
        body = json.dumps({"conversation": "c-1", "from": "customer", "id": message, **more}).encode()
        name, at = "msg_" + secrets.token_hex(8), str(int(time.time()))
        mac = hmac.new(key, f"{name}.{at}.".encode() + body, hashlib.sha256).digest()
        return self.gateway.request("POST", "/hooks/acme-chat", body, {
            "Content-Type": "application/json", "webhook-id": name, "webhook-timestamp": at,
            "webhook-signature": "v1," + base64.b64encode(mac).decode()})

    def form(self, fields, connection="acme-web", rest="", origin=ORIGIN, **headers):
        sent = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json",
                **{name.replace("_", "-"): value for name, value in headers.items()}}
        if origin:
            sent["Origin"] = origin
        return self.gateway.request("POST", f"/hooks/{connection}{rest}",
                                    urllib.parse.urlencode(fields).encode(), sent)

    def only_entry(self, queue):
        [(_, entry)] = self.gateway.queue(queue)
        return entry, json.loads(entry["data"])["data"]

    def tap(self, button, query=""):
        _, body, headers = self.gateway.request(
            "GET", f"/c/acme/{button}?{query}",
            headers={"User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Safari/604.1"})
        return NUMBER.search(body + headers.get("location", "")).group()

    # Chats.

    def test_messages_of_one_conversation_are_one_journey(self):
        for message in ("m-1", "m-2", "m-3"):
            self.assertEqual(self.chat(message, text="hello")[0], 200)
        self.assertEqual(self.chat("m-1", conversation="c-2", text="other")[0], 200)
        entries = [entry for _, entry in self.gateway.queue("chat")]
        self.assertEqual([entry["id"] for entry in entries],
                         ["c-1/m-1", "c-1/m-2", "c-1/m-3", "c-2/m-1"])
        numbers = [entry["tracking_number"] for entry in entries]
        self.assertEqual(len(set(numbers[:3])), 1)
        self.assertNotEqual(numbers[0], numbers[3])
        self.assertEqual({(e["source"], e["profile"], e["channel"], e["button"], e["auth"])
                          for e in entries}, {("web", "site-chat", "chat", "ask", "signature")})
        data = json.loads(entries[0]["data"])["data"]
        self.assertEqual(data["reply"], {"how": "chat", "account": "", "to": "c-1", "suggested": ""})

    def test_a_chat_message_that_comes_again_adds_nothing(self):
        for _ in range(3):
            self.assertEqual(self.chat("m-1", text="hello")[0], 200)
        self.assertEqual(len(self.gateway.queue("chat")), 1)
        self.assertEqual(len(self.gateway.facts()), 1)

    def test_what_agents_say_is_a_fact_of_the_journey_without_words(self):
        self.chat("m-1", text="hello")
        self.assertEqual(self.chat("m-2", text="a secret answer", **{"from": "agent"})[0], 200)
        entry, _ = self.only_entry("chat")
        [fact] = self.gateway.facts("recorded")
        self.assertEqual(fact["tracking_number"], entry["tracking_number"])
        self.assertEqual(json.loads(fact["body"])["type"], "chat.agent")
        self.assertNotIn("secret", json.dumps(self.gateway.facts()))

    def test_a_conversation_that_names_a_journey_stays_in_it(self):
        number = self.tap("pin-email", "utm_source=pinterest&epik=dj0yJ&utm_medium=cpc")
        compact = number.replace("-", "")
        self.chat("m-1", text="hello", page={"url": f"{ORIGIN}/plans?ref={compact}"})
        self.chat("m-2", text="are you there?")
        entries = [entry for _, entry in self.gateway.queue("retention")]
        self.assertEqual([entry["tracking_number"] for entry in entries], [number, number])
        self.assertEqual({entry["source"] for entry in entries}, {"pinterest"})
        for entry in entries:
            attribution = json.loads(entry["data"])["data"]["attribution"]
            self.assertEqual(attribution["epik"], "dj0yJ")

    def test_first_messages_at_once_become_one_journey(self):
        import concurrent.futures
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda i: self.chat(f"m-{i}", text="hi"), range(24)))
        self.assertEqual({status for status, _, _ in answers}, {200})
        entries = [entry for _, entry in self.gateway.queue("chat")]
        self.assertEqual(len(entries), 24)
        self.assertEqual(len({entry["tracking_number"] for entry in entries}), 1)

    def test_a_chat_of_another_secret_is_refused_and_an_odd_one_is_quarantined(self):
        before = self.gateway.redis().dbsize()
        self.assertEqual(self.chat("m-1", key=b"x" * 32)[0], 401)
        self.assertEqual(self.gateway.redis().dbsize(), before)
        self.assertEqual(self.chat("m-1", **{"from": "nobody"})[0], 200)
        self.assertEqual(self.gateway.queue("chat"), [])
        self.assertEqual(self.gateway.redis().xlen("tapline:{acme}:quarantine"), 1)

    # Forms.

    def test_a_form_becomes_an_entry_without_authentication(self):
        status, body, headers = self.form(
            {"name": "J. Doe", "email": "jane@acme.example", "message": "Is it in stock?",
             "size": "M", "tapline_page": f"{ORIGIN}/plans?utm_source=ig&gclid=Cj0"})
        self.assertEqual(status, 200)
        self.assertEqual(headers["access-control-allow-origin"], ORIGIN)
        self.assertEqual(headers["vary"], "Origin")
        entry, data = self.only_entry("care")
        self.assertEqual(json.loads(body), {"status": "accepted",
                                            "reference": entry["tracking_number"]})
        self.assertEqual((entry["auth"], entry["channel"], entry["source"], entry["button"]),
                         ("none", "email", "web", "contact"))
        self.assertEqual(data["attribution"]["form.size"], "M")
        self.assertEqual(data["attribution"]["gclid"], "Cj0")
        self.assertEqual(data["customer"]["email"], "jane@acme.example")
        self.assertGreater(self.gateway.metric(
            'tapline_authenticated_total{connection="acme-web",auth="none"}'), 0)

    def test_a_plain_form_is_led_on_and_one_without_a_page_is_thanked(self):
        html = {"Accept": "text/html", "Sec_Fetch_Mode": "navigate"}
        status, _, headers = self.form({"message": "one"}, **html)
        self.assertEqual((status, headers["location"]), (303, ORIGIN + "/thanks"))
        status, body, headers = self.form({"message": "two"}, connection="slow-web", **html)
        self.assertEqual(status, 200)
        self.assertIn("Thank you", body)
        self.assertRegex(body, NUMBER)
        self.assertIn("default-src 'none'", headers["content-security-policy"])

    def test_a_repeated_form_is_one_contact(self):
        first = self.form({"message": "hello", "email": "a@acme.example"})[1]
        self.assertEqual(self.form({"message": "hello", "email": "a@acme.example"})[1], first)
        self.form({"message": "hello", "tapline_id": "s-1"})
        self.form({"message": "hello, changed", "tapline_id": "s-1"})
        self.assertEqual(len(self.gateway.queue("care")), 2)

    def test_forms_of_other_pages_are_refused(self):
        before = self.gateway.redis().dbsize()
        for origin in (None, "null", "https://evil.example", ORIGIN + ".evil.example"):
            status, _, headers = self.form({"message": "x"}, origin=origin)
            self.assertEqual((status, headers["vary"]), (403, "Origin"), origin)
            self.assertNotIn("access-control-allow-origin", headers)
        self.assertEqual(self.gateway.redis().dbsize(), before)

    def test_preflights_are_answered_for_the_named_origins_only(self):
        ask = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
        status, _, headers = self.gateway.request("OPTIONS", "/hooks/acme-web",
                                                  headers={"Origin": ORIGIN, **ask})
        self.assertEqual((status, headers["access-control-allow-origin"],
                          headers["access-control-allow-methods"],
                          headers["access-control-allow-headers"], headers["vary"]),
                         (204, ORIGIN, "POST", "content-type", "Origin"))
        status, _, headers = self.gateway.request("OPTIONS", "/hooks/acme-web",
                                                  headers={"Origin": "https://evil.example", **ask})
        self.assertEqual((status, headers["vary"]), (403, "Origin"))
        self.assertNotIn("access-control-allow-origin", headers)
        self.assertEqual(self.gateway.request("OPTIONS", "/hooks/acme-tel")[0], 405)
        self.assertEqual(self.gateway.request("GET", "/hooks/acme-web")[0], 405)
        for name in ("acme-tel", "acme-web"):
            self.assertEqual(self.gateway.metric(
                f'tapline_refused_total{{connection="{name}",reason="method"}}'), 1, name)

    def test_a_form_is_heard_of_its_connection(self):
        self.form({"message": "is this in blue"})

        def heard():
            rows = json.loads(self.gateway.cli("channels", "--json", check=False).stdout)
            return next(row["last_heard"] for row in rows
                        if (row["kind"], row["name"]) == ("connection", "acme-web"))

        eventually(heard, "the connection was heard")

    def test_a_filled_honeypot_is_answered_like_a_success_and_writes_nothing(self):
        before = self.gateway.redis().dbsize()
        status, body, caught = self.form({"message": "buy", "website": "http://spam.example"})
        self.assertEqual(status, 200)
        self.assertRegex(json.loads(body)["reference"], NUMBER)
        self.assertEqual(self.gateway.redis().dbsize(), before)
        _, _, taken = self.form({"message": "is this in blue"})
        own = ("date", "x-request-id")
        self.assertEqual({name: value for name, value in caught.items() if name not in own},
                         {name: value for name, value in taken.items() if name not in own})
        self.assertEqual(self.gateway.metric(
            'tapline_ignored_total{connection="acme-web",reason="honeypot"}'), 1)

    def test_errors_are_told_as_the_caller_can_read_them(self):
        status, body, headers = self.form({"name": "only"})
        self.assertEqual((status, headers["content-type"]), (422, "application/problem+json"))
        self.assertIn("fill in", json.loads(body)["detail"])
        status, body, headers = self.form({"name": "only"}, Accept="text/html")
        self.assertEqual(status, 422)
        self.assertTrue(headers["content-type"].startswith("text/html"))
        self.assertIn('role="alert"', body)
        self.assertEqual(self.form({"message": "x"}, Content_Type="text/plain")[0], 415)
        self.assertEqual(self.form({"message": "x" * 300_000})[0], 413)

    def test_submits_beyond_the_limit_are_refused_with_a_time_to_wait(self):
        statuses = [self.form({"message": f"m{i}"}, connection="slow-web") for i in range(6)]
        self.assertIn(429, [status for status, _, _ in statuses])
        self.assertEqual([headers["retry-after"] for status, _, headers in statuses
                          if status == 429][0], "60")
        self.assertGreater(self.gateway.metric(
            'tapline_refused_total{connection="slow-web",reason="rate"}'), 0)

    # Connections without a signature.

    def test_unsigned_requests_are_accepted_only_where_the_config_says_so(self):
        body = instagram_body([("u1", "hello")], account="17841400000000002")
        head = {"Content-Type": "application/json"}
        self.assertEqual(self.gateway.request("POST", "/hooks/instagram-main", body, head)[0], 401)
        self.assertEqual(self.gateway.request("POST", "/hooks/open-instagram", body, {
            **head, "X-Hub-Signature-256": "sha256=" + "0" * 64})[0], 401)
        self.assertEqual(self.gateway.queue("chat"), [])
        self.assertEqual(self.gateway.request("POST", "/hooks/open-instagram", body, head)[0], 200)
        entry, _ = self.only_entry("chat")
        self.assertEqual((entry["auth"], entry["profile"]), ("none", "open-shop"))
        self.assertEqual(self.gateway.metric(
            'tapline_authenticated_total{connection="open-instagram",auth="none"}'), 1)

    def test_check_and_doctor_tell_of_unsigned_connections(self):
        said = self.gateway.cli("check", self.gateway.config).stdout
        self.assertIn('connection "open-instagram" accepts requests without a signature', said)
        self.assertNotIn('connection "acme-web" accepts', said)
        said = self.gateway.cli("doctor", "--config", self.gateway.config, check=False).stdout
        self.assertIn("because: a proxy of ours checks the signature", said)

    # Sources that the brand declares.

    def test_an_own_source_is_fed_by_links_lines_and_events(self):
        number = self.tap("pin-email", "utm_source=pinterest&utm_campaign=pins&epik=dj0")
        self.gateway.twilio(call_params(1, line="+18005550105"))
        self.gateway.events(json.dumps({"id": "p1", "channel": "dm", "profile": "pins",
                                        "text": "from the pins app"}))
        self.gateway.events(json.dumps({"id": "p2", "channel": "email", "button": "pin-email",
                                        "text": "by name"}))
        self.gateway.events(json.dumps({"id": "p3", "channel": "email", "ref": number,
                                        "text": "after the tap"}))
        entries = {entry["id"]: entry for queue in ("care", "chat", "retention")
                   for _, entry in self.gateway.queue(queue)}
        self.assertEqual({entry["source"] for entry in entries.values()}, {"pinterest"})
        self.assertEqual(len(entries), 4)
        self.assertEqual(entries["p3"]["tracking_number"], number)
        self.assertEqual(entries["p3"]["button"], "pin-email")
        data = json.loads(entries["p3"]["data"])["data"]
        self.assertEqual(data["attribution"]["utm_campaign"], "pins")
        self.assertEqual(data["attribution"]["epik"], "dj0")
        [tap] = self.gateway.facts("tap")
        self.assertEqual(json.loads(tap["body"])["source"], "pinterest")

    def test_routes_match_what_a_click_brought_also_of_the_journey(self):
        number = self.tap("pin-email", "epik=dj0&utm_medium=CPC")
        self.gateway.events(json.dumps({"id": "r1", "channel": "email", "ref": number}))
        self.gateway.events(json.dumps({"id": "r2", "channel": "email",
                                        "attribution": {"epik": "x", "utm_medium": "paid"}}))
        self.gateway.events(json.dumps({"id": "r3", "channel": "email",
                                        "attribution": {"epik": "x", "utm_medium": "organic"}}))
        routes = {entry["id"]: entry["route"] for queue in ("care", "retention")
                  for _, entry in self.gateway.queue(queue)}
        self.assertEqual(routes, {"r1": "paid-pins", "r2": "paid-pins", "r3": "default"})

    # What the documents show.

    def test_the_examples_of_the_documents_work_as_they_stand(self):
        chat = read(os.path.join(ROOT, "docs", "sources", "chat.md"))
        web = read(os.path.join(ROOT, "docs", "sources", "web.md"))
        env = dict(os.environ, TAPLINE="http://" + self.gateway.public,
                   SECRET=self.gateway.secret("chat"))
        shell = re.search(r"```sh\n(.*?)```", chat, re.S).group(1)
        subprocess.run(["bash", "-c", shell], cwd=self.gateway.config, env=env, check=True,
                       capture_output=True)
        script = os.path.join(self.gateway.dir, "chat.mjs")
        self.gateway.write(script, re.search(r"```js\n(.*?)```", chat, re.S).group(1) + """
            await toTapline({conversation: "c-9", id: 1, from: "customer", text: "by node"},
              {url: process.env.TAPLINE + "/hooks/acme-chat", secret: process.env.SECRET});""")
        subprocess.run(["node", script], env=env, check=True, capture_output=True)
        self.assertEqual([entry["id"] for _, entry in self.gateway.queue("chat")],
                         ["c-8841/m-1", "c-9/1"])
        shell = re.search(r'curl -sS "\$TAPLINE/hooks/acme-web".*?\n\n', web, re.S).group()
        said = subprocess.run(["bash", "-c", shell], env=env, check=True, capture_output=True)
        self.assertEqual(json.loads(said.stdout)["status"], "accepted")

    # The command line.

    def test_send_makes_chats_and_forms(self):
        for provider in ("chat", "web"):
            said = self.gateway.cli("send", provider, "--config", self.gateway.config,
                                    "--text", "hello").stdout
            self.assertRegex(said, NUMBER, provider)
            self.assertIn("accepted", said)
        eventually(lambda: len(self.gateway.queue("chat")) == 1, "the chat is queued")


if __name__ == "__main__":
    unittest.main()
