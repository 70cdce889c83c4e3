"""python-ldap (libldap) against one server. README.md says what the words mean."""

import sys
import traceback

import ldap
import ldap.modlist
from ldap.controls import SimplePagedResultsControl
from ldap.controls.ppolicy import PasswordPolicyControl

SECONDS = 20
SUB, BASE = ldap.SCOPE_SUBTREE, ldap.SCOPE_BASE
EVERYBODY = "(objectClass=inetOrgPerson)"
# draft-behera-ldap-password-policy section 6.2
EXPIRED, LOCKED, CHANGE_AFTER_RESET = 0, 1, 2


def main(at):
    sign_in(at)
    each_state(at)
    transport(at)
    paging(at)
    writing(at)
    abandoning(at)
    changing_a_password(at)
    changing_after_must_change(at)


def sign_in(at):
    session = connect(at)
    expect(session.whoami_s() == "", "before a sign-in one is nobody")
    session.simple_bind_s(at["active"], at["active.password"])
    expect(session.whoami_s() == "dn:" + at["active"], "a right password signs in")
    refused(ldap.INVALID_CREDENTIALS, "a wrong password is refused",
            session.simple_bind_s, at["active"], "wrong-1234")
    expect(session.whoami_s() == "", "after a refused sign-in one is nobody again")
    refused(ldap.INVALID_CREDENTIALS, "an unknown name is refused",
            session.simple_bind_s, at["unknown"], "wrong-1234")
    refused(ldap.UNWILLING_TO_PERFORM, "a name without a password is refused",
            session.simple_bind_s, at["active"], "")
    session.simple_bind_s(at["active"], at["active.password"])
    expect(session.whoami_s() == "dn:" + at["active"], "the same connection signs in again")


def each_state(at):
    told = {
        "active": ("0", None, None, None),
        "must_change": ("0", CHANGE_AFTER_RESET, None, None),
        "expired": ("49", EXPIRED, None, None),
        "expired_grace": ("0", None, None, "some"),
        "expiring": ("0", None, "some", None),
        "locked": ("49", LOCKED, None, None),
    }
    if at["answers"] == "sssd":
        # slapd looks at the lock before the password: nothing is proven, so nothing is told.
        told["locked"] = ("49", None, None, None)
    if at["answers"] == "generic":
        codes = {name: code for name, (code, *_) in told.items()} | {"must_change": "49"}
        told = {name: (code, None, None, None) for name, code in codes.items()}
    for name, (code, error, expires, grace) in told.items():
        got, text, control = sign_in_with_control(at, name)
        said = f"{got} {text!r} error={control.error} expires={control.timeBeforeExpiration} grace={control.graceAuthNsRemaining}"
        expect(got == code and control.error == error, f"{name} answers {code} with policy error {error}", said)
        expect((control.timeBeforeExpiration is None) == (expires is None), f"{name}: time before expiration", said)
        expect((control.graceAuthNsRemaining is None) == (grace is None), f"{name}: grace sign-ins left", said)
        if at["answers"] == "generic" and name in ("must_change", "expired"):
            expect(at["portal"] in text, f"{name} is told the portal's address", said)
        if at["answers"] == "generic" and name == "locked":
            expect(text == "Invalid credentials", "locked is told like a wrong password", said)


def sign_in_with_control(at, name):
    """Code, text and the policy control of a sign-in that asks for it."""
    session = connect(at)
    number = session.simple_bind(at[name], at[name + ".password"], serverctrls=[PasswordPolicyControl()])
    code, text, controls = "0", "", None
    try:
        *_, controls = session.result3(number, timeout=SECONDS)
    except ldap.INVALID_CREDENTIALS as error:
        code, text = "49", error.args[0].get("info", "")
        controls = error.args[0].get("ctrls", [])
        controls = ldap.controls.DecodeControlTuples(controls)
    found = [control for control in controls if control.controlType == PasswordPolicyControl.controlType]
    expect(len(found) == 1, f"{name}: one policy control comes back", f"{code} {text!r} {controls}")
    return code, text, found[0]


