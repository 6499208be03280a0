"""What scripts in test/integration need: a gateway, backends, raw sockets, and waiting for conditions.

    import unittest
    from gateway import Backend, Gateway, request

    class Keeps(unittest.TestCase):
        def test_get(self):
            with Backend() as backend, Gateway(f'''
    listeners: [{{ name: edge, address: "127.0.0.1:{{port}}", route_table: main }}]
    route_tables: [{{ name: main, routes: [{{ match: {{}}, cluster: app }}] }}]
    clusters: [{{ name: app, endpoints: [{{ address: "{backend.address}" }}] }}]
    ''') as gateway:
                self.assertEqual(request(gateway.port, "GET", "/").status, 200)

`{port}` and `{admin_port}` in a configuration are the gateway's own. An `admin` block is added where there is none.
"""
import http.client
import json
import os
import random
import re
import shutil
import signal
import socket
import socketserver
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

BINARY = os.environ.get("SALLYPORT", "")
ROOT = Path(__file__).resolve().parents[2]
SLOW = 5 if "debug" in BINARY or "tsan" in BINARY else 1  # sanitizers


def wait_until(condition, limit=10.0, what="the condition"):
    """The first true value of condition(); fails after `limit` seconds (more under a sanitizer)."""
    end = time.monotonic() + limit * SLOW
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not come true within {limit * SLOW:.0f} s")
        time.sleep(0.01)


_taken = set()


def free_port():
    """A port of 127.0.0.1 that nobody listens on; below those that the system gives to clients."""
    while True:
        port = random.randrange(20000, 32000)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in _taken:
            _taken.add(port)
            return port


def accepts(port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


# --- the gateway -----------------------------------------------------------------------------------------------------

class Gateway:
    """The binary with one configuration file in a folder of its own."""

    def __init__(self, config, files=None, arguments=(), ready=True):
        self.folder = Path(tempfile.mkdtemp(prefix="sallyport-test-"))
        self.file = self.folder / "gateway.yaml"
        self.port, self.admin_port = free_port(), free_port()
        self.arguments, self.must_be_ready = list(arguments), ready
        self.process = None
        for name, text in (files or {}).items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        self.write(config)

    def write(self, config):
        """The file, replaced in one step as an editor or an orchestrator does."""
        text = config.replace("{port}", str(self.port)).replace("{admin_port}", str(self.admin_port))
        if not re.search(r"^admin:", text, re.MULTILINE):
            text = f"admin: {{ address: 127.0.0.1:{self.admin_port} }}\n" + text
        scratch = self.folder / ".gateway.yaml.new"
        scratch.write_text(text)
        scratch.rename(self.file)

    def start(self):
        self.log_file = open(self.folder / "gateway.log", "ab")
        self.process = subprocess.Popen([BINARY, "run", str(self.file), *self.arguments], cwd=self.folder,
                                        stdin=subprocess.DEVNULL, stdout=self.log_file, stderr=subprocess.STDOUT)
        if self.must_be_ready:
            wait_until(self._ready_or_ended, 20, "readiness")
            if self.process.poll() is not None:
                raise AssertionError(f"the gateway ended with {self.process.returncode}:\n{self.log}")
        return self

    def _ready_or_ended(self):
        return self.process.poll() is not None or self.admin("/ready")[0] == 200

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(self, kind, *_):
        code = self.close()
        if kind is None and code not in (0, -signal.SIGTERM, -signal.SIGKILL):
            raise AssertionError(f"the gateway ended with {code}:\n{self.last_log}")

    @property
    def log(self):
        return (self.folder / "gateway.log").read_text(errors="replace")

    def admin(self, path):
        """(status, body) of an admin page; (0, reason) where nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.admin_port}{path}", timeout=5 * SLOW) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError as error:
            return 0, str(error)

    def metric(self, name, **labels):
        """The sum of a metric's series that have these labels."""
        total = 0.0
        for line in self.admin("/metrics")[1].splitlines():
            match = re.match(r"(\w+)(?:\{(.*)\})? (\S+)$", line)
            if match and match.group(1) == name:
                has = dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', match.group(2) or ""))
                if all(has.get(label) == value for label, value in labels.items()):
                    total += float(match.group(3))
        return total

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self, limit=20):
        """SIGTERM, and the exit code."""
        self.process.terminate()
        return self.process.wait(limit * SLOW)

    def close(self):
        code = None
        if self.process is not None:
            if self.process.poll() is None:
                self.process.terminate()
                try:
                    self.process.wait(15 * SLOW)
                except subprocess.TimeoutExpired:
                    self.process.kill()
                    self.process.wait()
            code = self.process.returncode
            self.log_file.close()
        self.last_log = self.log if self.process is not None else ""
        shutil.rmtree(self.folder, ignore_errors=True)
        return code


# --- backends --------------------------------------------------------------------------------------------------------

class Backend:
    """A backend on 127.0.0.1. `serve(connection)` is called in a thread for each connection; by default it answers
    HTTP/1.1 requests with JSON that repeats them."""

    def __init__(self, name="backend", serve=None, port=None):
        self.name = name
        self.requests = 0
        self.connections = 0
        self.lock = threading.Lock()
        backend = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                with backend.lock:
                    backend.connections += 1
                self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                try:
                    (serve or backend.echo)(Connection(self.request))
                except (OSError, EOFError):
                    pass

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True
            request_queue_size = 1024

            def handle_error(self, *_):
                pass

        self.server = Server(("127.0.0.1", port or 0), Handler)
        self.port = self.server.server_address[1]
        self.address = f"127.0.0.1:{self.port}"

    def echo(self, connection):
        while True:
            message = connection.read_message()
            if message is None:
                return
            with self.lock:
                self.requests += 1
            method, target, _ = message.start.split(" ", 2)
            body = json.dumps({"backend": self.name, "method": method, "target": target, "headers": message.headers,
                               "body": message.body.decode("latin-1")}).encode()
            connection.send(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-backend: " + self.name.encode() +
                            f"\r\ncontent-length: {len(body)}\r\n\r\n".encode() + (b"" if method == "HEAD" else body))

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


