"""Whole calls as Twilio tells them, and customers' STOP: a real gateway, a real Redis, every callback
signed as Twilio signs it."""
import base64
import datetime
import json
import re
import unittest
import xml.etree.ElementTree as ElementTree

from harness import Gateway, call_params, eventually, sms_params

SALES = "tapline:{acme}:queue:sales"
DUE = "tapline:{acme}:due"
FIRST, SECOND = "+14045550110", "+14045550112"
RECORDING = "https://api.twilio.example/2010-04-01/Accounts/AC1/Recordings/RE1"


def child_of(form):
    """The call that Twilio makes to a department for the one that came in."""
    return "CAb" + form["CallSid"][3:]


def other_of(form):
    return "CAc" + form["CallSid"][3:]


def two_phones(text):
    return text.replace('to: ["+14045550110"]', f'to: ["{FIRST}", "{SECOND}"]')


class CallsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.gateway = Gateway(brand_edit=two_phones).start()
        cls.addClassCleanup(cls.gateway.close)
        cls.redis = cls.gateway.redis()
        cls.addClassCleanup(cls.redis.close)
        # The steward's first turn makes the group, which only then can be read.
        eventually(lambda: cls.redis.exists(SALES + ":about"), "the first turn")

    number = 0

    def call(self, **changes):
        CallsTest.number += 1
        form = {**call_params(CallsTest.number, caller=f"+1404555{1000 + CallsTest.number}"),
                **changes}
        status, twiml, _ = self.gateway.twilio(form)
        self.assertEqual(status, 200)
        return form, twiml

    def ended(self, form, seconds="21"):
        self.answered({**form, "CallStatus": "completed", "CallDuration": seconds,
                       "SequenceNumber": "3"}, "/status")

    def leg(self, form, status, child=None, to=FIRST, **more):
        return self.answered({**form, "CallSid": child or child_of(form), "ParentCallSid": form["CallSid"], "To": to,
                              "Direction": "outbound-dial", "CallStatus": status, **more},
                             "/number/acme")

    def dialled(self, form, status, **more):
        return self.answered({**form, "CallStatus": "in-progress", "DialCallStatus": status,
                              "DialCallSid": child_of(form), **more}, "/dial/acme")

    def answered(self, form, rest):
        status, twiml, _ = self.gateway.twilio(form, rest=rest)
        self.assertEqual(status, 200, twiml)
        return twiml

    def entries(self, form):
        """The queue's entries that belong to the call: (entry id, fields)."""
        return [(entry, fields) for entry, fields in self.redis.xrange(SALES)
                if fields["id"].startswith(form["CallSid"])]

    def told(self, form):
        """The facts of the call's journey, in order, without those of its entries."""
        return [fact["fact"] for fact in self.facts(form)]

    def facts(self, form):
        ids = (form["CallSid"], child_of(form), other_of(form))
        queued = [fact for fact in self.gateway.facts("queued") if fact["id"] == form["CallSid"]]
        number = queued[0]["tracking_number"]
        facts = [fact for fact in self.gateway.facts() if fact["tracking_number"] == number]
        self.assertTrue(all(fact["id"].startswith(ids) for fact in facts), facts)
        return facts

    def due(self, entry):
        return self.redis.zscore(DUE, "sales " + entry)

    def balance(self):
        """What a stranger deleted, by the queue contract's own sum."""
        stream = self.redis.xinfo_stream(SALES)
        removed = int(self.redis.hget(SALES + ":about", "removed") or 0)
        return stream["entries-added"] - stream["length"] - removed

    def test_an_answered_call_is_told_and_its_unclaimed_entry_is_taken_back(self):
        form, twiml = self.call()
        dial = ElementTree.fromstring(twiml).find("Dial")
        self.assertEqual([number.text for number in dial.findall("Number")], [FIRST, SECOND])
        self.assertEqual((dial.get("timeout"), dial.get("sequential")), ("20", "true"))
        [(entry, fields)] = self.entries(form)
        self.assertEqual(fields["type"], "contact.call")
        self.assertIsNotNone(self.due(entry))
        self.leg(form, "initiated", SequenceNumber="0")
        self.leg(form, "ringing", SequenceNumber="1")
        self.leg(form, "in-progress", SequenceNumber="2")
        self.assertEqual(self.entries(form), [])
        self.assertIsNone(self.due(entry))
        self.leg(form, "completed", SequenceNumber="3", CallDuration="74")
        self.assertIn("<Response/>", self.dialled(form, "completed", DialCallDuration="73",
                                                  DialBridged="true"))
        self.answered({**form, "CallStatus": "completed", "CallDuration": "75",
                       "SequenceNumber": "3"}, "/status")
        self.assertEqual(self.told(form),
                         ["queued", "recorded", "call.ringing", "call.answered", "done",
                          "recorded", "call.ended", "recorded"])
        ended = json.loads(self.facts(form)[6]["body"])
        self.assertEqual(ended["talk_seconds"], 73)
        done = json.loads(self.facts(form)[4]["body"])
        self.assertEqual((done["entry"], done["by"]), (entry, "call.answered"))
        self.assertEqual(done["accepted_at"], int(fields["accepted_at"]))
        self.assertEqual(self.balance(), 0)
        self.assertGreaterEqual(
            self.gateway.metric('tapline_withdrawn_total{brand="acme",why="answered"}'), 1)

    def test_the_department_hears_where_the_call_is_from(self):
        form, twiml = self.call()
        urls = [number.get("url") for number in ElementTree.fromstring(twiml).iter("Number")]
        self.assertEqual(len(set(urls)), 1)
        rest = urls[0].split("/hooks/acme-tel")[1]
        text = rest.rsplit("/", 1)[1]
        said = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
        self.assertRegex(said, r"^Instagram call(, spring)?$")
        before = len(self.gateway.facts())
        answer = self.leg_at(form, rest)
        self.assertEqual(ElementTree.fromstring(answer).find("Say").text, said)
        self.assertEqual(len(self.gateway.facts()), before)
        self.assertEqual(self.gateway.twilio({**form, "CallSid": child_of(form)}, rest=rest,
                                             token="another token")[0], 401)

    def leg_at(self, form, rest):
        return self.answered({**form, "CallSid": child_of(form), "ParentCallSid": form["CallSid"],
                              "CallStatus": "in-progress"}, rest)

    def test_a_missed_call_is_a_contact_of_the_same_journey_with_its_own_due_time(self):
        form, _ = self.call()
        self.leg(form, "ringing", SequenceNumber="1")
        self.leg(form, "no-answer", SequenceNumber="2")
        twiml = self.dialled(form, "no-answer", DialBridged="false")
        response = ElementTree.fromstring(twiml)
        self.assertEqual([element.tag for element in response], ["Say", "Record", "Hangup"])
        self.assertEqual(response.find("Say").text,
                         "Nobody is free at Acme Shoes. Please leave a message.")
        self.assertEqual(response.find("Record").get("action"),
                         "http://127.0.0.1:8080/hooks/acme-tel/voicemail/acme")
        (_, call), (entry, missed) = self.entries(form)
        self.assertEqual(missed["type"], "call.missed")
        self.assertEqual(missed["id"], form["CallSid"] + ":missed")
        self.assertEqual(missed["tracking_number"], call["tracking_number"])
        self.assertEqual((missed["button"], missed["channel"]), (call["button"], "call"))
        waits = int(missed["due_at"]) - int(missed["accepted_at"])
        self.assertEqual(waits, 15 * 60 * 1000)
        self.assertEqual(self.due(entry), int(missed["due_at"]))
        # Once, whatever comes again, and the caller is told the same.
        self.assertEqual(self.dialled(form, "no-answer", DialBridged="false"), twiml)
        self.answered({**form, "CallStatus": "no-answer", "SequenceNumber": "3"}, "/status")
        self.assertEqual(len(self.entries(form)), 2)
        self.assertEqual(self.told(form), ["queued", "call.ringing", "call.leg_missed", "queued",
                                           "call.missed", "recorded"])

    def test_a_voicemail_takes_the_place_of_the_unclaimed_missed_call(self):
        form, _ = self.call()
        self.dialled(form, "busy")
        left = {**form, "CallStatus": "in-progress", "RecordingUrl": RECORDING,
                "RecordingSid": "RE1", "RecordingDuration": "12"}
        for _ in range(2):
            self.assertIn("<Response/>", self.answered(left, "/voicemail/acme"))
        _, (entry, fields) = self.entries(form)
        self.assertEqual(fields["id"], form["CallSid"] + ":voicemail")
        self.assertEqual(fields["type"], "call.missed")
        data = json.loads(fields["data"])["data"]
        self.assertEqual(data["attachments"],
                         [{"type": "voicemail", "url": RECORDING, "name": "", "bytes": 0}])
        self.assertEqual(data["attribution"]["voicemail.duration_s"], "12")
        self.assertIsNotNone(self.due(entry))
        told = self.told(form)
        self.assertEqual((told.count("merged"), told.count("call.voicemail")), (1, 1))
        self.assertNotIn(RECORDING, json.dumps(self.facts(form)))
        self.assertEqual(self.balance(), 0)

    def test_a_claimed_missed_call_stays_beside_the_voicemail(self):
        form, _ = self.call()
        self.dialled(form, "no-answer")
        self.redis.xreadgroup("sales", "w1", {SALES: ">"}, count=1000)
        self.answered({**form, "CallStatus": "in-progress", "RecordingUrl": RECORDING,
                       "RecordingSid": "RE1", "RecordingDuration": "12"}, "/voicemail/acme")
        self.assertEqual([fields["type"] for _, fields in self.entries(form)],
                         ["contact.call", "call.missed", "call.missed"])
        self.assertNotIn("merged", self.told(form))

    def test_when_the_first_is_busy_the_second_who_answers_counts(self):
        form, _ = self.call()
        self.leg(form, "busy", child=other_of(form), SequenceNumber="1")
        self.assertEqual(len(self.entries(form)), 1)
        self.leg(form, "ringing", to=SECOND, SequenceNumber="5")
        self.leg(form, "in-progress", to=SECOND, SequenceNumber="6")
        self.dialled(form, "completed", DialCallDuration="9", DialBridged="true")
        self.assertEqual(self.entries(form), [])
        self.assertEqual(self.told(form),
                         ["queued", "call.leg_missed", "call.ringing", "call.answered", "done",
                          "call.ended"])

    def test_a_claimed_entry_stays_with_its_owner_and_only_its_clock_stops(self):
        form, _ = self.call()
        [(entry, _)] = self.entries(form)
        taken = self.redis.xreadgroup("sales", "w1", {SALES: ">"}, count=1000)
        self.assertIn(entry, [one for one, _ in taken[0][1]])
        self.leg(form, "in-progress", SequenceNumber="2")
        self.assertEqual([one for one, _ in self.entries(form)], [entry])
        self.assertIsNone(self.due(entry))
        self.assertEqual(self.told(form), ["queued", "call.answered"])
        self.redis.xack(SALES, "sales", entry)
        eventually(lambda: not self.entries(form), "acknowledged and removed")
        self.assertEqual(self.told(form), ["queued", "call.answered", "done"])
        self.assertEqual(self.balance(), 0)

    def test_callbacks_out_of_order_and_twice_count_once(self):
        form, _ = self.call()
        steps = [lambda: self.dialled(form, "completed", DialCallDuration="73", DialBridged="true"),
                 lambda: self.leg(form, "completed", SequenceNumber="3", CallDuration="74"),
                 lambda: self.leg(form, "ringing", SequenceNumber="1"),
                 lambda: self.leg(form, "in-progress", SequenceNumber="2"),
                 lambda: self.answered({**form, "CallStatus": "no-answer", "SequenceNumber": "9"},
                                       "/status")]
        for step in [*steps, *steps, *reversed(steps)]:
            step()
        self.assertEqual(self.entries(form), [])
        told = self.told(form)
        self.assertEqual([fact for fact in told if fact != "recorded"],
                         ["queued", "call.answered", "call.ended", "done"])
        self.assertEqual(told.count("recorded"), 4)
        ended = [fact for fact in self.facts(form) if fact["fact"] == "call.ended"]
        self.assertEqual(json.loads(ended[0]["body"])["talk_seconds"], 73)

    def test_a_lost_callback_of_the_dialled_call_is_made_good_by_the_leg_and_the_call(self):
        form, _ = self.call()
        self.leg(form, "in-progress", SequenceNumber="2")
        self.leg(form, "completed", SequenceNumber="3", CallDuration="74")
        self.assertNotIn("call.ended", self.told(form))
        self.answered({**form, "CallStatus": "completed", "CallDuration": "75",
                       "SequenceNumber": "3"}, "/status")
        [ended] = [fact for fact in self.facts(form) if fact["fact"] == "call.ended"]
        self.assertEqual(json.loads(ended["body"])["talk_seconds"], 74)
        self.dialled(form, "completed", DialCallDuration="73")
        self.assertEqual(self.told(form).count("call.ended"), 1)

    def test_a_call_that_the_next_one_missed_is_missed_though_the_first_picked_up(self):
        form, _ = self.call()
        self.leg(form, "in-progress", child=other_of(form), SequenceNumber="2")
        self.leg(form, "completed", child=other_of(form), SequenceNumber="3", CallDuration="2")
        self.leg(form, "no-answer", to=SECOND, SequenceNumber="6")
        self.dialled(form, "no-answer", DialBridged="false")
        self.assertEqual([fields["type"] for _, fields in self.entries(form)], ["call.missed"])
        self.answered({**form, "CallStatus": "completed", "CallDuration": "0",
                       "SequenceNumber": "3"}, "/status")
        self.assertNotIn("call.ended", self.told(form))

    def test_a_caller_who_was_never_connected_is_missed_though_somebody_picked_up(self):
        form, _ = self.call()
        self.leg(form, "in-progress", SequenceNumber="2")
        self.assertEqual(self.entries(form), [])
        self.dialled(form, "completed", DialCallDuration="3", DialBridged="false")
        [(_, fields)] = self.entries(form)
        self.assertEqual(fields["type"], "call.missed")
        self.assertIn("call.missed", self.told(form))

    def test_a_call_whose_end_of_the_dialling_is_lost_is_missed_when_it_ends(self):
        form, _ = self.call()
        self.leg(form, "ringing", SequenceNumber="1")
        self.leg(form, "no-answer", SequenceNumber="2")
        for _ in range(2):
            self.ended(form)
        (_, call), (_, missed) = self.entries(form)
        self.assertEqual((missed["type"], missed["id"]),
                         ("call.missed", form["CallSid"] + ":missed"))
        self.assertEqual(missed["tracking_number"], call["tracking_number"])
        # The lost callback, should it still come, adds nothing.
        self.dialled(form, "no-answer", DialBridged="false")
        self.assertEqual(len(self.entries(form)), 2)
        self.assertEqual(self.told(form).count("call.missed"), 1)

    def test_an_answer_that_is_told_after_the_end_takes_the_missed_call_back(self):
        for late in (lambda form: self.leg(form, "in-progress", SequenceNumber="2"),
                     lambda form: self.leg(form, "completed", SequenceNumber="3",
                                           CallDuration="74"),
                     lambda form: self.dialled(form, "completed", DialCallDuration="73",
                                               DialBridged="true")):
            form, _ = self.call()
            self.ended(form)
            self.assertEqual(len(self.entries(form)), 2)
            late(form)
            self.assertEqual(self.entries(form), [])
            self.ended(form)
            self.assertEqual(self.entries(form), [])
            self.assertEqual(self.told(form).count("done"), 2)
        self.assertEqual(self.balance(), 0)

    def test_what_the_end_of_the_dialling_calls_missed_stays_though_a_pick_up_is_told_late(self):
        form, _ = self.call()
        self.ended(form)
        self.dialled(form, "completed", DialCallDuration="3", DialBridged="false")
        self.leg(form, "in-progress", SequenceNumber="2")
        self.assertEqual([fields["type"] for _, fields in self.entries(form)], ["call.missed"])

    def test_a_call_that_left_a_message_is_not_missed_a_second_time_when_it_ends(self):
        form, _ = self.call()
        self.answered({**form, "CallStatus": "in-progress", "RecordingUrl": RECORDING,
                       "RecordingSid": "RE1", "RecordingDuration": "12"}, "/voicemail/acme")
        self.ended(form)
        self.assertEqual([fields["id"] for _, fields in self.entries(form)],
                         [form["CallSid"], form["CallSid"] + ":voicemail"])

    def test_a_call_of_the_brand_s_own_is_not_missed_when_it_ends(self):
        CallsTest.number += 1
        form = {**call_params(CallsTest.number), "Direction": "outbound-api"}
        self.ended(form)
        self.assertEqual(self.entries(form), [])

    def test_an_abandoned_call_is_missed(self):
        form, _ = self.call()
        self.dialled({**form}, "canceled")
        self.assertEqual([fields["type"] for _, fields in self.entries(form)],
                         ["contact.call", "call.missed"])

    def test_anonymous_callers_are_contacts_that_have_nothing_in_common(self):
        numbers = set()
        for caller in ("anonymous", "Restricted", "+266696687", "sip:anonymous@anonymous.invalid",
                       "sip:anonymous@anonymous.invalid", ""):
            form, _ = self.call(From=caller, Caller=caller)
            [(_, fields)] = self.entries(form)
            numbers.add(fields["tracking_number"])
            data = json.loads(fields["data"])["data"]
            self.assertEqual((data["customer"]["phone"], data["customer"]["id"]), ("", ""))
            self.assertEqual(data["context"]["earlier_contacts"], 0)
            self.dialled(form, "no-answer")
            self.assertEqual(len(self.entries(form)), 2)
        self.assertEqual(len(numbers), 6)

    def test_a_call_that_nobody_recorded_is_missed_under_its_own_number(self):
        CallsTest.number += 1
        form = call_params(CallsTest.number)
        self.dialled(form, "no-answer")
        [(_, fields)] = self.entries(form)
        self.assertEqual(fields["type"], "call.missed")
        facts = self.gateway.facts("call.missed")
        self.assertEqual(facts[-1]["tracking_number"], fields["tracking_number"])
        # Redis was away for the call and for the end of the dialling.
        CallsTest.number += 1
        form = call_params(CallsTest.number)
        self.ended(form)
        self.assertEqual([fields["type"] for _, fields in self.entries(form)], ["call.missed"])

    def test_no_number_and_no_recording_stands_in_the_feed(self):
        form, _ = self.call()
        self.leg(form, "in-progress", SequenceNumber="2")
        self.dialled(form, "completed", DialCallDuration="9", RecordingUrl=RECORDING)
        text = json.dumps(self.facts(form))
        self.assertNotIn(form["From"], text)
        self.assertNotIn(FIRST, text)
        self.assertNotIn("Recordings", text)


