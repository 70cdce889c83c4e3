"""What a condition, a load balancer's header and a route chosen by server name cost, beside the plain way into the same process.

Owns: the gateway with all these ways in. Never knows: what is measured on them.
To add a scene: a listener (and what it needs) in `CONFIGURATION`, and a `Target` in `start` that says beside which it stands.
"""
import shutil

import servers

NAME = "directory.example.org"


def start(started, program):
    """One gateway in front of the slapd that runs, and the ways into it."""
    folder = started.make("postern")
    policies = folder / "policies"
    policies.mkdir()
    shutil.copy(servers.ROOT / "policies/presets/generic/generic.toml", policies)
    (policies / "conditions.toml").write_text(CONDITIONS)
    first, _ = servers.PORTS["scenes"]
    ports = {way: first + place for place, way in enumerate(("plain", "conditions", "proxied", "tls", "named"))}
    (folder / "gateway.toml").write_text(CONFIGURATION.format(
        name=NAME, base=servers.BASE, metrics=servers.METRICS_PORT, slapd=servers.PORTS["slapd"][0], **ports))
    process = started.start_gateway(program, folder / "gateway.toml", tuple(ports.values()),
                                    {"POSTERN_UPSTREAM_BIND_PASSWORD": started.service_password})
    pids = [process.pid]
    return [
        servers.Target("plain", ports["plain"], ports["tls"], pids, beside="plain"),
        servers.Target("conditions", ports["conditions"], 0, pids, beside="plain"),
        servers.Target("PROXY v2", ports["proxied"], 0, pids, beside="plain", arguments=["--proxy-v2"]),
        servers.Target("by server name", 0, ports["named"], pids, beside="plain", arguments=["--server-name", NAME]),
    ]


# The same as in `cargo bench -p postern-policy --bench conditions`: a time window, networks, a subtree of accounts.
CONDITIONS = '''priority = 1
time_zone = "Europe/Berlin"

[[policy]]
route = "conditions"
when = """!network(client, "127.0.0.0/8", "10.0.0.0/8") && (hour < 7 || hour >= 19 || weekday in ["saturday", "sunday"])"""
standing.active.verdict = "refuse"

[[policy]]
route = "conditions"
when = """account.within("ou=contractors,dc=example,dc=org") && state != "expiring\""""
pass.base_dns = ["ou=projects,dc=example,dc=org"]

# Who comes here came without the name, and is to be noticed.
[[policy]]
route = "nobody"
standing.active.verdict = "refuse"
'''

CONFIGURATION = '''
[server]
state_dir = "."
policies = "policies"
public_url = "https://localhost:8443"
[telemetry]
log_format = "json"
metrics_address = "127.0.0.1:{metrics}"
[[listener]]
name = "plain"
address = "127.0.0.1:{plain}"
tls = "none"
route = "applications"
[[listener]]
name = "conditions"
address = "127.0.0.1:{conditions}"
tls = "none"
route = "conditions"
[[listener]]
name = "proxied"
address = "127.0.0.1:{proxied}"
tls = "none"
route = "applications"
proxy_protocol = {{ trusted = ["127.0.0.0/8"] }}
[[listener]]
name = "tls"
address = "127.0.0.1:{tls}"
tls = "ldaps"
route = "applications"
[[listener]]
name = "named"
address = "127.0.0.1:{named}"
tls = "ldaps"
route = "nobody"
[[listener.choose]]
server_name = "other.example.org"
route = "nobody"
[[listener.choose]]
server_name = "{name}"
route = "applications"
[[directory]]
name = "people"
dialect = "openldap"
urls = ["ldap://127.0.0.1:{slapd}"]
base_dn = "{base}"
[directory.service_account]
bind_dn = "cn=svc-app,ou=services,{base}"
password = "${{POSTERN_UPSTREAM_BIND_PASSWORD}}"
[[route]]
name = "applications"
directory = "people"
[[route]]
name = "conditions"
directory = "people"
[[route]]
name = "nobody"
directory = "people"
'''
