#!/usr/bin/env python3
"""The work that the tests give to an example (TAPLINE_HANDLER): one contact on standard input.

    handler.py DIR

Appends "begun NUMBER ID" and "done NUMBER ID" to DIR/log. Between the two it does what the test laid
out: DIR/fail-ID is removed and the work fails; DIR/hold-ID, a FIFO, is waited for.
"""

import json
import os
import sys

directory = sys.argv[1]
contact = json.load(sys.stdin)


def note(word: str) -> None:
    log = os.open(os.path.join(directory, "log"), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(log, f"{word} {contact['subject']} {contact['id']}\n".encode())
    os.close(log)


note("begun")
fail = os.path.join(directory, "fail-" + contact["id"])
if os.path.exists(fail):
    os.unlink(fail)
    sys.exit(3)
hold = os.path.join(directory, "hold-" + contact["id"])
if os.path.exists(hold):
    with open(hold, encoding="utf-8") as fifo:
        fifo.read()
note("done")