class ClosedTest(unittest.TestCase):
    def test_outside_the_hours_no_phone_rings_and_the_call_is_on_the_queue(self):
        opens = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=3)
        hours = (f'hours:\n  rare: {{zone: UTC, {opens:%a}: "10:00-11:00"}}\n').lower()
        hours = hours.replace("utc", "UTC")
        closed = ('    hours: rare\n    closed: {call: {say: "{brand} opens {opens_at}.", '
                  "then: voicemail}, other: {then: hold}}\n")
        gateway = Gateway(brand_edit=lambda text: text.replace(
            "queues:\n  sales:\n    hours: always\n",
            f"{hours}queues:\n  sales:\n{closed}")).start()
        self.addCleanup(gateway.close)
        form = call_params(900, caller="+14045559000")
        status, twiml, _ = gateway.twilio(form)
        self.assertEqual(status, 200)
        response = ElementTree.fromstring(twiml)
        self.assertIsNone(response.find("Dial"))
        self.assertEqual(response.find("Say").text, f"Acme Shoes opens {opens:%A} 10:00.")
        self.assertIsNotNone(response.find("Record"))
        [(_, entry)] = gateway.queue("sales")
        self.assertEqual(entry["type"], "contact.call")
        due = opens.replace(hour=10, minute=15, second=0, microsecond=0)
        self.assertEqual(int(entry["due_at"]), int(due.timestamp() * 1000))


