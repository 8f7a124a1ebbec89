"""Reading the config again while contacts come: by signal, by file change and by admin call, with
broken brands, over a restart and under load. Against real gateways and a real Redis."""
import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import threading

import unittest

import redis

from harness import BINARY, Gateway, PATIENCE, eventually, read

BMART = """config: 1
brand: bmart
owner: ops@bmart.example
queues: {help: {}}
routes: [{name: default, to: help}]
"""


def lead(number):
    return json.dumps({"type": "lead", "channel": "text", "id": f"lead-{number}",
                       "customer": {"phone": "+14045550199"}, "text": "hello"}).encode()


class ReloadTest(unittest.TestCase):
    def setUp(self):
        self.gateway = Gateway(extra_brands=[("bmart", BMART)])
        self.addCleanup(self.gateway.close)
        self.gateway.start()

    def write(self, name, text):
        """As a careful editor does: beside the file first, then in its place."""
        path = os.path.join(self.gateway.config, name)
        self.gateway.write(path + ".new~", text)
        os.rename(path + ".new~", path)

    def edit(self, name, old, new):
        text = read(os.path.join(self.gateway.config, name))
        self.assertIn(old, text)
        self.write(name, text.replace(old, new))

    def status(self):
        return json.loads(self.gateway.get_admin("/v1/status")[1])

    def version(self, brand):
        return self.status()["config"]["brands"].get(brand)

    def alarms(self):
        return json.loads(self.gateway.get_admin("/readyz")[1])["alarms"]

    def reload(self):
        code, text, _ = self.gateway.request("POST", "/v1/reload", address=self.gateway.admin)
        return code, json.loads(text)

    def rename_queue(self, name):
        self.write("brands/bmart.yaml", BMART.replace("help", name))

    # The three triggers.

    def test_a_file_change_is_read_by_itself(self):
        before = self.version("bmart")
        self.rename_queue("sales")
        eventually(lambda: self.version("bmart") not in (before, None), "the new version")
        self.assertEqual(self.alarms(), {})

    def test_a_new_file_in_a_new_folder_and_a_removed_one(self):
        os.mkdir(os.path.join(self.gateway.config, "brands", "cstore"))
        self.write("brands/cstore/all.yaml", BMART.replace("bmart", "cstore"))
        eventually(lambda: self.version("cstore"), "the new brand")
        os.remove(os.path.join(self.gateway.config, "brands", "bmart.yaml"))
        eventually(lambda: self.version("bmart") is None, "the removed brand is gone")

    def test_a_signal(self):
        before = self.version("bmart")
        self.rename_queue("sales")
        self.gateway.process.send_signal(signal.SIGHUP)
        eventually(lambda: self.version("bmart") not in (before, None), "the new version")
        eventually(lambda: '"why":"SIGHUP"' in read(self.gateway.log_path), "the log's line")

    def test_an_admin_call_says_what_changed_and_entries_carry_the_version(self):
        before = self.version("acme")
        self.assertEqual(self.gateway.events(lead(1))[0], 202)
        self.edit("brands/acme.yaml", "owner: ", "# edited\nowner: ")
        code, report = self.reload()
        self.assertEqual(code, 200)
        after = self.version("acme")
        self.assertEqual(report["brands"],
                         {"acme": {"change": "changed", "from": before, "to": after}})
        self.assertEqual(report["hash"], self.status()["config"]["hash"])
        self.assertEqual(self.gateway.events(lead(2))[0], 202)
        queued = [fact["body"] for fact in self.gateway.facts("queued")]
        self.assertIn(before, queued[0])
        self.assertIn(after, queued[1])

    def test_the_command(self):
        done = self.gateway.cli("reload")
        self.assertIn("reloaded, no brand changed", done.stdout)
        self.write("brands/bmart.yaml", BMART.replace("to: help", "to: hepl"))
        done = self.gateway.cli("reload", "--config", self.gateway.config, check=False)
        self.assertEqual(done.returncode, 78)
        self.assertIn('brands/bmart.yaml:5:30: queue "hepl" does not exist', done.stderr)
        self.assertIn("brand bmart: kept", done.stdout)
        self.assertIn("reloaded but for brand bmart; config ", done.stdout)
        found = json.loads(self.gateway.cli("reload", "--json", check=False).stdout)
        self.assertEqual(found["mistakes"][0]["line"], 5)
        doctor = self.gateway.cli("doctor", check=False).stdout
        self.assertIn("config: " + found["hash"], doctor)

    # What a reload reaches.

    def test_connections_and_their_limits_and_secrets_are_reloaded(self):
        large = b"x" * (5 << 20)  # mails may be larger than other webhooks' bodies

        def answer(name, body):
            return self.gateway.request("POST", "/hooks/" + name, body)[0]

        self.assertEqual(answer("fresh", b"x"), 404)
        self.assertEqual(answer("instagram-main", large), 413)
        self.write("secrets/fresh", "postmark:0123456789abcdef0123456789")
        self.edit("tapline.yaml", "connections:", "connections:\n  fresh: {provider: postmark, "
                  "secrets: [file:secrets/fresh], brand: acme}")
        self.assertEqual(self.reload()[0], 200)
        self.assertIn(answer("fresh", b"x"), (400, 401))
        self.assertIn(answer("fresh", large), (400, 401))
        self.assertEqual(answer("instagram-main", large), 413)
        self.write("secrets/instagram-app-secret", "another0123456789abcdef0123456789")
        self.assertEqual(self.reload()[0], 200)
        self.assertEqual(self.gateway.instagram([("m1", "hi")])[0], 200)

    def test_what_needs_a_restart_is_named_and_stays(self):
        self.edit("tapline.yaml", "listen: 127.0.0.1:0", "listen: 127.0.0.1:1")
        code, report = self.reload()
        self.assertEqual((code, report["needs_restart"]), (200, ["listen"]))
        self.assertEqual(self.gateway.events(lead(1))[0], 202)

    # Broken brands.

    def test_a_bad_brand_keeps_its_version_also_after_a_restart(self):
        good = self.version("bmart")
        kept = os.path.join(self.gateway.config, "data", "last_good", "bmart",
                            "brands%2Fbmart.yaml")
        eventually(lambda: os.path.exists(kept), "the last good version is kept")
        self.assertEqual(read(kept), BMART)
        self.write("brands/bmart.yaml", BMART.replace("to: help", "to: hepl"))
        self.edit("brands/acme.yaml", "owner: ", "# edited\nowner: ")
        acme = self.version("acme")
        code, report = self.reload()
        self.assertEqual(code, 422)
        self.assertTrue(report["reloaded"])
        self.assertEqual(report["brands"]["bmart"]["change"], "kept")
        mistake = report["mistakes"][0]
        self.assertEqual((mistake["file"], mistake["line"], mistake["column"]),
                         ("brands/bmart.yaml", 5, 30))
        self.assertEqual(self.version("bmart"), good)
        self.assertNotEqual(self.version("acme"), acme)
        self.assertIn('did you mean "help"?', self.alarms()["config.bmart"])

        self.gateway.stop()
        self.gateway.start()
        self.assertEqual(self.version("bmart"), good)
        self.assertIn("config.bmart", self.alarms())
        self.assertIn("brand bmart has mistakes, so its last good version decides",
                      read(self.gateway.log_path))
        self.assertEqual(read(kept), BMART)
        self.write("brands/bmart.yaml", BMART)
        eventually(lambda: "config.bmart" not in self.alarms(), "the alarm is cleared")

    def test_without_a_last_good_version_nothing_starts(self):
        self.gateway.stop()
        self.write("brands/cstore.yaml", "config: 1\n")
        with open(os.devnull, "wb") as nothing:
            code = subprocess.run([BINARY, "serve", "--config", self.gateway.config],
                                  stdout=nothing, stderr=nothing, env=self.gateway.env,
                                  timeout=PATIENCE, check=False).returncode
        self.assertEqual(code, 78)

    def test_a_broken_tapline_yaml_changes_nothing(self):
        before = self.status()["config"]
        text = read(self.gateway.tapline_yaml)
        self.write("tapline.yaml", text + "\nnonsense: 1\n")
        self.rename_queue("sales")
        code, report = self.reload()
        self.assertEqual((code, report["reloaded"]), (422, False))
        self.assertEqual(self.status()["config"], before)
        self.assertIn("config", self.alarms())
        self.write("tapline.yaml", text)
        eventually(lambda: "config" not in self.alarms(), "the alarm is cleared")
        self.assertNotEqual(self.status()["config"], before)

    def test_a_mount_whose_data_link_moves_is_seen(self):
        """As Kubernetes replaces the files of a config map."""
        self.gateway.stop()
        root = self.gateway.config
        for number, name in ((1, "help"), (2, "sales")):
            folder = os.path.join(root, f"..{number}")
            os.mkdir(folder)
            self.gateway.write(os.path.join(folder, "bmart.yaml"), BMART.replace("help", name))
        os.symlink("..1", os.path.join(root, "..data"))
        path = os.path.join(root, "brands", "bmart.yaml")
        os.remove(path)
        os.symlink("../..data/bmart.yaml", path)
        self.gateway.start()
        before = self.version("bmart")
        os.symlink("..2", os.path.join(root, "..new"))
        os.rename(os.path.join(root, "..new"), os.path.join(root, "..data"))
        eventually(lambda: self.version("bmart") not in (before, None), "the moved link")

    # Under load.

    def test_no_request_fails_while_the_config_is_reloaded_again_and_again(self):
        reloads, senders = 200, 4
        ended = threading.Event()
        answers = [[] for _ in range(senders)]

        def send(which):
            key = self.gateway.secret("acme-api-key")
            connection = self.gateway.connection()
            number = 0
            while not ended.is_set():
                name = f"{which}-{number}"
                number += 1
                if which % 2 == 0:
                    answer = self.gateway.instagram([(name, "hello")], connection=connection)
                else:
                    answer = self.gateway.request(
                        "POST", "/v1/acme/events", lead(name),
                        {"Content-Type": "application/json", "Authorization": "Bearer " + key},
                        connection=connection)
                answers[which].append(answer[0])
            connection.close()

        threads = [threading.Thread(target=send, args=(i,)) for i in range(senders)]
        for thread in threads:
            thread.start()
        text = read(self.gateway.brand_yaml)
        for i in range(reloads):
            self.write("brands/acme.yaml", text.replace("owner: ",
                                                        f"# {i % 7}\nowner: "))
            code, report = self.reload()
            self.assertEqual(code, 200, report)
        ended.set()
        for thread in threads:
            thread.join(PATIENCE)
        sent = sum(len(each) for each in answers)
        self.assertGreater(sent, reloads)
        self.assertEqual({code for each in answers for code in each}, {200, 202})
        queued = self.gateway.facts("queued")
        self.assertEqual(len(queued), sent)
        versions = {json.loads(fact["body"])["config"] for fact in queued}
        self.assertGreater(len(versions), 3)


