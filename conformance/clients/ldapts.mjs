// ldapts (Node) against one server. README.md says what the words mean.

import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';

const at = Object.fromEntries(process.argv.slice(2).map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]));
const require = createRequire(`${at.modules}/ldapts/`); // the folder of installed modules is a word, too
const { Attribute, Change, Client, Control } = require('ldapts');
const { Ber, BerWriter } = require('asn1');

const MILLISECONDS = 20000;
const EVERYBODY = '(objectClass=inetOrgPerson)';
const WHO_AM_I = '1.3.6.1.4.1.4203.1.11.3'; // RFC 4532
const PASSWORD_MODIFY = '1.3.6.1.4.1.4203.1.11.1'; // RFC 3062
const PASSWORD_POLICY = '1.3.6.1.4.1.42.2.27.8.5.1';

async function main() {
  await signIn();
  await eachState();
  await transport();
  await paging();
  await writing();
  await manyAtOnce();
  await changingAPassword();
  await changingAfterMustChange();
}

async function signIn() {
  const session = connect();
  await session.bind(at.active, at['active.password']);
  expect((await who(session)) === `dn:${at.active}`, 'a right password signs in');
  await refused(49, 'a wrong password is refused', () => session.bind(at.active, 'wrong-1234'));
  expect((await who(session)) === '', 'and leaves nobody signed in');
  await refused(49, 'an unknown name is refused', () => session.bind(at.unknown, 'wrong-1234'));
  await refused(53, 'a name without a password is refused', () => session.bind(at.active, ''));
  await session.bind(at.active, at['active.password']);
  expect((await who(session)) === `dn:${at.active}`, 'the same connection signs in again');
  await session.unbind();
}

async function eachState() {
  const codes = { active: 0, must_change: at.answers === 'generic' ? 49 : 0, expired: 49, expiring: 0, locked: 49 };
  for (const [name, code] of Object.entries(codes)) {
    for (const controls of [undefined, new Control(PASSWORD_POLICY)]) {
      const { code: got, message } = await outcome(() => connect().bind(at[name], at[`${name}.password`], controls));
      expect(got === code, `${name} answers ${code}${controls ? ' with the policy control asked for' : ''}`, `${got} ${message}`);
      if (at.answers === 'generic' && ['must_change', 'expired'].includes(name)) {
        expect(message.includes(at.portal), `${name} is told the portal's address`, message);
      }
    }
  }
  // A grace sign-in is one only for a client that can be told, unless the gateway asks in its place.
  const grace = await outcome(() => connect().bind(at.expired_grace, at['expired_grace.password'], new Control(PASSWORD_POLICY)));
  expect(grace.code === 0, 'expired_grace answers 0', `${grace.code} ${grace.message}`);
}

async function transport() {
  // Made anew each time: startTLS puts its socket into what it is given.
  const trusting = () => ({ ca: [readFileSync(at.ca)], ...nameOf(at.url) });
  const doubting = () => ({ ca: [readFileSync(at.other_ca)], ...nameOf(at.url) });
  const session = connect();
  await session.startTLS(trusting());
  await session.bind(at.active, at['active.password']);
  expect((await who(session)) === `dn:${at.active}`, 'StartTLS with a verified certificate');
  await session.unbind();
  const inside = connect({ url: at.ldaps, tlsOptions: trusting() });
  await inside.bind(at.active, at['active.password']);
  expect((await who(inside)) === `dn:${at.active}`, 'LDAPS with a verified certificate');
  await inside.unbind();
  const unverified = /certificate|unable to verify|self.signed/i;
  const startTls = await outcome(() => connect().startTLS(doubting()));
  expect(unverified.test(startTls.message), 'StartTLS: an unknown authority is refused by the client', startTls.message);
  const ldaps = await outcome(() => connect({ url: at.ldaps, tlsOptions: doubting() }).bind(at.active, at['active.password']));
  expect(unverified.test(ldaps.message), 'LDAPS: an unknown authority is refused by the client', ldaps.message);
}

async function paging() {
  const session = await signedIn();
  const names = new Set();
  let pages = 0;
  for await (const page of session.searchPaginated(at.base, { filter: EVERYBODY, attributes: ['uid'], paged: { pageSize: 100 } })) {
    expect(page.searchEntries.length <= 100, undefined, `a page of ${page.searchEntries.length}`);
    for (const entry of page.searchEntries) {
      expect(!names.has(entry.dn), undefined, `${entry.dn} came twice`);
      names.add(entry.dn);
    }
    pages += 1;
  }
  expect(names.size === Number(at.people), `all ${at.people} people come in ${pages} pages`, `${names.size} came`);
  await session.unbind();
}

async function writing() {
  const session = await signedIn('writer');
  const name = `cn=made-by-ldapts,${at.base}`;
  await session.add(name, { objectClass: 'device', description: 'made' });
  await refused(68, 'an entry is added once', () => session.add(name, { objectClass: 'device' }));
  await session.modify(name, replace('description', 'mädé'));
  const renamed = `cn=renamed-by-ldapts,${at.base}`;
  await session.modifyDN(name, renamed);
  const { searchEntries } = await session.search(renamed, { scope: 'base', attributes: ['description'] });
  expect(searchEntries[0].description === 'mädé', 'modify, rename and read', JSON.stringify(searchEntries));
  expect(await session.compare(at.active, 'objectClass', 'inetOrgPerson'), 'compare says true');
  expect(!(await session.compare(at.active, 'objectClass', 'device')), 'compare says false');
  await session.del(renamed);
  await refused(32, 'a deleted entry is gone', () => session.del(renamed));
  await session.unbind();
}

