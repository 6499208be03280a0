"""What `explain` and `plugin inspect` print and how they exit, with the standard plugins."""
import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

BINARY = os.environ["SALLYPORT"]
PLUGINS = os.environ["SALLYPORT_PLUGIN_DIR"]

CONFIG = """
listeners:
  - name: edge
    address: 127.0.0.1:8080
    route_table: main
    filters:
      - { name: lists, plugin: ip_list, config: { deny: [203.0.113.0/24] } }
      - { name: tidy, plugin: headers, on_error: open, config: { request: { set: { x-a: "1" } } } }
route_tables:
  - name: main
    routes:
      - name: users
        match: { hosts: [api.example.com], path: { template: "/users/{id}" }, methods: [GET] }
        cluster: users
        rewrite: { path: "/v2/{id}" }
        timeout: 5s
        filter_configs:
          lists: { disabled: true }
      - { name: team, match: { path: { prefix: /team } }, table: team }
  - name: team
    routes:
      - { name: new, match: { headers: [{ name: x-v, exact: "2" }] }, respond: { status: 200 } }
clusters:
  - { name: users, endpoints: [{ address: 127.0.0.1:9001 }, { address: 127.0.0.1:9002 }] }
"""


def run(*arguments):
    return subprocess.run([BINARY, *arguments], capture_output=True, text=True, timeout=60, check=False)


class Explain(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.file = str(Path(cls.folder.name) / "gateway.yaml")
        Path(cls.file).write_text(CONFIG, encoding="utf-8")

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def explain(self, *arguments):
        return run("explain", self.file, *arguments, "--plugin-dir", PLUGINS)

    def test_text(self):
        done = self.explain("GET", "http://api.example.com/users/7")
        self.assertEqual(done.returncode, 0, done.stderr)
        for line in ["listener  edge, 127.0.0.1:8080", "route     users (main[0])", "  {id}  7",
                     "  path     /v2/7, rewritten from /users/7", "  timeout  5s in all, 1m without a byte",
                     "    127.0.0.1:9001  weight 1  50%"]:
            self.assertIn(line, done.stdout.splitlines())
        self.assertIn("disabled by the route", done.stdout)
        self.assertIn("fails open", done.stdout)

    def test_json(self):
        done = self.explain("GET", "http://api.example.com/users/7", "-o", "json")
        told = json.loads(done.stdout)
        self.assertEqual([(f["name"], f["runs"], f["on_error"]) for f in told["filters"]],
                         [("lists", False, "closed"), ("tidy", True, "open")])
        self.assertEqual(told["filters"][1]["config"]["request"], {"set": {"x-a": "1"}})
        self.assertEqual(told["action"]["clusters"][0]["name"], "users")

    def test_headers_may_be_repeated(self):
        done = self.explain("GET", "/team", "-H", "x-v: 1", "-H", "x-v:2", "-o", "json")
        told = json.loads(done.stdout)
        self.assertEqual(told["route"]["name"], "new")
        self.assertEqual(told["route"]["delegations"][0]["name"], "team")

    def test_why_not(self):
        done = self.explain("POST", "http://api.example.com/users/7")
        self.assertEqual(done.returncode, 1)
        self.assertIn("wants GET, has POST", done.stdout)
        self.assertIn("route     none: 404 route.none", done.stdout)
        done = self.explain("GET", "/team")
        self.assertEqual(done.returncode, 1)
        self.assertIn('wants x-v exact "2", has none', done.stdout)
        self.assertIn("no route of table team matched", done.stdout)

    def test_refused(self):
        done = self.explain("GET", "http://api.example.com/users/%2f")
        self.assertEqual(done.returncode, 1)
        self.assertIn("400 path.encoded", done.stdout)

    def test_wrong_use(self):
        self.assertEqual(self.explain("GET", "/", "-H", "nothing").returncode, 2)
        self.assertEqual(self.explain("GET", "/", "--client-address", "x").returncode, 2)
        self.assertEqual(self.explain("GET", "/", "-o", "xml").returncode, 2)
        self.assertEqual(self.explain("GET").returncode, 2)
        done = self.explain("GET", "/", "--listener", "none")
        self.assertEqual((done.returncode, done.stderr), (1, 'there is no listener "none"\n'))
        self.assertEqual(run("explain", self.file + ".not", "GET", "/").returncode, 1)


class Inspect(unittest.TestCase):
    def test_text(self):
        done = run("plugin", "inspect", f"{PLUGINS}/libip_list.so")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(done.stdout.startswith("ip_list 1."), done.stdout)
        self.assertIn("  ABI      1, needs 1.0", done.stdout)
        self.assertIn('        "additionalProperties": false', done.stdout)

    def test_json(self):
        told = json.loads(run("plugin", "inspect", f"{PLUGINS}/libjwt.so", "-o", "json").stdout)
        self.assertEqual((told["name"], told["abi_major"]), ("jwt", 1))
        self.assertEqual(told["filters"][0]["schema"]["type"], "object")
        self.assertIn("route_schema", told["filters"][0])

    def test_no_plugin(self):
        for file, error in [(__file__, "not a shared object: the file is text"), ("/no/such", "there is no such file"),
                            (BINARY, "an executable, not a shared object")]:
            done = run("plugin", "inspect", file)
            self.assertEqual((done.returncode, done.stderr), (1, f"{file}: {error}\n"))
        self.assertEqual(run("plugin").returncode, 2)


if __name__ == "__main__":
    unittest.main()
