"""The two servers, asked the same, and their answers made comparable."""

import http.client
import json
import os
import secrets
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
# How long one answer, and the start of the reference server, may take, in seconds.
PATIENCE = 60


class Server:
    """One of the two. Names stand for ids in what is sent to it and in what it answers: `<ann>` for the id of whoever is called ann."""

    def __init__(self, url, token, ca=None):
        self.at = urlsplit(url)
        self.token = token
        self.tls = ssl.create_default_context(cafile=ca) if self.at.scheme == "https" else None
        self.ids = {}
        self.connection = None

    def ask(self, method, path, body=None):
        """The status code, and the body as JSON. What is only read is asked again where a busy machine was too slow for the directory."""
        for attempt in range(5):
            status, told = self.ask_once(method, path, body)
            if method != "GET" or status not in (503, 504):
                break
            time.sleep(1)
        return status, told

    def ask_once(self, method, path, body):
        text = None if body is None else json.dumps(self.with_ids(body))
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/scim+json"}
        for attempt in (1, 2):
            if self.connection is None:
                self.connection = self.connect()
            try:
                self.connection.request(method, self.at.path + self.with_ids(path), text, headers)
                answer = self.connection.getresponse()
                told = answer.read()
                break
            except (http.client.HTTPException, ConnectionError):
                # A kept connection may have been closed meanwhile; nothing was read from it.
                self.connection = None
                if attempt == 2:
                    raise
        if answer.will_close:
            self.connection = None
        return answer.status, json.loads(told) if told else None

    def connect(self):
        if self.tls:
            return http.client.HTTPSConnection(self.at.hostname, self.at.port, timeout=PATIENCE, context=self.tls)
        return http.client.HTTPConnection(self.at.hostname, self.at.port, timeout=PATIENCE)

    def make(self, name, path, resource):
        """Makes a resource that is called `name` from now on."""
        status, made = self.ask("POST", path, resource)
        if status != 201:
            sys.exit(f"{self.at.netloc} does not take {resource}: {status} {made}")
        self.ids[name] = made["id"]
        return made

    def change(self, name, path, operations):
        return self.ask("PATCH", f"{path}/<{name}>", {"schemas": [PATCH_OP], "Operations": operations})

    def forget(self, name, path):
        self.ask("DELETE", f"{path}/<{name}>")
        del self.ids[name]

    def list(self, path, **parameters):
        return self.ask("GET", f"{path}?{urlencode(self.with_ids(parameters), quote_via=quote)}")

    def with_ids(self, value):
        return replaced(value, {f"<{name}>": id for name, id in self.ids.items()})

    def with_names(self, value):
        return replaced(value, {id: f"<{name}>" for name, id in self.ids.items()})


def replaced(value, words):
    if isinstance(value, str):
        for word, instead in words.items():
            value = value.replace(word, instead)
        return value
    if isinstance(value, list):
        return [replaced(part, words) for part in value]
    if isinstance(value, dict):
        return {name: replaced(part, words) for name, part in value.items()}
    return value


class Both:
    def __init__(self, ours, reference):
        self.ours, self.reference = ours, reference

    def __iter__(self):
        return iter((self.ours, self.reference))

    def make(self, name, path, resource):
        return [server.make(name, path, resource) for server in self]

    def forget(self, name, path):
        for server in self:
            server.forget(name, path)


# What a server says of its own accord, and what the two may say differently: the directory knows no order, and no `primary`.
OWN = {"id", "meta", "schemas", "groups", "primary", "$ref", "display", "type of a member"}


def plain(server, resource):
    """A resource without what servers say of their own accord."""
    named = server.with_names(resource)
    kept = {name: value for name, value in named.items() if name not in OWN and not name.startswith(STATE)}
    return ordered(kept)


# What only we say of an account.
STATE = ("urn:ietf:params:scim:schemas:extension:account:", "urn:postern:")


def ordered(value, inside=None):
    if isinstance(value, list):
        parts = [ordered(part, inside) for part in value]
        return sorted(parts, key=lambda part: json.dumps(part, sort_keys=True))
    if isinstance(value, dict):
        kept = {
            name: ordered(part, name)
            for name, part in value.items()
            if name not in OWN and not (inside in ("members", "manager") and name != "value")
        }
        return {name: part for name, part in kept.items() if part not in (None, [], {})}
    return value


def refused(status, told):
    """A refusal, as both have to say it."""
    return f"{status} {(told or {}).get('scimType', '')}".strip()


class Reference:
    """scim2-server, started for as long as this is used."""

    def __enter__(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        token = secrets.token_hex(16)
        program = Path(sys.executable).parent / "scim2-server"
        self.child = subprocess.Popen(
            [program, "--port", str(port), "--bearer-token", token], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + PATIENCE
        while True:
            if self.child.poll() is not None or time.monotonic() > deadline:
                self.__exit__()
                sys.exit("scim2-server does not start")
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                return Server(f"http://127.0.0.1:{port}/v2", token)
            except OSError:
                time.sleep(0.02)

    def __exit__(self, *_):
        self.child.terminate()
        self.child.wait(PATIENCE)


def given(words):
    """What was said on the command line."""
    said = dict(word.split("=", 1) for word in words)
    rounds = int(said.pop("rounds", os.environ.get("POSTERN_ROUNDS", 40)))
    ours = Server(said.pop("url").rstrip("/"), os.environ["SCIM_TOKEN"], said.pop("ca", None))
    directory = said.pop("directory")
    if said:
        sys.exit(f"nobody knows the words {', '.join(said)}")
    return ours, directory, rounds
