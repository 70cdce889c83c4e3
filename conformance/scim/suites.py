"""Two outside suites against one server, and what is known of it. README.md says what the words mean.

Whatever a suite does not call right needs an entry in known-failures.toml. An entry that nothing needs any more fails the run too, unless it
hangs on what the suite makes up at random (`sometimes`).
"""

import json
import os
import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
PROGRAMS = Path(sys.executable).parent
# How long one suite may take, in seconds.
DEADLINE = 600
# A suite that looked at less than this found something in its way.
TESTER_LOOKS_AT = {
    "service_provider_config_endpoint",
    "service_provider_config_endpoint_methods",
    "query_all_resource_types",
    "access_invalid_resource_type",
    "query_all_schemas",
    "access_invalid_schema",
    "random_url",
    "object_creation",
    "object_query",
    "object_query_without_id",
    "object_query_with_attributes",
    "object_list_with_attributes",
    "search_with_attributes",
    "object_replacement",
    "object_deletion",
    "check_add_attribute",
    "check_remove_attribute",
    "check_replace_attribute",
}
SANITY_LOOKS_AT = 31


@dataclass
class Result:
    suite: str
    check: str
    good: bool
    said: str


def main(words):
    server = Server(words)
    results = tester(server) + sanity(server)
    known = tomllib.loads(server.known.read_text())["known"]
    known = [entry for entry in known if server.directory in entry.get("directories", [server.directory])]
    problems = judge(results, known)
    good = sum(result.good for result in results)
    print(f"{len(results)} results, {good} good, {len(known)} entries in known-failures.toml for {server.directory}")
    for problem in problems:
        print(problem, file=sys.stderr)
    sys.exit(1 if problems else 0)


class Server:
    def __init__(self, words):
        given = dict(word.split("=", 1) for word in words)
        self.url = given.pop("url").rstrip("/")
        self.ca = given.pop("ca", None)
        self.directory = given.pop("directory")
        self.known = Path(given.pop("known", HERE / "known-failures.toml"))
        if given:
            sys.exit(f"nobody knows the words {', '.join(given)}")
        self.token = os.environ["SCIM_TOKEN"]

    def environment(self):
        """For a program that trusts what its OpenSSL trusts."""
        environment = {**os.environ, "SCIM_CLI_HEADERS": f"Authorization: Bearer {self.token}", "NO_COLOR": "1"}
        if self.ca:
            environment["SSL_CERT_FILE"] = self.ca
        return environment


def tester(server):
    """scim2-tester, as scim2-cli runs it: a line with a status and a check's name, and lines that say why."""
    command = [PROGRAMS / "scim2", "--url", server.url, "test"]
    ended = run(command, server.environment())
    results = []
    for line in ended.stdout.splitlines():
        begins = re.fullmatch(r"(SUCCESS|COMPLIANT|ACCEPTABLE|DEVIATION|ERROR|CRITICAL|SKIPPED) (\w+)", line)
        if begins:
            results.append(Result("scim2-tester", begins[2], begins[1] == "SUCCESS", begins[1]))
        elif results and line.strip():
            results[-1].said += " " + line.strip()
    missing = TESTER_LOOKS_AT - {result.check for result in results}
    if missing:
        sys.exit(f"scim2-tester never came to {', '.join(sorted(missing))}:\n{ended.stdout}{ended.stderr}")
    return results


def sanity(server):
    command = [PROGRAMS / "scim-sanity", "probe", server.url, "--token", server.token, "--i-accept-side-effects", "--json-output"]
    if server.ca:
        command += ["--ca-bundle", server.ca]
    ended = run(command, server.environment())
    try:
        told = json.loads(ended.stdout)["results"]
    except ValueError:
        sys.exit(f"scim-sanity gave no results:\n{ended.stdout}{ended.stderr}")
    if len(told) < SANITY_LOOKS_AT:
        said = "\n".join(f"{result['name']}: {result['status']} {result.get('message', '')}" for result in told)
        sys.exit(f"scim-sanity looked at {len(told)} things only:\n{said}")
    return [
        Result("scim-sanity", result["name"], result["status"] == "pass", f"{result['status']} {result.get('message', '')}")
        for result in told
    ]


def run(command, environment):
    try:
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=DEADLINE)
    except subprocess.TimeoutExpired:
        sys.exit(f"{command[0].name} was not done after {DEADLINE} seconds")


def judge(results, known):
    """What nobody has written down, and what was written down and is no more."""
    problems = []
    met = [False] * len(known)
    for result in results:
        if result.good:
            continue
        for number, entry in enumerate(known):
            if fits(entry, result):
                met[number] = True
                break
        else:
            problems.append(f"{result.suite}: {result.check}: {result.said}")
    for entry, was_met in zip(known, met):
        if not was_met and not entry.get("sometimes"):
            problems.append(
                f"known-failures.toml has {entry['suite']}: {entry['check']} {entry.get('says', '')}, and nothing fails so: take it out"
            )
    return problems


def fits(entry, result):
    if not entry["reason"].strip():
        sys.exit(f"known-failures.toml gives no reason for {entry['check']}")
    return (entry["suite"], entry["check"]) == (result.suite, result.check) and entry.get("says", "") in result.said


if __name__ == "__main__":
    main(sys.argv[1:])
