"""Walks through pages, in an order by an attribute."""

from hypothesis import strategies as st


def walks(universe):
    return st.fixed_dictionaries({
        "sortBy": st.sampled_from(["userName", "USERNAME", *universe.texts]),
        "sortOrder": st.sampled_from(["ascending", "descending"]),
        "startIndex": st.integers(-1, 14),
        "count": st.integers(-1, 6),
    })


def page(server, parameters):
    """How many there are, where the page begins, how long it is, and by what the resources on it are sorted: of those that are equal in
    that, either may be first."""
    status, told = server.list("/Users", **parameters, filter='userName sw "' + PREFIX + '"')
    if status != 200:
        return status
    resources = told.get("Resources", [])
    return {
        "totalResults": told["totalResults"],
        "startIndex": told.get("startIndex"),
        "itemsPerPage": told.get("itemsPerPage"),
        "keys": [key(resource, parameters["sortBy"]) for resource in resources],
    }


# What the names of people in this comparison begin with: a directory has others.
PREFIX = "diff-"


def key(resource, path):
    extension, name = path.rsplit(":", 1) if path.startswith("urn:") else (None, path)
    value = resource.get(extension, {}) if extension else resource
    for part in name.split("."):
        value = next((inner for known, inner in (value or {}).items() if known.lower() == part.lower()), None)
    return value.casefold() if isinstance(value, str) else value
