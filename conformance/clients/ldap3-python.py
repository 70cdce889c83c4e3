"""ldap3 (pure Python) against one server. README.md says what the words mean.

It reads the rootDSE and the schema before anything else, as many applications that use it do.
"""

import ssl
import sys
import traceback

import ldap3
from ldap3.core.exceptions import LDAPException

SECONDS = 20
EVERYBODY = "(objectClass=inetOrgPerson)"
POLICY = "1.3.6.1.4.1.42.2.27.8.5.1"  # draft-behera-ldap-password-policy section 6
SUCCESS, WRONG, RESTRICTED, CONSTRAINT, UNWILLING = 0, 49, 50, 19, 53


def main(at):
    describing(at)
    sign_in(at)
    each_state(at)
    transport(at)
    paging(at)
    writing(at)
    abandoning(at)
    changing_a_password(at)
    changing_after_must_change(at)


def describing(at):
    session = connect(at)
    session.bind()
    info, schema = session.server.info, session.server.schema
    expect(at["base"] in info.naming_contexts, "the rootDSE names the base", str(info.naming_contexts))
    offered = [name for name, *_ in info.supported_extensions]
    expect("1.3.6.1.4.1.1466.20037" in offered, "the rootDSE offers StartTLS", str(offered))
    expect("1.3.6.1.4.1.4203.1.11.1" in offered, "the rootDSE offers password modify", str(offered))
    expect("inetOrgPerson" in schema.object_classes, "the schema is read")
    if at["answers"] in ("generic", "sssd"):
        expect(not info.supported_sasl_mechanisms, "no SASL mechanism is offered", str(info.supported_sasl_mechanisms))


def sign_in(at):
    session = connect(at)
    expect(who(session) is None, "before a sign-in one is nobody")
    expect(code_of_bind(session, at["active"], at["active.password"]) == SUCCESS, "a right password is taken")
    expect(who(session) == "dn:" + at["active"], "and signs in", str(who(session)))
    for who_asks, fact in (("active", "a wrong password is refused"), ("unknown", "an unknown name is refused")):
        code = code_of_bind(session, at[who_asks], "wrong-1234")
        expect(code == WRONG, fact, str(session.result))
        expect(who(session) is None, "and leaves nobody signed in", str(who(session)))
    expect(code_of_bind(session, at["active"], at["active.password"]) == SUCCESS, "the same connection signs in again")


def each_state(at):
    """The whole value of the policy control, octet for octet; None where it says a number that depends on the day."""
    empty, told = b"\x30\x00", lambda error: b"\x30\x03\x81\x01" + bytes([error])
    expected = {
        "active": (SUCCESS, empty),
        "must_change": (SUCCESS, told(2)),
        "expired": (WRONG, told(0)),
        "expired_grace": (SUCCESS, None),
        "expiring": (SUCCESS, None),
        "locked": (WRONG, told(1)),
    }
    if at["answers"] == "sssd":
        # slapd looks at the lock before the password: nothing is proven, so nothing is told.
        expected["locked"] = (WRONG, empty)
    if at["answers"] == "generic":
        expected = {name: (code, empty) for name, (code, _) in expected.items()} | {"must_change": (WRONG, empty)}
    for name, (code, value) in expected.items():
        session = connect(at)
        got = code_of_bind(session, at[name], at[name + ".password"], [(POLICY, False, None)])
        raw = bytes((session.result.get("controls") or {}).get(POLICY, {}).get("value") or b"")
        said = f"{got} {session.result['message']!r} {raw.hex()}"
        expect(got == code, f"{name} answers {code}", said)
        if value is None:
            # A warning [0] with time before expiration [0] or grace sign-ins [1] in it.
            inner = b"\x80" if name == "expiring" else b"\x81"
            expect(raw[2:3] == b"\xa0" and raw[4:5] == inner, f"{name} is warned of", said)
        else:
            expect(raw == value, f"{name} tells {value.hex()}", said)
        if at["answers"] == "generic" and name in ("must_change", "expired"):
            expect(at["portal"] in session.result["message"], f"{name} is told the portal's address", said)
        code_of_bind(session, at[name], at[name + ".password"])
        expect(not session.result.get("controls"), f"{name}: no control for who did not ask", str(session.result))