# --- HTTP/1.1, by hand -----------------------------------------------------------------------------------------------

class Message:
    """A request or response as it was received. Header names are lower case; a repeated one's values are joined."""

    def __init__(self, start, headers, body, trailers=None):
        self.start, self.headers, self.body, self.trailers = start, headers, body, trailers or {}
        self.status = int(start.split(" ")[1]) if start.startswith("HTTP/") else 0

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def reason(self):
        """Why the gateway answered itself; empty where it did not."""
        match = re.search(r'details="?([\w.]+)', self.headers.get("proxy-status", ""))
        return match.group(1) if match else ""


class Connection:
    """A TCP connection that speaks bytes and, where asked, messages."""

    def __init__(self, connected, timeout=10.0):
        self.socket = connected
        self.socket.settimeout(timeout * SLOW)
        self.buffer = b""

    @classmethod
    def to(cls, port, timeout=10.0):
        return cls(socket.create_connection(("127.0.0.1", port), timeout * SLOW), timeout)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data if isinstance(data, bytes) else data.encode("latin-1"))

    def _more(self):
        data = self.socket.recv(65536)
        self.buffer += data
        return bool(data)

    def read_line(self):
        while b"\n" not in self.buffer:
            if not self._more():
                raise EOFError(f"closed after {self.buffer!r}")
        line, _, self.buffer = self.buffer.partition(b"\n")
        return line.rstrip(b"\r").decode("latin-1")

    def read(self, count):
        while len(self.buffer) < count:
            if not self._more():
                raise EOFError("closed within a body")
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def read_to_end(self):
        """Everything until the other side closes or resets."""
        try:
            while self._more():
                pass
        except ConnectionResetError:
            pass
        data, self.buffer = self.buffer, b""
        return data

    def is_closed(self):
        """Whether the other side closes, waiting for it."""
        try:
            return not self._more()
        except ConnectionResetError:
            return True
        except TimeoutError:
            return False

    def _read_fields(self):
        fields = {}
        while True:
            line = self.read_line()
            if not line:
                return fields
            name, _, value = line.partition(":")
            name, value = name.lower(), value.strip()
            fields[name] = f"{fields[name]}, {value}" if name in fields else value

    def read_head(self):
        start = self.read_line()
        return Message(start, self._read_fields(), b"")

    def read_message(self, head_only=False):
        """The next message with its body, or None where the connection ended before it."""
        if not self.buffer and not self._more():
            return None
        message = self.read_head()
        empty = head_only or message.status in (204, 304) or 100 <= message.status < 200
        if empty:
            return message
        if "chunked" in message.headers.get("transfer-encoding", ""):
            while True:
                size = int(self.read_line().split(";")[0], 16)
                if size == 0:
                    message.trailers = self._read_fields()
                    return message
                message.body += self.read(size)
                self.read_line()
        if "content-length" in message.headers:
            message.body = self.read(int(message.headers["content-length"]))
        elif message.status:
            message.body = self.read_to_end()
        return message


def request(port, method="GET", target="/", headers=None, body=None, host="localhost"):
    """One request on a connection of its own."""
    with Connection.to(port) as connection:
        fields = {"host": host, "connection": "close", **(headers or {})}
        data = (body or "").encode() if isinstance(body, (str, type(None))) else body
        if body is not None and not any(name.lower() == "content-length" for name in fields):
            fields["content-length"] = str(len(data))
        head = f"{method} {target} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        connection.send(head.encode("latin-1") + b"\r\n" + data)
        answer = connection.read_message(head_only=method == "HEAD")
        if answer is None:
            raise EOFError("closed without an answer")
        return answer


class Load:
    """Requests without pause from some keep-alive connections, in threads, until the block ends. Counts statuses and
    failures; nothing is retried."""

    def __init__(self, port, target="/", connections=4, headers=None):
        self.port, self.target, self.headers = port, target, headers or {}
        self.statuses, self.failures = {}, []
        self.stopping = threading.Event()
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self._run, daemon=True) for _ in range(connections)]

    def _run(self):
        client = None
        while not self.stopping.is_set():
            try:
                client = client or http.client.HTTPConnection("127.0.0.1", self.port, timeout=20 * SLOW)
                client.request("GET", self.target, headers=self.headers)
                answer = client.getresponse()
                answer.read()
                with self.lock:
                    self.statuses[answer.status] = self.statuses.get(answer.status, 0) + 1
                if answer.will_close:
                    client.close()
                    client = None
            except (OSError, http.client.HTTPException) as problem:
                with self.lock:
                    self.failures.append(repr(problem))
                client = None

    @property
    def total(self):
        with self.lock:
            return sum(self.statuses.values())

    def wait_for_more(self, count=50):
        """Until `count` more requests were answered than now."""
        goal = self.total + count
        wait_until(lambda: self.total >= goal or self.failures, 30, f"{count} more answers")

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join()
