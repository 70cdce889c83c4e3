"""Directories with many users and groups, and the gateway that provisions them: what `scim` measures.

Owns: a slapd or an embedded directory with users and groups of three sizes, the gateway's configuration before it, scim2-server to compare with.
Never knows: what is measured. The walk: `over_slapd`, `over_embedded` and `scim2_server` start one each and give a `Provider`.
"""
import dataclasses
import http.client
import importlib.machinery
import importlib.util
import json
import pathlib
import ssl
import subprocess
import urllib.parse

import servers

# The script beside this one: the same configuration of an embedded directory.
LOADER = importlib.machinery.SourceFileLoader("embedded", str(pathlib.Path(__file__).with_name("embedded")))
embedded = importlib.util.module_from_spec(importlib.util.spec_from_loader("embedded", LOADER))
LOADER.exec_module(embedded)

HTTPS, BESIDE = 14844, 14845
TOKEN = "load-scim-token-0123456789abcdef"
# Groups of so many members, who are the last users; users who come and go; and the first users, who are in a team of ten each and no other group.
SIZES, SPARE, FIRST = (10, 10_000, 100_000), 1_000, 10_000
BASE = servers.BASE
SCIM = """
[http]
address = "127.0.0.1:{https}"
requests_at_once = 1000000
requests_per_second = 1000000
[[scim]]
route = "applications"
max_results = 1000
[[api_token]]
name = "load"
secret = "{token}"
scopes = ["scim:read", "scim:write", "scim:password", "scim:groups"]
requests_per_second = 100000
"""
SLAPD_DIRECTORY = """
[[directory]]
name = "people"
dialect = "openldap"
urls = ["ldap://127.0.0.1:{port}"]
base_dn = "{base}"
[directory.service_account]
bind_dn = "cn=svc-app,ou=services,{base}"
password = "{password}"
"""
# Beside what the other measurements need: the account writes, and groups of many members are kept apart from their entries.
SLAPD_MORE = """
index entryUUID,member,mail,entryCSN eq
index cn eq
index sn eq
limits dn.exact="cn=svc-app,ou=services,{base}" size=unlimited size.pr=unlimited
sortvals member
multival member 1000,100
"""
SLAPD_ACCESS = """
access to attrs=userPassword by dn.exact="cn=svc-app,ou=services,{base}" write by anonymous auth by * none
access to * by dn.exact="cn=svc-app,ou=services,{base}" manage by * read
"""


@dataclasses.dataclass
class Provider:
    """A SCIM server. `pids`: of the gateway and of the directory behind it, by name."""
    name: str
    port: int
    path: str
    pids: dict
    users: int
    sizes: tuple
    ca_file: pathlib.Path | None = None
    # The command that changes the directory directly, with LDIF on its standard input.
    directly: list | None = None

    def open(self):
        if not self.ca_file:
            return http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
        return http.client.HTTPSConnection("localhost", self.port, timeout=300, context=ssl.create_default_context(cafile=str(self.ca_file)))

    def ask(self, method, path, body=None, status=200, connection=None):
        connection = connection or self.open()
        words = {"Authorization": f"Bearer {TOKEN}"} | ({"Content-Type": "application/scim+json"} if body else {})
        connection.request(method, self.path + path, json.dumps(body) if body else None, words)
        answer = connection.getresponse()
        said = answer.read()
        if answer.status != status:
            raise SystemExit(f"{self.name}: {method} {path}: {answer.status} {said[:500]}")
        return json.loads(said) if said else None

    def ids(self, count):
        """Name and id of the first users, or of all."""
        found, connection = {}, self.open()
        while len(found) < min(count, self.users):
            query = f"/Users?startIndex={len(found) + 1}&count=100&attributes=userName"
            page = self.ask("GET", query, connection=connection)["Resources"]
            if not page:
                raise SystemExit(f"{self.name}: a page of users is empty after {len(found)} of {self.users}")
            found |= {user["userName"]: user["id"] for user in page}
        return found

    def id(self, kind, name, value):
        query = urllib.parse.urlencode({"filter": f'{name} eq "{value}"', "attributes": name})
        found = self.ask("GET", f"/{kind}?{query}")["Resources"]
        return found[0]["id"]


def entries(out, users, sizes):
    """Users `user00001x`…, those who come and go, the teams and a `group N` for each size. Nobody knows their passwords."""
    hashed = "{SSHA}5en6G6MezRroT3XKqkdPOmY/BfQ2Kz1x"
    names = [f"user{number:05}x" for number in range(1, users + 1)] + [f"spare{number:05}" for number in range(SPARE)]
    for number, name in enumerate(names, 1):
        out.write(f"dn: uid={name},ou=people,{BASE}\nobjectClass: inetOrgPerson\nuid: {name}\ncn: User {number}\nsn: Number{number % 5000}\n"
                  f"givenName: User\nmail: {name}@example.org\nemployeeNumber: {number}\ntelephoneNumber: +49 30 {number:07}\nuserPassword: {hashed}\n\n")
    out.write(f"dn: ou=groups,{BASE}\nobjectClass: organizationalUnit\nou: groups\n\n")
    teams = {f"team {number}": range(number + 1, number + 11) for number in range(0, min(FIRST, users), 10)}
    for name, members in (teams | {f"group {size}": range(users - size + 1, users + 1) for size in sizes}).items():
        out.write(f"dn: cn={name},ou=groups,{BASE}\nobjectClass: groupOfNames\ncn: {name}\n")
        out.writelines(f"member: uid=user{number:05}x,ou=people,{BASE}\n" for number in members)
        out.write("\n")


