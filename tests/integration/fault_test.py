"""Faults: kills, restarts, a Redis that is away, frozen, unfit or full; count in = count out."""
import json
import os
import signal
import socket
import ssl
import subprocess
import threading
import time
import unittest

import redis

from harness import (Gateway, call_params, eventually, instagram_body, read, self_signed,
                     tls_context)


class Redis:
    """A redis-server of the test's own, on a private Unix socket."""

    def __init__(self, folder, *more):
        self.path = os.path.join(folder, "own.sock")
        self.folder = folder
        self.more = more
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", self.path, "--dir", self.folder,
             "--appendonly", "yes", "--save", "", *self.more], stdout=subprocess.DEVNULL)
        def up():
            try:
                return self.client().ping()
            except redis.exceptions.RedisError:
                return False
        eventually(up, "redis-server answers")
        return self

    def client(self):
        return redis.Redis(unix_socket_path=self.path, decode_responses=True)

    def stop(self):
        self.process.send_signal(signal.SIGCONT)
        self.process.kill()
        self.process.wait()


def external(gateway_options=None, redis_options=()):
    """A gateway (not started) with a redis-server that the test owns."""
    gateway = Gateway(redis_line="redis: {url: 'unix:REDIS', waive: []}", **(gateway_options or {}))
    server = Redis(gateway.dir, *redis_options)
    text = read(gateway.tapline_yaml).replace("REDIS", server.path).replace(", waive: []", "")
    gateway.write(gateway.tapline_yaml, text)
    gateway.redis = server.client
    return gateway, server


