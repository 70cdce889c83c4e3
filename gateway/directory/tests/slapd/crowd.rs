//! People with everything an entry tells of one, and groups of every kind in each other.

use std::fmt::Write;

/// How many groups name `many`: more than slapd shows at once.
pub(crate) const MANY: usize = 600;
/// How deep `deep` is in groups: one more than is followed.
const DEEP: usize = 17;

pub(crate) fn ldif() -> String {
    let mut ldif = CROWD.to_owned();
    for number in 0..MANY {
        group(&mut ldif, &format!("many-{number}"), "uid=many,ou=staff");
    }
    for number in 0..DEEP {
        let member = match number {
            0 => "uid=deep,ou=staff".to_owned(),
            _ => format!("cn=deep-{},ou=groups", number - 1),
        };
        group(&mut ldif, &format!("deep-{number}"), &member);
    }
    ldif
}

fn group(ldif: &mut String, name: &str, member: &str) {
    let _ = writeln!(
        ldif,
        "dn: cn={name},ou=groups,dc=example,dc=org\nobjectClass: groupOfNames\ncn: {name}\nmember: {member},dc=example,dc=org\n"
    );
}

const CROWD: &str = "dn: ou=staff,dc=example,dc=org
objectClass: organizationalUnit
ou: staff

dn: ou=groups,dc=example,dc=org
objectClass: organizationalUnit
ou: groups

dn: uid=ann,ou=staff,dc=example,dc=org
objectClass: inetOrgPerson
uid: ann
cn: Ann Archer
sn: Archer
displayName: Ann
mail: ann@example.org
mail: archer@example.org
mobile: +49 170 1
telephoneNumber: +49 30 1
preferredLanguage: de
manager: uid=boss,ou=staff,dc=example,dc=org
employeeNumber: 4711
userPassword: secret-1234

dn: uid=ann-admin,ou=staff,dc=example,dc=org
objectClass: inetOrgPerson
uid: ann-admin
cn: Ann Archer (administrator)
sn: Archer
manager: uid=gone,ou=staff,dc=example,dc=org
employeeNumber: 4711

dn: uid=boss,ou=staff,dc=example,dc=org
objectClass: inetOrgPerson
uid: boss
cn: Boss
sn: Boss

dn: uid=many,ou=staff,dc=example,dc=org
objectClass: inetOrgPerson
uid: many
cn: many
sn: many

dn: uid=deep,ou=staff,dc=example,dc=org
objectClass: inetOrgPerson
uid: deep
cn: deep
sn: deep

dn: cn=team,ou=groups,dc=example,dc=org
objectClass: groupOfNames
cn: team
member: uid=ann,ou=staff,dc=example,dc=org

dn: cn=board,ou=groups,dc=example,dc=org
objectClass: groupOfUniqueNames
cn: board
uniqueMember: cn=team,ou=groups,dc=example,dc=org

dn: cn=ring-one,ou=groups,dc=example,dc=org
objectClass: groupOfNames
cn: ring-one
member: cn=ring-two,ou=groups,dc=example,dc=org
member: cn=board,ou=groups,dc=example,dc=org

dn: cn=ring-two,ou=groups,dc=example,dc=org
objectClass: groupOfNames
cn: ring-two
member: cn=ring-one,ou=groups,dc=example,dc=org

dn: cn=posix,ou=groups,dc=example,dc=org
objectClass: posixGroup
cn: posix
gidNumber: 1
memberUid: ann

dn: cn=others,ou=groups,dc=example,dc=org
objectClass: groupOfNames
cn: others
member: uid=boss,ou=staff,dc=example,dc=org

";
