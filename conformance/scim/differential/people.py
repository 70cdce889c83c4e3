"""The people and groups both servers get, made of few values, so that filters meet some of them."""

from hypothesis import strategies as st

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

# Signs that mean something in filters of LDAP or of SCIM, letters of other alphabets, and pairs that differ in case alone.
TEXTS = ["Otter", "otter", "Keeper of otters", "a*b", "*", "x(y)", "back\\slash", 'quo"te', "Zoë", "zoË", "Ärger", "иван", "10", "9", "0x", "and"]
NUMBERS = ["+1 425 555-0100", "+1 425 555-0101", "+14255550100", "tel:+1-201-555-0123"]
MAILS = ["ann@example.org", "Bob@example.org", "bob@example.com", "zoe+otter@example.net"]

# Where a text may stand, by what a filter calls it. Those that are required are never taken away.
REQUIRED = ["displayName", "name.familyName", "name.formatted"]
OPTIONAL = [
    "title",
    "userType",
    "nickName",
    "preferredLanguage",
    "name.givenName",
    "name.middleName",
    f"{ENTERPRISE}:department",
    f"{ENTERPRISE}:organization",
    f"{ENTERPRISE}:division",
    f"{ENTERPRISE}:employeeNumber",
]


class Universe:
    """What the server that is compared can hold: it says so itself."""

    def __init__(self, ours):
        self.known = set()
        for schema in ours.ask("GET", "/Schemas")[1]["Resources"]:
            before = f"{schema['id']}:" if schema["id"] not in (CORE, GROUP) else ""
            for attribute in schema["attributes"]:
                if schema["id"] != GROUP:
                    self.known |= {before + attribute["name"]}
                    self.known |= {f"{before}{attribute['name']}.{sub['name']}" for sub in attribute.get("subAttributes", [])}
                    types = [sub.get("canonicalValues", []) for sub in attribute.get("subAttributes", []) if sub["name"] == "type"]
                    self.known |= {f"{before}{attribute['name']}[{kind}]" for kind in sum(types, [])}
        self.required = [path for path in REQUIRED if path in self.known]
        self.optional = [path for path in OPTIONAL if path in self.known]
        self.texts = self.required + self.optional
        self.phones = [kind for kind in ("work", "mobile", "home") if f"phoneNumbers[{kind}]" in self.known]
        self.places = [sub for sub in ("locality", "region", "postalCode") if f"addresses.{sub}" in self.known]
        if len(self.texts) < 6 or not self.phones or "emails.value" not in self.known:
            raise SystemExit(f"the server can hold too little to be compared: {sorted(self.known)}")

    def people(self):
        """A user without a name."""
        return st.builds(
            self.person,
            required=st.fixed_dictionaries({path: st.sampled_from(TEXTS) for path in self.required}),
            optional=st.dictionaries(st.sampled_from(self.optional), st.sampled_from(TEXTS), max_size=5),
            active=st.booleans(),
            mail=st.none() | st.sampled_from(MAILS),
            phones=st.dictionaries(st.sampled_from(self.phones), st.sampled_from(NUMBERS), max_size=2),
            address=st.dictionaries(st.sampled_from(self.places), st.sampled_from(TEXTS), max_size=2) if self.places else st.just({}),
        )

    @staticmethod
    def person(required, optional, active, mail, phones, address):
        user = {"schemas": [CORE, ENTERPRISE], "active": active}
        for path, value in {**required, **optional}.items():
            put(user, path, value)
        if mail:
            user["emails"] = [{"type": "work", "value": mail}]
        if phones:
            user["phoneNumbers"] = [{"type": kind, "value": number} for kind, number in phones.items()]
        if address:
            user["addresses"] = [{"type": "work", **address}]
        return user


def put(user, path, value):
    extension, name = path.rsplit(":", 1) if path.startswith("urn:") else (None, path)
    at = user.setdefault(extension, {}) if extension else user
    *parents, last = name.split(".")
    for parent in parents:
        at = at.setdefault(parent, {})
    at[last] = value


def named(user, name):
    return {**user, "userName": name}