class LoadTest(unittest.TestCase):
    def test_thousands_of_events_with_parallel_duplicates_and_kills_count_the_same(self):
        """Each event is sent until it is answered 2xx, some of them in parallel; the gateway is
        killed in the middle, three times. Every event must then stand exactly once."""
        gateway = Gateway().start()
        self.addCleanup(gateway.close)
        total, workers = 4000, 8
        bodies = [instagram_body([(f"load-{i}", f"text {i}", f"s{i % 500}")]) for i in range(total)]
        done = threading.Event()
        answered = [0] * workers

        def send(worker):
            # Every worker sends its share and, for each tenth event, its neighbour's too.
            for i in range(total):
                mine = i % workers == worker
                if not mine and not (i % 10 == 0 and (i + 1) % workers == worker):
                    continue
                while not done.is_set():
                    try:
                        status = gateway.instagram_body(bodies[i])[0]
                    except (OSError, ConnectionError, Exception) as error:
                        if isinstance(error, AssertionError):
                            raise
                        continue
                    if status == 200:
                        answered[worker] += mine
                        break

        threads = [threading.Thread(target=send, args=(n,)) for n in range(workers)]
        for thread in threads:
            thread.start()
        for part in (1, 2, 3):
            eventually(lambda p=part: sum(answered) >= total * p // 4, f"{part} quarters are in", 240)
            gateway.stop(signal.SIGKILL)
            gateway.start()
        for thread in threads:
            thread.join(240)
        done.set()
        self.assertEqual(sum(answered), total)
        entries = [entry["id"] for _, entry in gateway.queue("sales")]
        self.assertEqual(len(entries), total)
        self.assertEqual(len(set(entries)), total)
        numbers = {entry["tracking_number"] for _, entry in gateway.queue("sales")}
        self.assertEqual(len(numbers), total)
        self.assertEqual(len(gateway.facts("queued")), total)

    def test_the_same_event_64_times_at_once_through_two_gateways_is_one_entry(self):
        first, server = external()
        server.start()
        self.addCleanup(server.stop)
        second = Gateway(redis_line="redis: unix:" + server.path)
        first.start()
        os.makedirs(os.path.join(second.config, "keys"))
        for name in ("tracking", "privacy"):
            second.write(os.path.join(second.config, "keys", name),
                         read(os.path.join(first.config, "keys", name)))
        second.redis = server.client
        second.start()
        self.addCleanup(first.stop)
        self.addCleanup(second.stop)
        for round_number in range(20):
            body = instagram_body([(f"same-{round_number}", "hello", "640")])
            barrier = threading.Barrier(64)
            statuses = []

            def send(gateway):
                barrier.wait()
                statuses.append(gateway.instagram_body(body)[0])

            threads = [threading.Thread(target=send, args=(gateway,))
                       for gateway in (first, second) * 32]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(statuses, [200] * 64)
        entries = [entry["id"] for _, entry in first.queue("sales")]
        self.assertEqual(sorted(entries), sorted(f"same-{n}" for n in range(20)))

    def test_a_redelivery_after_a_config_change_keeps_number_and_queue(self):
        gateway = Gateway().start()
        self.addCleanup(gateway.close)
        params = call_params(77)
        twiml = gateway.twilio(params)[1]
        [(_, entry)] = gateway.queue("sales")
        gateway.stop()
        gateway.write(gateway.brand_yaml, read(gateway.brand_yaml).replace(
            "    to: sales", "    to: care").replace("+14045550110", "+14045550119"))
        gateway.start()
        self.assertEqual(gateway.twilio(params)[1], twiml)
        self.assertEqual(gateway.queue("sales")[0][1], entry)
        self.assertEqual(gateway.queue("care"), [])
        self.assertIn("+14045550111", gateway.twilio(call_params(78))[1])


class RedisAwayTest(unittest.TestCase):
    def setUp(self):
        self.gateway, self.server = external()
        self.server.start()
        self.gateway.start()
        self.addCleanup(self.server.stop)
        self.addCleanup(self.gateway.stop)

    def away(self):
        self.server.stop()
        eventually(lambda: self.gateway.get_admin("/readyz")[0] == 503, "not ready without Redis")

    def test_providers_get_503_and_retry_after_while_calls_and_links_are_served(self):
        self.away()
        status, _, headers = self.gateway.instagram([("away-1", "hello")])
        self.assertEqual(status, 503)
        self.assertTrue(int(headers["retry-after"]) >= 1)
        status, twiml, _ = self.gateway.twilio(call_params(1))
        self.assertEqual(status, 200)
        self.assertIn("+14045550110", twiml)
        self.assertEqual(self.gateway.metric('tapline_unrecorded_total{connection="acme-tel",kind="call"}'), 1)
        self.assertIn("unrecorded_calls", self.gateway.get_admin("/readyz")[1])
        phone = "Mozilla/5.0 (Linux; Android 10; K) Chrome/125.0.0.0 Mobile Safari/537.36"
        status, _, headers = self.gateway.request("GET", "/c/acme/ig-dm",
                                                  headers={"User-Agent": phone})
        self.assertEqual(status, 302)
        self.assertTrue(headers["location"].startswith("https://ig.me/m/acme.shop"))
        self.server.start()
        eventually(lambda: self.gateway.instagram([("away-1", "hello")])[0] == 200, "accepted again")
        self.assertEqual([e["id"] for _, e in self.gateway.queue("sales")], ["away-1"])

    def test_the_end_of_a_dialled_call_is_answered_whatever_redis_does(self):
        ended = dict(call_params(9), CallStatus="completed", DialCallStatus="completed",
                     DialCallSid="CA" + "b" * 32, DialCallDuration="73")
        self.away()
        odd = {name: value for name, value in ended.items() if name != "To"}
        for form in (ended, odd):
            status, twiml, _ = self.gateway.twilio(form, rest="/dial")
            self.assertEqual(status, 200)
            self.assertIn("<Response", twiml)
            self.assertNotIn("<Dial", twiml, "nobody is called once more")

    def test_a_frozen_redis_is_unknown_and_the_repeated_event_stands_once(self):
        self.server.process.send_signal(signal.SIGSTOP)
        self.assertEqual(self.gateway.instagram([("frozen-1", "hello")])[0], 503)
        self.server.process.send_signal(signal.SIGCONT)
        eventually(lambda: self.gateway.instagram([("frozen-1", "hello")])[0] == 200, "accepted")
        self.assertEqual(len(self.gateway.queue("sales")), 1)

    def test_a_full_redis_refuses_and_keeps_nothing_half_written(self):
        client = self.server.client()
        client.config_set("maxmemory", client.info("memory")["used_memory"])
        self.assertEqual(self.gateway.instagram([("full-1", "hello")])[0], 503)
        self.assertEqual(client.keys("tapline:{acme}:seen:*"), [])
        client.config_set("maxmemory", 0)
        self.assertEqual(self.gateway.instagram([("full-1", "hello")])[0], 200)

    def test_flushed_scripts_and_a_lost_group_are_mended_unseen(self):
        client = self.server.client()
        for i in range(20):
            client.script_flush()
            self.assertEqual(self.gateway.instagram([(f"flush-{i}", "hello", str(i))])[0], 200)
        client.xgroup_destroy("tapline:{acme}:queue:sales", "sales")
        eventually(lambda: client.xinfo_groups("tapline:{acme}:queue:sales"), "the group is back")
        client.flushall()
        self.assertEqual(self.gateway.instagram([("after-flush", "hello")])[0], 200)
        groups = client.xinfo_groups("tapline:{acme}:queue:sales")
        self.assertEqual(groups[0]["name"], "sales")


class FullTest(unittest.TestCase):
    def test_calls_and_links_are_served_while_hooks_fill_the_gateway(self):
        gateway, server = external(
            {"edit": lambda text: text + "limits: {requests_in_flight: 4}\n"})
        server.start()
        self.addCleanup(server.stop)
        gateway.start()
        self.addCleanup(gateway.stop)
        server.process.send_signal(signal.SIGSTOP)
        waiting = [threading.Thread(target=gateway.instagram, args=([(f"wait-{i}", "x")],))
                   for i in range(4)]
        for thread in waiting:
            thread.start()
        eventually(lambda: gateway.metric("tapline_http_requests_in_flight") >= 4, "full")
        status, _, headers = gateway.instagram([("late", "x")])
        self.assertEqual(status, 503)
        self.assertIn("retry-after", headers)
        status, twiml, _ = gateway.twilio(call_params(1))
        self.assertEqual(status, 200)
        self.assertIn("+14045550110", twiml)
        status, _, _ = gateway.request("GET", "/c/acme/ig-dm", headers={"User-Agent": "Mozilla/5.0"})
        self.assertEqual(status, 302)
        self.assertGreaterEqual(gateway.metric("tapline_http_reserve_used_total"), 1)
        server.process.send_signal(signal.SIGCONT)
        for thread in waiting:
            thread.join()


class ChecksTest(unittest.TestCase):
    def start_with(self, redis_options, waive=""):
        gateway, server = external(redis_options=redis_options)
        if waive:
            text = read(gateway.tapline_yaml).replace("'}", f"', waive: [{waive}]}}")
            gateway.write(gateway.tapline_yaml, text)
        server.start()
        self.addCleanup(server.stop)
        self.addCleanup(gateway.stop)
        return gateway.start(wait_ready=False, args=()), server

    def test_an_evicting_redis_is_named_and_waited_for(self):
        gateway, server = self.start_with(["--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"])
        eventually(lambda: "noeviction" in gateway.get_admin("/readyz")[1], "the finding is named")
        self.assertEqual(gateway.instagram([("evict-1", "hello")])[0], 503)
        server.client().config_set("maxmemory-policy", "noeviction")
        eventually(lambda: gateway.get_admin("/readyz")[0] == 200, "ready once it is mended")

    def test_a_redis_without_append_only_file_may_be_waived_by_name(self):
        gateway, _ = self.start_with(["--appendonly", "no"], waive="persistence")
        eventually(lambda: gateway.get_admin("/readyz")[0] == 200, "waived")
        self.assertIn("waived", gateway.get_admin("/readyz")[1])

    def test_another_tracking_key_is_not_ready(self):
        gateway, server = self.start_with([])
        eventually(lambda: gateway.get_admin("/readyz")[0] == 200, "ready")
        gateway.stop()
        gateway.write(os.path.join(gateway.config, "keys", "tracking"), "ab" * 32 + "\n")
        gateway.start(wait_ready=False)
        eventually(lambda: "tracking key" in gateway.get_admin("/readyz")[1], "says which key")

    def test_a_full_quarantine_answers_503_and_raises_an_alarm(self):
        gateway = Gateway(edit=lambda text: text + "limits: {quarantine_entries: 3}\n").start()
        self.addCleanup(gateway.close)
        for i in range(3):
            self.assertEqual(gateway.instagram([(f"q{i}", "?")], account="999")[0], 200)
        self.assertEqual(gateway.instagram([("q3", "?")], account="999")[0], 503)
        label = 'tapline_refused_total{connection="instagram-main",reason="%s"}'
        self.assertEqual([gateway.metric(label % reason) for reason in ("full", "unavailable")], [1, 0])
        eventually(lambda: "quarantine_full" in gateway.get_admin("/readyz")[1], "alarm")

    def test_what_nobody_signed_leaves_half_of_the_quarantine_to_others(self):
        token = "verify_token: file:secrets/instagram-verify-token\n"
        consent = '    unsigned: accept\n    because: "a proxy checks the signature"\n'
        gateway = Gateway(edit=lambda text: text.replace(token, token + consent)
                          + "limits: {quarantine_entries: 4}\n").start()
        self.addCleanup(gateway.close)

        def unsigned(name):
            item = {"sender": {"id": "7"}, "recipient": {"id": "999"}, "timestamp": 1773066900000,
                    "message": {"mid": name, "text": "?"}}
            body = {"object": "instagram", "entry": [{"id": "999", "time": 1773066900000,
                                                      "messaging": [item]}]}
            return gateway.request("POST", "/hooks/instagram-main", json.dumps(body).encode(),
                                   {"Content-Type": "application/json"})[0]

        self.assertEqual([unsigned(f"u{i}") for i in range(3)], [200, 200, 503])
        signed = [gateway.instagram([(f"s{i}", "?")], account="999")[0] for i in range(3)]
        self.assertEqual(signed, [200, 200, 503])

    def test_a_quarantine_of_too_many_bytes_is_full_until_it_is_emptied(self):
        limits = "limits: {hook_body_bytes: 64KiB, quarantine_bytes: 100KiB}\n"
        gateway = Gateway(edit=lambda text: text + limits).start()
        self.addCleanup(gateway.close)
        large = "?" * 60_000
        for i in range(2):
            self.assertEqual(gateway.instagram([(f"b{i}", large)], account="999")[0], 200)
        self.assertEqual(gateway.instagram([("b2", large)], account="999")[0], 503)
        self.assertEqual(gateway.instagram([("b3", "?")], account="999")[0], 503)
        key = "tapline:{_}:quarantine"
        self.assertEqual(gateway.redis().xlen(key), 2)
        eventually(lambda: "quarantine_full._" in gateway.get_admin("/readyz")[1], "alarm")
        said = gateway.get_admin("/readyz")[1]
        for part in ("limits.quarantine_entries", "limits.quarantine_bytes", f"XTRIM {key} MAXLEN 0"):
            self.assertIn(part, said)
        label = 'tapline_quarantine_bytes{brand="_"}'
        # The figures are published at the end of the turn that raises the alarm.
        eventually(lambda: gateway.metric(label) == gateway.redis().memory_usage(key, samples=0),
                   "the figure is exact")
        self.assertGreater(gateway.metric(label), 100 * 1024)
        gateway.redis().xtrim(key, maxlen=0, approximate=False)
        eventually(lambda: "quarantine_full" not in gateway.get_admin("/readyz")[1], "the alarm ends")
        self.assertEqual(gateway.instagram([("b2", large)], account="999")[0], 200)


class EmbeddedTest(unittest.TestCase):
    def test_the_embedded_redis_is_restarted_adopted_and_ended(self):
        gateway = Gateway().start()
        self.addCleanup(gateway.close)
        gateway.instagram([("embedded-1", "hello", "1")])
        pid = gateway.redis().info("server")["process_id"]
        # Redis puts off its write to the file while the disk is busy with the one before.
        eventually(lambda: gateway.redis().info("persistence")["aof_buffer_length"] == 0, "written")
        os.kill(pid, signal.SIGKILL)
        eventually(lambda: gateway.instagram([("embedded-2", "hello", "2")])[0] == 200, "restarted")
        pid = gateway.redis().info("server")["process_id"]
        gateway.stop(signal.SIGKILL)
        gateway.start()
        self.assertEqual(gateway.redis().info("server")["process_id"], pid)
        self.assertEqual(len(gateway.queue("sales")), 2)
        self.assertEqual(gateway.stop(), 0)
        with self.assertRaises(redis.exceptions.ConnectionError):
            gateway.redis().ping()
        gateway.start()
        self.assertEqual(len(gateway.queue("sales")), 2)

    def test_two_gateways_share_neither_a_port_nor_a_data_directory(self):
        gateway = Gateway().start()
        self.addCleanup(gateway.close)
        second = gateway.cli("serve", "--config", gateway.config, check=False)
        self.assertNotEqual(second.returncode, 0)
        other = Gateway(edit=lambda text: text.replace("listen: 127.0.0.1:0", "listen: " + gateway.public))
        self.addCleanup(other.close)
        refused = other.cli("serve", "--config", other.config, check=False)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn(gateway.public, refused.stderr)

    def test_a_graceful_stop_answers_what_was_read(self):
        gateway = Gateway().start()
        self.addCleanup(gateway.close)
        idle = gateway.connection()
        gateway.instagram([("stop-1", "hello")], connection=idle)
        gateway.process.send_signal(signal.SIGTERM)
        self.assertEqual(gateway.process.wait(timeout=60), 0)
        gateway.start()
        self.assertEqual(len(gateway.queue("sales")), 1)


class TlsTest(unittest.TestCase):
    def test_certificates_are_read_again_without_a_restart(self):
        gateway = Gateway()
        self.addCleanup(gateway.close)
        cert, key = self_signed(gateway.dir, "first")
        gateway.write(gateway.tapline_yaml, read(gateway.tapline_yaml).replace(
            "listen: 127.0.0.1:0",
            f"listen: {{address: '127.0.0.1:0', certificate: '{cert}', key: '{key}'}}"))
        gateway.start()
        host, port = gateway.public.rsplit(":", 1)

        def subject():
            with socket.create_connection((host, int(port)), timeout=30) as raw:
                with tls_context().wrap_socket(raw) as wrapped:
                    der = wrapped.getpeercert(binary_form=True)
            return "second" if b"second" in der else "first"

        self.assertEqual(subject(), "first")
        second_cert, second_key = self_signed(gateway.dir, "second")
        os.replace(second_cert, cert)
        os.replace(second_key, key)
        gateway.process.send_signal(signal.SIGHUP)
        eventually(lambda: subject() == "second", "the new certificate is served")
        gateway.write(cert, "no certificate")
        gateway.process.send_signal(signal.SIGHUP)
        eventually(lambda: "certificates not changed" in read(gateway.log_path), "the mistake is logged")
        self.assertEqual(subject(), "second")
        sent = gateway.cli("send", "instagram", "--text", "over TLS").stdout
        self.assertIn("accepted", sent)

        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
        old.set_ciphers("DEFAULT:@SECLEVEL=0")
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
        with socket.create_connection((host, int(port)), timeout=30) as raw:
            with self.assertRaises(ssl.SSLError):
                old.wrap_socket(raw)

    def test_an_admin_listener_with_tls_is_asked_and_reloaded_like_any(self):
        gateway = Gateway()
        self.addCleanup(gateway.close)
        cert, key = self_signed(gateway.dir, "first")
        gateway.write(gateway.tapline_yaml, read(gateway.tapline_yaml).replace(
            "admin: 127.0.0.1:0",
            f"admin: {{address: '127.0.0.1:0', certificate: '{cert}', key: '{key}'}}"))
        gateway.start(wait_ready=False)

        def doctor(*args):
            return gateway.cli("doctor", *args, check=False)

        shown = eventually(lambda: "redis: version" in (text := doctor().stdout) and text, "it is ready")
        self.assertRegex(shown, r"tls: the first certificate ends \d{4}-")
        line = ""
        while "admin " not in line:
            line = gateway.process.stdout.readline().decode()
        self.assertIn("https://" + gateway.admin, line)
        ends = json.loads(doctor("--json").stdout)
        second_cert, second_key = self_signed(gateway.dir, "second", days=90)
        os.replace(second_cert, cert)
        os.replace(second_key, key)
        self.assertIn("certificate", doctor().stderr)
        gateway.process.send_signal(signal.SIGHUP)
        after = eventually(lambda: (done := doctor("--json")).stdout and json.loads(done.stdout),
                           "the new certificate is served")
        self.assertNotEqual([one for one in ends if one["about"] == "tls"],
                            [one for one in after if one["about"] == "tls"])

    def test_a_certificate_is_noted_before_it_ends_and_wrong_after(self):
        gateway = Gateway()
        self.addCleanup(gateway.close)
        cert, key = self_signed(gateway.dir, "first", days=10)
        gateway.write(gateway.tapline_yaml, read(gateway.tapline_yaml).replace(
            "listen: 127.0.0.1:0",
            f"listen: {{address: '127.0.0.1:0', certificate: '{cert}', key: '{key}'}}"))
        gateway.start()

        def tls():
            listed = json.loads(gateway.cli("doctor", "--json", check=False).stdout)
            return next((one["grade"], one["message"]) for one in listed if one["about"] == "tls")

        self.assertEqual(tls()[0], "note")
        self.assertRegex(tls()[1], "in (9|10) days; renew it and send SIGHUP")
        self.assertAlmostEqual(gateway.metric("tapline_certificate_ends_seconds "),
                               time.time() + 10 * 86400, delta=3600)
        for days, grade, words in ((90, "ok", "the first certificate ends"),
                                   (-1, "WRONG", "a certificate ended")):
            os.replace(self_signed(gateway.dir, "next", days)[0], cert)
            os.replace(os.path.join(gateway.dir, "next.key"), key)
            gateway.process.send_signal(signal.SIGHUP)
            eventually(lambda grade=grade: tls()[0] == grade, grade)
            self.assertIn(words, tls()[1])
        with Gateway() as plain:
            self.assertNotIn("tapline_certificate_ends", plain.get_admin("/metrics")[1])


if __name__ == "__main__":
    unittest.main(verbosity=2)
