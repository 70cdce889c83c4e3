"""The same requests to a server and to scim2-server, and their answers compared. ../README.md says what the words mean."""

import sys
import tempfile
import tomllib
from collections import Counter
from pathlib import Path

from hypothesis.configuration import set_hypothesis_home_dir
from hypothesis import HealthCheck, Phase, given as given_by, settings, strategies as st

import disagreements
from filters import filters, found
from pages import PREFIX, page, walks
from patches import changed, group_requests, requests
from people import GROUP, Universe, named
from servers import Both, Reference, given

PEOPLE = 12


def main(words):
    ours, directory, rounds = given(words)
    with tempfile.TemporaryDirectory() as folder, Reference() as reference:
        # Otherwise it leaves a folder wherever it was started.
        set_hypothesis_home_dir(folder)
        both = Both(ours, reference)
        universe = Universe(ours)
        compared = Compared(both, universe, rounds)
        try:
            compared.populate()
            compared.filters()
            compared.pages()
            compared.users()
            compared.groups()
            compared.disagreements(directory)
        finally:
            compared.leave()
    for what, number in sorted(compared.counts.items()):
        print(f"{number} {what}")


class Compared:
    def __init__(self, both, universe, rounds):
        self.both, self.universe, self.rounds = both, universe, rounds
        self.names = [f"{PREFIX}{number:02}" for number in range(PEOPLE)]
        self.made = []
        self.counts = Counter()

    def over(self, inputs, check, rounds=None):
        """Runs a comparison over inputs made at random, the same in every run; of those that fail the smallest is told."""
        how = settings(
            max_examples=rounds or self.rounds,
            database=None,
            deadline=None,
            derandomize=True,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        )
        how(given_by(inputs)(check))()

    def populate(self):
        """The same people and groups in both, made at random like everything else."""
        chosen = []
        self.over(st.lists(self.universe.people(), min_size=PEOPLE, max_size=PEOPLE), lambda people: chosen.append(people), rounds=8)
        # The last are the least plain.
        for name, person in zip(self.names, max(chosen, key=lambda people: len(str(people)))):
            self.make(name, "/Users", named(person, name))
        for number in range(3):
            members = [{"value": f"<{name}>"} for name in self.names[number::3]]
            group = {"schemas": [GROUP], "displayName": f"{PREFIX}group-{number}", "members": members}
            self.make(f"group-{number}", "/Groups", group)

    def make(self, name, path, resource):
        made = self.both.make(name, path, resource)
        self.made.append((name, path))
        return made

    def filters(self):
        def check(filter):
            rules = disagreements.of_filter(filter)
            if rules:
                self.counts["filters left to disagreements.toml"] += 1
                return
            answers = [self.mine(found(server, filter.text)) for server in self.both]
            assert answers[0] == answers[1], f"{filter.text}\n   ours: {answers[0]}\n   scim2-server: {answers[1]}"
            self.counts["filters that refuse" if isinstance(answers[0], str) else "filters that find" if answers[0] else "filters that find nobody"] += 1

        self.over(filters(self.universe, self.names), check)
        for member in self.names[:3]:
            for text in (f'members eq "<{member}>"', f'members.value eq "<{member}>"', f'members[value eq "<{member}>"]'):
                answers = [found(server, text, "/Groups") for server in self.both]
                assert answers[0] == answers[1] != [], f"{text}: {answers}"

    def mine(self, found):
        """Without those who were there before."""
        return found if isinstance(found, str) else [name for name in found if name in self.names]

    def pages(self):
        def check(walk):
            answers = [page(server, walk) for server in self.both]
            assert answers[0] == answers[1], f"{walk}\n   ours: {answers[0]}\n   scim2-server: {answers[1]}"
            self.counts["pages"] += 1

        self.over(walks(self.universe), check)

    def users(self):
        def check(person, several):
            name = f"{PREFIX}changed"
            self.make(name, "/Users", named(person, name))
            self.follow(name, "/Users", several, "changes of users")

        self.over_both(self.universe.people(), requests(self.universe, self.names), check)

    def groups(self):
        def check(members, several):
            name = f"{PREFIX}changed-group"
            members = [{"value": f"<{name}>"} for name in members]
            self.make(name, "/Groups", {"schemas": [GROUP], "displayName": name, "members": members})
            self.follow(name, "/Groups", several, "changes of groups")

        self.over_both(st.lists(st.sampled_from(self.names), max_size=4, unique=True), group_requests(self.names), check)

    def over_both(self, resources, several, check):
        self.over(st.tuples(resources, several), lambda both: check(*both))

    def follow(self, name, path, several, what):
        """Sends the same changes, one after the other, and looks at both after each."""
        try:
            for operations in several:
                if disagreements.of_patch(operations):
                    self.counts[f"{what} left to disagreements.toml"] += 1
                    return
                answers = [changed(server, name, path, operations) for server in self.both]
                assert answers[0] == answers[1], f"{several} at {operations}\n   ours: {answers[0]}\n   scim2-server: {answers[1]}"
                self.counts[what if answers[0][0] == "done" else f"{what} that are refused"] += 1
        finally:
            self.both.forget(name, path)
            self.made.remove((name, path))

    def disagreements(self, directory):
        """Every rule has an example, and the two still disagree about it."""
        entries = tomllib.loads((Path(__file__).parent.parent / "disagreements.toml").read_text())["disagreement"]
        written = {entry["rule"] for entry in entries}
        if written != disagreements.RULES:
            sys.exit(f"disagreements.toml and the rules differ in {sorted(written ^ disagreements.RULES)}")
        for entry in entries:
            if directory not in entry.get("directories", [directory]):
                continue
            told = [disagreements.answer(self, server, entry) for server in self.both]
            expected = [entry["ours"], entry["reference"]]
            assert expected[0] != expected[1] and told == expected, f"{entry['rule']}: {told}, and not {expected}"
            self.counts["disagreements that are still there"] += 1

    def leave(self):
        """Takes away what is still there."""
        for name, path in reversed(self.made):
            self.both.forget(name, path)


if __name__ == "__main__":
    main(sys.argv[1:])
