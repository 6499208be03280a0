"""Sallyport's configuration for each scenario of the side-by-side benchmark; see command()."""
import json
from pathlib import Path

LISTENER = """workers: 1
listeners:
  - name: bench
    address: 127.0.0.1:8100
    route_table: main
    access_log: {{ path: none }}
    timeouts: {{ idle: 1h, header: 1h }}
{filters}
"""
ALL_TO_B = """route_tables:
  - name: main
    routes: [{ match: { path: { prefix: / } }, cluster: b }]
"""
CLUSTER_B = """clusters:
  - { name: b, endpoints: [{ address: 127.0.0.1:9001 }], keep_alive: { idle_timeout: 1h, connections: 1024 } }
"""


def routes(count):
    lines = ["route_tables:", "  - name: main", "    routes:"]
    lines += [f"      - {{ match: {{ path: {{ prefix: /svc{i}/api/ }} }}, cluster: b }}" for i in range(count)]
    return "\n".join(lines) + "\n"


def clusters_10k():
    lines = ["route_tables:", "  - name: main", "    routes:"]
    lines += [f"      - {{ match: {{ path: {{ prefix: /svc{i}/ }} }}, cluster: b{i} }}" for i in range(10000)]
    lines.append("clusters:")
    lines += [f"  - {{ name: b{i}, endpoints: [{{ address: 127.0.0.1:9001 }}] }}" for i in range(10000)]
    return "\n".join(lines) + "\n"


def flow(jwks):
    limit = "rate: 100000000, burst: 100000000, per: 1s"
    inline = json.dumps(json.loads(jwks))
    return f"""    filters:
      - name: lists
        plugin: ip_list
        config: {{ deny: [10.9.0.0/16], headers: {{ deny: [{{ name: x-bad }}] }} }}
      - name: per_ip
        plugin: rate_limit
        config: {{ limits: [{{ name: ip, key: [client_ip], {limit} }}] }}
      - name: auth
        plugin: jwt
        config: {{ issuer: "https://idp.test", jwks: {{ inline: {inline} }}, scopes: [read] }}
      - name: per_subject
        plugin: rate_limit
        config: {{ limits: [{{ name: subject, key: [{{ metadata: {{ filter: auth, key: sub }} }}], {limit} }}] }}
"""


def command(binary, workdir, scenario, tls, n_routes, jwks):
    """The command line that serves `scenario` on 127.0.0.1:8100, or None where it can't be done yet."""
    if tls or scenario in ("h2c", "h2h2", "noop1", "noop10"):
        return None
    filters = flow(jwks) if scenario == "flow" else ""
    text = LISTENER.format(filters=filters)
    if scenario == "clusters_10k":
        text += clusters_10k()
    else:
        text += (routes(n_routes) if n_routes else ALL_TO_B) + CLUSTER_B
    path = Path(workdir) / f"sallyport-{scenario}.yaml"
    path.write_text(text)
    return [binary, "run", str(path)]
