"""Hostile framing over raw sockets (rows of part A of the threats): refused, closed, and no byte reaches the backend."""
import unittest

from gateway import SLOW, Backend, Connection, Gateway

CONFIG = """
listeners:
  - {{ name: edge, address: "127.0.0.1:{{port}}", route_table: main, timeouts: {{ header: 300ms }} }}
route_tables: [{{ name: main, routes: [{{ match: {{ path: {{ prefix: / }} }}, cluster: app }}] }}]
clusters: [{{ name: app, endpoints: [{{ address: "{app}" }}] }}]
"""

POST = "POST / HTTP/1.1\r\nhost: a\r\n"
HEADS = [  # (what is sent, status, reason)
    (POST + "content-length: 3\r\ntransfer-encoding: chunked\r\n\r\nabc", 400, "h1.cl_te"),
    (POST + "transfer-encoding: chunked\r\ncontent-length: 0\r\n\r\n0\r\n\r\n", 400, "h1.cl_te"),
    (POST + "content-length: 3\r\ncontent-length: 3\r\n\r\nabc", 400, "h1.cl_dup"),
    (POST + "content-length: +3\r\n\r\nabc", 400, "h1.cl_bad"),
    (POST + "content-length: 99999999999999999999\r\n\r\nabc", 413, "h1.body_limit"),
    (POST + "transfer-encoding: xchunked\r\n\r\n0\r\n\r\n", 400, "h1.te_final"),
    (POST + "transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501, "h1.te_unknown"),
    ("POST / HTTP/1.0\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", 400, "h1.te_http10"),
    ("GET / HTTP/2.0\r\nhost: a\r\n\r\n", 505, "h1.version"),
    ("GET  / HTTP/1.1\r\nhost: a\r\n\r\n", 400, "h1.request_line"),
    ("GET / HTTP/1.1\r\nhost: a\r\nx: b\r\n c\r\n\r\n", 400, "h1.obs_fold"),
    (POST + "content-length : 3\r\n\r\nabc", 400, "h1.name"),
    ("GET / HTTP/1.1\r\nhost: a\nx: b\r\n\r\n", 400, "h1.bare_lf"),
    ("GET / HTTP/1.1\r\nhost: a\r\nx: b\rc\r\n\r\n", 400, "h1.bare_cr"),
    ("GET / HTTP/1.1\r\nhost: a\r\nx: b\x01c\r\n\r\n", 400, "h1.value"),
    ("GET / HTTP/1.1\r\n\r\n", 400, "h1.host"),
    ("GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n", 400, "h1.host"),
    ("GET /" + "a" * 20000 + " HTTP/1.1\r\nhost: a\r\n\r\n", 414, "h1.target_limit"),
    ("GET / HTTP/1.1\r\nhost: a\r\n" + "x: y\r\n" * 200 + "\r\n", 431, "h1.header_count"),
]
CHUNKED = POST + "transfer-encoding: chunked\r\n\r\n"
BODIES = [
    (CHUNKED + "0x3\r\nabc\r\n0\r\n\r\n", "h1.chunk_size"),
    (CHUNKED + "3 \r\nabc\r\n0\r\n\r\n", "h1.chunk_size"),
    (CHUNKED + "fffffffffffffffff\r\nabc", "h1.chunk_size"),
    (CHUNKED + "3\r\nabcX\r\n0\r\n\r\n", "h1.chunk_end"),
    (CHUNKED + "3\nabc\r\n0\r\n\r\n", "h1.bare_lf"),
]
SMUGGLED = "GET /smuggled HTTP/1.1\r\nhost: a\r\n\r\n"


class Framing(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.backend = cls.enterClassContext(Backend("app"))
        cls.gateway = cls.enterClassContext(Gateway(CONFIG.format(app=cls.backend.address)))

    def ask(self, sent):
        with Connection.to(self.gateway.port) as client:
            client.send(sent)
            answer = client.read_message()
            rest = client.read_to_end()
        return answer, rest

    def test_a_bad_head_reaches_nobody(self):
        before = self.backend.requests
        for sent, status, reason in HEADS:
            with self.subTest(sent[:90]):
                answer, rest = self.ask(sent + SMUGGLED)
                self.assertEqual((answer.status, answer.reason), (status, reason))
                self.assertEqual(answer.headers["connection"], "close")
                self.assertEqual(answer.headers["content-type"], "application/problem+json")
                self.assertEqual(rest, b"")
        self.assertEqual(self.backend.requests, before)

    def test_a_bad_body_completes_no_request(self):
        before = self.backend.requests
        for sent, reason in BODIES:
            with self.subTest(sent[len(CHUNKED):]):
                answer, rest = self.ask(sent + SMUGGLED)
                self.assertEqual((answer.status, answer.reason, rest), (400, reason, b""))
                self.assertEqual(answer.headers["connection"], "close")
        self.assertEqual(self.backend.requests, before)

    def test_garbage(self):
        for sent in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64), b"\x00" * 100 + b"\r\n\r\n",
                     b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"hello\r\n\r\n"):
            with self.subTest(sent[:20]):
                answer, _ = self.ask(sent)
                self.assertIn(answer.status, (400, 501, 505))

    def test_a_slow_head_is_408(self):
        with Connection.to(self.gateway.port) as client:
            client.send("GET / HTTP/1.1\r\nhost:")
            answer = client.read_message()
            self.assertEqual((answer.status, answer.reason), (408, "h1.header_timeout"))
            self.assertTrue(client.is_closed())

    def test_good_requests_before_a_bad_one_are_answered(self):
        with Connection.to(self.gateway.port) as client:
            client.send("GET /1 HTTP/1.1\r\nhost: a\r\n\r\nGET /2 HTTP/1.1\r\nhost: a\r\n\r\nBAD\r\n\r\n" + SMUGGLED)
            self.assertEqual(client.read_message().json["target"], "/1")
            self.assertEqual(client.read_message().json["target"], "/2")
            self.assertEqual(client.read_message().status, 400)
            self.assertEqual(client.read_to_end(), b"")

    def test_expect_100_continue(self):
        with Connection.to(self.gateway.port) as client:
            client.send(POST + "expect: 100-continue\r\ncontent-length: 3\r\n\r\n")
            self.assertEqual(client.read_message().status, 100)
            client.send("abc")
            self.assertEqual(client.read_message().json["body"], "abc")

    def test_byte_by_byte(self):
        with Connection.to(self.gateway.port) as client:
            for byte in CHUNKED + "3;x=y\r\nabc\r\n0\r\n\r\n":
                client.send(byte)
            self.assertEqual(client.read_message().json["body"], "abc")


