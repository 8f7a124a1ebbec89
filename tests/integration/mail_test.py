"""E-mail: a real Postfix that delivers what swaks sends, and the providers' webhooks."""
import base64
import hashlib
import hmac
import json
import os
import signal
import subprocess
import time
import unittest
import urllib.parse

from fault_test import external
from harness import BINARY, NUMBER, Gateway, eventually, read, self_signed
from postfix import Postfix

TOPIC = "arn:aws:sns:us-east-1:111111111111:mail"
CERTIFICATE_URL = "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0123456789.pem"


def mail_gateway(**options):
    """A gateway with a mail socket, e-mail connections, and a Redis that the test owns."""
    gateway, server = external(options)
    os.chmod(gateway.dir, 0o755)
    gateway.mail_socket = os.path.join(gateway.dir, "mail.sock")
    with open(gateway.tapline_yaml, "a", encoding="utf-8") as file:
        file.write(f"mail: {{listen: 'unix:{gateway.mail_socket}'}}\n")
    return gateway, server


def start(gateway):
    gateway.start()
    # Where it is in earnest, Postfix runs the program as the gateway's own user instead.
    os.chmod(gateway.mail_socket, 0o666)


def deliver(gateway, mail, *more, sender="jane@example.org", recipient="hello+ig@acme.example"):
    options = ["--socket", gateway.mail_socket, "--sender", sender, "--recipient", recipient, *more]
    return subprocess.run([BINARY, "deliver-mail", *options], input=mail, capture_output=True,
                          timeout=120, check=False)


class PostfixTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if os.geteuid() != 0:
            print("SKIPPED: Postfix needs root; run this test as root", flush=True)
            raise unittest.SkipTest("Postfix needs root")
        cls.gateway, cls.redis = mail_gateway()
        cls.redis.start()
        start(cls.gateway)
        cls.postfix = Postfix(BINARY, cls.gateway.mail_socket).start()

    @classmethod
    def tearDownClass(cls):
        cls.postfix.close()
        cls.gateway.close()
        cls.redis.stop()

    def entries(self, subject):
        found = [json.loads(entry["data"])["data"] for _, entry in self.gateway.queue("sales")]
        return [data for data in found if data["subject"] == subject]

    def delivered(self, subject, count=1):
        eventually(lambda: len(self.entries(subject)) >= count, f"{subject} is on the queue")
        eventually(lambda: self.postfix.queued() == 0, "Postfix has delivered all")
        self.assertEqual(len(self.entries(subject)), count)
        return self.entries(subject)[0]

    def test_a_mail_becomes_a_contact_of_its_button(self):
        self.postfix.send("--header", "Subject: A first question", "--header",
                          "From: =?utf-8?q?J=C3=A4ne?= <jane@example.org>",
                          "--body", "Is it in stock?")
        data = self.delivered("A first question")
        self.assertEqual(data["text"], "Is it in stock?")
        self.assertEqual(data["customer"]["email"], "jane@example.org")
        self.assertEqual(data["customer"]["name"], "Jäne")
        entry = [entry for _, entry in self.gateway.queue("sales")
                 if "A first question" in entry["data"]][0]
        self.assertEqual((entry["channel"], entry["button"], entry["type"], entry["auth"]),
                         ("email", "ig-email", "contact.email", "none"))
        self.assertEqual(entry["attribution"], "exact_line")

    def test_attachments_are_facts_and_their_contents_are_nowhere(self):
        path = os.path.join(self.postfix.folder, "plan.pdf")
        with open(path, "wb") as file:
            file.write(b"CANARY-OF-THE-CONTENTS" * 1000)
        self.postfix.send("--header", "Subject: With a plan", "--body", "See the plan",
                          "--attach-type", "application/pdf", "--attach", "@" + path)
        data = self.delivered("With a plan")
        self.assertEqual(data["text"], "See the plan")
        self.assertEqual([(one["name"], one["type"], one["bytes"]) for one in data["attachments"]],
                         [("plan.pdf", "application/pdf", 22000)])
        for entry in self.gateway.queue("sales"):
            self.assertNotIn("CANARY", str(entry))
            self.assertNotIn(base64.b64encode(b"CANARY-OF").decode(), str(entry))

    def test_the_number_in_the_plus_part_or_the_subject_joins_the_journey(self):
        self.postfix.send("--header", "Subject: Founder", "--body", "first")
        self.delivered("Founder")
        number = [entry["tracking_number"] for _, entry in self.gateway.queue("sales")
                  if "Founder" in entry["data"]][0]
        self.assertRegex(number, NUMBER)
        tag = number.replace("-", "").lower()
        self.postfix.send("--header", "Subject: By address", "--body", "second",
                          to=f"hello+ig+{tag}@acme.example", sender="other@example.org")
        self.delivered("By address")
        self.postfix.send("--header", f"Subject: Re: Founder (ref {number})", "--body", "third",
                          sender="third@example.org")
        self.delivered(f"Re: Founder (ref {number})")
        numbers = [entry["tracking_number"] for _, entry in self.gateway.queue("sales")
                   if "By address" in entry["data"] or "Re: Founder" in entry["data"]]
        self.assertEqual(numbers, [number, number])

    def test_machines_are_recorded_and_never_contacts(self):
        before = len(self.gateway.queue("sales")) + len(self.gateway.queue("care"))
        self.postfix.send("--header", "Auto-Submitted: auto-replied", "--body", "I am away")
        self.postfix.send("--header", "Subject: Undelivered", "--body", "x", sender="<>")
        self.postfix.send("--header", "List-Id: <news.example.org>", "--body", "news")
        self.postfix.send("--header", "X-Tapline-Loop: 1", "--body", "again")
        types = lambda: [json.loads(fact["body"])["type"]  # noqa: E731
                         for fact in self.gateway.facts("recorded")]
        eventually(lambda: {"email.auto_reply", "email.bounce", "email.list"} <= set(types()),
                   "all are recorded")
        eventually(lambda: types().count("email.loop") >= 1, "the loop is recorded")
        eventually(lambda: self.postfix.queued() == 0, "Postfix has delivered them")
        self.assertEqual(len(self.gateway.queue("sales")) + len(self.gateway.queue("care")), before)

    def test_a_mail_that_comes_twice_is_one_entry(self):
        mail = (b"Message-ID: <twice@example.org>\r\nFrom: Jane <jane@example.org>\r\n"
                b"Subject: Twice\r\n\r\nThe same\r\n")
        for _ in range(2):
            self.assertEqual(deliver(self.gateway, mail).returncode, 0)
        self.postfix.send(data=mail)
        self.delivered("Twice")

        def heard():
            rows = json.loads(self.gateway.cli("channels", "--json", check=False).stdout)
            return next(row["events"] for row in rows if (row["kind"], row["name"]) == ("mail", "mail"))

        eventually(heard, "the mail server is heard")

    def test_a_mail_of_thirty_megabytes_is_taken(self):
        mail = (b"Message-ID: <large@example.org>\r\nFrom: jane@example.org\r\nSubject: Large\r\n"
                b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
                b"--b\r\n\r\nwords\r\n--b\r\nContent-Type: video/mp4; name=a.mp4\r\n"
                b"Content-Transfer-Encoding: base64\r\n\r\n" + b"QUFB" * 7_500_000 + b"\r\n--b--\r\n")
        self.assertEqual(deliver(self.gateway, mail).returncode, 0)
        data = self.delivered("Large")
        self.assertEqual(data["text"], "words")
        self.assertEqual([one["name"] for one in data["attachments"]], ["a.mp4"])

    def test_a_gateway_that_is_away_defers_and_loses_nothing(self):
        self.gateway.stop(signal.SIGKILL)
        self.postfix.send("--header", "Subject: While away", "--body", "Anybody there?")
        eventually(lambda: "deferred" in self.postfix.statuses(), "the mail is deferred")
        self.assertEqual(self.postfix.queued(), 1)
        start(self.gateway)
        self.postfix.flush()
        self.delivered("While away")
        self.assertNotIn("bounced", self.postfix.statuses())

    def test_a_redis_that_is_away_defers_and_loses_nothing(self):
        deferred = self.postfix.statuses().count("deferred")
        self.redis.stop()
        self.postfix.send("--header", "Subject: Without Redis", "--body", "Anybody there?")
        eventually(lambda: self.postfix.statuses().count("deferred") > deferred, "it is deferred")
        kept = self.postfix.queued()
        self.redis.start()
        self.assertEqual(kept, 1)
        eventually(lambda: self.gateway.get_admin("/readyz")[0] == 200, "the gateway is ready")
        self.postfix.flush()
        self.delivered("Without Redis")
        self.assertNotIn("bounced", self.postfix.statuses())

    def test_the_transport_of_the_docs_keeps_mail_whatever_its_program_ends_with(self):
        self.addCleanup(self.postfix.drop)
        self.postfix.send("--header", "Subject: Broken", "--body", "x", to="a@broken.example")
        eventually(lambda: self.postfix.statuses("broken") == ["SOFTBOUNCE"], "it is deferred")
        self.assertEqual(self.postfix.queued(), 1)

    def test_every_trouble_of_ours_ends_in_75(self):
        mail = b"From: jane@example.org\r\n\r\nHello\r\n"
        for why, options in {
                "no options": [],
                "no recipient": ["--socket", self.gateway.mail_socket, "--sender", "a@b.c"],
                "an unknown option": ["--socket", self.gateway.mail_socket, "--nonsense"],
                "a bad number": ["--seconds", "soon"],
                "no such socket": ["--socket", "/nowhere/mail.sock", "--sender", "a@b.c",
                                   "--recipient", "d@e.f"],
                "a socket that is a file": ["--socket", self.gateway.tapline_yaml, "--sender",
                                            "a@b.c", "--recipient", "d@e.f"],
                "a path that is too long": ["--socket", "/" + "x" * 200, "--sender", "a@b.c",
                                            "--recipient", "d@e.f"]}.items():
            with self.subTest(why):
                done = subprocess.run([BINARY, "deliver-mail", *options], input=mail, timeout=120,
                                      capture_output=True, check=False)
                self.assertEqual(done.returncode, 75)

    def test_only_the_socket_takes_mail(self):
        for address in (self.gateway.public, self.gateway.admin):
            status = self.gateway.request("POST", "/mail", b"From: a@b.c\r\n\r\nx", {
                "X-Tapline-Sender": "a@b.c", "X-Tapline-Recipient": "hello+ig@acme.example"},
                address=address)[0]
            self.assertEqual(status, 404)
        self.assertEqual(self.gateway.request("GET", "/metrics", address="unix:" +
                                              self.gateway.mail_socket)[0], 404)
        self.assertEqual(self.gateway.request("POST", "/hooks/mail", b"x")[0], 404)

    def test_mail_to_an_address_of_nobody_is_kept_aside(self):
        mail = b"From: jane@example.org\r\nSubject: Lost\r\n\r\nHello\r\n"
        self.assertEqual(deliver(self.gateway, mail, recipient="who@acme.example").returncode, 0)
        kept = self.gateway.redis().keys("tapline:*quarantine*")
        self.assertTrue(any("Lost" in str(self.gateway.redis().xrange(key)) for key in kept))


class ProvidersTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.gateway = Gateway(edit=lambda text: text + f"""
  sg: {{provider: sendgrid, secrets: [file:secrets/sendgrid]}}
  mg: {{provider: mailgun, secrets: [file:secrets/mailgun]}}
  pm: {{provider: postmark, secrets: [file:secrets/postmark]}}
  aws: {{provider: ses, account: "{TOPIC}", certificate: file:secrets/sns.pem, signing_key: file:secrets/sns}}
""")
        folder = os.path.join(cls.gateway.config, "secrets")
        for name, text in (("sendgrid", "sendgrid:one sesame"), ("mailgun", "mailgun-signing-key"),
                           ("postmark", "postmark:two sesame")):
            cls.gateway.write(os.path.join(folder, name), text + "\n")
        cls.key = os.path.join(folder, "sns.key")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout",
                        cls.key, "-out", os.path.join(folder, "sns.pem"), "-days", "2", "-subj",
                        "/CN=sns"], check=True, capture_output=True)
        der = subprocess.run(["openssl", "pkcs8", "-topk8", "-nocrypt", "-in", cls.key, "-outform",
                              "DER"], check=True, capture_output=True).stdout
        cls.gateway.write(os.path.join(folder, "sns"), base64.b64encode(der).decode() + "\n")
        cls.gateway.start()

    @classmethod
    def tearDownClass(cls):
        cls.gateway.close()

    def subjects(self):
        return [json.loads(entry["data"])["data"]["subject"]
                for _, entry in self.gateway.queue("sales")]

    def mailgun(self, token, subject, body="Hello", message_id=None,
                recipient="hello+ig@acme.example"):
        now = str(int(time.time()))
        mac = hmac.new(b"mailgun-signing-key", (now + token).encode(), hashlib.sha256).hexdigest()
        form = {"recipient": recipient, "sender": "jane@example.org",
                "from": "Jane <jane@example.org>", "subject": subject, "body-plain": body,
                "Message-Id": message_id or f"<{subject}@example.org>", "timestamp": now,
                "token": token, "signature": mac}
        return self.gateway.request("POST", "/hooks/mg", urllib.parse.urlencode(form).encode(),
                                    {"Content-Type": "application/x-www-form-urlencoded"})

    def test_every_provider_is_sent_to_by_the_command(self):
        for provider in ("sendgrid", "mailgun", "postmark", "ses"):
            with self.subTest(provider):
                said = self.gateway.cli("send", provider, "--text", "Is it in stock?").stdout
                self.assertIn("accepted", said)
                self.assertIn("queue sales", said)

    def test_mailgun_a_token_is_spent_once(self):
        self.assertEqual(self.mailgun("a" * 50, "spent")[0], 200)
        self.assertEqual(self.mailgun("a" * 50, "stolen", "other words")[0], 200)
        self.assertEqual(self.subjects().count("spent"), 1)
        self.assertNotIn("stolen", self.subjects())
        # The mail itself, sent anew under a new token, is the same mail.
        self.assertEqual(self.mailgun("b" * 50, "spent")[0], 200)
        self.assertEqual(self.subjects().count("spent"), 1)

    def test_mailgun_of_several_recipients_the_one_that_a_button_has_is_written_to(self):
        self.assertEqual(self.mailgun("d" * 50, "several", recipient=(
            "boss@partner.example, hello+ig@acme.example"))[0], 200)
        [entry] = [entry for _, entry in self.gateway.queue("sales")
                   if json.loads(entry["data"])["data"]["subject"] == "several"]
        self.assertEqual(entry["button"], "ig-email")
        self.assertEqual(json.loads(entry["data"])["data"]["reply"]["account"],
                         "hello+ig@acme.example")

    def test_postmark_is_asked_for_its_password(self):
        body = json.dumps({"OriginalRecipient": "hello+ig@acme.example", "Subject": "pm",
                           "FromFull": {"Email": "jane@example.org", "Name": "Jane"},
                           "TextBody": "Hello", "MessageID": "m1", "Headers": []}).encode()
        status, _, headers = self.gateway.request("POST", "/hooks/pm", body,
                                                  {"Content-Type": "application/json"})
        self.assertEqual(status, 401)
        self.assertTrue(headers["www-authenticate"].startswith("Basic "))
        self.assertNotIn("pm", self.subjects())
        good = "Basic " + base64.b64encode(b"postmark:two sesame").decode()
        status, _, _ = self.gateway.request("POST", "/hooks/pm", body, {
            "Content-Type": "application/json", "Authorization": good})
        self.assertEqual(status, 200)
        self.assertIn("pm", self.subjects())

    def test_sendgrid_a_mail_with_a_large_attachment_is_taken(self):
        parts = {"headers": "Message-ID: <sg@example.org>\r\nFrom: jane@example.org\r\n"
                            "Subject: sg\r\n",
                 "text": "Hello",
                 "envelope": '{"to":["hello+ig@acme.example"],"from":"jane@example.org"}'}
        body = b"".join(b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
                        % (name.encode(), text.encode()) for name, text in parts.items())
        body += (b'--b\r\nContent-Disposition: form-data; name="attachment1"; filename="a.mp4"\r\n'
                 b"Content-Type: video/mp4\r\n\r\n" + b"x" * 20_000_000 + b"\r\n--b--\r\n")
        status, _, _ = self.gateway.request("POST", "/hooks/sg", body, {
            "Content-Type": "multipart/form-data; boundary=b",
            "Authorization": "Basic " + base64.b64encode(b"sendgrid:one sesame").decode()})
        self.assertEqual(status, 200)
        data = [json.loads(entry["data"])["data"] for _, entry in self.gateway.queue("sales")]
        attachments = [one["attachments"] for one in data if one["subject"] == "sg"][0]
        self.assertEqual([(one["name"], one["bytes"]) for one in attachments],
                         [("a.mp4", 20_000_000)])

    def sns(self, message, version="2", topic=TOPIC):
        sent = {"Type": "Notification", "MessageId": "m", "TopicArn": topic, "Message": message,
                "Timestamp": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime()),
                "SignatureVersion": version, "SigningCertURL": CERTIFICATE_URL}
        text = "".join(f"{name}\n{sent[name]}\n" for name in
                       ("Message", "MessageId", "Timestamp", "TopicArn", "Type"))
        digest = "-sha1" if version == "1" else "-sha256"
        mac = subprocess.run(["openssl", "dgst", digest, "-sign", self.key], input=text.encode(),
                             check=True, capture_output=True).stdout
        sent["Signature"] = base64.b64encode(mac).decode()
        return self.gateway.request("POST", "/hooks/aws", json.dumps(sent).encode(), {
            "Content-Type": "text/plain; charset=UTF-8", "x-amz-sns-message-type": "Notification"})

    def test_ses_both_signatures_hold_and_only_for_our_topic(self):
        def received(subject):
            return json.dumps({"notificationType": "Received", "mail": {
                "source": "jane@example.org"}, "receipt": {
                    "recipients": ["hello+ig@acme.example"],
                    "action": {"type": "SNS", "encoding": "UTF8"}},
                "content": f"From: jane@example.org\r\nSubject: {subject}\r\n\r\nHello\r\n"})
        self.assertEqual(self.sns(received("ses one"), "1")[0], 200)
        self.assertEqual(self.sns(received("ses two"), "2")[0], 200)
        self.assertEqual(self.sns(received("ses three"), topic=TOPIC + "x")[0], 401)
        self.assertIn("ses one", self.subjects())
        self.assertIn("ses two", self.subjects())
        self.assertNotIn("ses three", self.subjects())

    def test_nothing_personal_of_a_mail_is_logged_or_in_the_feed(self):
        self.assertEqual(self.mailgun("c" * 50, "canary-subject", "canary-words")[0], 200)
        self.assertIn("canary-subject", self.subjects())
        for text in (read(self.gateway.log_path), str(self.gateway.facts()),
                     self.gateway.get_admin("/metrics")[1], str(self.gateway.redis().keys())):
            for canary in ("canary", "jane@", "Jane"):
                self.assertNotIn(canary, text)


if __name__ == "__main__":
    unittest.main()
