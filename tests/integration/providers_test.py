"""Every provider that `tapline send` offers, against a real gateway and a real Redis: what it sends is
queued exactly once and acknowledged as the provider expects; a flipped bit, a missing proof, another
provider's request are refused and leave nothing behind.

A new provider is tested without an edit here where a connection with one secret, a verify token and an
account of digits is all that it needs. What else it needs stands in NEEDS, what it answers in ANSWERS.
"""
import base64
import http.client
import http.server
import json
import os
import random
import re
import signal
import subprocess
import threading
import unittest

from harness import BINARY, PATIENCE, Gateway, eventually

ACCOUNT = "1000000000000001"
# How a connection proves its requests, and what its profile says, where it is not as usual.
TOPIC = "arn:aws:sns:us-east-1:111111111111:mail"
NEEDS = {
    "postmark": {"secret": "t-postmark:one sesame", "profile": False},
    "sendgrid": {"secret": "t-sendgrid:two sesame", "profile": False},
    "ses": {"proof": f'account: "{TOPIC}", certificate: file:secrets/sns.pem, '
                     'signing_key: file:secrets/sns', "profile": False},
    "web": {"proof": 'unsigned: accept, because: "forms of our own pages", '
                     'origins: ["https://www.acme.example"]', "account": ""},
}
# Status, type and body; the body of others is short and says nothing.
ANSWERS = {
    "events": (202, "application/json", r'\{"id":"[^"]+","status":"accepted",.*\}\s*'),
    "instagram": (200, "text/plain; charset=utf-8", r"EVENT_RECEIVED"),
    "twilio": (200, "text/xml; charset=utf-8", r"<\?xml.*<Response>.*</Response>\s*"),
    "x": (200, "text/plain; charset=utf-8", r"ok\n"),
}
# Providers whose proof does not cover the whole body (adapters/source.h: Proof), because they sign a
# token or some members, or send a password: the rest may be altered by whoever has seen one.
BODY_NOT_SIGNED = {"mailgun", "postmark", "sendgrid", "ses", "web"}
# Whose proof stands in fields of the body, and not in headers.
PROOF_FIELDS = {"mailgun": ["timestamp", "token", "signature"], "ses": ["Signature"]}
# The strictest of the providers' limits (Meta's); what is answered later counts as failed there.
SHORTEST_LIMIT = 5
# Anybody may send these.
UNSIGNED = {"web"}
# Not of the request that the provider made, or of no meaning for its proof.
TRANSPORT = {"host", "content-length", "content-type", "accept", "user-agent", "connection",
             "accept-encoding", "transfer-encoding", "expect"}


def offered():
    """What `tapline send` offers, in its own words."""
    said = subprocess.run([BINARY, "send", "nobody", "--text", "x", "--config", "/"],
                          capture_output=True, text=True, timeout=PATIENCE, check=False)
    helped = subprocess.run([BINARY, "send", "--help"], capture_output=True, text=True,
                            timeout=PATIENCE, check=True).stdout
    found = re.search(r"provider\s+TEXT\s+REQUIRED\s+one of:([a-z0-9_ -]+)", helped)
    assert found, helped + said.stderr
    return found.group(1).split()


PROVIDERS = offered()
IN_EXAMPLE = {"events", "instagram", "mailgun", "twilio"}


def connection_of(provider):
    return {"instagram": "instagram-main", "mailgun": "acme-mail",
            "twilio": "acme-tel"}.get(provider, "t-" + provider)


def with_connections(text):
    lines = ["connections:"]
    for provider in PROVIDERS:
        if provider in IN_EXAMPLE:
            continue
        proof = NEEDS.get(provider, {}).get("proof", f"secrets: [file:secrets/t-{provider}], "
                                            "verify_token: file:secrets/t-token")
        lines.append(f"  t-{provider}: {{provider: {provider}, {proof}, brand: acme}}")
    return text.replace("connections:", "\n".join(lines))


def with_profiles(text):
    lines = ["profiles:"]
    for provider in PROVIDERS:
        if provider not in IN_EXAMPLE and NEEDS.get(provider, {}).get("profile", True):
            account = NEEDS.get(provider, {}).get("account", f', account: "{ACCOUNT}"')
            lines.append(f"  t-{provider}: {{source: web, connection: t-{provider}{account}}}")
    return text.replace("profiles:", "\n".join(lines))


