"""Starts what is measured, each by hand in one temporary folder on loopback, and ends it by its process id.

Owns: slapd, nginx and the gateway as processes, and their configuration. Never knows: what is asked of them.
The walk: `Servers` is a context; `slapd()`, `nginx()`, `gateway()` start one each and give a `Target`; leaving the
context ends them, the last first. To add a peer, write a method like `nginx` and name it in `run`.
"""
import base64
import dataclasses
import hashlib
import os
import pathlib
import re
import resource
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BASE = "dc=example,dc=org"
USERS = 10000
# Below the range that clients' own ports come from, so that no client takes one.
PORTS = {"slapd": (14890, 14636), "nginx": (14901, 14691), "postern": (14389, 14689), "haproxy": (14902, 14692),
         "back-ldap": (14903, 14693), "lloadd": (14904, 14694), "scenes": (14910, 14919)}
METRICS_PORT = 14464


@dataclasses.dataclass
class Target:
    """One way to the directory. `pids`: the processes whose CPU it costs; none for the directory itself. `beside`: what it is compared
    with, where that is not nginx. `arguments`: more for ldapload."""
    name: str
    plain: int
    tls: int
    pids: list
    beside: str = "nginx"
    arguments: list = dataclasses.field(default_factory=list)


class Servers:
    def __init__(self, keep=False):
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))   # so that leaving the context ends the servers then too
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.open_files = hard
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="postern-load-"))
        self.keep = keep
        self.running = []
        self.service_password = secrets.token_hex(24)
        self.certificate()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        while self.running:
            self.end(self.running[-1][1])
        if self.keep:
            print(f"files kept in {self.folder}")
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    # --- the servers ----------------------------------------------------------------------------------------

    def slapd(self, threads=4):
        folder = self.make("slapd")
        (folder / "db").mkdir()
        (folder / "slapd.conf").write_text(SLAPD_CONF.format(folder=folder, tls=self.folder / "tls", base=BASE, threads=threads))
        with open(folder / "all.ldif", "w", encoding="utf-8") as out:
            directory(out, self.service_password)
        command("slapadd", "-q", "-f", folder / "slapd.conf", "-l", folder / "all.ldif")
        plain, tls = PORTS["slapd"]
        process = self.start("slapd", ["slapd", "-d", "0", "-f", folder / "slapd.conf", "-h",
                                       f"ldap://127.0.0.1:{plain} ldaps://127.0.0.1:{tls}"], (plain, tls))
        self.slapd_pid = process.pid
        return Target("direct", plain, tls, [])

    def nginx(self):
        folder = self.make("nginx")
        plain, tls = PORTS["nginx"]
        (folder / "nginx.conf").write_text(NGINX_CONF.format(
            folder=folder, tls=self.folder / "tls", user="user root;" if os.geteuid() == 0 else "", files=self.open_files,
            plain_port=plain, tls_port=tls, upstream=PORTS["slapd"][0]))
        process = self.start("nginx", ["nginx", "-e", folder / "error.log", "-c", folder / "nginx.conf"], (plain, tls))
        return Target("nginx", plain, tls, [process.pid] + children(process.pid))

    def haproxy(self):
        folder = self.make("haproxy")
        plain, tls = PORTS["haproxy"]
        both = self.folder / "tls/both.pem"
        both.write_text("".join((self.folder / "tls" / name).read_text() for name in ("cert.pem", "key.pem")))
        (folder / "haproxy.cfg").write_text(HAPROXY_CFG.format(
            both=both, connections=max(self.open_files // 2 - 200, 100), plain_port=plain, tls_port=tls, upstream=PORTS["slapd"][0]))
        process = self.start("haproxy", ["haproxy", "-db", "-f", folder / "haproxy.cfg"], (plain, tls))
        return Target("haproxy", plain, tls, [process.pid])

    def back_ldap(self):
        """A second slapd that knows nothing itself and asks the first, tuned to keep up."""
        folder = self.make("back-ldap")
        plain, tls = PORTS["back-ldap"]
        (folder / "slapd.conf").write_text(BACK_LDAP_CONF.format(
            folder=folder, tls=self.folder / "tls", base=BASE, upstream=PORTS["slapd"][0]))
        process = self.start("back-ldap", ["slapd", "-d", "0", "-f", folder / "slapd.conf", "-h",
                                           f"ldap://127.0.0.1:{plain} ldaps://127.0.0.1:{tls}"], (plain, tls))
        return Target("back-ldap", plain, tls, [process.pid])

    def lloadd(self):
        """OpenLDAP's balancer. Debian does not build it: LLOADD names the program (OpenLDAP with --enable-balancer=yes)."""
        program = os.environ.get("LLOADD")
        if not program:
            raise SystemExit("LLOADD must name the program lloadd; Debian's slapd is built without it (--enable-balancer=yes)")
        folder = self.make("lloadd")
        plain, tls = PORTS["lloadd"]
        (folder / "lloadd.conf").write_text(LLOADD_CONF.format(
            folder=folder, tls=self.folder / "tls", base=BASE, password=self.service_password, upstream=PORTS["slapd"][0],
            tier="tier roundrobin" if has_tiers(program) else ""))
        process = self.start("lloadd", [program, "-d", "0", "-f", folder / "lloadd.conf", "-h",
                                        f"ldap://127.0.0.1:{plain} ldaps://127.0.0.1:{tls}"], (plain, tls))
        return Target("lloadd", plain, tls, [process.pid])

    def gateway(self, program, directory=None):
        """`directory`: what it is told of another one than slapd, as names of the environment."""
        folder = self.make("postern")
        plain, tls = PORTS["postern"]
        environment = {
            "POSTERN_STATE_DIR": str(folder),
            "POSTERN_LDAP_ADDR": f"127.0.0.1:{plain}",
            "POSTERN_LDAPS_ADDR": f"127.0.0.1:{tls}",
            "POSTERN_METRICS_ADDR": f"127.0.0.1:{METRICS_PORT}",
            "POSTERN_UPSTREAM_URL": f"ldap://127.0.0.1:{PORTS['slapd'][0]}",
            "POSTERN_UPSTREAM_BIND_PASSWORD": self.service_password,
        }
        process = self.start_gateway(program, HERE / "gateway.toml", (plain, tls), environment | (directory or {}))
        return Target("postern", plain, tls, [process.pid])

    def start_gateway(self, program, configuration, ports, environment=None):
        process = self.start("postern", [program, "serve", "--config", configuration], (*ports, METRICS_PORT), environment)
        ready = f"http://127.0.0.1:{METRICS_PORT}/readyz"
        self.until("postern", process, lambda: answers_200(ready), f"{ready} does not answer 200")
        return process

    # --- processes ------------------------------------------------------------------------------------------

    def make(self, name):
        folder = self.folder / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        return folder

    def start(self, name, arguments, ports, environment=None):
        for port in ports:
            if listens(port):
                raise SystemExit(f"port {port} is taken by another program; {name} needs it")
        # Not in the folder the gateway watches: it would be woken by its own lines.
        log = open(self.folder / f"{name}.log", "wb")
        process = subprocess.Popen([str(word) for word in arguments], stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                   env=os.environ | (environment or {}))
        self.running.append((name, process))
        self.until(name, process, lambda: all(listens(port) for port in ports), f"it does not listen at {ports}")
        return process

    def until(self, name, process, holds, otherwise, seconds=20):
        end = time.monotonic() + seconds
        while not holds():
            if process.poll() is not None or time.monotonic() > end:
                log = (self.folder / f"{name}.log").read_text(errors="replace")[-2000:]
                raise SystemExit(f"{name} did not start: {otherwise}\n{log}")
            time.sleep(0.02)

    def end(self, process):
        """Ends one of ours: asked first, made to after 10 seconds."""
        self.running = [(name, other) for name, other in self.running if other is not process]
        if process.stdin:
            process.stdin.close()   # one that holds servers of its own ends them first
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                pass
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def end_named(self, name):
        for other, process in list(self.running):
            if other == name:
                self.end(process)

    def certificate(self):
        folder = self.make("tls")
        key, request = folder / "key.pem", folder / "request.pem"
        (folder / "extensions").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n")
        for name in ("ca.key", "key.pem"):
            command("openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", folder / name)
        command("openssl", "req", "-x509", "-new", "-key", folder / "ca.key", "-sha256", "-days", "30", "-subj", "/CN=load-ca",
                "-out", folder / "ca.pem")
        command("openssl", "req", "-new", "-key", key, "-subj", "/CN=localhost", "-out", request)
        command("openssl", "x509", "-req", "-in", request, "-CA", folder / "ca.pem", "-CAkey", folder / "ca.key",
                "-CAcreateserial", "-days", "30", "-sha256", "-extfile", folder / "extensions", "-out", folder / "cert.pem")


# --- programs -----------------------------------------------------------------------------------------------------

def install_missing(targets=(), behind=None):
    os.environ["PATH"] += os.pathsep + "/usr/local/sbin:/usr/sbin:/sbin"   # a user's PATH may lack slapd's and nginx's
    command(ROOT / "tests/setup", "peers" if "haproxy" in targets else "load", show=True)
    if behind:
        command(ROOT / "tests/setup", behind, show=True)


def ldapload():
    """The load generator, built."""
    environment = {name: value for name, value in os.environ.items() if name != "CARGO_TARGET_DIR"}
    command("cargo", "build", "--release", "--locked", "--quiet", "--manifest-path", HERE / "ldapload/Cargo.toml",
            show=True, env=environment)
    return HERE / "ldapload/target/release/ldapload"


def postern():
    """The gateway: POSTERN_BIN, or built from this checkout."""
    if given := os.environ.get("POSTERN_BIN"):
        program = pathlib.Path(given).resolve()
        if not program.is_file():
            raise SystemExit(f"POSTERN_BIN names no program: {program}")
        return program
    command("cargo", "build", "--release", "--locked", "--quiet", "-p", "postern-server", show=True, cwd=ROOT)
    return target_folder() / "release/postern"


def has_tiers(lloadd):
    """Whether its back ends stand in tiers: since OpenLDAP 2.6. Before, it knows no such word and ends at it."""
    said = subprocess.run([lloadd, "-VV"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    version = re.search(r"lloadd (\d+)\.(\d+)", said.stdout + said.stderr)
    if not version:
        raise SystemExit(f"LLOADD does not say which version it is: {lloadd} -VV")
    return tuple(map(int, version.groups())) >= (2, 6)


def target_folder():
    return pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()


def command(*arguments, show=False, **options):
    words = [str(word) for word in arguments]
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=not show, text=True, check=False, **options)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(words[:2])} failed\n{(done.stderr or '')[-2000:]}")


def children(pid):
    """nginx's workers: they stand a moment after it listens."""
    for _ in range(100):
        found = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        if len(found) >= 2:
            break
        time.sleep(0.02)
    return [int(child) for child in found]


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def answers_200(url):
    try:
        return urllib.request.urlopen(url, timeout=2).status == 200
    except (urllib.error.URLError, OSError):
        return False


# --- the directory ------------------------------------------------------------------------------------------------

def directory(out, service_password, users=USERS):
    """10,000 active users `user00001`… with the password `secret`; 1,000 of them in each department but the last."""
    changed = time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() - 86400))

    def entry(dn, *lines):
        out.write("\n".join((f"dn: {dn}",) + lines) + "\n\n")

    entry(BASE, "objectClass: top", "objectClass: dcObject", "objectClass: organization", "o: Example", "dc: example")
    for name in ("people", "services", "policies"):
        entry(f"ou={name},{BASE}", "objectClass: organizationalUnit", f"ou: {name}")
    entry(f"cn=default,ou=policies,{BASE}", "objectClass: device", "objectClass: pwdPolicy", "cn: default",
          "pwdAttribute: userPassword", "pwdMaxAge: 7776000", "pwdExpireWarning: 1209600", "pwdLockout: TRUE",
          "pwdMaxFailure: 5", "pwdMustChange: TRUE")
    entry(f"cn=svc-app,ou=services,{BASE}", "objectClass: organizationalRole", "objectClass: simpleSecurityObject",
          "cn: svc-app", "userPassword: " + ssha(service_password))
    for number in range(1, users + 1):
        uid = f"user{number:05d}"
        entry(f"uid={uid},ou=people,{BASE}", "objectClass: inetOrgPerson", f"uid: {uid}", f"cn: {uid}", f"sn: {uid}",
              f"mail: {uid}@example.org", f"givenName: Given{number}", f"employeeNumber: {number}",
              f"departmentNumber: {number // 1000}", f"telephoneNumber: +1 555 {number:07d}", f"title: Engineer {number}",
              "userPassword: " + ssha("secret"), "pwdChangedTime: " + changed)


def ssha(password):
    salt = os.urandom(8)
    return "{SSHA}" + base64.b64encode(hashlib.sha1(password.encode() + salt).digest() + salt).decode()


SLAPD_CONF = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload ppolicy
pidfile {folder}/slapd.pid
argsfile {folder}/slapd.args
loglevel none
sizelimit unlimited
conn_max_pending 1000
conn_max_pending_auth 4000
threads {threads}
TLSCertificateFile {tls}/cert.pem
TLSCertificateKeyFile {tls}/key.pem
TLSCACertificateFile {tls}/ca.pem
database mdb
suffix {base}
rootdn cn=admin,{base}
directory {folder}/db
maxsize 1073741824
dbnosync
index objectClass eq
index uid eq
index departmentNumber eq
index entryUUID eq
overlay ppolicy
ppolicy_default cn=default,ou=policies,{base}
ppolicy_use_lockout
access to attrs=userPassword by anonymous auth by * none
access to * by * read
"""

HAPROXY_CFG = """
global
  nbthread 2
  maxconn {connections}
defaults
  mode tcp
  timeout connect 5s
  timeout client 1h
  timeout server 1h
  maxconn {connections}
backend slapd
  server s1 127.0.0.1:{upstream}
frontend plain
  bind 127.0.0.1:{plain_port} backlog 4096
  default_backend slapd
frontend tls
  bind 127.0.0.1:{tls_port} backlog 4096 ssl crt {both}
  default_backend slapd
"""

# Without single-conn each bind leaves a connection behind until the descriptors are gone; the threads bound what is outstanding.
BACK_LDAP_CONF = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_ldap
pidfile {folder}/slapd.pid
argsfile {folder}/slapd.args
loglevel none
sizelimit unlimited
threads 64
conn_max_pending 1000
conn_max_pending_auth 4000
TLSCertificateFile {tls}/cert.pem
TLSCertificateKeyFile {tls}/key.pem
TLSCACertificateFile {tls}/ca.pem
database ldap
suffix {base}
uri ldap://127.0.0.1:{upstream}
rebind-as-user yes
chase-referrals no
protocol-version 3
single-conn yes
conn-pool-max 256
network-timeout 5
"""

# It does not queue: with fewer connections than clients it answers 51.
LLOADD_CONF = """
pidfile {folder}/lloadd.pid
argsfile {folder}/lloadd.args
loglevel none
TLSCertificateFile {tls}/cert.pem
TLSCertificateKeyFile {tls}/key.pem
TLSCACertificateFile {tls}/ca.pem
io-threads 2
bindconf bindmethod=simple binddn=cn=svc-app,ou=services,{base} credentials={password}
{tier}
backend-server uri=ldap://127.0.0.1:{upstream} numconns=32 bindconns=64 retry=5000 max-pending-ops=1000 conn-max-pending=100
"""

# A blind relay: what the gateway is compared with.
NGINX_CONF = """
load_module /usr/lib/nginx/modules/ngx_stream_module.so;
{user}
daemon off;
worker_processes 2;
worker_rlimit_nofile {files};
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 32768; }}
stream {{
  tcp_nodelay on;
  proxy_timeout 1h;
  server {{ listen 127.0.0.1:{plain_port} backlog=4096; proxy_pass 127.0.0.1:{upstream}; }}
  server {{
    listen 127.0.0.1:{tls_port} ssl backlog=4096;
    ssl_certificate {tls}/cert.pem; ssl_certificate_key {tls}/key.pem; ssl_protocols TLSv1.2 TLSv1.3;
    proxy_pass 127.0.0.1:{upstream};
  }}
}}
"""
