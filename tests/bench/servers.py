"""The servers of a benchmark: started, emptied between rounds, counted, stopped.

Each server is an object with `port`, `pids()` and `redis` (a client of the Redis behind it, or None
for the front alone). Everything listens on loopback or on a Unix socket below the work directory.
"""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

import redis as redis_client

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SCRIPT = ROOT / "gateway/redis/scripts/accept.lua"
EXAMPLE = ROOT / "config/examples/acme"
START_SECONDS = 60
STOP_SECONDS = 20


class BenchError(Exception):
    """What went wrong, for the person at the terminal."""


def wait_for(what, check, seconds=START_SECONDS):
    """Polls until `check()` is true."""
    deadline = time.monotonic() + seconds
    while not check():
        if time.monotonic() > deadline:
            raise BenchError(f"{what}: not within {seconds} s")
        time.sleep(0.02)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_open(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Process:
    """A child in a process group of its own, with its output in a file."""

    def __init__(self, name, command, work, env=None, stdin=subprocess.DEVNULL):
        self.name = name
        self.log = work / f"{name}.log"
        with open(self.log, "wb") as log:
            self.child = subprocess.Popen(
                [str(word) for word in command], stdin=stdin, stdout=log, stderr=log, cwd=work,
                env={**os.environ, **(env or {})}, start_new_session=True)

    def wait_until(self, check):
        def ready():
            if self.child.poll() is not None:
                raise BenchError(f"{self.name} ended: {self.tail()}")
            return check()
        wait_for(f"{self.name} starts", ready)

    def tail(self):
        return " | ".join(self.log.read_text(errors="replace").splitlines()[-6:])

    def pids(self):
        """The child and its children."""
        found = [self.child.pid]
        for parent in found:
            for task in pathlib.Path(f"/proc/{parent}/task").glob("*/children"):
                with contextlib.suppress(OSError):
                    found += [int(pid) for pid in task.read_text().split()]
        return found

    def stop(self):
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)
            try:
                self.child.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(self.child.pid, signal.SIGKILL)
                self.child.wait()


def empty(redis):
    """Drops all data and the file that holds it, and keeps the server from rewriting that file in
    the middle of a round: every server gets the same."""
    redis.config_set("auto-aof-rewrite-percentage", 0)
    redis.flushall()
    redis.bgrewriteaof()
    wait_for("Redis rewrites its empty file", lambda: not (
        redis.info("persistence")["aof_rewrite_in_progress"]
        or redis.info("persistence")["aof_rewrite_scheduled"]))


def queued(redis):
    return sum(redis.xlen(key) for key in redis.scan_iter(
        "tapline:*:queue:*", count=10_000, _type="stream"))


class Redis:
    """A private Redis as the gateway's embedded one: Unix socket, append-only file, everysec."""

    def __init__(self, work, name="redis"):
        self.dir = work / name
        self.dir.mkdir(mode=0o700)
        self.socket = self.dir / "redis.sock"
        self.process = Process(name, [
            "redis-server", "--port", "0", "--unixsocket", self.socket, "--unixsocketperm", "700",
            "--dir", self.dir, "--save", "", "--appendonly", "yes", "--appendfsync", "everysec",
            "--no-appendfsync-on-rewrite", "no", "--maxmemory-policy", "noeviction"], work)
        self.client = redis_client.Redis(unix_socket_path=str(self.socket))
        self.process.wait_until(self._answers)

    def _answers(self):
        try:
            return self.client.ping()
        except redis_client.exceptions.RedisError:
            return False

    def pids(self):
        return self.process.pids()

    def stop(self):
        self.process.stop()


class Gateway:
    """The gateway with the example's config, on ports of its own, and its embedded Redis."""

    name = "gateway"

    def __init__(self, work, program):
        self.config = copy_config(work)
        self.process = Process("gateway", [program, "serve", "--config", self.config], work)
        running = self.config / "data/gateway.json"
        self.process.wait_until(running.exists)
        self.process.wait_until(lambda: self._is_ready(running))
        self.port = int(self.running["public"].rsplit(":", 1)[1])
        socket_path = self.config / "data/redis/redis.sock"
        self.redis = redis_client.Redis(unix_socket_path=str(socket_path))

    def _is_ready(self, path):
        try:
            self.running = json.loads(path.read_text())
            with urllib.request.urlopen(f"http://{self.running['admin']}/readyz", timeout=5) as answer:
                return answer.status == 200
        except (ValueError, KeyError, urllib.error.URLError, OSError):
            return False

    def pids(self):
        return [self.process.child.pid]

    def redis_pids(self):
        return [self.redis.info("server")["process_id"]]

    def stop(self):
        self.process.stop()


