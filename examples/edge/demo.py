#!/usr/bin/env python3
"""Starts two backends and the gateway of gateway.yaml, sends it requests, and tells what became of each.

  demo.py            the walk; ends everything, and with exit 1 if a step went otherwise than it should
  demo.py --keep     leaves gateway and backends running
  demo.py --stop     ends what --keep left

The gateway's binary is build/release/bin/sallyport, and it runs on a copy of the files in build/quickstart. Tests name
another in $SALLYPORT; then the files are in a folder that goes with it.
"""
import argparse
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import time
import urllib.error
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
KEPT = ROOT / "build" / "quickstart"
PORTS = {"gateway": 8080, "admin": 9901, "orders-1": 9001, "orders-2": 9002}
COLOURED = sys.stdout.isatty() and os.environ.get("TERM") != "dumb" and "NO_COLOR" not in os.environ


def paint(text, *codes):
    return f"\x1b[{';'.join(codes)}m{text}\x1b[0m" if COLOURED and text else text


def bold(text):
    return paint(text, "1")


def dim(text):
    return paint(text, "2")


def status_colour(status):
    return {2: "32", 3: "36", 4: "33", 5: "31"}.get(status // 100, "31")


class Problem(Exception):
    """The message is what the user should see."""


# --- processes -------------------------------------------------------------------------------------------------------

def choose_ports():
    """The usual ports where they are free, others where they are not."""
    chosen = {}
    for name, port in PORTS.items():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                probe.bind(("127.0.0.1", 0))
            chosen[name] = probe.getsockname()[1]
    return chosen


def accepts(port):
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def is_ready(admin_port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{admin_port}/ready", timeout=0.5) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


class World:
    """The folder, the ports and the processes of one run."""

    def __init__(self, folder, binary):
        self.folder = Path(folder)
        self.binary = binary
        self.ports = choose_ports()
        self.processes = {}

    def prepare(self):
        """The configuration and, from the identity provider, its keys and some tokens."""
        self.folder.mkdir(parents=True, exist_ok=True)
        text = (HERE / "gateway.yaml").read_text()
        for name, port in PORTS.items():
            text = text.replace(f"127.0.0.1:{port}", f"127.0.0.1:{self.ports[name]}")
        (self.folder / "gateway.yaml").write_text(text)
        subprocess.run([sys.executable, "-B", str(HERE / "tokens.py"), str(self.folder)], check=True)
        return {path.stem: path.read_text() for path in self.folder.glob("*.token")}

    def start(self):
        for name in ("orders-1", "orders-2"):
            self._spawn(name, [sys.executable, "-B", str(HERE / "backend.py"), name, str(self.ports[name])])
            self._wait(name, lambda name=name: accepts(self.ports[name]))
        self._spawn("gateway", [self.binary, "run", str(self.folder / "gateway.yaml")])
        self._wait("gateway", lambda: is_ready(self.ports["admin"]) and accepts(self.ports["gateway"]))

    def _spawn(self, name, command):
        log = open(self.folder / f"{name}.log", "wb")
        self.processes[name] = subprocess.Popen(command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log,
                                                stderr=subprocess.STDOUT, start_new_session=True)

    def _wait(self, name, ready, limit=30):
        end = time.monotonic() + limit
        while not ready():
            ended = self.processes[name].poll() is not None
            if ended or time.monotonic() > end:
                said = (self.folder / f"{name}.log").read_text(errors="replace")[-4000:]
                raise Problem(f"{name} {'ended' if ended else 'is not ready'}. It said:\n{textwrap.indent(said, '  ')}")
            time.sleep(0.02)

    def stop(self):
        for name in reversed(list(self.processes)):
            process = self.processes[name]
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def remember(self):
        (self.folder / "processes.json").write_text(
            json.dumps({name: process.pid for name, process in self.processes.items()}) + "\n")


def stop_kept():
    """Ends what --keep left, and only that: a recorded number whose process is still ours."""
    record = KEPT / "processes.json"
    if not record.exists():
        return False
    for name, pid in json.loads(record.read_text()).items():
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
            if "backend.py" in words or "gateway.yaml" in words:
                os.kill(pid, signal.SIGTERM)
                end = time.monotonic() + 10
                while Path(f"/proc/{pid}").exists() and time.monotonic() < end:
                    if "zombie" in Path(f"/proc/{pid}/status").read_text():
                        break
                    time.sleep(0.02)
        except (OSError, ProcessLookupError):
            pass
    record.unlink()
    return True


# --- requests --------------------------------------------------------------------------------------------------------

class Answer:
    """What curl got."""

    def __init__(self, output):
        head, _, self.body = output.replace("\r\n", "\n").partition("\n\n")
        lines = head.splitlines()
        match = re.match(r"HTTP/\S+ (\d+)", lines[0]) if lines else None
        self.status = int(match.group(1)) if match else 0
        self.headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            self.headers[name.strip().lower()] = value.strip()

    @property
    def reason(self):
        match = re.search(r'details="?([\w.]+)', self.headers.get("proxy-status", ""))
        if match:
            return match.group(1)
        try:
            return json.loads(self.body).get("reason", "")
        except (ValueError, AttributeError):
            return ""


def curl(url, headers):
    command = ["curl", "-s", "-i", "--max-time", "10"]
    for header in headers:
        command += ["-H", header]
    return Answer(subprocess.run([*command, url], capture_output=True, text=True, check=False).stdout)


def shown_command(url, headers):
    words = ["curl"]
    for header in headers:
        words += ["-H", "'" + re.sub(r"(Bearer \S{12})\S+", r"\1…", header) + "'"]
    return " ".join([*words, url])


class Step:
    """One kind of request, and what should become of it."""

    def __init__(self, title, path, headers=(), status=200, times=1, note=""):
        self.title, self.path, self.headers = title, path, list(headers)
        self.status, self.times, self.note = status, times, note


def steps(tokens):
    bearer = {name: f"Authorization: Bearer {token}" for name, token in tokens.items()}
    client = iter(f"X-Forwarded-For: 198.51.100.{number}" for number in range(1, 100))  # a new client for each step
    return [
        Step("Allowed", "/status", [next(client)], 200, 1, "a route that asks for no token"),
        Step("Denied by IP list", "/status", ["X-Forwarded-For: 203.0.113.7"], 403, 1, "203.0.113.0/24 may not come in"),
        Step("Denied by header", "/status", [next(client), "User-Agent: BadBot/1.0"], 403, 1, "nor may this program"),
        Step("Rate limited", "/status", [next(client)], 429, 8, "5 a second for each client"),
        Step("No token", "/orders/7", [next(client)], 401, 1, "orders are not for everyone"),
        Step("Expired token", "/orders/7", [next(client), bearer["expired"]], 401),
        Step("Wrong scope", "/orders/7", [next(client), bearer["stranger"]], 403, 1, "a good token that lacks orders.read"),
        Step("Right token", "/orders/7", [next(client), bearer["reader"]], 200, 1, "the backend learns who it is"),
        Step("Right token, once more", "/orders/8", [next(client), bearer["reader"]], 200, 1, "each worker lets the endpoints take turns"),
        Step("Unknown path", "/nowhere", [next(client), bearer["reader"]], 404, 1, "no route has it"),
    ]


def tell(number, step, answers, url):
    last = answers[-1]
    right = last.status == step.status
    mark = paint("✓", "32") if right else paint(f"✗ expected {step.status}", "31", "1")
    print(f"\n{bold(f'{number:2}  {step.title}')}{dim('  ' + step.note if step.note else '')}")
    times = f" {dim('×')} {step.times}" if step.times > 1 else ""
    print(f"    {dim('$')} {shown_command(url, step.headers)}{times}")
    if step.times > 1:
        print("    " + " ".join(paint(str(answer.status), status_colour(answer.status)) for answer in answers))
    line = f"    {dim('→')} {paint(str(last.status), status_colour(last.status), '1')}"
    if last.status == 0:
        line += " no answer"
    elif last.reason:
        line += f"  reason {bold(last.reason)}"
    elif last.headers.get("x-backend"):
        line += f"  from {bold(last.headers['x-backend'])}"
        user = re.search(r'"x-user": "([^"]*)"', last.body)
        if user:
            line += f", which was told {bold('x-user: ' + user.group(1))}"
    for name in ("retry-after", "www-authenticate"):
        if last.headers.get(name):
            line += dim(f"  {name}: {last.headers[name][:60]}")
    print(f"{line}  {mark}")
    return right


def walk(world, tokens):
    right = 0
    todo = steps(tokens)
    for number, step in enumerate(todo, 1):
        url = f"http://127.0.0.1:{world.ports['gateway']}{step.path}"
        answers = [curl(url, step.headers) for _ in range(step.times)]
        right += tell(number, step, answers, url)
    return right, len(todo)


# --- how to go on ----------------------------------------------------------------------------------------------------

def go_on(world, kept):
    binary = os.path.relpath(world.binary, os.getcwd())
    config = os.path.relpath(world.folder / "gateway.yaml", os.getcwd())
    gateway, admin = world.ports["gateway"], world.ports["admin"]
    print(f"\n{bold('How to go on')}")
    lines = []
    if kept:
        lines += [("Ask it", f"curl -i http://127.0.0.1:{gateway}/status"),
                 ("Ask it as Ana", f"curl -H \"Authorization: Bearer $(cat {os.path.relpath(world.folder, os.getcwd())}"
                                   f"/reader.token)\" http://127.0.0.1:{gateway}/orders/7"),
                 ("See its numbers", f"curl http://127.0.0.1:{admin}/metrics"),
                 ("Change it while it runs", f"$EDITOR {config}"),
                 ("Read what it did", f"tail -f {os.path.relpath(world.folder / 'access.log', os.getcwd())}"),
                 ("End it", "tools/quickstart --stop")]
    else:
        lines += [("Leave it running", "tools/quickstart --keep")]
    lines += [("Look for mistakes", f"{binary} check {config}"),
              ("Why a request goes where", f"{binary} explain {config} GET http://127.0.0.1:{gateway}/orders/7"),
              ("A proxy without a file", f"{binary} proxy --from :8000 --to 127.0.0.1:9001"),
              ("Write a filter", "tools/new filter my_filter"),
              ("Read on", "README.md, examples/edge/README.md")]
    for what, how in lines:
        print(f"  {what:<26} {dim(how) if how.endswith('.md') else paint(how, '36')}")
    print()


def run(world, keep):
    tokens = world.prepare()
    world.start()
    gateway, admin = world.ports["gateway"], world.ports["admin"]
    print(f"  gateway on 127.0.0.1:{gateway} (admin {admin}), backends on {world.ports['orders-1']} and "
          f"{world.ports['orders-2']}")
    right, total = walk(world, tokens)
    verdict = paint("all as they should be", "32") if right == total else paint(f"{total - right} went wrong", "31", "1")
    print(f"\n  {total} steps, {verdict}")
    if right != total:
        print(textwrap.indent((world.folder / "gateway.log").read_text(errors="replace")[-4000:], "  | "))
        return 1
    if keep:
        world.remember()
    go_on(world, keep)
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", action="store_true", help="leave everything running")
    parser.add_argument("--stop", action="store_true", help="end what --keep left")
    arguments = parser.parse_args()
    if arguments.stop:
        print("Ended." if stop_kept() else "Nothing was left running.")
        return 0
    binary = os.path.abspath(os.environ.get("SALLYPORT", ROOT / "build" / "release" / "bin" / "sallyport"))
    if not os.access(binary, os.X_OK):
        print(f"There is no {binary}: run tools/quickstart, which builds it.", file=sys.stderr)
        return 1
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    scratch = "SALLYPORT" in os.environ and not arguments.keep
    if not scratch:
        stop_kept()
        shutil.rmtree(KEPT, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix="sallyport-edge-")) if scratch else KEPT
    world = World(folder, binary)
    code = 1
    try:
        code = run(world, arguments.keep)
    except Problem as problem:
        print(f"\n{paint('✗', '31', '1')} {problem}", file=sys.stderr)
    except KeyboardInterrupt:
        print()
    finally:
        if not (arguments.keep and code == 0):
            world.stop()
        if scratch:
            shutil.rmtree(folder, ignore_errors=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