def sizes_among(users):
    return tuple(size for size in SIZES if size + FIRST <= users)


def over_slapd(started, program, users):
    sizes = sizes_among(users)
    folder = started.make("slapd")
    (folder / "db").mkdir()
    text = servers.SLAPD_CONF.format(folder=folder, tls=started.folder / "tls", base=BASE, threads=4).replace("index entryUUID eq\n", "")
    head, _ = text.replace("maxsize 1073741824", "maxsize 8589934592").split("access to attrs=userPassword")
    head = head.replace("overlay ppolicy", SLAPD_MORE.format(base=BASE) + "overlay ppolicy")
    (folder / "slapd.conf").write_text(head + SLAPD_ACCESS.format(base=BASE))
    with open(folder / "all.ldif", "w", encoding="utf-8") as out:
        servers.directory(out, started.service_password, 0)
        entries(out, users, sizes)
    servers.command("slapadd", "-q", "-f", folder / "slapd.conf", "-l", folder / "all.ldif")
    plain, _ = servers.PORTS["slapd"]
    slapd = started.start("slapd", ["slapd", "-d", "0", "-f", folder / "slapd.conf", "-h", f"ldap://127.0.0.1:{plain}"], (plain,))
    directory = SLAPD_DIRECTORY.format(port=plain, base=BASE, password=started.service_password)
    provider = gateway(started, program, directory, users + SPARE, sizes, "slapd")
    provider.pids["slapd"] = slapd.pid
    provider.directly = ["ldapmodify", "-H", f"ldap://127.0.0.1:{plain}", "-x", "-D", f"cn=svc-app,ou=services,{BASE}", "-w", started.service_password]
    return provider


def over_embedded(started, program, users):
    sizes = sizes_among(users)

    def fill(configuration):
        ldif = configuration.with_name("all.ldif")
        embedded.write(ldif, 0)
        with open(ldif, "a", encoding="ascii") as out:
            entries(out, users, sizes)
        seconds, memory = embedded.load(program, configuration, ldif)
        print(f"import: {users + SPARE} users in {seconds:.1f} s, at most {memory} MiB held", flush=True)
        ldif.unlink()
    directory = f'[[directory]]\nname = "people"\ndialect = "embedded"\nbase_dn = "{BASE}"\nhashing = {{ memory_kib = 8192, passes = 1 }}\n'
    return gateway(started, program, directory, users + SPARE, sizes, "embedded", fill)


def gateway(started, program, directory, users, sizes, name, fill=lambda configuration: None):
    folder = started.make("postern")
    text = embedded.CONFIGURATION.format(folder=folder, policies=servers.ROOT / "policies/presets/generic", metrics=servers.METRICS_PORT,
                                         plain=embedded.PLAIN, base=BASE).replace("https://reset.example.org", f"https://localhost:{HTTPS}")
    head, rest = text.split("[[directory]]")
    route = rest[rest.index("[[route]]"):]
    configuration = folder / "gateway.toml"
    configuration.write_text(head + SCIM.format(https=HTTPS, token=TOKEN).replace("[[scim]]", f"{directory}{route}[[scim]]"))
    fill(configuration)
    process = started.start_gateway(program, configuration, (embedded.PLAIN, HTTPS))
    return Provider(f"postern before {name}", HTTPS, "/scim/v2", {"gateway": process.pid}, users, sizes, folder / "state/ca.pem")


def scim2_server(started):
    """The server in Python that others compare themselves with, all in memory; who is in it is made over SCIM."""
    program = servers.ROOT / "tests/.setup/scim/bin/scim2-server"
    if not program.exists():
        servers.command(servers.ROOT / "tests/setup", "scim", show=True)
    process = started.start("scim2-server", [program, "--port", BESIDE, "--bearer-token", TOKEN], (BESIDE,))
    return Provider("scim2-server", BESIDE, "/v2", {"server": process.pid}, 0, ())


class Load:
    """scimload with one file of requests."""

    def __init__(self, program, folder):
        self.program, self.folder = program, folder

    def run(self, provider, requests, clients, seconds, once=False):
        """What it counted, with milliseconds of CPU for each request by process."""
        file = self.folder / "requests"
        file.write_text("".join("\t".join(map(str, (method, provider.path + path, status, said, body))) + "\n"
                                for method, path, status, said, body in requests))
        command = [self.program, "--https" if provider.ca_file else "--http", f"127.0.0.1:{provider.port}", "--token", TOKEN, "--requests", file,
                   "--clients", clients, "--seconds", seconds, "--once", "yes" if once else "no"]
        process = subprocess.Popen([str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            if not process.stdout.readline():
                raise SystemExit("scimload could not begin")
            before = {name: cpu_seconds(pid) for name, pid in provider.pids.items()}
            process.stdin.write("go\n")
            process.stdin.flush()
            line = process.stdout.readline()
            if not line:
                raise SystemExit("scimload met an answer that is not right")
            told = json.loads(line)
        finally:
            process.stdin.close()
            process.wait(timeout=30)
        told["rate"] = told["done"] / told["seconds"]
        told["cpu_ms"] = {name: (cpu_seconds(pid) - before[name]) * 1000 / max(1, told["done"]) for name, pid in provider.pids.items()}
        return told


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100
