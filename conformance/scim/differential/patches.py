"""PATCH by the grammar of RFC 7644 section 3.5.2, where both servers mean the same, and what becomes of a resource."""

from hypothesis import strategies as st

from people import CORE, ENTERPRISE, MAILS, NUMBERS, TEXTS
from servers import plain, refused

# Refused by both, each for its reason.
WRONG = [
    {"op": "remove"},
    {"op": "replace", "path": "id", "value": "another"},
    {"op": "replace", "path": "meta.created", "value": "2020-01-01T00:00:00Z"},
    {"op": "replace", "path": 'emails[type eq "work"', "value": "x"},
    {"op": "replace", "path": "title..x", "value": "x"},
    {"op": "remove", "path": "userName"},
]


def requests(universe, names):
    """Some requests, each of some operations."""
    return st.lists(st.lists(operations(universe, names), min_size=1, max_size=3), min_size=1, max_size=3)


def operations(universe, names):
    texts, optional = st.sampled_from(universe.texts), st.sampled_from(universe.optional)
    setting = st.sampled_from(["add", "replace", "Replace", "Add"])
    removing = st.sampled_from(["remove", "Remove"])
    good = [
        st.builds(set_to, setting, texts.flatmap(qualified), st.sampled_from(TEXTS)),
        st.builds(remove, removing, optional.flatmap(qualified)),
        st.builds(set_to, setting, st.just("active"), st.booleans()),
        st.builds(without_path, setting, st.dictionaries(st.sampled_from([path for path in universe.texts if ":" not in path and "." not in path]), st.sampled_from(TEXTS), min_size=1, max_size=3)),
        st.builds(set_to, st.just("replace"), st.just("emails"), st.sampled_from(MAILS).map(lambda mail: [{"type": "work", "value": mail}])),
        st.builds(remove, removing, st.sampled_from(["emails", "phoneNumbers", "emails.value"][:2])),
        st.builds(remove, removing, st.sampled_from(universe.phones).map('phoneNumbers[type eq "{}"]'.format)),
        st.builds(set_to, st.just("replace"), st.just("phoneNumbers"), phones(universe)),
        st.builds(set_to, st.just("add"), st.just("name"), st.sampled_from(TEXTS).map(lambda text: {"givenName": text})),
        st.builds(set_to, setting, st.just(f"{ENTERPRISE}:manager"), st.sampled_from(names).map(lambda name: {"value": f"<{name}>"})),
        st.just({"op": "remove", "path": f"{ENTERPRISE}:manager"}),
    ]
    return st.one_of(*good, *good, st.sampled_from(WRONG))


def phones(universe):
    numbers = st.dictionaries(st.sampled_from(universe.phones), st.sampled_from(NUMBERS), min_size=1, max_size=2)
    return numbers.map(lambda some: [{"type": kind, "value": number} for kind, number in some.items()])


def set_to(op, path, value):
    return {"op": op, "path": path, "value": value}


def remove(op, path):
    return {"op": op, "path": path}


def without_path(op, value):
    return {"op": op, "value": value}


def qualified(path):
    """As it is, in another case, or by its full name."""
    if path.startswith("urn:"):
        return st.just(path)
    return st.sampled_from([path, path, path.upper(), f"{CORE}:{path}"])


def group_requests(names):
    """Changes of a group's members: every one, one more, one less, and others."""
    one, some = st.sampled_from(names), st.lists(st.sampled_from(names), min_size=1, max_size=4, unique=True)
    members = some.map(lambda chosen: [{"value": f"<{name}>"} for name in chosen])
    good = [
        st.builds(set_to, st.just("add"), st.just("members"), members),
        st.builds(set_to, st.just("replace"), st.just("members"), members),
        st.builds(remove, st.just("remove"), one.map('members[value eq "<{}>"]'.format)),
        st.builds(remove, st.just("remove"), st.just("members")),
        st.builds(without_path, st.just("add"), members.map(lambda chosen: {"members": chosen})),
    ]
    return st.lists(st.lists(st.one_of(*good), min_size=1, max_size=3), min_size=1, max_size=3)


def changed(server, name, path, operations):
    """How a request ends, and what the resource is then."""
    status, told = server.change(name, path, operations)
    end = "done" if status in (200, 204) else refused(status, told)
    status, resource = server.ask("GET", f"{path}/<{name}>")
    return end, plain(server, resource) if status == 200 else status