class RecordingTest(unittest.TestCase):
    def test_consent_comes_first_and_the_url_of_the_recording_is_told(self):
        gateway = Gateway(brand_edit=lambda text: text.replace(
            "      ring: 20s\n", '      ring: 20s\n      record: {consent: "{brand} records."}\n'))
        self.addCleanup(gateway.close)
        gateway.start()
        form = call_params(1)
        response = ElementTree.fromstring(gateway.twilio(form)[1])
        self.assertEqual([element.tag for element in response], ["Say", "Dial"])
        self.assertEqual(response.find("Say").text, "Acme Shoes records.")
        self.assertEqual(response.find("Dial").get("record"), "record-from-answer-dual")
        # Hung up while the consent was asked for: nothing was dialled, and the call was connected.
        left = call_params(2)
        gateway.twilio(left)
        gateway.twilio({**left, "CallStatus": "completed", "CallDuration": "4"}, rest="/status")
        types = [fields["type"] for _, fields in gateway.queue("sales")
                 if fields["id"].startswith(left["CallSid"])]
        self.assertEqual(types, ["contact.call", "call.missed"])
        gateway.twilio({**form, "DialCallStatus": "completed", "DialCallDuration": "9",
                        "DialCallSid": child_of(form), "RecordingUrl": RECORDING}, rest="/dial/acme")
        [ended] = gateway.facts("call.ended")
        self.assertEqual(json.loads(ended["body"])["recording_url"], RECORDING)


