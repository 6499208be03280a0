"""Running it: the access log and its rotation, changes that only a start takes, requests that outlive a change."""
import json
import signal
import threading
import unittest

from gateway import Backend, Connection, Gateway, request, wait_until

CONFIG = """
workers: {workers}
access_log: {{ path: access.log }}
listeners: [{{ name: edge, address: "127.0.0.1:{{port}}", route_table: main }}]
route_tables:
  - name: main
    routes:
      - {{ name: version, match: {{ path: {{ exact: /version }} }}, respond: {{ status: 200, body: "{version}" }} }}
      - match: {{ path: {{ prefix: / }} }}
        cluster: app
        response_headers: {{ set: {{ x-version: "{version}" }} }}
clusters: [{{ name: app, endpoints: [{{ address: "{app}" }}] }}]
"""


class Operation(unittest.TestCase):
    def setUp(self):
        self.arrived, self.go_on = threading.Event(), threading.Event()
        self.backend = self.enterContext(Backend(serve=self.slow))
        self.gateway = self.enterContext(Gateway(self.config(1)))
        self.addCleanup(self.go_on.set)

    def slow(self, connection):
        connection.read_message()
        self.arrived.set()
        self.go_on.wait(30)
        connection.send("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ndone")

    def config(self, version, workers=1):
        return CONFIG.format(version=version, workers=workers, app=self.backend.address)

    def version(self):
        return request(self.gateway.port, "GET", "/version").body.decode()

    def lines(self, name):
        path = self.gateway.folder / name
        return path.read_text().splitlines() if path.exists() else []

    def test_access_log_is_json_and_rotates(self):
        self.assertEqual(request(self.gateway.port, "GET", "/version?a=b").status, 200)
        line = json.loads(wait_until(lambda: self.lines("access.log"), what="a line")[0])
        self.assertIn("/version?a=b", line.values())
        self.assertIn(200, line.values())
        self.assertIn("route.respond", line.values())
        (self.gateway.folder / "access.log").rename(self.gateway.folder / "old.log")
        self.gateway.signal(signal.SIGUSR1)
        wait_until((self.gateway.folder / "access.log").exists, what="a new file")
        self.version()
        wait_until(lambda: self.lines("access.log"), what="a line in the new file")
        self.assertEqual(len(self.lines("old.log")), 1)

    def test_a_field_that_only_a_start_takes_is_refused(self):
        self.gateway.write(self.config(2, workers=2))
        self.gateway.signal(signal.SIGHUP)
        wait_until(lambda: "workers" in self.gateway.log, what="an error that names it")
        self.assertEqual(self.version(), "1")

    def test_a_request_under_way_ends_on_its_snapshot(self):
        with Connection.to(self.gateway.port) as client:
            client.send("GET /slow HTTP/1.1\r\nhost: a\r\n\r\n")
            self.assertTrue(self.arrived.wait(30))
            self.gateway.write(self.config(2))
            wait_until(lambda: self.version() == "2", what="version 2")
            self.go_on.set()
            answer = client.read_message()
            self.assertEqual((answer.status, answer.headers["x-version"], answer.body), (200, "1", b"done"))


if __name__ == "__main__":
    unittest.main()
