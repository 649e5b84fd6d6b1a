"""A real OpenLDAP server in a folder of its own, with StartTLS, LDAPS and `memberOf`."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path

from .ports import free_port
from .waiting import until

SUFFIX = "dc=test"
PEOPLE = f"ou=people,{SUFFIX}"
GROUPS = f"ou=groups,{SUFFIX}"
ADMIN = f"cn=admin,{SUFFIX}"
ADMIN_PASSWORD = "secret of the directory"
PASSWORD = "s3cret"

_CONFIG = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
include /etc/ldap/schema/nis.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
pidfile {folder}/pid
TLSCertificateFile {folder}/tls.crt
TLSCertificateKeyFile {folder}/tls.key
database mdb
maxsize 16777216
suffix {suffix}
rootdn {admin}
rootpw "{password}"
directory {folder}/db
overlay memberof
access to attrs=userPassword by anonymous auth by * none
access to * by users read by anonymous none
"""

_TREE = f"""
dn: {SUFFIX}
objectClass: dcObject
objectClass: organization
dc: test
o: test

dn: {PEOPLE}
objectClass: organizationalUnit
ou: people

dn: {GROUPS}
objectClass: organizationalUnit
ou: groups
"""


class Slapd:
    """Ends with `stop`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port, self.tls_port = free_port(), free_port()
        (folder / "db").mkdir(parents=True)
        self._make_certificate()
        config = folder / "slapd.conf"
        config.write_text(_CONFIG.format(folder=folder, suffix=SUFFIX, admin=ADMIN, password=ADMIN_PASSWORD))
        self._log = (folder / "slapd.log").open("ab")
        # `-d` keeps it in the foreground.
        self._process = subprocess.Popen(
            ["/usr/sbin/slapd", "-f", str(config), "-d", "stats", "-h", f"ldap://127.0.0.1:{self.port} ldaps://127.0.0.1:{self.tls_port}"],
            stdin=subprocess.DEVNULL, stdout=self._log, stderr=subprocess.STDOUT,
        )  # fmt: skip
        until(self._listens, "slapd to listen")
        self.add(_TREE)

    @property
    def certificate(self) -> Path:
        return self.folder / "tls.crt"

    def _make_certificate(self) -> None:
        names = f"subjectAltName=DNS:localhost,DNS:{socket.gethostname()},IP:127.0.0.1"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
             "-subj", "/CN=localhost", "-addext", names, "-keyout", self.folder / "tls.key", "-out", self.certificate],
            check=True, capture_output=True,
        )  # fmt: skip

    def _listens(self) -> bool:
        assert self._process.poll() is None, f"slapd ended:\n{(self.folder / 'slapd.log').read_text()}"
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def add(self, ldif: str) -> None:
        """Adds entries, as the administrator."""
        self._run("ldapadd", ldif)

    def change(self, ldif: str) -> None:
        self._run("ldapmodify", ldif)

    def _run(self, command: str, ldif: str) -> None:
        subprocess.run(
            [command, "-x", "-H", f"ldap://127.0.0.1:{self.port}", "-D", ADMIN, "-w", ADMIN_PASSWORD],
            input=ldif, check=True, capture_output=True, text=True,
        )  # fmt: skip

    def add_person(self, name: str, **attributes: str) -> str:
        """Adds a person with `PASSWORD`; the entry's name."""
        entry = f"uid={name},{PEOPLE}"
        more = "".join(f"{key}: {value}\n" for key, value in ({"cn": name, "sn": name} | attributes).items())
        self.add(f"dn: {entry}\nobjectClass: inetOrgPerson\nuid: {name}\nuserPassword: {PASSWORD}\n{more}")
        return entry

    def add_group(self, name: str, *members: str) -> str:
        """Adds a group of entries; its own entry's name."""
        entry = f"cn={name},{GROUPS}"
        lines = "".join(f"member: {member}\n" for member in members)
        self.add(f"dn: {entry}\nobjectClass: groupOfNames\ncn: {name}\n{lines}")
        return entry

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(20)
        self._log.close()
