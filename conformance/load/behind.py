"""Another directory than slapd behind the gateway, held by the harness of the stories (`tests/examples/directory.rs`).

Owns: which there are, how many people are in them, and how ldapload finds those. Never knows: how one is installed and started.
"""
import json
import pathlib
import subprocess

import servers

# Samba takes its time to make somebody.
PEOPLE = {"389": 10000, "samba": 1000}
SETUP = {"389": "389ds", "samba": "samba"}


def start(started, kind):
    """Gives the way to it, what the gateway is told of it (names of the environment), and how ldapload asks it."""
    # What it holds is measured, and it is not: so it is built as the tests are.
    servers.command("cargo", "build", "--locked", "--quiet", "-p", "postern-tests", "--example", "directory", show=True, cwd=servers.ROOT)
    folder = started.make(kind)
    with open(folder / "log", "wb") as log:
        process = subprocess.Popen([servers.target_folder() / "debug/examples/directory", kind, str(PEOPLE[kind])],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)
    started.running.append((kind, process))
    said = process.stdout.readline()
    if not said:
        raise SystemExit(f"{kind} did not start\n{(folder / 'log').read_text(errors='replace')[-2000:]}")
    found = json.loads(said)
    started.slapd_pid = ",".join(map(str, below(process.pid)))
    environment = {"POSTERN_UPSTREAM_URL": found["url"], "POSTERN_DIALECT": found["dialect"], "POSTERN_BASE_DN": found["base_dn"],
                   "POSTERN_UPSTREAM_BIND_DN": found["bind_dn"], "POSTERN_UPSTREAM_BIND_PASSWORD": found["bind_password"]}
    asking = ["--base", found["below"], "--filter-template", found["filter"], "--dn-template", found["dn"],
              "--users", PEOPLE[kind], "--bind-dn", found["bind_dn"], "--bind-password", found["bind_password"]]
    plain = int(found["url"].rsplit(":", 1)[1])
    return servers.Target("direct", plain, 0, [], beside="direct"), environment, asking


def below(pid):
    """Every process that one has started, and those have."""
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid] + [other for child in children for other in below(int(child))]
