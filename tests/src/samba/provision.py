"""Makes an empty domain, as `samba-tool domain provision` does, without the rights on its file shares.

Those need root and a file system with attributes of its own for them; an LDAP server has no use for them.

    provision.py EMPTY_FILE ARGUMENTS_OF_PROVISION...
"""

import sys

import samba.provision
from samba.netcmd.main import cmd_sambatool

samba.provision.setsysvolacl = lambda *arguments, **named: None
sys.exit(cmd_sambatool()._run("samba-tool", "domain", "provision", "-s", *sys.argv[1:]))
