"""Makes files of signed requests beforehand, so that the load generator only copies bytes.

A record is six decimal digits (the length) and that many bytes: one whole HTTP request. Every event
has an id of its own, and nineteen of twenty a customer that was not seen before; the others come
from a pool of returning customers. The same seed gives the same bytes.
"""

import base64
import hmac
import json
import random

ACCOUNT = "17841400000000001"
RETURNING_SHARE = 0.05
RETURNING_CUSTOMERS = 2_000
TEXTS = [
    "Is this in blue?",
    "Hello, do you still have the winter jacket in size M? I could come by on Saturday.",
    "What does delivery to Atlanta cost, and how long does it take?",
    "Good morning! The link in your story does not open for me, could you send it here?",
    "Can I bring it back without the box? I bought it two weeks ago at the store downtown.",
    "Thanks!",
]
MID_PREFIX = "aWdfZAG1faXRlbToxOklHTWVzc2FnZAUlEOj"


def _customer(chance, first_digit):
    if chance.random() < RETURNING_SHARE:
        return f"{first_digit}{chance.randrange(RETURNING_CUSTOMERS):015d}"
    return f"{first_digit}{chance.randrange(10**14, 10**15):015d}"


def _write(out, head, body):
    record = head + b"Content-Length: %d\r\n\r\n" % len(body) + body
    out.write(b"%06d" % len(record) + record)


def write_instagram(path, count, secret, seed):
    """`count` direct messages as Meta sends them, one event each."""
    chance = random.Random(seed)
    key = secret.encode()
    started = 1_790_000_000_000
    with open(path, "wb", buffering=1 << 20) as out:
        for number in range(count):
            mid = MID_PREFIX + base64.urlsafe_b64encode(chance.randbytes(57)).decode()
            moment = started + number
            body = (
                '{"object":"instagram","entry":[{"time":%d,"id":"%s","messaging":[{"sender":{"id":"%s"},'
                '"recipient":{"id":"%s"},"timestamp":%d,"message":{"mid":"%s","text":%s}}]}]}'
                % (moment + 700, ACCOUNT, _customer(chance, 1), ACCOUNT, moment, mid,
                   json.dumps(chance.choice(TEXTS)))
            ).encode()
            head = (
                "POST /hooks/instagram-main HTTP/1.1\r\nHost: hooks.acme.example\r\n"
                "User-Agent: Webhooks/1.0 (https://fb.me/webhooks)\r\nAccept: */*\r\n"
                "Content-Type: application/json\r\n"
                f"X-Hub-Signature: sha1={hmac.digest(key, body, 'sha1').hex()}\r\n"
                f"X-Hub-Signature-256: sha256={hmac.digest(key, body, 'sha256').hex()}\r\n"
            )
            _write(out, head.encode(), body)


def write_ndjson(path, count, lines, api_key, seed):
    """`count` requests of `lines` events each for POST /v1/acme/events."""
    chance = random.Random(seed)
    head = (
        "POST /v1/acme/events HTTP/1.1\r\nHost: hooks.acme.example\r\n"
        f"Content-Type: application/x-ndjson\r\nAuthorization: Bearer {api_key}\r\n"
    ).encode()
    with open(path, "wb", buffering=1 << 20) as out:
        for _ in range(count):
            events = []
            for _ in range(lines):
                phone = "+1404" + _customer(chance, 5)[-7:]
                unique = chance.randbytes(12).hex()
                events.append(
                    '{"id":"order-%s","channel":"text","button":"ig-text","text":%s,'
                    '"customer":{"phone":"%s"},"occurred_at":"2026-03-09T12:30:00Z"}'
                    % (unique, json.dumps(chance.choice(TEXTS)), phone)
                )
            _write(out, head, ("\n".join(events) + "\n").encode())
