"""A contact lands: signed webhooks come in over HTTP and stand exactly once on their queues."""
import json
import unittest

from harness import NUMBER, SHOP, Gateway, call_params, eventually, instagram_body, read, sms_params


class ContactTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.gateway = Gateway().start()

    @classmethod
    def tearDownClass(cls):
        cls.gateway.close()

    def setUp(self):
        kept = "tapline:{_}:fingerprint:*"
        connection = self.gateway.redis()
        fingerprints = set(connection.keys(kept))
        for key in connection.keys("*"):
            if key not in fingerprints:
                connection.delete(key)

    def test_an_instagram_message_stands_once_on_its_queue_with_every_field(self):
        status, body, headers = self.gateway.instagram([("m1", "Is this in blue?", "777")])
        self.assertEqual((status, body), (200, "EVENT_RECEIVED"))
        self.assertEqual(headers["x-durability"], "redis")
        [(_, entry)] = self.gateway.queue("sales")
        expected = {"v": "1", "id": "m1", "type": "contact.dm", "source": "instagram",
                    "profile": "shop", "channel": "dm", "route": "shoppers", "arm": "",
                    "auth": "signature", "priority": "normal", "durability": "redis"}
        for name, value in expected.items():
            self.assertEqual(entry[name], value, name)
        self.assertRegex(entry["tracking_number"], NUMBER)
        self.assertEqual(int(entry["due_at"]) - int(entry["accepted_at"]), 5 * 60 * 1000)
        data = json.loads(entry["data"])
        self.assertEqual((data["specversion"], data["id"], data["subject"]),
                         ("1.0", "m1", entry["tracking_number"]))
        self.assertEqual(data["data"]["text"], "Is this in blue?")
        self.assertEqual(data["data"]["customer"]["id"], "777")
        thanks = ("Thank you for writing to Acme Shoes. Your reference is "
                  f"{entry['tracking_number']}.")
        self.assertEqual(data["data"]["reply"], {"how": "instagram_dm", "account": SHOP,
                                                 "to": "777", "suggested": thanks})
        self.assertEqual([fact["fact"] for fact in self.gateway.facts()], ["queued"])

    def test_a_redelivery_is_answered_as_before_and_adds_nothing(self):
        body = instagram_body([("m2", "hello", "778")])
        first = self.gateway.instagram_body(body)
        keys = self.gateway.redis().dbsize()
        for _ in range(3):
            again = self.gateway.instagram_body(body)
            self.assertEqual(again[:2], first[:2])
        self.assertEqual(len(self.gateway.queue("sales")), 1)
        self.assertEqual(len(self.gateway.facts()), 1)
        self.assertEqual(self.gateway.redis().dbsize(), keys)

    def test_a_wrong_signature_is_refused_and_writes_nothing(self):
        before = self.gateway.redis().dbsize()
        refused = self.gateway.metric('tapline_refused_total{connection="instagram-main",reason="signature"}')
        status, _, _ = self.gateway.instagram([("m3", "forged")], secret="not the secret")
        self.assertEqual(status, 401)
        self.assertEqual(self.gateway.redis().dbsize(), before)
        self.assertEqual(refused + 1, self.gateway.metric(
            'tapline_refused_total{connection="instagram-main",reason="signature"}'))

    def test_echoes_and_receipts_are_recorded_but_are_no_contacts(self):
        self.gateway.instagram([("m4", "ours", SHOP, {"is_echo": True})])
        self.assertEqual(self.gateway.queue("sales"), [])
        [fact] = self.gateway.facts()
        self.assertEqual((fact["fact"], json.loads(fact["body"])["type"]),
                         ("recorded", "message.echo"))

    def test_the_handshake_is_answered_only_with_the_right_token(self):
        token = self.gateway.secret("instagram-verify-token")
        target = "/hooks/instagram-main?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token="
        status, body, headers = self.gateway.request("GET", target + token)
        self.assertEqual((status, body), (200, "1158201444"))
        self.assertTrue(headers["content-type"].startswith("text/plain"))
        self.assertEqual(self.gateway.request("GET", target + "wrong")[0], 403)

    def test_an_account_that_no_profile_claims_is_quarantined_and_answered_200(self):
        status, _, _ = self.gateway.instagram([("m5", "whose?")], account="999")
        self.assertEqual(status, 200)
        [(_, entry)] = self.gateway.redis().xrange("tapline:{_}:quarantine")
        self.assertIn("no profile", entry["reason"])
        self.assertEqual(json.loads(entry["raw"])["entry"][0]["id"], "999")

    def test_one_broken_item_does_not_spoil_its_neighbours(self):
        body = json.loads(instagram_body([("m6", "good one")]))
        body["entry"][0]["messaging"].insert(0, {"recipient": {"id": SHOP}, "timestamp": 1,
                                                 "message": {"mid": "m7", "text": "no sender"}})
        status, _, _ = self.gateway.instagram_body(json.dumps(body).encode())
        self.assertEqual(status, 200)
        self.assertEqual([entry["id"] for _, entry in self.gateway.queue("sales")], ["m6"])
        self.assertEqual(self.gateway.redis().xlen("tapline:{_}:quarantine"), 1)

    def test_a_call_is_connected_to_the_department_of_its_queue(self):
        status, twiml, headers = self.gateway.twilio(call_params(1))
        self.assertEqual(status, 200)
        self.assertTrue(headers["content-type"].startswith("text/xml"))
        self.assertIn("+14045550110", twiml)
        self.assertIn("statusCallback=", twiml)
        self.assertIn("action=", twiml)
        [(_, entry)] = self.gateway.queue("sales")
        self.assertEqual((entry["channel"], entry["button"], entry["attribution"]),
                         ("call", "ig-call", "exact_line"))
        self.assertEqual(self.gateway.twilio(call_params(1))[1], twiml)
        self.assertEqual(len(self.gateway.queue("sales")), 1)

    def test_a_signed_call_that_cannot_be_used_is_kept_and_nobody_hears_a_dead_line(self):
        odd = call_params(11)
        odd["CallSid"] = "CA-not-a-sid"
        status, twiml, _ = self.gateway.twilio(odd)
        self.assertEqual(status, 200)
        self.assertIn("<Dial", twiml)
        self.assertEqual(self.gateway.redis().xlen("tapline:{acme}:quarantine"), 1)
        sip = dict(call_params(12, line="sip:shop@acme.example"), **{"SipHeader_X-Foo": "1"})
        status, twiml, _ = self.gateway.twilio(sip)
        self.assertEqual(status, 200)
        self.assertIn("<Dial", twiml)

    def test_messages_of_one_person_in_one_post_keep_their_order_and_are_counted(self):
        self.gateway.instagram([("o0", "first", "820")])
        number = self.gateway.queue("sales")[0][1]["tracking_number"]
        messages = [(f"o{i}", f"about {number}" if i % 2 else "more", "820") for i in range(1, 31)]
        self.gateway.instagram(messages)
        entries = [entry for _, entry in self.gateway.queue("sales")]
        self.assertEqual([entry["id"] for entry in entries], [f"o{i}" for i in range(31)])
        earlier = [json.loads(entry["data"])["data"]["context"]["earlier_contacts"]
                   for entry in entries]
        self.assertEqual(earlier, list(range(31)))

    def test_a_thousand_messages_of_an_unknown_account_keep_the_body_in_small_parts(self):
        messages = [(f"u{i}", "?", str(i)) for i in range(1000)]
        self.assertEqual(self.gateway.instagram(messages, account="999")[0], 200)
        kept = self.gateway.redis().xrange("tapline:{_}:quarantine")
        self.assertLess(sum(len(entry["raw"]) for _, entry in kept), 1_000_000)

    def test_an_sms_is_answered_with_the_reference_of_its_journey(self):
        _, twiml, _ = self.gateway.twilio(sms_params(2, "Do you have this in blue?"))
        [(_, entry)] = self.gateway.queue("sales")
        self.assertIn(entry["tracking_number"], twiml)
        self.assertIn("<Message>", twiml)

    def test_a_leaving_customer_goes_to_retention_and_the_next_contact_knows_of_the_first(self):
        self.gateway.twilio(sms_params(3, "please CANCEL my plan"))
        self.gateway.twilio(sms_params(4, "hello?"))
        [(_, leaving)] = self.gateway.queue("retention")
        self.assertEqual(leaving["route"], "leaving")
        [(_, second)] = self.gateway.queue("sales")
        context = json.loads(second["data"])["data"]["context"]
        self.assertEqual(context["earlier_contacts"], 1)
        self.assertIsNotNone(context["open_since"])

    def test_a_message_that_names_a_live_number_joins_its_journey(self):
        self.gateway.instagram([("m8", "first", "800")])
        [(_, first)] = self.gateway.queue("sales")
        number = first["tracking_number"]
        self.gateway.twilio(sms_params(5, f"about my reference {number.lower()}"))
        second = self.gateway.queue("sales")[1][1]
        self.assertEqual(second["tracking_number"], number)
        self.assertEqual(second["attribution"], "exact_ref")
        # The right form, but no live journey: it is text like any other.
        self.gateway.twilio(sms_params(6, "my reference is 7K3-M9Q-2X4"))
        third = self.gateway.queue("sales")[2][1]
        self.assertNotEqual(third["tracking_number"], "7K3-M9Q-2X4")

    def test_no_customer_stands_in_a_key_name_a_fact_or_the_log(self):
        self.gateway.twilio(sms_params(7, "canary-text", sender="+14045551234"))
        self.gateway.instagram([("m9", "canary-text", "canary-person")])
        keys = " ".join(self.gateway.redis().keys("*"))
        facts = json.dumps(self.gateway.facts())
        log = read(self.gateway.log_path)
        metrics = self.gateway.get_admin("/metrics")[1]
        for personal in ("4045551234", "canary-text", "canary-person"):
            for place in (keys, facts, log, metrics):
                self.assertNotIn(personal, place)

    def test_an_error_inside_the_script_undoes_what_was_written(self):
        connection = self.gateway.redis()
        connection.set("tapline:{acme}:due", "a string, not a sorted set")
        status, _, headers = self.gateway.instagram([("m10", "hello", "810")])
        self.assertEqual(status, 503)
        self.assertIn("retry-after", headers)
        self.assertEqual(self.gateway.queue("sales"), [])
        self.assertEqual(self.gateway.facts(), [])
        self.assertEqual(connection.keys("tapline:{acme}:seen:*"), [])
        self.assertEqual(connection.keys("tapline:{acme}:journey:*"), [])
        connection.delete("tapline:{acme}:due")
        self.assertEqual(self.gateway.instagram([("m10", "hello", "810")])[0], 200)
        self.assertEqual(len(self.gateway.queue("sales")), 1)

    def test_acknowledged_entries_are_removed_counted_and_become_facts(self):
        self.gateway.instagram([(f"r{i}", "hello", f"9{i}") for i in range(6)])
        connection = self.gateway.redis()
        key = "tapline:{acme}:queue:sales"
        [[_, entries]] = connection.xreadgroup("sales", "worker", {key: ">"}, count=6)
        acknowledged = [entry for i, (entry, _) in enumerate(entries) if i != 2]
        connection.xack(key, "sales", *acknowledged)
        eventually(lambda: connection.xlen(key) == 1, "the acknowledged entries are gone")
        self.assertEqual(connection.xrange(key)[0][0], entries[2][0])
        self.assertEqual(connection.hget(key + ":about", "removed"), "5")
        self.assertEqual(len(self.gateway.facts("done")), 5)
        self.assertEqual(connection.zcard("tapline:{acme}:due"), 1)
        self.assertEqual(self.gateway.metric('tapline_queue_foreign_deletes{brand="acme",queue="sales"}'), 0)

    def test_a_stream_that_somebody_deletes_is_noticed(self):
        connection = self.gateway.redis()
        key = "tapline:{acme}:queue:chat"
        connection.xadd(key, {"a": "1"})
        eventually(lambda: connection.hget(key + ":about", "added") == "1", "the count is kept")
        connection.delete(key)
        eventually(lambda: self.gateway.metric(
            'tapline_queue_resets_total{brand="acme",queue="chat"}') == 1, "the reset shows")
        self.assertIn("foreign_deletes.acme.chat", self.gateway.get_admin("/readyz")[1])
        about = connection.hgetall(key + ":about")
        self.assertEqual((about["v"], about["claim_ms"]), ("1", "60000"))
        connection.delete(key + ":about")

    def test_an_outcome_by_one_xadd_reaches_the_journey_once(self):
        self.gateway.instagram([("m11", "hello", "811")])
        [(entry_id, entry)] = self.gateway.queue("sales")
        number = entry["tracking_number"]
        connection = self.gateway.redis()
        for _ in range(2):
            connection.xadd("tapline:{acme}:outcomes", {
                "tracking_number": number, "outcome": "answered", "id": entry["id"],
                "entry": entry_id})
        eventually(lambda: self.gateway.facts("outcome"), "the outcome is a fact")
        eventually(lambda: connection.xlen("tapline:{acme}:outcomes") == 0, "both were taken off")
        self.assertEqual(len(self.gateway.facts("outcome")), 1)
        self.assertEqual(connection.zcard("tapline:{acme}:due"), 0)
        story = self.gateway.cli("track", number).stdout
        self.assertIn("outcome: answered", story)

    def test_a_mistaken_outcome_is_seen(self):
        self.gateway.redis().xadd("tapline:{acme}:outcomes",
                                  {"tracking_number": "nonsense", "outcome": "answered"})
        [fact] = eventually(lambda: self.gateway.facts("outcome_refused"), "a fact says so")
        self.assertIn("tracking_number", json.loads(fact["body"])["refused"])