def transport(at):
    session = connect(at)
    session.start_tls()
    session.bind()
    expect(code_of_bind(session, at["active"], at["active.password"]) == SUCCESS, "StartTLS with a verified certificate")
    expect(session.tls_started and who(session) == "dn:" + at["active"], "and a sign-in inside it")
    session = connect(at, secure=True)
    expect(code_of_bind(session, at["active"], at["active.password"]) == SUCCESS, "LDAPS with a verified certificate")
    for secure, ask, fact in ((False, "start_tls", "StartTLS"), (True, "open", "LDAPS")):
        session = connect(at, secure=secure, ca=at["other_ca"], opened=False)
        try:
            getattr(session, ask)()
        except LDAPException as error:
            expect("certificate verify failed" in str(error), f"{fact}: an unknown authority is refused", str(error))
        else:
            fail(f"{fact}: a certificate of an unknown authority was trusted")


def paging(at):
    session = signed_in(at)
    search = session.extend.standard.paged_search
    found = list(search(at["base"], EVERYBODY, attributes=["uid"], paged_size=100, generator=True))
    names = {entry["dn"] for entry in found}
    expect(len(found) == len(names) == int(at["people"]), f"all {at['people']} people come in pages of 100",
           f"{len(found)} came, {len(names)} names")
    first = search(at["base"], EVERYBODY, attributes=["uid"], paged_size=5, generator=True)
    next(first)
    expect(session.search(at["base"], EVERYBODY) and len(session.response) == int(at["people"]),
           "a plain search after a cursor that was left alone")


def writing(at):
    session, name = signed_in(at, "writer"), "cn=made-by-ldap3," + at["base"]
    expect(session.add(name, "device", {"description": "made"}), "an entry is added", str(session.result))
    expect(not session.add(name, "device") and session.result["result"] == 68, "and only once", str(session.result))
    expect(session.modify(name, {"description": [(ldap3.MODIFY_REPLACE, ["mädé", "twice"])]}), "modified")
    expect(session.modify_dn(name, "cn=renamed-by-ldap3"), "renamed")
    name = "cn=renamed-by-ldap3," + at["base"]
    session.search(name, "(description=mädé)", ldap3.BASE, attributes=["description"])
    expect(sorted(session.entries[0].description.values) == ["mädé", "twice"], "read again", str(session.entries))
    expect(session.compare(at["active"], "objectClass", "inetOrgPerson"), "compare says true")
    expect(not session.compare(at["active"], "objectClass", "device"), "compare says false")
    expect(session.delete(name), "deleted")
    expect(not session.delete(name) and session.result["result"] == 32, "and gone", str(session.result))


def abandoning(at):
    session = connect(at, strategy=ldap3.ASYNC)
    session.user, session.password, session.authentication = at["active"], at["active.password"], ldap3.SIMPLE
    expect(session.bind(), None, "the asynchronous sign-in failed")
    for _ in range(20):
        number = session.search(at["base"], "(objectClass=*)", attributes=["*"])
        session.abandon(number)
    number = session.search(at["base"], EVERYBODY, attributes=["uid"])
    response, result = session.get_response(number, timeout=SECONDS)
    expect(result["result"] == SUCCESS and len(response) == int(at["people"]),
           "twenty searches are abandoned and the connection goes on", f"{len(response)} {result}")
    session.unbind()


