"""The standard filters as shared objects in the real gateway: lists, limits, tokens, headers; and what routes say of them."""
import base64
import concurrent.futures
import json
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from gateway import Backend, Gateway, request

CONFIG = """
workers: 2
listeners:
  - name: edge
    address: "127.0.0.1:{{port}}"
    route_table: main
    trusted_proxies: [127.0.0.1]
    filters:
      - {{ name: lists, plugin: ip_list, config: {{ deny: [203.0.113.0/24], headers: {{ deny: [{{ name: user-agent, prefix: badbot }}] }} }} }}
      - {{ name: auth, plugin: jwt, config: {{ issuer: idp, audiences: [api], jwks: {{ file: jwks.json }}, claim_headers: {{ sub: x-user }} }} }}
      - {{ name: limit, plugin: rate_limit, config: {{ limits: [{{ name: per_ip, key: [client_ip], rate: 20, per: 1h }}] }} }}
      - {{ name: tidy, plugin: headers, config: {{ request: {{ set: {{ x-client: "{{client.address}}" }} }}, response: {{ set: {{ x-served: "yes" }} }} }} }}
route_tables:
  - name: main
    routes:
      - {{ match: {{ path: {{ prefix: /public }} }}, cluster: app, policies: [public], filter_configs: {{ limit: {{ disabled: true }} }} }}
      - {{ match: {{ path: {{ prefix: /limited }} }}, cluster: app, policies: [public] }}
      - {{ match: {{ path: {{ prefix: /admin }} }}, cluster: app, filter_configs: {{ auth: {{ scopes: [admin] }} }} }}
      - {{ match: {{ path: {{ prefix: / }} }}, cluster: app }}
policies: [{{ name: public, filter: auth, plugin: jwt, config: {{ allow_missing: true }} }}]
clusters: [{{ name: app, endpoints: [{{ address: "{app}" }}] }}]
"""


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Signer:
    """An RSA key made by openssl."""

    def __init__(self, folder):
        self.key = Path(folder, "key.pem")
        self.openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", self.key)
        modulus = self.openssl("rsa", "-in", self.key, "-noout", "-modulus").decode().strip().split("=")[1]
        self.jwks = json.dumps({"keys": [{"kty": "RSA", "kid": "k1", "e": "AQAB", "n": base64url(bytes.fromhex(modulus))}]})

    @staticmethod
    def openssl(*arguments, data=None):
        return subprocess.run(["openssl", *arguments], input=data, capture_output=True, check=True).stdout

    def token(self, algorithm="RS256", **claims):
        claims = {"iss": "idp", "aud": "api", "sub": "alice", "exp": int(time.time()) + 600, **claims}
        text = ".".join(base64url(json.dumps(part).encode()) for part in ({"alg": algorithm, "kid": "k1"}, claims))
        signature = b"" if algorithm == "none" else self.openssl("dgst", "-sha256", "-sign", self.key, data=text.encode())
        return {"authorization": f"Bearer {text}.{base64url(signature)}"}


class Filters(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.signer = Signer(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.backend = cls.enterClassContext(Backend("app"))
        cls.gateway = cls.enterClassContext(
            Gateway(CONFIG.format(app=cls.backend.address), files={"jwks.json": cls.signer.jwks}))

    def ask(self, target="/", client="192.0.2.1", **headers):
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        return request(self.gateway.port, "GET", target, {"x-forwarded-for": client, **fields})

    def assert_answer(self, answer, status, reason):
        self.assertEqual((answer.status, answer.reason, answer.json["reason"]), (status, reason, reason))

    def test_lists(self):
        self.assert_answer(self.ask("/public", "203.0.113.9"), 403, "ip_list.denied")
        self.assert_answer(self.ask("/public", user_agent="badbot/2"), 403, "ip_list.header")
        self.assertEqual(self.ask("/public", "192.0.2.9", user_agent="curl").status, 200)

    def test_tokens(self):
        token = self.signer.token
        answer = self.ask(**token(), x_user="forged")
        self.assertEqual((answer.status, answer.json["headers"]["x-user"]), (200, "alice"))
        answer = self.ask()
        self.assert_answer(answer, 401, "jwt.missing")
        self.assertTrue(answer.headers["www-authenticate"].startswith("Bearer"))
        self.assert_answer(self.ask("/admin", **token(scope="read")), 403, "jwt.scope")
        self.assertEqual(self.ask("/admin", **token(scope="read admin")).status, 200)
        self.assert_answer(self.ask(**token("none")), 401, "jwt.alg")
        self.assert_answer(self.ask(**token("HS256")), 401, "jwt.alg")
        self.assert_answer(self.ask(**token(exp=1)), 401, "jwt.expired")
        self.assert_answer(self.ask(**token(aud="other")), 401, "jwt.audience")
        forged = token()["authorization"][:-8] + "AAAAAAAA"
        self.assert_answer(self.ask(authorization=forged), 401, "jwt.signature")

    def test_a_policy_lets_through_without_a_token_but_not_with_a_bad_one(self):
        answer = self.ask("/public", x_user="forged")
        self.assertEqual(answer.status, 200)
        self.assertNotIn("x-user", answer.json["headers"])
        self.assert_answer(self.ask("/public", **self.signer.token(exp=1)), 401, "jwt.expired")

    def test_headers(self):
        answer = self.ask("/public", "192.0.2.7", x_client="forged")
        self.assertEqual(answer.json["headers"]["x-client"], "192.0.2.7")
        self.assertEqual(answer.headers["x-served"], "yes")

    def test_a_limit_is_exact_over_workers(self):
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: self.ask("/limited", "198.51.100.1"), range(60)))
        self.assertEqual(sorted(answer.status for answer in answers), [200] * 20 + [429] * 40)
        refused = next(answer for answer in answers if answer.status == 429)
        self.assert_answer(refused, 429, "rate_limit.exceeded")
        self.assertIn("retry-after", refused.headers)
        self.assertIn('"per_ip";q=20', refused.headers["ratelimit-policy"])
        self.assertEqual(self.ask("/limited", "198.51.100.2").status, 200)

    def test_a_route_switches_a_filter_off(self):
        for _ in range(25):
            self.assertEqual(self.ask("/public", "198.51.100.3").status, 200)


if __name__ == "__main__":
    unittest.main()