BOLT = """\
config: 1
brand: bolt
owner: ops@bolt.example
timezone: Europe/Berlin
profiles:
  garage: {source: instagram, connection: instagram-main, account: "17841400000000002", handle: bolt}
buttons:
  dm: {profile: garage, channel: dm}
queues:
  desk: {respond_within: 1h}
routes:
  - name: default
    to: desk
"""


class SeveralBrandsTest(unittest.TestCase):
    def test_one_post_may_hold_the_events_of_several_brands(self):
        with Gateway(extra_brands=[("bolt", BOLT)]) as gateway:
            body = json.loads(instagram_body([("b1", "for acme", "1")]))
            other = json.loads(instagram_body([("b2", "for bolt", "1")], "17841400000000002"))
            body["entry"] += other["entry"]
            status, _, _ = gateway.instagram_body(json.dumps(body).encode())
            self.assertEqual(status, 200)
            self.assertEqual([e["id"] for _, e in gateway.queue("sales")], ["b1"])
            [(_, entry)] = gateway.queue("desk", brand="bolt")
            self.assertEqual((entry["id"], entry["profile"], entry["button"]), ("b2", "garage", "dm"))
            ambiguous = gateway.cli("tail", "nothing", "--no-follow", check=False)
            self.assertIn("bolt/desk", ambiguous.stderr)

    def test_an_item_of_a_batch_is_accepted_once_its_profile_was_added(self):
        gateway = Gateway()
        self.addCleanup(gateway.close)
        gateway.start()
        changes = [{"field": "comments", "value": {"id": name, "text": "how much?",
                                                   "from": {"id": "601", "username": "jo"}}}
                   for name in ("c1", "c2")]
        body = {"object": "instagram", "entry": [
            {"id": "17841400000000002", "time": 1755779280, "changes": changes}]}
        self.assertEqual(gateway.instagram_body(json.dumps(body).encode())[0], 200)
        kept = [fields["raw"] for _, fields in gateway.redis().xrange("tapline:{_}:quarantine")]
        self.assertEqual(len(kept), 2)
        gateway.stop()
        gateway.write(gateway.config + "/brands/bolt.yaml", BOLT)
        gateway.start()
        for raw in kept:
            gateway.write(gateway.dir + "/event.json", raw)
            gateway.cli("send", "instagram", "--file", gateway.dir + "/event.json")
        self.assertEqual([entry["id"] for _, entry in gateway.queue("desk", brand="bolt")],
                         ["c1", "c2"])

    def test_two_secrets_are_active_and_a_removed_one_ends(self):
        gateway = Gateway(edit=lambda text: text.replace(
            "secrets: [file:secrets/instagram-app-secret]",
            "secrets: [file:secrets/new-secret, file:secrets/instagram-app-secret]"))
        gateway.write(gateway.config + "/secrets/new-secret", "f00dfeedf00dfeedf00dfeed\n")
        with gateway:
            old = gateway.secret("instagram-app-secret")
            self.assertEqual(gateway.instagram([("s1", "old key", "1")], secret=old)[0], 200)
            new = gateway.secret("new-secret")
            self.assertEqual(gateway.instagram([("s2", "new key", "1")], secret=new)[0], 200)
            gateway.stop()
            text = read(gateway.tapline_yaml).replace(", file:secrets/instagram-app-secret", "")
            gateway.write(gateway.tapline_yaml, text)
            gateway.start()
            self.assertEqual(gateway.instagram([("s3", "old key", "1")], secret=old)[0], 401)


if __name__ == "__main__":
    unittest.main(verbosity=2)
