"""Start and end: what `run` and `check` say, draining, ports that are taken."""
import signal
import socket
import subprocess
import tempfile
import threading
import unittest
from pathlib import Path

from gateway import BINARY, Backend, Connection, Gateway, accepts, request, wait_until

CONFIG = """
listeners: [{{ name: edge, address: "127.0.0.1:{{port}}", route_table: main }}]
route_tables: [{{ name: main, routes: [{{ match: {{ path: {{ prefix: / }} }}, cluster: app }}] }}]
clusters: [{{ name: app, endpoints: [{{ address: "{app}" }}] }}]
"""


def sallyport(*arguments, **options):
    return subprocess.run([BINARY, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
                          timeout=60, **options)


class Lifecycle(unittest.TestCase):
    def test_sigterm_finishes_what_is_under_way(self):
        arrived, go_on = threading.Event(), threading.Event()

        def slow(connection):
            connection.read_message()
            arrived.set()
            go_on.wait(30)
            connection.send("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ndone")

        with Backend(serve=slow) as backend, Gateway(CONFIG.format(app=backend.address)) as gateway:
            with Connection.to(gateway.port) as client:
                client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n")
                arrived.wait(30)
                gateway.signal(signal.SIGTERM)
                wait_until(lambda: not accepts(gateway.port), what="the end of listening")
                go_on.set()
                answer = client.read_message()
                self.assertEqual((answer.status, answer.body), (200, b"done"))
                self.assertEqual(answer.headers.get("connection"), "close")
                self.assertTrue(client.is_closed())
            self.assertEqual(gateway.process.wait(60), 0)

    def test_a_second_sigterm_ends_at_once(self):
        arrived, never = threading.Event(), threading.Event()

        def stuck(connection):
            connection.read_message()
            arrived.set()
            never.wait(60)

        with Backend(serve=stuck) as backend, Gateway(CONFIG.format(app=backend.address)) as gateway:
            with Connection.to(gateway.port) as client:
                client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n")
                arrived.wait(30)
                gateway.signal(signal.SIGTERM)
                wait_until(lambda: not accepts(gateway.port), what="the end of listening")
                gateway.signal(signal.SIGTERM)
                gateway.process.wait(30)
            never.set()

    def test_a_taken_port_is_named(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            config = CONFIG.format(app="127.0.0.1:1").replace("{port}", str(port))
            gateway = Gateway(config, ready=False)
            try:
                gateway.start()
                self.assertEqual(gateway.process.wait(60), 1)
                self.assertIn(str(port), gateway.log)
            finally:
                gateway.close()

    def test_check_names_every_error(self):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "gateway.yaml")
            file.write_text('listeners: [{ name: edge, adress: ":80", route_table: nowhere }]\n'
                            'route_tables:\n  - name: main\n    routes: [{ match: {}, cluster: gone }]\n')
            result = sallyport("check", str(file))
            said = result.stdout + result.stderr
            self.assertEqual(result.returncode, 1, said)
            for part in ("gateway.yaml:1:27", "adress", 'did you mean "address"', "nowhere", "gone"):
                self.assertIn(part, said)

    def test_version_and_schema(self):
        self.assertEqual(sallyport("version").returncode, 0)
        schema = sallyport("schema")
        self.assertEqual(schema.returncode, 0)
        self.assertIn('"$schema"', schema.stdout)

    def test_explain(self):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "gateway.yaml")
            file.write_text(CONFIG.format(app="127.0.0.1:1").replace("{port}", "8080"))
            result = sallyport("explain", str(file), "GET", "http://a.example/x")
            self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
            self.assertIn("app", result.stdout)

    def test_proxy_without_a_file(self):
        with Backend("app-1") as backend, socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
            probe.close()
            process = subprocess.Popen([BINARY, "proxy", "--from", f"127.0.0.1:{port}", "--to", backend.address],
                                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                wait_until(lambda: accepts(port), what="the proxy")
                self.assertEqual(request(port, "GET", "/x").json["backend"], "app-1")
            finally:
                process.terminate()
                self.assertEqual(process.wait(60), 0)


if __name__ == "__main__":
    unittest.main()