// ldapts has no way to abandon, but sends without waiting.
async function manyAtOnce() {
  const session = await signedIn();
  const asked = Array.from({ length: 40 }, (_, number) =>
    number % 2 ? who(session) : session.search(at.active, { scope: 'base', attributes: ['uid'] }),
  );
  const answers = await Promise.all(asked);
  const right = answers.every((answer, number) =>
    number % 2 ? answer === `dn:${at.active}` : answer.searchEntries.length === 1 && answer.searchEntries[0].dn === at.active,
  );
  expect(right, 'forty requests at once are each answered with their own answer');
  await session.unbind();
}

async function changingAPassword() {
  const [own, old, changed] = [at.second, at['second.password'], 'ldapts-first-1234'];
  const session = await signedIn('second');
  await refused(53, 'a wrong old password is refused', () => changePassword(session, { old: 'wrong-1234', changed }));
  await refused(19, 'a short password is refused', () => changePassword(session, { old, changed: 'short' }));
  await changePassword(session, { user: own, old, changed });
  expect((await who(session)) === `dn:${own}`, 'after a change the session is as it was');
  await connect().bind(own, changed);
  await refused(49, 'the password changed by the operation', () => connect().bind(own, old));
  await session.modify(own, replace('userPassword', 'ldapts-second-1234'));
  await connect().bind(own, 'ldapts-second-1234');
  await refused(49, 'the password changed by a modify', () => connect().bind(own, changed));
  await session.unbind();
}

async function changingAfterMustChange() {
  const [own, old, changed] = [at.must_change, at['must_change.password'], 'ldapts-third-1234'];
  const session = connect();
  if (at.answers === 'generic') {
    await refused(49, 'who must change the password is not let in', () => session.bind(own, old));
    expect((await who(session)) === '', 'and is nobody afterwards');
    return;
  }
  await session.bind(own, old);
  expect((await who(session)) === `dn:${own}`, 'who must change the password is let in');
  const read = () => session.search(own, { scope: 'base' });
  await refused(50, 'and for the change alone: no search', read);
  await refused(50, 'no modify of something else', () => session.modify(own, replace('description', 'x')));
  await refused(50, 'no modify of the password and something else', () =>
    session.modify(own, [replace('userPassword', changed), replace('description', 'x')]),
  );
  await refused(50, 'no add', () => session.add(`cn=no,${at.base}`, { objectClass: 'device' }));
  await refused(19, 'a short new password is refused', () => changePassword(session, { changed: 'short' }));
  await refused(50, 'and the restriction stays', read);
  await changePassword(session, { changed });
  expect((await read()).searchEntries.length === 1, 'the same connection is used as any other');
  const { searchEntries } = await session.search(at.base, { filter: EVERYBODY, attributes: ['uid'] });
  expect(searchEntries.length === Number(at.people), 'and for a search of all', `${searchEntries.length} came`);
  await connect().bind(own, changed);
  await refused(49, 'the new password signs in, the old one does not', () => connect().bind(own, old));
  await session.unbind();
}

// --- the client and its checks --------------------------------------------------------------------------------------

const opened = [];

function connect(options = {}) {
  const session = new Client({ url: at.url, timeout: MILLISECONDS, connectTimeout: MILLISECONDS, ...options });
  opened.push(session);
  return session;
}

async function signedIn(name = 'active') {
  const session = connect();
  await session.bind(at[name], at[`${name}.password`]);
  return session;
}

async function who(session) {
  return (await session.exop(WHO_AM_I)).value ?? '';
}

// PasswdModifyRequestValue ::= SEQUENCE { userIdentity [0], oldPasswd [1], newPasswd [2] }
async function changePassword(session, { user, old, changed }) {
  const writer = new BerWriter();
  writer.startSequence();
  [user, old, changed].forEach((text, number) => {
    if (text !== undefined) writer.writeString(text, Ber.Context | number);
  });
  writer.endSequence();
  await session.exop(PASSWORD_MODIFY, writer.buffer);
}

function replace(type, value) {
  return new Change({ operation: 'replace', modification: new Attribute({ type, values: [value] }) });
}

// The name a certificate is verified against, where the socket is there already.
function nameOf(url) {
  const { hostname } = new URL(url);
  return isIP(hostname) ? { host: hostname } : { host: hostname, servername: hostname };
}

async function outcome(ask) {
  try {
    await ask();
    return { code: 0, message: '' };
  } catch (error) {
    return { code: error.code, message: error.message };
  }
}

async function refused(code, fact, ask) {
  const { code: got, message } = await outcome(ask);
  expect(got === code, fact, `expected result ${code}, got ${got} ${message}`);
}

function expect(holds, fact, otherwise = '') {
  if (!holds) throw new Error(`${fact ?? 'not so'}: ${otherwise}`);
  if (fact) console.log('ok', fact);
}

try {
  await main();
} catch (error) {
  console.error('ldapts:', error.stack);
  process.exitCode = 1;
} finally {
  await Promise.allSettled(opened.map((session) => session.unbind()));
}
