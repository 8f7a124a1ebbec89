"""What the integration tests share: a real gateway on free ports, and senders that sign for themselves.

The signatures are made here from the providers' documents, not by `tapline send`, so that a mistake
in the gateway's signing cannot agree with the same mistake in its checking.
"""
import base64
import contextlib
import hashlib
import hmac
import http.client
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
import urllib.parse

import redis

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARY = os.environ.get("TAPLINE_BINARY", os.path.join(ROOT, "build", "tapline"))
EXAMPLE = os.path.join(ROOT, "config", "examples", "acme")
SHOP = "17841400000000001"
PATIENCE = 60


def eventually(condition, what, patience=PATIENCE):
    """The first true value of condition(); fails after a generous deadline."""
    until = time.monotonic() + patience
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > until:
            raise AssertionError(f"never became true: {what}")
        time.sleep(0.02)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


class Gateway:
    """A gateway with a copy of the example brand, on free ports, in a folder of its own."""

    def __init__(self, edit=None, brand_edit=None, redis_line=None, extra_brands=()):
        self.dir = tempfile.mkdtemp(prefix="tl-")
        self.config = os.path.join(self.dir, "c")
        shutil.copytree(EXAMPLE, self.config, ignore=shutil.ignore_patterns("data", "keys"))
        self.process = None
        self.env = dict(os.environ, XDG_RUNTIME_DIR=self.dir)
        main = read(self.tapline_yaml).replace("listen: 127.0.0.1:8080", "listen: 127.0.0.1:0")
        main = main.replace("admin: 127.0.0.1:8081", "admin: 127.0.0.1:0")
        if redis_line:
            main = main.replace("redis: embedded", redis_line)
        self.write(self.tapline_yaml, edit(main) if edit else main)
        # The example's own tests hold its routes as they are; those here change them.
        brand = read(self.brand_yaml).split("\n# What the routes must do")[0]
        self.write(self.brand_yaml, brand_edit(brand) if brand_edit else brand)
        for name, text in extra_brands:
            self.write(os.path.join(self.config, "brands", name + ".yaml"), text)

    tapline_yaml = property(lambda self: os.path.join(self.config, "tapline.yaml"))
    brand_yaml = property(lambda self: os.path.join(self.config, "brands", "acme.yaml"))
    redis_socket = property(lambda self: os.path.join(self.config, "data", "redis", "redis.sock"))
    log_path = property(lambda self: os.path.join(self.dir, "log"))

    @staticmethod
    def write(path, text):
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def secret(self, name):
        return read(os.path.join(self.config, "secrets", name)).strip()

    def start(self, wait_ready=True, args=()):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen([BINARY, "serve", "--config", self.config, *args],
                                            stdout=subprocess.PIPE, stderr=log, env=self.env)
        running = os.path.join(self.config, "data", "gateway.json")

        def address():
            if self.process.poll() is not None:
                raise AssertionError("the gateway ended: " + read(self.log_path))
            with contextlib.suppress(OSError, ValueError):
                found = json.loads(read(running))
                return found if found["pid"] == self.process.pid else None

        found = eventually(address, "the gateway is running")
        self.public, self.admin = found["public"], found["admin"]
        if wait_ready:
            eventually(lambda: self.get_admin("/readyz")[0] == 200, "the gateway is ready")
        return self

    def stop(self, how=signal.SIGTERM):
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(timeout=PATIENCE)
        if self.process:
            self.process.stdout.close()
        return self.process.returncode if self.process else None

    def close(self):
        self.stop()
        # A killed gateway leaves its Redis behind; the next one would adopt it, but none comes.
        with contextlib.suppress(redis.exceptions.RedisError, OSError):
            self.redis().shutdown(nosave=True)
        shutil.rmtree(self.dir, ignore_errors=True)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.close()

    def redis(self):
        return redis.Redis(unix_socket_path=self.redis_socket, decode_responses=True)

    def connection(self, address=None, timeout=PATIENCE):
        address = address or self.public
        if address.startswith("unix:"):
            made = http.client.HTTPConnection("localhost", timeout=PATIENCE)
            made.sock = socket.socket(socket.AF_UNIX)
            made.sock.connect(address[5:])
            return made
        host, port = address.rsplit(":", 1)
        return http.client.HTTPConnection(host, int(port), timeout=timeout)

    def request(self, method, target, body=b"", headers=None, address=None, connection=None):
        """(status, body as text, headers with lower-case names)"""
        made = connection or self.connection(address)
        made.request(method, target, body=body, headers=headers or {})
        answer = made.getresponse()
        text = answer.read().decode("utf-8", "replace")
        if connection is None:
            made.close()
        return answer.status, text, {name.lower(): value for name, value in answer.getheaders()}

    def get_admin(self, target):
        return self.request("GET", target, address=self.admin)

    def metric(self, line_start):
        """The value of the first metrics line that begins so; 0 when there is none."""
        for line in self.get_admin("/metrics")[1].splitlines():
            if line.startswith(line_start):
                return float(line.rsplit(" ", 1)[1])
        return 0.0

    def cli(self, *args, stdin=None, check=True):
        done = subprocess.run([BINARY, *args], env=self.env, input=stdin, capture_output=True,
                              timeout=PATIENCE, text=not isinstance(stdin, bytes), check=False)
        if check and done.returncode != 0:
            raise AssertionError(f"{args} ended with {done.returncode}: {done.stdout}{done.stderr}")
        return done

    # Senders.

    def instagram(self, messages, account=SHOP, secret=None, connection=None, headers=None):
        return self.instagram_body(instagram_body(messages, account), secret, connection, headers)

    def instagram_body(self, body, secret=None, connection=None, headers=None):
        secret = secret or self.secret("instagram-app-secret")
        mac = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        return self.request("POST", "/hooks/instagram-main", body,
                            {"Content-Type": "application/json",
                             "X-Hub-Signature-256": "sha256=" + mac, **(headers or {})},
                            connection=connection)

    def twilio(self, params, rest="", token=None, base="http://127.0.0.1:8080", headers=None):
        token = token or self.secret("twilio-auth-token")
        target = "/hooks/acme-tel" + rest
        signed = base + target + "".join(name + params[name] for name in sorted(params))
        mac = hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest()
        return self.request("POST", target, urllib.parse.urlencode(params).encode(),
                            {"Content-Type": "application/x-www-form-urlencoded",
                             "X-Twilio-Signature": base64.b64encode(mac).decode(),
                             **(headers or {})})

    def events(self, body, content_type="application/json", key=None, headers=None, brand="acme"):
        key = key or self.secret("acme-api-key")
        return self.request("POST", f"/v1/{brand}/events", body,
                            {"Content-Type": content_type, "Authorization": "Bearer " + key,
                             **(headers or {})})

    def queue(self, name, brand="acme"):
        return self.redis().xrange(f"tapline:{{{brand}}}:queue:{name}")

    def facts(self, fact=None, brand="acme"):
        found = [fields for _, fields in self.redis().xrange(f"tapline:{{{brand}}}:feed")]
        return [fields for fields in found if fact is None or fields["fact"] == fact]


