"""What a gateway does to Redis, done with the scripts that the gateway ships.

`Gateway.accept` gives accept.lua the keys and arguments that gateway/intake/acceptor.cc gives it for a
first direct message; `Gateway.reap` runs reap.lua as the steward does each second. GatewayProgramTest
compares the entries that are made here with those of the real program, name by name.
"""

import hashlib
import json
import pathlib
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "gateway" / "redis" / "scripts"
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SEEN_LIFE_MS = 8 * 86_400_000
JOURNEY_LIFE_MS = CUSTOMER_LIFE_MS = 90 * 86_400_000
REAP_AT_ONCE = 500


def tracking_number(seed: str) -> str:
    """The displayed number whose 40 bits are made of `seed` (routes/tracking_number.h)."""

    def times_a(symbol: int) -> int:  # a = x^4 + x^2 + 1 in GF(2)[x] / (x^5 + x^2 + 1)
        product = 0
        for power in (0, 2, 4):
            shifted = symbol
            for _ in range(power):
                shifted <<= 1
                if shifted & 32:
                    shifted ^= 0b100101
            product ^= shifted
        return product

    bits = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:5], "big")
    symbols = [bits >> (5 * (7 - i)) & 31 for i in range(8)]
    total = 0
    for symbol in symbols:
        total = times_a(total) ^ symbol
    text = "".join(ALPHABET[symbol] for symbol in (*symbols, times_a(total)))
    return f"{text[:3]}-{text[3:6]}-{text[6:]}"


def hashed(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:22]


class Gateway:
    """One brand's gateway on a Redis (redis-py client with decode_responses)."""

    def __init__(self, redis, brand: str = "acme", queue: str = "sales"):
        self.redis, self.brand, self.queue = redis, brand, queue
        self.tag = f"tapline:{{{brand}}}:"
        self.stream = f"{self.tag}queue:{queue}"
        self.about = f"{self.stream}:about"
        self.feed = f"{self.tag}feed"
        self.due = f"{self.tag}due"
        self.outcomes = f"{self.tag}outcomes"
        self.scripts = {name: redis.register_script((SCRIPTS / f"{name}.lua").read_text())
                        for name in ("accept", "reap")}

    def entry(self, event_id: str, text: str = "Is this in blue?") -> dict:
        """The fields of the entry of one direct message, in their order."""
        now = int(time.time() * 1000)
        number = tracking_number(f"{self.brand} {event_id}")
        contact = {
            "customer": {"id": f"person-of-{event_id}", "name": "", "phone": "", "email": "",
                         "handle": "jane.example"},
            "text": text,
            "subject": "",
            "parts": [],
            "attachments": [{"type": "image", "url": "https://cdn.example/1.jpg", "name": "",
                             "bytes": 0}],
            "visibility": "private",
            "post_url": "",
            "reply": {"how": "instagram_dm", "account": "17841400000000001",
                      "to": f"person-of-{event_id}", "suggested": ""},
            "attribution": {"utm_source": "instagram"},
            "context": {"open_since": None, "earlier_contacts": 0, "last_outcome": "",
                        "promised": "", "late_reason": ""},
        }
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now / 1000))
        data = {"specversion": "1.0", "id": event_id, "source": f"/{self.brand}/instagram-main",
                "type": "contact.dm", "subject": number, "time": f"{stamp}.{now % 1000:03}Z",
                "datacontenttype": "application/json", "data": contact}
        return {"v": "1", "id": event_id, "tracking_number": number, "accepted_at": str(now),
                "type": "contact.dm", "source": "instagram", "profile": "shop", "channel": "dm",
                "button": "ig-dm", "campaign": "", "campaign_by": "", "route": "shoppers",
                "arm": "", "attribution": "exact_line", "auth": "signature", "priority": "normal",
                "due_at": str(now + 300_000), "reply_before": "", "durability": "redis",
                "config": "5c0ffee5c0ff", "traceparent": "", "copy_of": "",
                "data": json.dumps(data, ensure_ascii=False, separators=(",", ":"))}

    def fact(self, entry: dict) -> dict:
        """The feed's fact of that entry."""
        contact = json.loads(entry["data"])
        body = {"type": entry["type"], "connection": "instagram-main"}
        for name in ("source", "profile", "channel", "button", "campaign", "campaign_by",
                     "attribution"):
            body[name] = entry[name]
        body |= {"region": "unknown", "route": entry["route"], "queue": self.queue,
                 "due_at": int(entry["due_at"]), "occurred_at": int(entry["accepted_at"]),
                 "customer": hashed("customer", contact["data"]["customer"]["id"]),
                 "config": entry["config"], "fields": contact["data"]["attribution"]}
        return {"fact": "queued", "id": entry["id"], "tracking_number": entry["tracking_number"],
                "at": entry["accepted_at"], "body": json.dumps(body, separators=(",", ":"))}

    def accept(self, event_id: str, **of_entry) -> list:
        """What accept.lua answers to one more direct message."""
        entry = self.entry(event_id, **of_entry)
        number, now, due = entry["tracking_number"], entry["accepted_at"], entry["due_at"]
        founder = hashed("founder", self.brand, "instagram", event_id)
        customer = json.loads(self.fact(entry)["body"])["customer"]
        mark = "\t".join(["1", "queued", number, self.queue, entry["route"], due, "", ""])
        journey = "\t".join(["1", founder, now, entry["source"], entry["profile"], entry["button"],
                             "", "", self.queue, entry["route"], "1", now, "",
                             "utm_source=instagram"])
        record = "\t".join(["1", "1", now, number, now, "", "", "0"])
        keys = [f"{self.tag}seen:{founder}", self.feed,
                f"{self.tag}journey:{number.replace('-', '')}", self.due, self.about, self.stream,
                f"{self.tag}customer:{customer}"]
        args = [mark, SEEN_LIFE_MS, "", journey, JOURNEY_LIFE_MS, "", record, CUSTOMER_LIFE_MS,
                self.queue, due, *self.fact(entry).values(), *entry.values()]
        return self.scripts["accept"](keys=keys, args=args)

    def reap(self) -> int:
        """One turn of the steward over the queue; how many entries it removed."""
        start, removed = "-", 0
        while start:
            start, count, _ = self.scripts["reap"](
                keys=[self.stream, self.about, self.feed, self.due,
                      *(self.tag + name for name in ("late", "late_reason", "unanswered",
                                                    "acknowledged:0"))],
                args=[self.queue, start, REAP_AT_ONCE, int(time.time() * 1000), "1", "60000",
                      self.queue, "", "", ""])
            removed += count
        return removed

    def foreign_deletes(self) -> int:
        """Entries that somebody else deleted, as the steward reckons them."""
        # redis-py 4.3 leaves fields of XINFO STREAM out that the server gives.
        answer = self.redis.eval("return redis.call('XINFO', 'STREAM', KEYS[1])", 1, self.stream)
        stream = dict(zip(answer[::2], answer[1::2]))
        removed = int(self.redis.hget(self.about, "removed") or 0)
        return stream["entries-added"] - stream["length"] - removed