class LargeBodies(unittest.TestCase):
    SIZE = 64 << 20
    PIECE = bytes(range(256)) * 256

    def setUp(self):
        self.exact = False
        backend = self.enterContext(Backend(serve=self.serve))
        self.gateway = self.enterContext(Gateway(CONFIG.format(app=backend.address)))

    def serve(self, connection):
        method = connection.read_head().start.split()[0]
        if method == "PUT":
            self.exact = self.take(connection)
            connection.send("HTTP/1.1 204 No Content\r\n\r\n")
        else:
            connection.send(f"HTTP/1.1 200 OK\r\ncontent-length: {self.SIZE}\r\n\r\n")
            self.give(connection)

    def give(self, connection):
        for _ in range(self.SIZE // len(self.PIECE)):
            connection.send(self.PIECE)

    def take(self, connection):
        return all(connection.read(len(self.PIECE)) == self.PIECE for _ in range(self.SIZE // len(self.PIECE)))

    def peak(self):
        """Most memory the gateway ever held, MiB; 0 under a sanitizer, which keeps what is freed."""
        if SLOW > 1:
            return 0
        with open(f"/proc/{self.gateway.process.pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) >> 10

    def test_up(self):
        before = self.peak()
        with Connection.to(self.gateway.port, 60) as client:
            client.send(f"PUT / HTTP/1.1\r\nhost: a\r\ncontent-length: {self.SIZE}\r\n\r\n")
            self.give(client)
            self.assertEqual(client.read_message().status, 204)
        self.assertTrue(self.exact)
        self.assertLess(self.peak() - before, 24)

    def test_down(self):
        before = self.peak()
        with Connection.to(self.gateway.port, 60) as client:
            client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            self.assertEqual(client.read_head().status, 200)
            self.assertTrue(self.take(client))
        self.assertLess(self.peak() - before, 24)


if __name__ == "__main__":
    unittest.main()