class Sent:
    """A request as `tapline send` made it."""

    def __init__(self, method, target, headers, body):
        self.method, self.target, self.headers, self.body = method, target, headers, body

    def with_body(self, body):
        return Sent(self.method, self.target, self.headers, body)

    def with_header(self, at, value):
        headers = list(self.headers)
        headers[at] = (headers[at][0], value)
        return Sent(self.method, self.target, headers, self.body)

    def without_header(self, at):
        return Sent(self.method, self.target, self.headers[:at] + self.headers[at + 1:], self.body)

    def proof(self, provider):
        """Where the headers of the provider's scheme stand."""
        if provider in PROOF_FIELDS:
            return []
        return [at for at, (name, _) in enumerate(self.headers) if name.lower() not in TRANSPORT]

    def proof_fields(self, provider):
        """(begin, end) of each value of the body in which the proof stands."""
        for name in PROOF_FIELDS.get(provider, []):
            found = re.search(rb'(?:^|&)%b=([^&]*)|"%b":"([^"]*)"' % (name.encode(), name.encode()),
                              self.body)
            yield found.span(1 if found.group(1) is not None else 2)

    def with_value(self, span, value):
        return self.with_body(self.body[:span[0]] + value + self.body[span[1]:])


def write_sns_keys(folder):
    """A certificate as SNS signs with, and its key for `tapline send`."""
    key = os.path.join(folder, "sns.key")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key,
                    "-out", os.path.join(folder, "sns.pem"), "-days", "2", "-subj", "/CN=sns"],
                   check=True, capture_output=True)
    der = subprocess.run(["openssl", "pkcs8", "-topk8", "-nocrypt", "-in", key, "-outform", "DER"],
                         check=True, capture_output=True).stdout
    Gateway.write(os.path.join(folder, "sns"), base64.b64encode(der).decode() + "\n")


class ProvidersTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.gateway = Gateway(edit=with_connections, brand_edit=with_profiles)
        secrets = os.path.join(cls.gateway.config, "secrets")
        # Base64 of 24 bytes or more is a secret in every scheme.
        for provider in PROVIDERS:
            name = "t-" + provider
            secret = NEEDS.get(provider, {}).get("secret", (name.encode().hex() * 9)[:48])
            Gateway.write(os.path.join(secrets, name), secret)
        write_sns_keys(secrets)
        Gateway.write(os.path.join(secrets, "t-token"), "some-verify-token")
        cls.gateway.start()
        cls.redis = cls.gateway.redis()
        for key in ("tapline:{acme}:heard", "tapline:{_}:heard", "tapline:{acme}:outcomes"):
            eventually(lambda wanted=key: cls.redis.exists(wanted), key)
        cls.random = random.Random(20260309)

    @classmethod
    def tearDownClass(cls):
        cls.gateway.close()

    def captured(self, provider, *args):
        """The request of `tapline send`, which finds a server of ours where the gateway was."""
        got = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                size = int(self.headers.get("Content-Length", "0"))
                got.append(Sent(self.command, self.path, list(self.headers.items()),
                                self.rfile.read(size)))
                self.send_response(200)
                self.end_headers()

            do_GET = do_POST

            def log_message(self, *_):
                pass

        server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        runtime = os.path.join(self.gateway.dir, "capture")
        folder = os.path.join(runtime, "tapline")
        os.makedirs(folder, mode=0o700, exist_ok=True)
        os.chmod(folder, 0o700)
        pid = self.gateway.process.pid
        path = os.path.join(folder, f"{pid}.json")
        Gateway.write(path, json.dumps({"pid": pid,
                                        "config": os.path.realpath(self.gateway.config),
                                        "public": f"127.0.0.1:{server.server_port}",
                                        "admin": self.gateway.admin}))
        os.chmod(path, 0o600)
        try:
            done = subprocess.run([BINARY, "send", provider, *args], capture_output=True, text=True,
                                  env=dict(os.environ, XDG_RUNTIME_DIR=runtime), timeout=PATIENCE,
                                  check=False)
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
        # 1: what this server answers is no verdict.
        self.assertIn(done.returncode, (0, 1), f"{provider}: {done.stdout}{done.stderr}")
        self.assertEqual(len(got), 1, provider)
        return got[0]

    def send(self, sent, connection):
        """(status, type, body) on a connection that is kept."""
        for attempt in range(2):
            try:
                connection.putrequest(sent.method, sent.target, skip_accept_encoding=True)
                for name, value in sent.headers:
                    if name.lower() not in ("host", "content-length", "connection", "expect"):
                        connection.putheader(name, value)
                connection.putheader("Content-Length", str(len(sent.body)))
                connection.endheaders(sent.body)
                answer = connection.getresponse()
                body = answer.read().decode("utf-8", "replace")
                return answer.status, answer.getheader("Content-Type", ""), body
            except TimeoutError:
                raise
            except (http.client.HTTPException, OSError):
                connection.close()  # the front ended it after the answer before
                if attempt:
                    raise
        raise AssertionError("unreachable")

    def written(self):
        """All keys, and what each stream was ever given."""
        keys = sorted(self.redis.keys("*"))
        streams = {key: self.redis.xinfo_stream(key) for key in keys
                   if self.redis.type(key) == "stream"}
        return {"size": self.redis.dbsize(), "keys": keys,
                "streams": {key: (info["length"], info["last-generated-id"])
                            for key, info in streams.items()}}

    def queued(self):
        return sum(self.redis.xlen(key) for key in self.redis.keys("tapline:{acme}:queue:*")
                   if not key.endswith(":about"))

    def flipped(self, value):
        """`value` with one bit of one place changed, for each place; never only in its case."""
        for at, byte in enumerate(value):
            bit = self.random.choice([0, 1, 2, 3, 4, 6])
            yield value[:at] + bytes([byte ^ (1 << bit)]) + value[at + 1:]

    def flipped_header(self, value):
        """The same for a header, which stays a header: visible characters only."""
        raw = value.encode("latin-1")
        for at, byte in enumerate(raw):
            fits = [bit for bit in (0, 1, 2, 3, 4, 6) if 0x21 <= byte ^ (1 << bit) <= 0x7E]
            if fits:
                yield (raw[:at] + bytes([byte ^ (1 << self.random.choice(fits))])
                       + raw[at + 1:]).decode("latin-1")

    def test_what_is_sent_is_queued_once_and_acknowledged_as_expected(self):
        for provider in PROVIDERS:
            with self.subTest(provider=provider):
                sent = self.captured(provider, "--text", f"Is it in stock, {provider}?")
                connection = self.gateway.connection()
                before = self.queued()
                first = self.send(sent, connection)
                status, kind, body = ANSWERS.get(
                    provider, (200, first[1], r".{0,200}"))
                self.assertEqual(first[:2], (status, kind), f"{provider}: {first}")
                self.assertTrue(re.fullmatch(body, first[2], re.DOTALL), first)
                self.assertEqual(self.queued(), before + 1)
                after = self.written()
                again = self.send(sent, connection)
                self.assertIn(again[0], (first[0], 200), f"{provider}: {again}")
                self.assertEqual(self.written(), after)
                connection.close()

    def test_a_redis_that_hangs_delays_no_answer_beyond_a_providers_limit(self):
        sent = {provider: self.captured(provider, "--text", "Is anybody there?")
                for provider in PROVIDERS}
        pid = self.redis.info("server")["process_id"]
        before = self.queued()
        os.kill(pid, signal.SIGSTOP)
        try:
            for provider in PROVIDERS:
                with self.subTest(provider=provider):
                    connection = self.gateway.connection(timeout=SHORTEST_LIMIT)
                    status, _, body = self.send(sent[provider], connection)
                    self.assertEqual(status, 503, body)
                    connection.close()
        finally:
            os.kill(pid, signal.SIGCONT)
        eventually(lambda: self.gateway.request("GET", "/readyz", address=self.gateway.admin)[0] == 200, "ready")
        # Whatever Redis obeyed of it late: each is on the queue once.
        for provider in PROVIDERS:
            connection = self.gateway.connection()
            self.assertIn(self.send(sent[provider], connection)[0], (200, 202), provider)
            connection.close()
        self.assertEqual(self.queued(), before + len(PROVIDERS))

    def test_the_command_itself_is_answered_and_says_what_became_of_it(self):
        for provider in PROVIDERS:
            with self.subTest(provider=provider):
                before = self.queued()
                done = self.gateway.cli("send", provider, "--text", f"Once more, {provider}")
                self.assertRegex(done.stdout, r"accepted · \w{3}-\w{3}-\w{3} · route \S+ · queue ")
                self.assertEqual(self.queued(), before + 1)

    def refused(self, provider, what, sent, connection, statuses=(401,)):
        status, _, body = self.send(sent, connection)
        self.assertIn(status, statuses, f"{provider}, {what}: {body}")

    def test_a_flipped_bit_is_refused_and_writes_nothing_anywhere(self):
        for provider in PROVIDERS:
            if provider in UNSIGNED:
                continue
            with self.subTest(provider=provider):
                sent = self.captured(provider, "--text", "An altered message")
                connection = self.gateway.connection()
                before = self.written()
                if provider not in BODY_NOT_SIGNED:
                    for body in self.flipped(sent.body):
                        # A form that is none has no fields that could be signed.
                        self.refused(provider, body, sent.with_body(body), connection, (400, 401))
                for span in sent.proof_fields(provider):
                    for value in self.flipped(sent.body[span[0]:span[1]]):
                        self.refused(provider, value, sent.with_value(span, value), connection,
                                     (400, 401))
                for at in sent.proof(provider):
                    name, value = sent.headers[at]
                    for other in self.flipped_header(value):
                        self.refused(provider, f"{name}: {other}", sent.with_header(at, other),
                                     connection)
                self.assertEqual(self.written(), before, provider)
                connection.close()

    def test_a_missing_or_empty_proof_is_refused_and_writes_nothing(self):
        for provider in PROVIDERS:
            if provider in UNSIGNED:
                continue
            with self.subTest(provider=provider):
                sent = self.captured(provider, "--text", "A message of nobody")
                connection = self.gateway.connection()
                before = self.written()
                for span in sent.proof_fields(provider):
                    self.refused(provider, "empty", sent.with_value(span, b""), connection,
                                 (400, 401))
                for at in sent.proof(provider):
                    self.refused(provider, "missing", sent.without_header(at), connection)
                    self.refused(provider, "empty", sent.with_header(at, ""), connection)
                self.assertEqual(self.written(), before, provider)
                connection.close()

    def test_another_providers_request_is_refused_and_writes_nothing(self):
        sent = {provider: self.captured(provider, "--text", "A message of another")
                for provider in PROVIDERS}
        connection = self.gateway.connection()
        before = self.written()
        for ours in PROVIDERS:
            for theirs in PROVIDERS:
                if ours == theirs or ours in UNSIGNED:
                    continue
                with self.subTest(ours=ours, theirs=theirs):
                    moved = Sent("POST", sent[ours].target, sent[theirs].headers,
                                 sent[theirs].body)
                    status, _, body = self.send(moved, connection)
                    self.assertIn(status, (400, 401), body)
        self.assertEqual(self.written(), before)
        connection.close()

    def test_a_connection_that_is_cut_within_a_request_writes_nothing(self):
        for provider in PROVIDERS:
            with self.subTest(provider=provider):
                sent = self.captured(provider, "--text", "Half a message")
                before = self.written()
                connection = self.gateway.connection()
                connection.putrequest(sent.method, sent.target, skip_accept_encoding=True)
                for name, value in sent.headers:
                    if name.lower() not in ("host", "content-length", "connection", "expect"):
                        connection.putheader(name, value)
                connection.putheader("Content-Length", str(len(sent.body)))
                connection.endheaders(sent.body[:-1])
                connection.close()
                # What comes after it on another connection is answered, so this one was seen.
                self.assertEqual(self.gateway.request("GET", "/hooks/nobody")[0], 404)
                self.assertEqual(self.written(), before, provider)


if __name__ == "__main__":
    unittest.main()
