"""HTTP/1.1 through the real gateway, byte by byte where it matters."""
import unittest

from gateway import Backend, Connection, Gateway, request

CONFIG = """
listeners: [{{ name: edge, address: "127.0.0.1:{{port}}", route_table: main }}]
route_tables:
  - name: main
    routes:
      - {{ name: gone, match: {{ path: {{ exact: /old }} }}, redirect: {{ path: /new, status: 308 }} }}
      - {{ name: local, match: {{ path: {{ exact: /hello }} }}, respond: {{ status: 200, body: hello }} }}
      - {{ name: app, match: {{ path: {{ prefix: /app }} }}, cluster: app }}
      - {{ name: dead, match: {{ path: {{ prefix: /dead }} }}, cluster: dead }}
clusters:
  - {{ name: app, endpoints: [{{ address: "{app}" }}] }}
  - {{ name: dead, endpoints: [{{ address: "127.0.0.1:1" }}] }}
"""


class Serves(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.backend = cls.enterClassContext(Backend("app-1"))
        cls.gateway = cls.enterClassContext(Gateway(CONFIG.format(app=cls.backend.address)))
        cls.port = cls.gateway.port

    def test_get_reaches_the_backend(self):
        answer = request(self.port, "GET", "/app/users?q=1")
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.json["backend"], "app-1")
        self.assertEqual(answer.json["target"], "/app/users?q=1")
        self.assertEqual(answer.json["headers"]["host"], "localhost")

    def test_body_with_a_length(self):
        answer = request(self.port, "POST", "/app", body="x" * 100_000)
        self.assertEqual(answer.json["body"], "x" * 100_000)

    def test_chunked_body(self):
        with Connection.to(self.port) as client:
            client.send("POST /app HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
            self.assertEqual(client.read_message().json["body"], "abcde")

    def test_head_has_no_body(self):
        with Connection.to(self.port) as client:
            client.send("HEAD /app HTTP/1.1\r\nhost: a\r\n\r\n")
            answer = client.read_message(head_only=True)
            self.assertEqual(answer.status, 200)
            self.assertGreater(int(answer.headers["content-length"]), 0)
            client.send("GET /hello HTTP/1.1\r\nhost: a\r\n\r\n")
            self.assertEqual(client.read_message().body, b"hello")

    def test_pipelined_requests_are_answered_in_order(self):
        with Connection.to(self.port) as client:
            client.send("".join(f"GET /app/{i} HTTP/1.1\r\nhost: a\r\n\r\n" for i in range(10)))
            targets = [client.read_message().json["target"] for _ in range(10)]
            self.assertEqual(targets, [f"/app/{i}" for i in range(10)])

    def test_http_1_0_is_closed(self):
        with Connection.to(self.port) as client:
            client.send("GET /hello HTTP/1.0\r\nhost: a\r\n\r\n")
            self.assertEqual(client.read_message().body, b"hello")
            self.assertTrue(client.is_closed())

    def test_no_route(self):
        answer = request(self.port, "GET", "/nowhere")
        self.assertEqual(answer.status, 404)
        self.assertEqual(answer.reason, "route.none")
        self.assertEqual(answer.headers["content-type"], "application/problem+json")
        self.assertEqual(answer.json["reason"], "route.none")

    def test_redirect(self):
        answer = request(self.port, "GET", "/old")
        self.assertEqual(answer.status, 308)
        self.assertTrue(answer.headers["location"].endswith("/new"), answer.headers)

    def test_backend_that_refuses(self):
        answer = request(self.port, "GET", "/dead")
        self.assertEqual(answer.status, 503, answer.body)
        self.assertTrue(answer.reason.startswith("upstream."), answer.reason)

    def test_ambiguous_framing_is_refused_and_closed(self):
        for fields in ("content-length: 3\r\ntransfer-encoding: chunked", "content-length: 3\r\ncontent-length: 4",
                       "transfer-encoding: chunked, chunked", "content-length: +3", "transfer-encoding: xchunked"):
            with self.subTest(fields), Connection.to(self.port) as client:
                client.send(f"POST /app HTTP/1.1\r\nhost: a\r\n{fields}\r\n\r\nabc")
                self.assertIn(client.read_message().status, (400, 501))
                self.assertTrue(client.is_closed())

    def test_admin_pages(self):
        self.assertEqual(self.gateway.admin("/live")[0], 200)
        self.assertEqual(self.gateway.admin("/ready")[0], 200)
        self.assertIn("version", self.gateway.admin("/version")[1])
        status, config = self.gateway.admin("/config")
        self.assertEqual(status, 200)
        self.assertIn("/hello", config)
        self.assertIn("# TYPE", self.gateway.admin("/metrics")[1])


if __name__ == "__main__":
    unittest.main()