class Fastify:
    """Peer (a): Node, Fastify and ioredis with auto-pipelining, in one process or a cluster."""

    def __init__(self, work, modules, redis, secret, processes):
        self.name = "fastify" if processes == 1 else f"fastify-{processes}"
        self.port = free_port()
        self.redis_server = redis
        self.redis = redis.client
        # Node looks for modules beside the program's real place.
        program = modules / "server.js"
        shutil.copyfile(HERE / "peers/fastify/server.js", program)
        self.process = Process(self.name, ["node", program], work, env={
            "NODE_ENV": "production", "PORT": str(self.port), "REDIS": str(redis.socket),
            "SECRET": secret, "SCRIPT": str(SCRIPT), "PROCESSES": str(processes)})
        self.process.wait_until(
            lambda: self.process.log.read_text().count("listening") == processes)

    def pids(self):
        return self.process.pids()

    def redis_pids(self):
        return self.redis_server.pids()

    def stop(self):
        self.process.stop()


class Nginx:
    """Peer (b): nginx, LuaJIT and pooled cosockets, one worker per core."""

    name = "nginx_lua"

    def __init__(self, work, redis, secret):
        self.port = free_port()
        self.redis_server = redis
        self.redis = redis.client
        directory = work / "nginx"
        directory.mkdir()
        values = {"DIR": directory, "HERE": HERE / "peers/nginx", "PORT": self.port,
                  "SCRIPT": SCRIPT, "WORKERS": os.cpu_count(),
                  "USER": "user root;" if os.geteuid() == 0 else ""}
        config = (HERE / "peers/nginx/nginx.conf.in").read_text()
        for name, value in values.items():
            config = config.replace(f"@{name}@", str(value))
        path = directory / "nginx.conf"
        path.write_text(config)
        redis.client.script_load(SCRIPT.read_text())
        self.process = Process("nginx", [
            shutil.which("nginx") or "/usr/sbin/nginx", "-e", directory / "error.log", "-p",
            directory, "-c", path], work, env={"SECRET": secret, "REDIS": str(redis.socket)})
        self.process.wait_until(lambda: is_open(self.port))

    def pids(self):
        return self.process.pids()

    def redis_pids(self):
        return self.redis_server.pids()

    def stop(self):
        self.process.stop()


class Front:
    """The connection front alone: 202 without work."""

    name = "front"
    redis = None

    def __init__(self, work, program):
        self.process = Process("front", [program, os.cpu_count()], work, stdin=subprocess.PIPE)
        self.process.wait_until(lambda: "listening" in self.process.log.read_text())
        self.port = int(self.process.log.read_text().rsplit(":", 1)[1])

    def pids(self):
        return [self.process.child.pid]

    def redis_pids(self):
        return []

    def stop(self):
        self.process.child.stdin.close()
        try:
            self.process.child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.stop()


def copy_config(work, name="config"):
    """The example's config with ports that the system chooses, and a data directory of its own."""
    target = work / name
    if target.exists():
        shutil.rmtree(target)
    shutil.copytree(EXAMPLE, target, ignore=shutil.ignore_patterns("data", "keys"))
    path = target / "tapline.yaml"
    text = path.read_text()
    for key, port in (("listen", 8080), ("admin", 8081)):
        line = f"{key}: 127.0.0.1:{port}\n"
        if line not in text:
            raise BenchError(f"{path.name} of the example has no line {line!r}")
        text = text.replace(line, f"{key}: 127.0.0.1:0\n")
    path.write_text(text)
    return target


def secret_of(name):
    return (EXAMPLE / "secrets" / name).read_text().strip()


def cpu_seconds(pids):
    ticks = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            stat = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            ticks += int(stat[11]) + int(stat[12])
    return ticks / os.sysconf("SC_CLK_TCK")
