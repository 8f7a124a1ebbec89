"""A Postfix of the test's own: private folders, one port on the loopback, nothing of the machine's."""
import os
import re
import shutil
import socket
import subprocess
import tempfile

from harness import eventually, read

MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/spool
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
meta_directory = /etc/postfix
shlib_directory = /usr/lib/postfix
mail_owner = postfix
setgid_group = postdrop
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.acme.example
mynetworks = 127.0.0.0/8
mydestination = acme.example, broken.example
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_forbid_bare_newline = yes
alias_maps =
alias_database =
local_recipient_maps =
local_transport = tapline
transport_maps = inline:{{ broken.example=broken: }}
recipient_delimiter = +
tapline_destination_recipient_limit = 1
tapline_time_limit = 200
message_size_limit = 60000000
mailbox_size_limit = 0
minimal_backoff_time = 3000s
maximal_backoff_time = 4000s
"""

# The last two lines are those of docs/sources/postfix.md, the second with a program that knows no exit codes.
MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
tapline unix - n n - 4 pipe
  -o soft_bounce=yes flags=DORq user=nobody
  argv={program} deliver-mail --socket {socket} --sender=${{sender}} --recipient=${{recipient}}
broken unix - n n - 4 pipe
  -o soft_bounce=yes flags=DORq user=nobody
  argv=/bin/false
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Postfix:
    """REQUIRES: root, because Postfix does."""

    def __init__(self, program, mail_socket):
        self.folder = tempfile.mkdtemp(prefix="pf-")
        os.chmod(self.folder, 0o755)
        self.port = free_port()
        self.config = os.path.join(self.folder, "etc")
        for name in ("etc", "spool", "data"):
            os.mkdir(os.path.join(self.folder, name))
        shutil.chown(os.path.join(self.folder, "data"), "postfix")
        # Postfix runs it as nobody, who may not look into the folder where it was built.
        program = shutil.copy(program, os.path.join(self.folder, "tapline"))
        os.chmod(program, 0o755)
        fill = {"folder": self.folder, "port": self.port, "program": program,
                "socket": mail_socket}
        for name, text in (("main.cf", MAIN), ("master.cf", MASTER)):
            with open(os.path.join(self.config, name), "w", encoding="utf-8") as file:
                file.write(text.format(**fill))

    def start(self):
        done = subprocess.run(["postfix", "-c", self.config, "start"], capture_output=True,
                              text=True, check=False)
        if done.returncode != 0:
            raise AssertionError("postfix did not start: " + done.stdout + done.stderr + self.log())
        eventually(self.answers, "postfix answers")
        return self

    def answers(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as client:
                return client.recv(200).startswith(b"220")
        except OSError:
            return False

    def close(self):
        subprocess.run(["postfix", "-c", self.config, "stop"], capture_output=True, check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self):
        path = os.path.join(self.folder, "log")
        return read(path) if os.path.exists(path) else ""

    def send(self, *options, sender="jane@example.org", to="hello+ig@acme.example", data=None):
        """A mail by swaks, the way that a stranger's mail server brings it."""
        command = ["swaks", "--server", f"127.0.0.1:{self.port}", "--from", sender, "--to", to,
                   "--timeout", "60", "--silent", "2", *options]
        if data is not None:
            path = os.path.join(self.folder, "mail")
            with open(path, "wb") as file:
                file.write(data)
            command += ["--data", "@" + path]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise AssertionError(f"swaks: {done.returncode} {done.stdout}{done.stderr}")

    def queued(self):
        """How many mails Postfix keeps."""
        done = subprocess.run(["postqueue", "-c", self.config, "-j"], capture_output=True, text=True,
                              check=True)
        return len(done.stdout.splitlines())

    def drop(self):
        subprocess.run(["postsuper", "-c", self.config, "-d", "ALL"], check=True,
                       capture_output=True)

    def flush(self):
        subprocess.run(["postqueue", "-c", self.config, "-f"], check=True)

    def statuses(self, transport="tapline"):
        """What became of each delivery: "sent", "deferred", "bounced"."""
        return re.findall(rf"relay={transport},.* status=(\w+)", self.log())
