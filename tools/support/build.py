"""Configuring and building a preset, with progress that suits a terminal and a log alike."""
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRESS = re.compile(r"^\[(\d+)/(\d+)\] (.*)")
OBJECT = re.compile(r"Building \w+ object (?:(.*)/)?CMakeFiles/[^/]+\.dir/(.*)\.o$")


def source_of(step):
    """What a line of ninja's is about: the source file, for one that compiles."""
    match = OBJECT.match(step)
    if not match:
        return step
    folder, file = match.groups()
    return file if folder is None or "/" in file else f"{folder}/{file}"


class BuildFailed(Exception):
    """The message is what the user should see."""


def environment():
    """With a compiler cache that is shared by clones of the repository."""
    env = dict(os.environ)
    env.setdefault("CCACHE_BASEDIR", str(ROOT))
    env.setdefault("CCACHE_NOHASHDIR", "1")
    env.setdefault("CCACHE_COMPILERCHECK", "content")
    return env


class Status:
    """One line that is rewritten on a terminal; in a log, a line now and then."""

    def __init__(self, title, every=30):
        self.title = title
        self.terminal = sys.stdout.isatty()
        self.every = every
        self.began = self.last = time.monotonic()

    def elapsed(self):
        return time.monotonic() - self.began

    def update(self, done, total, what=""):
        if self.terminal:
            width = 24
            filled = width * done // max(total, 1)
            bar = "━" * filled + " " * (width - filled)
            line = f"  {self.title:<22} {bar} {done}/{total}  {what}"
            columns = shutil.get_terminal_size().columns - 1
            sys.stdout.write("\r\x1b[K" + line[:columns])
        elif time.monotonic() - self.last >= self.every:
            self.last = time.monotonic()
            print(f"  {self.title}: {done}/{total}")
        sys.stdout.flush()

    def done(self, note=""):
        if self.terminal:
            sys.stdout.write("\r\x1b[K")
        print(f"  {self.title:<22} {note + '  ' if note else ''}{self.elapsed():.0f} s", flush=True)

    def clear(self):
        if self.terminal:
            sys.stdout.write("\r\x1b[K")
            sys.stdout.flush()


def configure(preset):
    """Writes build/<preset>, or brings it up to date with new and changed files."""
    folder = ROOT / "build" / preset
    there = (folder / "build.ninja").exists()
    command = ["ninja", "-C", str(folder), "build.ninja"] if there else ["cmake", "--preset", preset]
    result = subprocess.run(command, cwd=ROOT, env=environment(), text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if result.returncode != 0:
        raise BuildFailed(f"{result.stdout}\nbuild/{preset}: cmake failed.")


def build(preset, targets=(), title=None, jobs=None):
    """Builds `targets` (or everything) of a preset. What the compiler said is shown only if it matters."""
    configure(preset)
    status = Status(title or f"build {preset}")
    command = ["ninja", "-C", str(ROOT / "build" / preset), "-k", "20", "-j", str(jobs or os.cpu_count() or 2),
               *targets]
    env = environment() | {"NINJA_STATUS": "[%f/%t] "}
    process = subprocess.Popen(command, cwd=ROOT, env=env, text=True, errors="replace",
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    said = []
    for line in process.stdout:
        match = PROGRESS.match(line)
        if match:
            status.update(int(match.group(1)), int(match.group(2)), source_of(match.group(3).strip()))
        elif not line.startswith(("ninja: Entering", "ninja: no work", "-- ")):
            said.append(line)
    if process.wait() != 0:
        status.clear()
        raise BuildFailed("".join(said[-400:]) + f"\nbuild/{preset}: the build failed.")
    status.done()
    return status.elapsed()


def main():
    """build.py PRESET [TARGET…]"""
    try:
        build(sys.argv[1], sys.argv[2:], title="compiling")
    except BuildFailed as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