def changing_a_password(at):
    own, old, new = at["second"], at["second.password"], "ldap3-first-1234"
    session = signed_in(at, "second")
    change = session.extend.standard.modify_password
    expect(not change(own, "wrong-1234", new) and session.result["result"] == UNWILLING,
           "a wrong old password is refused", str(session.result))
    expect(not change(own, old, "short") and session.result["result"] == CONSTRAINT,
           "a short password is refused", str(session.result))
    expect(change(own, old, new) is True, "a password is changed", str(session.result))
    expect(who(session) == "dn:" + own, "and the session is as it was")
    generated = change(own, new)
    expect(isinstance(generated, str), "a generated password comes back", str(session.result))
    expect(code_of_bind(connect(at), own, generated) == SUCCESS, "and signs in")
    expect(code_of_bind(connect(at), own, new) == WRONG, "and the one before does not")
    expect(session.modify(own, {"userPassword": [(ldap3.MODIFY_REPLACE, ["ldap3-second-1234"])]}),
           "a password is changed by a modify", str(session.result))
    expect(code_of_bind(connect(at), own, "ldap3-second-1234") == SUCCESS, "and signs in")


def changing_after_must_change(at):
    own, old, new = at["must_change"], at["must_change.password"], "ldap3-third-1234"
    session = connect(at)
    code = code_of_bind(session, own, old)
    if at["answers"] == "generic":
        expect(code == WRONG and at["portal"] in session.result["message"],
               "who must change the password is not let in", str(session.result))
        expect(who(session) is None, "and is nobody afterwards")
        return
    expect(code == SUCCESS and who(session) == "dn:" + own, "who must change the password is let in")
    asked = {
        "search": lambda: session.search(own, "(objectClass=*)", ldap3.BASE),
        "compare": lambda: session.compare(own, "objectClass", "inetOrgPerson"),
        "modify of something else": lambda: session.modify(own, {"description": [(ldap3.MODIFY_REPLACE, ["x"])]}),
        "delete": lambda: session.delete(own),
    }
    for what, ask in asked.items():
        ask()
        expect(session.result["result"] == RESTRICTED, f"and for the change alone: no {what}", str(session.result))
    expect(session.modify(own, {"userPassword": [(ldap3.MODIFY_REPLACE, [new])]}),
           "a modify of the own password passes", str(session.result))
    expect(session.search(own, "(objectClass=*)", ldap3.BASE) and len(session.entries) == 1,
           "the same connection is used as any other", str(session.result))
    expect(session.extend.standard.modify_password(own, new, new + "5") is True, "and for a second change")
    expect(session.search(at["base"], EVERYBODY) and len(session.entries) == int(at["people"]), "and for a search of all")
    expect(code_of_bind(connect(at), own, new + "5") == SUCCESS, "the new password signs in")
    expect(code_of_bind(connect(at), own, old) == WRONG, "the old one does not")


# --- the client and its checks ---------------------------------------------------------------------------------------

def connect(at, secure=False, ca=None, strategy=ldap3.SYNC, opened=True):
    tls = ldap3.Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=ca or at["ca"])
    server = ldap3.Server(at["ldaps"] if secure else at["url"], tls=tls, get_info=ldap3.ALL, connect_timeout=SECONDS)
    session = ldap3.Connection(server, client_strategy=strategy, receive_timeout=SECONDS, auto_referrals=False)
    if opened:
        session.open()
    return session


def signed_in(at, name="active"):
    session = connect(at)
    expect(code_of_bind(session, at[name], at[name + ".password"]) == SUCCESS, None, str(session.result))
    return session


def code_of_bind(session, name, password, controls=None):
    session.user, session.password, session.authentication = name, password, ldap3.SIMPLE
    session.bind(controls=controls)
    return session.result["result"]


def who(session):
    return session.extend.standard.who_am_i() or None


def expect(holds, fact, otherwise=""):
    if not holds:
        fail(f"{fact or 'not so'}: {otherwise}")
    if fact:
        print("ok", fact)


def fail(text):
    print("ldap3 (Python):", text, file=sys.stderr)
    sys.exit(1)


try:
    main(dict(word.split("=", 1) for word in sys.argv[1:]))
except LDAPException as unexpected:
    lines = [frame.lineno for frame in traceback.extract_tb(unexpected.__traceback__) if frame.filename == __file__]
    fail(f"line {lines[-1]}: {unexpected!r}")