class OptOutTest(unittest.TestCase):
    def setUp(self):
        self.gateway = Gateway().start()
        self.addCleanup(self.gateway.close)
        self.redis = self.gateway.redis()
        self.addCleanup(self.redis.close)

    def text(self, number, body, **more):
        status, twiml, _ = self.gateway.twilio({**sms_params(number, body), **more})
        self.assertEqual(status, 200)
        return twiml

    def test_after_stop_no_reply_goes_out_until_start(self):
        self.assertIn("<Message>", self.text(1, "Is it in stock?"))
        self.assertIn("<Response/>", self.text(2, "STOP", OptOutType="STOP"))
        members = self.redis.zrange("tapline:{acme}:optouts", 0, -1)
        self.assertEqual(len(members), 1)
        self.assertNotIn("4045550199", members[0])
        self.assertIn("<Response/>", self.text(3, "And in blue?"))
        self.assertIn("<Response/>", self.text(4, "HELP"))
        # Another customer is answered, and one who stopped is still heard.
        self.assertIn("<Message>", self.text(5, "Hello?", From="+14045550177"))
        entries = {fields["id"][-1]: json.loads(fields["data"])["data"]
                   for _, fields in self.gateway.queue("sales")}
        self.assertEqual(sorted(entries), ["1", "3", "4", "5"])
        self.assertEqual(entries["3"]["attribution"]["opted_out"], "yes")
        self.assertNotIn("opted_out", entries["5"]["attribution"])
        self.assertIn("<Response/>", self.text(6, "Start"))
        self.assertEqual(self.redis.zcard("tapline:{acme}:optouts"), 0)
        # The STOP that comes again is the one that was heard.
        self.text(2, "STOP", OptOutType="STOP")
        self.assertIn("<Message>", self.text(7, "I am back"))
        self.assertEqual([len(self.gateway.facts(fact)) for fact in ("opt_out", "opt_in")], [1, 1])
        for kind, count in (("stop", 1), ("start", 1), ("reply withheld", 2)):
            self.assertEqual(self.gateway.metric(
                f'tapline_opt_outs_total{{brand="acme",kind="{kind}"}}'), count)

    def test_a_message_that_twilio_refused_for_a_stop_is_one(self):
        status = {**sms_params(1, ""), "MessageStatus": "undelivered", "ErrorCode": "21610",
                  "From": "+18005550101", "To": "+14045550199"}
        self.assertEqual(self.gateway.twilio(status, rest="/status")[0], 200)
        self.assertIn("<Response/>", self.text(2, "Is it in stock?"))

    def test_whatsapp_is_a_direct_message_with_its_ad_and_its_reply_window(self):
        self.text(1, "Hi", From="whatsapp:+14045550199", To="whatsapp:+18005550102",
                  ProfileName="Ann", ReferralCtwaClid="ARAk", ReferralSourceId="120210")
        [(_, fields)] = self.gateway.queue("sales")
        self.assertEqual((fields["channel"], fields["button"]), ("dm", "ig-whatsapp"))
        window = int(fields["reply_before"]) - int(fields["accepted_at"])
        self.assertLess(abs(window - 24 * 3600 * 1000), 60_000)
        data = json.loads(fields["data"])["data"]
        self.assertEqual(data["customer"]["name"], "Ann")
        self.assertEqual(data["attribution"]["ctwa_clid"], "ARAk")
        self.assertEqual(data["reply"]["how"], "whatsapp")
        self.assertTrue(re.match(r"^whatsapp:\+", data["reply"]["to"]))


