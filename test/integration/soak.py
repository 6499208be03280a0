#!/usr/bin/env python3
"""Ten minutes under load with changes of the configuration all the while; memory must stay bounded.

  SALLYPORT=build/release/bin/sallyport PYTHONPATH=test/support python3 test/integration/soak.py [SECONDS]

Not run by tools/test. Prints a line every few seconds; exit 1 if a request failed or memory kept growing.
"""
import subprocess
import sys
import time
from pathlib import Path

from gateway import Backend, Gateway, Load, request, wait_until

CONFIG = """
listeners:
  - name: edge
    address: "127.0.0.1:{{port}}"
    route_table: main
    trusted_proxies: [127.0.0.1]
    filters:
      - {{ name: lists, plugin: ip_list, config: {{ deny: [203.0.113.0/24] }} }}
      - {{ name: limit, plugin: rate_limit, config: {{ limits: [{{ key: [client_ip], rate: 1000000 }}] }} }}
      - {{ name: tidy, plugin: headers, config: {{ response: {{ set: {{ x-version: "{version}" }} }} }} }}
route_tables: [{{ name: main, routes: [{{ match: {{ path: {{ prefix: / }} }}, cluster: app }}] }}]
clusters: [{{ name: app, endpoints: [{{ address: "{first}" }}, {{ address: "{second}" }}] }}]
"""


def resident_kib(pid):
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


def serves(gateway, version):
    return request(gateway.port, "GET", "/").headers.get("x-version") == str(version)


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 600
    with Backend("a") as first, Backend("b") as second:
        config = lambda version: CONFIG.format(version=version, first=first.address, second=second.address)
        with Gateway(config(0)) as gateway:
            wrk = subprocess.Popen(["wrk", "-t1", "-c16", f"-d{int(seconds)}s", f"http://127.0.0.1:{gateway.port}/w"],
                                   stdout=subprocess.PIPE, text=True)
            began, samples, version = time.monotonic(), [], 0
            with Load(gateway.port, "/soak", connections=4) as load:
                while time.monotonic() - began < seconds:
                    version += 1
                    gateway.write(config(version))
                    wait_until(lambda: serves(gateway, version), 30, f"version {version}")
                    load.wait_for_more(50)
                    samples.append(resident_kib(gateway.process.pid))
                    if version % 20 == 0:
                        print(f"{time.monotonic() - began:5.0f} s  version {version}  {samples[-1] / 1024:.1f} MiB  "
                              f"{load.total} requests  {len(load.failures)} failures", flush=True)
            said = wrk.communicate()[0]
    warm, end = max(samples[: max(1, len(samples) // 4)]), max(samples[-max(1, len(samples) // 10):])
    print(f"{version} versions; {warm / 1024:.1f} MiB at most in the first quarter, {end / 1024:.1f} at the end")
    print(said)
    good = not load.failures and set(load.statuses) == {200} and end <= warm * 1.2 + 4096 and "Non-2xx" not in said
    print("1 passed, 0 failed" if good else f"{load.statuses} {load.failures[:3]}\n0 passed, 1 failed")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
