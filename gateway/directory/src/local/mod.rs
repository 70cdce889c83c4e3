//! The embedded directory: an LDAP server in this process, reached by lanes that carry the same frames as any other's.
