"""A crowd of connections on one server: idle ones, and slow ones that send a byte a second.

    crowd.py PORT PATH IDLE SLOW SECONDS

Opens IDLE keep-alive connections, asks PATH once on each and leaves them open, then SLOW connections
that send one byte a second, half of them inside the headers and half inside a body. A slow one that
the server closes is opened again at once, so that their number holds. Prints "ready" when all are
open. Ends when its standard input does, or after SECONDS, with one line of JSON: how many idle
connections are still open and how often slow ones were closed. Loopback only; client addresses
127.0.1.1 to 127.0.1.50.
"""

import errno
import json
import select
import socket
import sys
import time

ADDRESSES = 50
OPENING_MAX = 200  # under way at once
OPEN_SECONDS = 60
SLOW_HEAD = b"POST %s HTTP/1.1\r\nHost: hooks.acme.example\r\nX-Slow: "
SLOW_BODY = (b"POST %s HTTP/1.1\r\nHost: hooks.acme.example\r\nContent-Type: application/json\r\n"
             b"Content-Length: 100000\r\n\r\n")


class Crowd:
    def __init__(self, port, path):
        self.target = ("127.0.0.1", port)
        self.path = path.encode()
        self.poll = select.epoll()
        self.sockets = {}
        self.idle = set()
        self.waiting = set()  # asked, not answered
        self.slow = {}  # file number -> when the next byte is due
        self.slow_closed = 0
        self.opened = 0

    def open(self, first_bytes):
        one = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        one.setsockopt(socket.IPPROTO_IP, 24, 1)  # IP_BIND_ADDRESS_NO_PORT
        one.bind((f"127.0.1.{1 + self.opened % ADDRESSES}", 0))
        self.opened += 1
        one.connect(self.target)
        one.setblocking(False)
        one.send(first_bytes)
        self.sockets[one.fileno()] = one
        self.poll.register(one.fileno(), select.EPOLLIN)
        return one.fileno()

    def open_idle(self):
        ask = b"GET %s HTTP/1.1\r\nHost: hooks.acme.example\r\n\r\n" % self.path
        self.waiting.add(self.open(ask))

    def open_slow(self):
        head = SLOW_HEAD if self.opened % 2 else SLOW_BODY
        number = self.open(head % self.path.split(b"?")[0])
        # Spread over the second, so that they do not all send in one moment.
        self.slow[number] = time.monotonic() + self.opened % 1000 / 1000

    def drop(self, number):
        self.poll.unregister(number)
        self.sockets.pop(number).close()
        self.idle.discard(number)
        self.waiting.discard(number)
        return self.slow.pop(number, None) is not None

    def read(self, number):
        try:
            data = self.sockets[number].recv(4096)
        except OSError:
            data = b""
        if data and number not in self.slow:
            if not data.startswith(b"HTTP/1.1 200 "):
                raise SystemExit(f"crowd: answered {data[:60]!r}")
            self.waiting.discard(number)
            self.idle.add(number)
        elif not data and self.drop(number):
            self.slow_closed += 1
            self.open_slow()

    def send_slow(self, now):
        for number, due in list(self.slow.items()):
            if due > now:
                continue
            self.slow[number] = due + 1
            try:
                self.sockets[number].send(b"a")
            except OSError as problem:
                if problem.errno != errno.EAGAIN:
                    self.drop(number)
                    self.slow_closed += 1
                    self.open_slow()

    def turn(self, seconds):
        """Serves events for at most `seconds`; false when standard input has ended."""
        for number, _ in self.poll.poll(seconds):
            if number == 0:
                return False
            if number in self.sockets:
                self.read(number)
        self.send_slow(time.monotonic())
        return True


def main():
    port, path, idle, slow, seconds = sys.argv[1:]
    crowd = Crowd(int(port), path)
    end = time.monotonic() + int(seconds)
    opening_end = time.monotonic() + OPEN_SECONDS
    while len(crowd.idle) < int(idle):
        if time.monotonic() > opening_end:
            raise SystemExit(f"crowd: only {len(crowd.idle)} of {idle} were answered")
        while len(crowd.waiting) < OPENING_MAX and len(crowd.idle) + len(crowd.waiting) < int(idle):
            crowd.open_idle()
        crowd.turn(0.1)
    for _ in range(int(slow)):
        crowd.open_slow()
    crowd.poll.register(0, select.EPOLLIN)
    print("ready", flush=True)
    while time.monotonic() < end and crowd.turn(0.02):
        pass
    print(json.dumps({"idle_open": len(crowd.idle), "slow_open": len(crowd.slow),
                      "slow_closed": crowd.slow_closed}), flush=True)


main()