class TwoGatewaysTest(unittest.TestCase):
    def test_gateways_of_one_redis_tell_their_hashes(self):
        folder = tempfile.mkdtemp(prefix="tl-")
        path = os.path.join(folder, "redis.sock")
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        server = subprocess.Popen(["redis-server", "--port", "0", "--unixsocket", path, "--dir",
                                   folder, "--save", ""], stdout=subprocess.DEVNULL)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        client = redis.Redis(unix_socket_path=path, decode_responses=True)
        self.addCleanup(client.close)

        def answers():
            with contextlib.suppress(redis.exceptions.ConnectionError):
                return client.ping()
            return False

        eventually(answers, "Redis")
        line = f"redis: {{url: unix:{path}, waive: [persistence, eviction, version, clock]}}"
        one = Gateway(redis_line=line, extra_brands=[("bmart", BMART)])
        self.addCleanup(one.close)
        one.start()
        two = Gateway(redis_line=line)
        self.addCleanup(two.close)
        keys = os.path.join(one.config, "keys")
        os.rename(keys, os.path.join(two.config, "keys"))
        os.symlink(os.path.join(two.config, "keys"), keys)
        two.start()

        def told():
            found = client.hgetall("tapline:{_}:gateways")
            return sorted(json.loads(text)["hash"] for text in found.values())

        def shown():
            return sorted(json.loads(each.get_admin("/v1/status")[1])["config"]["hash"]
                          for each in (one, two))

        eventually(lambda: told() == shown() and len(set(told())) == 2, "both hashes")
        two.write(os.path.join(two.config, "brands", "bmart.yaml"), BMART)
        eventually(lambda: told() == shown() and len(set(told())) == 1, "one hash")
        two.stop()
        eventually(lambda: len(told()) == 1, "who ends leaves")
        one.stop()


if __name__ == "__main__":
    unittest.main(verbosity=2)
