"""Real peers: NGINX as backend; curl, wrk and h2load as clients."""
import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

from gateway import SLOW, Gateway, accepts, free_port, wait_until

CONFIG = """
listeners: [{{ name: edge, address: "127.0.0.1:{{port}}", route_table: main }}]
route_tables: [{{ name: main, routes: [{{ match: {{ path: {{ prefix: / }} }}, cluster: nginx }}] }}]
clusters: [{{ name: nginx, endpoints: [{{ address: "127.0.0.1:{nginx}" }}] }}]
"""
NGINX = """
daemon off; master_process off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  keepalive_requests 100;  # so that the gateway meets connections that its upstream closes
  server {{
    listen 127.0.0.1:{port};
    root {folder}/files;
    dav_methods PUT;
    client_max_body_size 64m;
  }}
}}
"""


class Peers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        (cls.folder / "files").mkdir()
        (cls.folder / "files" / "small").write_bytes(b"x" * 100)
        cls.large = os.urandom(8 << 20)
        (cls.folder / "files" / "large").write_bytes(cls.large)
        for path in [cls.folder, *cls.folder.rglob("*")]:
            path.chmod(0o777 if path.is_dir() else 0o666)
        port = free_port()
        config = cls.folder / "nginx.conf"
        config.write_text(NGINX.format(folder=cls.folder, port=port))
        program = "/usr/sbin/nginx" if os.path.exists("/usr/sbin/nginx") else "nginx"
        cls.nginx = subprocess.Popen([program, "-c", str(config), "-p", str(cls.folder)], stdin=subprocess.DEVNULL,
                                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        cls.addClassCleanup(cls.nginx.wait)
        cls.addClassCleanup(cls.nginx.terminate)
        wait_until(lambda: accepts(port), what="nginx")
        cls.gateway = cls.enterClassContext(Gateway(CONFIG.format(nginx=port)))
        cls.url = f"http://127.0.0.1:{cls.gateway.port}"

    def run_client(self, *command, data=None):
        result = subprocess.run(command, input=data, capture_output=True, timeout=60 * SLOW, check=False)
        self.assertEqual(result.returncode, 0, result.stderr.decode(errors="replace"))
        return result.stdout

    def test_curl_gets_a_large_file(self):
        self.assertEqual(self.run_client("curl", "-sS", "-f", f"{self.url}/large"), self.large)

    def test_curl_gets_a_part(self):
        self.assertEqual(self.run_client("curl", "-sS", "-f", "-r", "100-199", f"{self.url}/large"), self.large[100:200])

    def test_curl_puts_with_a_length_and_in_chunks(self):
        for name, extra in (("with-length", ["-T", str(self.folder / "files" / "large")]),
                            ("chunked", ["-H", "Transfer-Encoding: chunked", "-T", "-"])):
            with self.subTest(name):
                self.run_client("curl", "-sS", "-f", *extra, f"{self.url}/{name}",
                                data=self.large if name == "chunked" else None)
                self.assertEqual((self.folder / "files" / name).read_bytes(), self.large)

    def test_wrk_meets_no_error(self):
        said = self.run_client("wrk", "-t1", "-c32", "-d2s", f"{self.url}/small").decode()
        self.assertNotIn("Socket errors", said)
        self.assertNotIn("Non-2xx", said)
        self.assertGreater(int(re.search(r"(\d+) requests in", said).group(1)), 100)

    def test_h2load_gets_every_answer(self):
        said = self.run_client("h2load", "--h1", "-n", "4000", "-c", "16", f"{self.url}/small").decode()
        self.assertIn("4000 succeeded, 0 failed, 0 errored", said)


if __name__ == "__main__":
    unittest.main()
