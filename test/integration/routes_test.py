"""What routes match and what they do, through the real gateway."""
import collections
import threading
import unittest

from gateway import Backend, Gateway, request

CONFIG = """
listeners: [{{ name: edge, address: "127.0.0.1:{{port}}", route_table: main }}]
route_tables:
  - name: main
    routes:
      - {{ match: {{ hosts: [api.example] }}, respond: {{ status: 200, body: host }} }}
      - {{ match: {{ hosts: ["*.wild.example"] }}, respond: {{ status: 200, body: wildcard }} }}
      - {{ match: {{ path: {{ exact: /exact }} }}, respond: {{ status: 200, body: exact }} }}
      - {{ match: {{ path: {{ template: "/users/{{id}}" }}, methods: [GET] }}, cluster: app, rewrite: {{ path: "/u/{{id}}" }} }}
      - {{ match: {{ path: {{ regex: "/v[0-9]+/x" }} }}, respond: {{ status: 200, body: regex }} }}
      - {{ match: {{ path: {{ prefix: /m }}, methods: [POST] }}, respond: {{ status: 200, body: post }} }}
      - {{ match: {{ path: {{ prefix: /m }}, headers: [{{ name: x-kind, exact: a }}] }}, respond: {{ status: 200, body: header }} }}
      - {{ match: {{ path: {{ prefix: /m }}, query: [{{ name: q, present: true }}] }}, respond: {{ status: 200, body: query }} }}
      - {{ match: {{ path: {{ prefix: /team }} }}, table: team }}
      - {{ match: {{ path: {{ prefix: /team }} }}, respond: {{ status: 200, body: behind }} }}
      - match: {{ path: {{ prefix: /split }} }}
        weighted_clusters: [{{ cluster: app, weight: 3 }}, {{ cluster: other, weight: 1 }}]
      - {{ match: {{ path: {{ exact: /old }} }}, redirect: {{ path: /new, status: 301 }} }}
      - {{ match: {{ path: {{ exact: /refused }} }}, respond: {{ status: 403 }} }}
      - match: {{ path: {{ prefix: /edit }} }}
        cluster: app
        rewrite: {{ prefix: /edited, host: inner.example }}
        request_headers: {{ set: {{ x-set: one }}, remove: [x-secret] }}
        response_headers: {{ add: {{ x-out: two }}, remove: [x-backend] }}
      - {{ match: {{ path: {{ prefix: /slow }} }}, cluster: stuck, timeout: 200ms }}
      - {{ match: {{ path: {{ prefix: /gone }} }}, cluster: nowhere, missing_cluster: "503" }}
  - name: team
    routes: [{{ match: {{ path: {{ prefix: /team/a }} }}, respond: {{ status: 200, body: team }} }}]
clusters:
  - {{ name: app, endpoints: [{{ address: "{app}" }}] }}
  - {{ name: other, endpoints: [{{ address: "{other}" }}] }}
  - {{ name: stuck, endpoints: [{{ address: "{stuck}" }}] }}
"""


class Routes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.over = threading.Event()
        app, other = (cls.enterClassContext(Backend(name)) for name in ("app", "other"))
        stuck = cls.enterClassContext(Backend(serve=lambda connection: cls.over.wait(60)))
        cls.gateway = cls.enterClassContext(Gateway(CONFIG.format(app=app.address, other=other.address,
                                                                  stuck=stuck.address)))
        cls.addClassCleanup(cls.over.set)

    def ask(self, target, method="GET", **options):
        return request(self.gateway.port, method, target, **options)

    def test_matches(self):
        for expected, target, options in (
                ("host", "/", {"host": "api.example"}), ("host", "/", {"host": "API.example:80"}),
                ("wildcard", "/", {"host": "a.wild.example"}), ("exact", "/exact", {}), ("regex", "/v2/x", {}),
                ("post", "/m", {"method": "POST"}), ("header", "/m/x", {"headers": {"x-kind": "a"}}),
                ("query", "/m?q=1", {}), ("team", "/team/a/b", {}), ("behind", "/team/b", {})):
            with self.subTest(expected):
                answer = self.ask(target, **options)
                self.assertEqual((answer.status, answer.body.decode()), (200, expected))

    def test_what_does_not_match_is_404(self):
        for target in ("/exact/", "/v/x", "/v2/xy", "/m", "/mm", "/teams", "/users/1/2", "/editor"):
            with self.subTest(target):
                answer = self.ask(target)
                self.assertEqual((answer.status, answer.reason), (404, "route.none"))

    def test_a_template_feeds_the_rewrite(self):
        self.assertEqual(self.ask("/users/7?q=1").json["target"], "/u/7?q=1")

    def test_dots_are_gone_before_matching(self):
        self.assertEqual(self.ask("/m/../exact").body, b"exact")

    def test_weights(self):
        seen = collections.Counter(self.ask("/split").json["backend"] for _ in range(200))
        self.assertGreater(seen["app"], seen["other"])
        self.assertGreater(seen["other"], 0)

    def test_redirect_and_respond(self):
        answer = self.ask("/old?a=b")
        self.assertEqual(answer.status, 301)
        self.assertTrue(answer.headers["location"].endswith("/new?a=b"), answer.headers)
        answer = self.ask("/refused")
        self.assertEqual((answer.status, answer.json["reason"]), (403, "route.respond"))

    def test_edits(self):
        answer = self.ask("/edit/x", headers={"x-secret": "s", "x-set": "client's"})
        self.assertEqual(answer.json["target"], "/edited/x")
        received = answer.json["headers"]
        self.assertEqual((received["host"], received["x-set"]), ("inner.example", "one"))
        self.assertNotIn("x-secret", received)
        self.assertEqual(answer.headers["x-out"], "two")
        self.assertNotIn("x-backend", answer.headers)

    def test_timeout(self):
        answer = self.ask("/slow")
        self.assertEqual((answer.status, answer.json["reason"]), (504, "request.timeout"))
        self.assertIn("http_response_timeout", answer.headers["proxy-status"])

    def test_a_cluster_that_does_not_exist(self):
        answer = self.ask("/gone")
        self.assertEqual((answer.status, answer.reason), (503, "route.no_cluster"))


if __name__ == "__main__":
    unittest.main()