def instagram_body(messages, account=SHOP):
    """messages: (mid, text[, sender[, more members of `message`]])"""
    messaging = []
    for message in messages:
        mid, text, *rest = message
        sender = rest[0] if rest else "601"
        more = rest[1] if len(rest) > 1 else {}
        messaging.append({"sender": {"id": sender}, "recipient": {"id": account},
                          "timestamp": int(time.time() * 1000),
                          "message": {"mid": mid, "text": text, **more}})
    return json.dumps({"object": "instagram", "entry": [
        {"time": int(time.time() * 1000), "id": account, "messaging": messaging}]}).encode()


def call_params(number, line="+18005550100", caller="+14045550199"):
    return {"AccountSid": "AC" + "0" * 31 + "1", "ApiVersion": "2010-04-01",
            "CallSid": "CA%032x" % number, "CallStatus": "ringing", "Direction": "inbound",
            "From": caller, "To": line, "Caller": caller, "Called": line}


def sms_params(number, text, line="+18005550101", sender="+14045550199"):
    return {"AccountSid": "AC" + "0" * 31 + "1", "ApiVersion": "2010-04-01",
            "MessageSid": "SM%032x" % number, "SmsSid": "SM%032x" % number,
            "SmsMessageSid": "SM%032x" % number, "SmsStatus": "received", "From": sender,
            "To": line, "Body": text, "NumMedia": "0", "NumSegments": "1"}


NUMBER = re.compile(r"\b[0-9A-HJKMNP-TV-Z]{3}-[0-9A-HJKMNP-TV-Z]{3}-[0-9A-HJKMNP-TV-Z]{3}\b")


def tls_context():
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def self_signed(folder, name, days=30):
    key, cert = os.path.join(folder, name + ".key"), os.path.join(folder, name + ".pem")
    request = os.path.join(folder, name + ".csr")
    subprocess.run(["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out", request,
                    "-subj", "/CN=" + name], check=True, capture_output=True)
    # `req -x509` refuses days in the past.
    subprocess.run(["openssl", "x509", "-req", "-in", request, "-signkey", key, "-out", cert,
                    "-days", str(days)], check=True, capture_output=True)
    return cert, key
