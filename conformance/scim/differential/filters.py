"""Filters by the grammar of RFC 7644 section 3.4.2.2, made at random, and whom they find."""

import json

from hypothesis import strategies as st

from people import ENTERPRISE, MAILS, NUMBERS, TEXTS
from servers import refused

OPERATORS = ["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"]


class Made:
    """A filter, and the rules of disagreements.toml it falls under."""

    def __init__(self, text, rules=frozenset()):
        self.text, self.rules = text, frozenset(rules)

    def __repr__(self):
        return self.text


def filters(universe, names):
    return st.recursive(atoms(universe, names), combined, max_leaves=4)


def combined(inner):
    return st.one_of(
        st.builds(lambda a, word, b: Made(f"{a} {word} {b}", a.rules | b.rules), inner, cased(["and", "or"]), inner),
        st.builds(lambda a: Made(f"({a})", a.rules), inner),
        st.builds(lambda word, a: Made(f"{word} ({a})", a.rules), cased(["not"]), inner),
    )


def atoms(universe, names):
    literal = st.sampled_from(TEXTS).flatmap(lambda text: st.sampled_from([text, text[:2], text[-2:], text.upper(), ""]))
    return st.one_of(
        comparison(universe.texts, literal),
        comparison(["userName"], st.sampled_from(names).flatmap(lambda name: st.sampled_from([name, name.upper(), name[:3]]))),
        comparison(["emails.value", "emails"], parts(MAILS), several="emails"),
        comparison(["phoneNumbers.value"], parts(NUMBERS), several="phoneNumbers"),
        st.builds(Made, st.sampled_from(universe.texts + ["emails", "phoneNumbers.value", "active", "name", "userName"]).map(spelled("{} pr"))),
        st.sampled_from(["true", "false"]).map(lambda word: Made(f"active eq {word}")),
        st.sampled_from(names).map(lambda name: Made(f'id eq "<{name}>"')),
        st.sampled_from(["work", "mobile"]).flatmap(lambda kind: element("phoneNumbers", kind, NUMBERS)),
        element("emails", "work", MAILS),
        st.sampled_from(['meta.resourceType eq "User"', 'meta.created gt "2020-01-01T00:00:00Z"', 'meta.lastModified lt "2020-01-01T00:00:00Z"']).map(Made),
        st.sampled_from(WRONG).map(Made),
    )


# Refused by both, each for its reason.
WRONG = [
    "active gt true",
    'title eq "a',
    "title is \"a\"",
    'title eq "a" and',
    "(title pr",
    'emails[type eq "work"',
    'title eq "a" "b"',
]


def comparison(paths, literal, several=None):
    def made(path, operator, value):
        rules = set()
        if several and operator.lower() == "ne":
            rules.add("ne-of-several")
        if value == "":
            rules.add("empty-text")
        if operator.lower() in ("gt", "ge", "lt", "le"):
            rules.add("order-of-texts")
        return Made(f"{path} {operator} {json.dumps(value)}", rules)

    return st.builds(made, st.sampled_from(paths).map(spelled("{}")), cased(OPERATORS), literal)


def element(attribute, kind, values):
    """A filter on one element."""

    def made(operator, value, joint):
        rules = {"order-of-texts"} if operator.lower() in ("gt", "ge", "lt", "le") else set()
        rules |= {"empty-text"} if value == "" else set()
        return Made(f'{attribute}[type eq "{kind}" {joint} value {operator} {json.dumps(value)}]', rules)

    return st.builds(made, cased(OPERATORS), parts(values), cased(["and", "or"]))


def parts(values):
    return st.sampled_from(values).flatmap(lambda value: st.sampled_from([value, value[:4], value[-4:], value.upper(), value[2:6]]))


def cased(words):
    return st.sampled_from(words).flatmap(lambda word: st.sampled_from([word, word, word.upper(), word.title()]))


def spelled(form):
    """Attribute names in other cases, and by their full name."""

    def change(path):
        return form.format(path if path.startswith(ENTERPRISE) else path[:1].upper() + path[1:] if len(path) % 2 else path)

    return change


def found(server, text, path="/Users"):
    """Whom a filter finds, or how it is refused."""
    status, told = server.list(path, filter=text, count=1000)
    if status != 200:
        return refused(status, told)
    ids = [resource["id"] for resource in told.get("Resources", [])]
    known = {id: name for name, id in server.ids.items()}
    return sorted(known[id] for id in ids if id in known)