def transport(at):
    session = connect(at)
    session.start_tls_s()
    session.simple_bind_s(at["active"], at["active.password"])
    expect(session.whoami_s() == "dn:" + at["active"], "StartTLS with a verified certificate")
    session = connect(at, at["ldaps"])
    session.simple_bind_s(at["active"], at["active.password"])
    expect(session.whoami_s() == "dn:" + at["active"], "LDAPS with a verified certificate")
    refused(ldap.CONNECT_ERROR, "StartTLS: a certificate of an unknown authority is refused by the client",
            connect(at, ca=at["other_ca"]).start_tls_s)
    refused(ldap.SERVER_DOWN, "LDAPS: a certificate of an unknown authority is refused by the client",
            connect(at, at["ldaps"], ca=at["other_ca"]).whoami_s)


def paging(at):
    session = signed_in(at)
    page, names, pages = SimplePagedResultsControl(True, size=100, cookie=""), set(), 0
    while True:
        number = session.search_ext(at["base"], SUB, EVERYBODY, ["uid"], serverctrls=[page])
        _, entries, _, controls = session.result3(number, timeout=SECONDS)
        expect(len(entries) <= 100, None, f"a page of {len(entries)}")
        expect(not names & {name for name, _ in entries}, None, "somebody came twice")
        names |= {name for name, _ in entries}
        pages += 1
        answers = [control for control in controls if control.controlType == page.controlType]
        expect(len(answers) == 1, None, "a page without its control")
        if not answers[0].cookie:
            break
        page.cookie = answers[0].cookie
    expect(len(names) == int(at["people"]), f"all {at['people']} people come in {pages} pages", f"{len(names)} came")
    # A cursor that is given up half-way does not disturb what follows.
    number = session.search_ext(at["base"], SUB, EVERYBODY, ["uid"],
                                serverctrls=[SimplePagedResultsControl(True, size=5, cookie="")])
    session.result3(number, timeout=SECONDS)
    expect(len(session.search_s(at["base"], SUB, EVERYBODY, ["uid"])) == int(at["people"]),
           "a plain search after a cursor that was left alone")


def writing(at):
    session, name = signed_in(at, "writer"), "cn=made-by-python-ldap," + at["base"]
    entry = ldap.modlist.addModlist({"objectClass": [b"inetOrgPerson"], "cn": [b"made-by-python-ldap"], "sn": [b"made"]})
    session.add_s(name, entry)
    refused(ldap.ALREADY_EXISTS, "an entry is added once", session.add_s, name, entry)
    octets = bytes(range(256))
    session.modify_s(name, [(ldap.MOD_ADD, "audio", [octets])])
    session.rename_s(name, "cn=renamed-by-python-ldap", delold=1)
    name = "cn=renamed-by-python-ldap," + at["base"]
    [(_, found)] = session.search_s(name, BASE, "(objectClass=*)", ["audio"])
    expect(found == {"audio": [octets]}, "what was written is read, octet for octet", str(found))
    expect(session.compare_s(at["active"], "objectClass", b"inetOrgPerson"), "compare says true")
    expect(not session.compare_s(at["active"], "objectClass", b"device"), "compare says false")
    session.delete_s(name)
    refused(ldap.NO_SUCH_OBJECT, "a deleted entry is gone", session.search_s, name, BASE)


def abandoning(at):
    session = signed_in(at)
    for _ in range(20):
        number = session.search_ext(at["base"], SUB, "(objectClass=*)")
        session.abandon(number)
        expect(session.whoami_s() == "dn:" + at["active"], None, "who-am-i after an abandoned search")
    expect(len(session.search_s(at["base"], SUB, EVERYBODY, ["uid"])) == int(at["people"]),
           "twenty searches are abandoned and the connection goes on")
    number = session.search_ext(at["base"], SUB, "(objectClass=*)")
    try:
        session.cancel_s(number)
    except (ldap.TOO_LATE, ldap.NO_SUCH_OPERATION, ldap.CANNOT_CANCEL):
        pass  # RFC 3909 section 2.2: it may have ended first
    expect(session.whoami_s() == "dn:" + at["active"], "cancel is understood")