class EventStreamsTest(unittest.TestCase):
    def test_events_of_other_types_are_counted_beside_messages(self):
        gateway = Gateway()
        self.addCleanup(gateway.close)
        gateway.start()
        voice = {"type": "com.twilio.voice.insights.call-summary.complete", "data": {}}
        message = {"type": "com.twilio.messaging.inbound-message.received", "data": {
            "messageSid": "SM" + "0" * 31 + "1", "accountSid": "AC" + "0" * 31 + "1",
            "from": "+14045550199", "to": "+18005550101", "body": "Is it in stock?"}}
        for body, says in (([voice, message, voice], "^accepted"),
                           ([voice], "^answered 200 . nothing"), (voice, "^answered 200 . nothing")):
            said = gateway.cli("send", "twilio", "--file", "-", stdin=json.dumps(body)).stdout
            self.assertRegex(said, says)
        self.assertEqual(len(gateway.queue("sales")), 1)
        for reason, count in (("event type", 4), ("nothing to do", 0)):
            self.assertEqual(gateway.metric(
                f'tapline_ignored_total{{connection="acme-tel",reason="{reason}"}}'), count, reason)


BOLT = """\
config: 1
brand: bolt
owner: ops@bolt.example
timezone: Europe/Berlin
profiles:
  garage: {source: instagram, connection: instagram-main, account: "17841400000000002"}
lines:
  "+18005550155": {connection: acme-tel}
buttons:
  text: {profile: garage, channel: text, line: "+18005550155"}
queues:
  desk: {respond_within: 1h}
routes:
  - name: default
    to: desk
"""


