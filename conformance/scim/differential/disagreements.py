"""What the two servers mean differently on purpose: rules that inputs fall under, and examples, which ../disagreements.toml explains."""

from filters import found
from patches import changed
from people import named

RULES = {"ne-of-several"}


def of_filter(filter):
    """The rules a filter falls under."""
    return filter.rules & RULES


def of_patch(operations):
    """The rules a request falls under."""
    return set()


def answer(compared, server, entry):
    """What one of them answers to an example."""
    name = "example"
    server.make(name, "/Users", named(entry["user"], "diff-example"))
    try:
        if "filter" in entry:
            told = found(server, entry["filter"])
            return told if isinstance(told, str) else "found" if name in told else "not found"
        end, user = changed(server, name, "/Users", entry["operations"])
        return f"{end} {user.get(entry['shows'])}" if end == "done" and "shows" in entry else end
    finally:
        server.forget(name, "/Users")
