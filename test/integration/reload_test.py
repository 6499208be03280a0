"""Changes of the configuration while it serves: no request is lost, a bad one changes nothing."""
# test: timeout=300
import signal
import subprocess
import unittest

from gateway import Backend, Connection, Gateway, Load, accepts, free_port, request, wait_until

CONFIG = """
listeners:
  - {{ name: edge, address: "127.0.0.1:{{port}}", route_table: main }}{more}
route_tables:
  - name: main
    routes:
      - {{ match: {{ path: {{ exact: /version }} }}, respond: {{ status: 200, body: "{version}" }} }}
      - {{ match: {{ path: {{ prefix: / }} }}, cluster: app }}
clusters:
  - {{ name: app, endpoints: [{{ address: "{app}" }}] }}
"""


class Reload(unittest.TestCase):
    def setUp(self):
        self.backend = self.enterContext(Backend("app-1"))
        self.gateway = self.enterContext(Gateway(self.config(1)))

    def config(self, version, app=None, more=""):
        return CONFIG.format(version=version, app=app or self.backend.address, more=more)

    def serves(self, version):
        return request(self.gateway.port, "GET", "/version").body == str(version).encode()

    def test_a_change_of_the_file_is_taken(self):
        self.gateway.write(self.config(2))
        wait_until(lambda: self.serves(2), what="version 2")

    def test_sighup_takes_it_as_well(self):
        self.gateway.write(self.config(3))
        self.gateway.signal(signal.SIGHUP)
        wait_until(lambda: self.serves(3), what="version 3")

    def test_no_request_is_lost_under_load(self):
        with Backend("app-2") as other, Load(self.gateway.port, "/x", connections=4) as load:
            for version in range(2, 12):
                load.wait_for_more(20)
                self.gateway.write(self.config(version, app=(other if version % 2 else self.backend).address))
                wait_until(lambda version=version: self.serves(version), what=f"version {version}")
            load.wait_for_more(20)
        self.assertEqual(load.failures, [])
        self.assertEqual(set(load.statuses), {200})
        self.assertGreater(other.requests, 0)

    def test_wrk_meets_no_error_while_listeners_and_clusters_come_and_go(self):
        second = free_port()
        more = f'\n  - {{ name: second, address: "127.0.0.1:{second}", route_table: main }}'
        wrk = subprocess.Popen(["wrk", "-t1", "-c16", "-d3s", f"http://127.0.0.1:{self.gateway.port}/version"],
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        for version in range(2, 22):
            config = self.config(version, more=more if version % 2 else "")
            if version % 2:
                config += f'  - {{ name: more, endpoints: [{{ address: "127.0.0.1:{second}" }}] }}\n'
            self.gateway.write(config)
            self.gateway.signal(signal.SIGHUP)
            wait_until(lambda version=version: self.serves(version), what=f"version {version}")
        said = wrk.communicate(timeout=60)[0]
        self.assertRegex(said, r"[1-9]\d* requests in")
        self.assertNotIn("Non-2xx", said)
        self.assertNotIn("Socket errors", said)

    def test_a_bad_file_changes_nothing_and_says_why(self):
        self.gateway.write(self.config(2).replace("cluster: app", "cluster: ap"))
        self.gateway.signal(signal.SIGHUP)
        wait_until(lambda: "gateway.yaml:" in self.gateway.log, what="an error with its place")
        self.assertIn('"ap"', self.gateway.log)
        self.assertTrue(self.serves(1))
        self.assertEqual(request(self.gateway.port, "GET", "/x").status, 200)
        self.gateway.write(self.config(3))
        wait_until(lambda: self.serves(3), what="version 3 after the bad one")

    def test_listeners_come_and_go(self):
        second = free_port()
        more = f'\n  - {{ name: second, address: "127.0.0.1:{second}", route_table: main }}'
        self.gateway.write(self.config(2, more=more))
        wait_until(lambda: accepts(second), what="the second listener")
        self.assertEqual(request(second, "GET", "/version").body, b"2")
        self.gateway.write(self.config(3))
        wait_until(lambda: not accepts(second), what="the end of the second listener")
        self.assertTrue(self.serves(3))

    def test_an_open_connection_sees_the_change_at_its_next_request(self):
        with Connection.to(self.gateway.port) as client:
            client.send("GET /version HTTP/1.1\r\nhost: a\r\n\r\n")
            self.assertEqual(client.read_message().body, b"1")
            self.gateway.write(self.config(2))
            wait_until(lambda: self.serves(2), what="version 2")
            client.send("GET /version HTTP/1.1\r\nhost: a\r\n\r\n")
            self.assertEqual(client.read_message().body, b"2")


if __name__ == "__main__":
    unittest.main()