class TwoBrandsTest(unittest.TestCase):
    def test_a_status_and_its_stop_are_told_to_the_brand_whose_line_wrote(self):
        gateway = Gateway(extra_brands=[("bolt", BOLT)], edit=lambda text: text.replace(
            "twilio-auth-token]\n    brand: acme\n", "twilio-auth-token]\n"))
        self.addCleanup(gateway.close)
        gateway.start()
        redis = gateway.redis()
        self.addCleanup(redis.close)
        status = {**sms_params(1, ""), "MessageStatus": "undelivered", "ErrorCode": "21610",
                  "From": "+18005550155", "To": "+14045550199"}
        self.assertEqual(gateway.twilio(status, rest="/status")[0], 200)
        self.assertEqual(redis.zcard("tapline:{bolt}:optouts"), 1)
        self.assertEqual(redis.zcard("tapline:{acme}:optouts"), 0)
        self.assertEqual([fact["fact"] for fact in gateway.facts(brand="bolt")], ["opt_out"])
        self.assertEqual(gateway.facts(), [])
        # Of a sender that is no brand's line nobody is told.
        status = {**sms_params(2, ""), "MessageStatus": "sent", "From": "22000"}
        self.assertEqual(gateway.twilio(status, rest="/status")[0], 200)
        self.assertEqual((len(gateway.facts(brand="bolt")), gateway.facts()), (1, []))
        self.assertEqual(gateway.metric(
            'tapline_ignored_total{connection="acme-tel",reason="no brand"}'), 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