def changing_a_password(at):
    own, old, new = at["second"], at["second.password"], "python-ldap-first-1234"
    session = signed_in(at, "second")
    refused(ldap.UNWILLING_TO_PERFORM, "a wrong old password is refused",
            session.passwd_s, own, "wrong-1234", new)
    refused(ldap.CONSTRAINT_VIOLATION, "a short password is refused", session.passwd_s, own, old, "short")
    session.passwd_s(own, old, new)
    expect(session.whoami_s() == "dn:" + own, "after a change the session is as it was")
    connect(at).simple_bind_s(own, new)
    refused(ldap.INVALID_CREDENTIALS, "the password changed by the operation", connect(at).simple_bind_s, own, old)
    session.modify_s(own, [(ldap.MOD_REPLACE, "userPassword", [b"python-ldap-second-1234"])])
    connect(at).simple_bind_s(own, "python-ldap-second-1234")
    refused(ldap.INVALID_CREDENTIALS, "the password changed by a modify", connect(at).simple_bind_s, own, new)


def changing_after_must_change(at):
    own, old, new = at["must_change"], at["must_change.password"], "python-ldap-third-1234"
    session = connect(at)
    if at["answers"] == "generic":
        refused(ldap.INVALID_CREDENTIALS, "who must change the password is not let in", session.simple_bind_s, own, old)
        expect(session.whoami_s() == "", "and is nobody afterwards")
        return
    number = session.simple_bind(own, old, serverctrls=[PasswordPolicyControl()])
    session.result3(number, timeout=SECONDS)
    expect(session.whoami_s() == "dn:" + own, "who must change the password is let in")
    for what, ask in {
        "search": lambda: session.search_s(own, BASE),
        "compare": lambda: session.compare_s(own, "objectClass", b"inetOrgPerson"),
        "modify of something else": lambda: session.modify_s(own, [(ldap.MOD_REPLACE, "description", [b"x"])]),
        "delete": lambda: session.delete_s(own),
    }.items():
        refused(ldap.INSUFFICIENT_ACCESS, f"and for the change alone: no {what}", ask)
    refused(ldap.CONSTRAINT_VIOLATION, "a short new password is refused", session.passwd_s, own, None, "short")
    refused(ldap.INSUFFICIENT_ACCESS, "and the restriction stays", session.search_s, own, BASE)
    session.passwd_s(own, None, new)
    expect(session.whoami_s() == "dn:" + own, "after the change the session is as it was")
    expect(len(session.search_s(own, BASE)) == 1, "the same connection is used as any other")
    expect(session.compare_s(own, "objectClass", b"inetOrgPerson"), "and for compare")
    session.passwd_s(own, new, new + "5")
    expect(len(session.search_s(at["base"], SUB, EVERYBODY, ["uid"])) == int(at["people"]), "and for a second change")
    connect(at).simple_bind_s(own, new + "5")
    refused(ldap.INVALID_CREDENTIALS, "the new password signs in, the old one does not",
            connect(at).simple_bind_s, own, old)


# --- the client and its checks ---------------------------------------------------------------------------------------

def connect(at, url=None, ca=None):
    session = ldap.initialize(url or at["url"])
    session.set_option(ldap.OPT_REFERRALS, 0)
    session.set_option(ldap.OPT_TIMEOUT, SECONDS)
    session.set_option(ldap.OPT_NETWORK_TIMEOUT, SECONDS)
    session.set_option(ldap.OPT_X_TLS_CACERTFILE, ca or at["ca"])
    session.set_option(ldap.OPT_X_TLS_REQUIRE_CERT, ldap.OPT_X_TLS_DEMAND)
    session.set_option(ldap.OPT_X_TLS_NEWCTX, 0)
    return session


def signed_in(at, who="active"):
    session = connect(at)
    session.simple_bind_s(at[who], at[who + ".password"])
    return session


def refused(error, fact, ask, *arguments):
    try:
        got = ask(*arguments)
    except error:
        print("ok", fact)
        return
    except ldap.LDAPError as other:
        fail(f"{fact}: expected {error.__name__}, got {other!r}")
    fail(f"{fact}: expected {error.__name__}, got {got!r}")


def expect(holds, fact, otherwise=""):
    if not holds:
        fail(f"{fact or 'not so'}: {otherwise}")
    if fact:
        print("ok", fact)


def fail(text):
    print("python-ldap:", text, file=sys.stderr)
    sys.exit(1)


try:
    main(dict(word.split("=", 1) for word in sys.argv[1:]))
except ldap.LDAPError as unexpected:
    lines = [frame.lineno for frame in traceback.extract_tb(unexpected.__traceback__) if frame.filename == __file__]
    fail(f"line {lines[-1]}: {unexpected!r}")
