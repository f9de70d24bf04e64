"""Under which account the embedded server runs, and where that account can reach its files.

PostgreSQL refuses to run as root. A normal user's server runs as that user, in the home. Root's server runs under
another account; where that account may not enter the home or a folder above it, programs and cluster go to
``/var/lib/bandmate/<hash of home>``. Permissions of folders that are not ours are never changed.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import stat
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from bandmate.kernel.errors import DatabaseUnavailable

_STATE = Path("/var/lib/bandmate")
_CLUSTER = "database"
_LONGEST_SOCKET_FOLDER = 99
"""Bytes. ``sun_path`` holds 108 (Linux) or 104 (BSD) with the terminating zero (unix(7)), and PostgreSQL appends
``/.s.PGSQL.5432.lock``."""


class _DropTo(TypedDict, total=False):
    user: int
    group: int
    extra_groups: Sequence[int]


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the operating system."""

    uid: int
    gid: int
    name: str

    @classmethod
    def of(cls, uid: int) -> Account:
        """Look an account up.

        Raises:
            DatabaseUnavailable: when the system knows no such user; PostgreSQL refuses to run then.
        """
        try:
            entry = pwd.getpwuid(uid)
        except KeyError:
            raise DatabaseUnavailable(
                f"The embedded database cannot run as user id {uid}, because this system has no user of that id. "
                "Add one to /etc/passwd, or set DATABASE_URL to a PostgreSQL of your own."
            ) from None
        return cls(uid, entry.pw_gid, entry.pw_name)

    @property
    def is_ours(self) -> bool:
        """Whether this process runs under the account already."""
        return self.uid == os.geteuid()

    def subprocess_arguments(self) -> _DropTo:
        """Return the arguments of ``subprocess`` that make a child run under this account and group only."""
        return {} if self.is_ours else {"user": self.uid, "group": self.gid, "extra_groups": []}

    def first_unsearchable(self, folder: Path) -> Path | None:
        """Return the topmost folder on the way to and including ``folder`` that this account may not enter.

        Asks the kernel as that account, so that access lists and security modules count as well as mode bits.
        """
        if self.is_ours:
            return None
        way = [*reversed(folder.parents), folder]
        script = 'for folder; do test -x "$folder" || { printf %s "$folder"; exit 1; }; done'
        answer = subprocess.run(  # noqa: S603  fixed script, the folders are its arguments
            ["/bin/sh", "-c", script, "sh", *way],
            check=False,
            capture_output=True,
            text=True,
            cwd="/",
            **self.subprocess_arguments(),
        )
        return Path(answer.stdout) if answer.returncode else None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a home's server lives and who runs it."""

    base: Path
    """Folder of programs, cluster and server log: the home, or its own folder below /var/lib/bandmate."""
    account: Account

    @property
    def cluster(self) -> Path:
        """PostgreSQL's data folder."""
        return self.base / _CLUSTER

    @property
    def log(self) -> Path:
        """The server's log."""
        return self.base / "database.log"

    @property
    def socket_folder(self) -> Path:
        """The private folder of the socket: beside the cluster, or below /tmp where that path cannot be used.

        It cannot when it is too long, or holds a comma or quote, which PostgreSQL reads as a list of folders.

        Not below ``$XDG_RUNTIME_DIR``: it differs between a login and a cron job, and is emptied at the last
        logout while our server may still be in use.
        """
        beside = self.base / "socket"
        if len(os.fsencode(beside)) <= _LONGEST_SOCKET_FOLDER and not set(',"') & set(str(beside)):
            return beside
        return Path(f"/tmp/bandmate-{self.account.uid}-{_hash(self.base)}")  # noqa: S108  see claim_socket_folder

    def claim_socket_folder(self) -> Path:
        """Make the socket's folder, owned by the server's account and open to nobody else.

        Whoever could put a socket of their own there would read our queries; so a folder (or link) that somebody
        else made is refused, and owner and mode are set through a descriptor that cannot be swapped.

        Raises:
            DatabaseUnavailable: when it belongs to somebody else.
        """
        folder = self.socket_folder
        folder.mkdir(mode=0o700, exist_ok=True)
        try:
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError as error:
            raise _hijacked(folder) from error
        try:
            if os.fstat(descriptor).st_uid not in {self.account.uid, os.geteuid()}:
                raise _hijacked(folder)
            if not self.account.is_ours:
                os.fchown(descriptor, self.account.uid, self.account.gid)
            os.fchmod(descriptor, stat.S_IRWXU)
        finally:
            os.close(descriptor)
        return folder


def find_place(home: Path) -> Place:
    """Decide where the server of a home lives and under which account it runs.

    A cluster that exists stays where it is and is run by its owner: PostgreSQL demands that, and a home does not
    lose its data because somebody changed the permissions of a folder above it. For a new one root takes the
    home's owner, so that its owner can use it without root later, else ``postgres``, else ``nobody``.

    Args:
        home: an absolute, existing folder.

    Raises:
        DatabaseUnavailable: when an existing cluster cannot be reached by its owner, or root has no other account.
    """
    if os.geteuid() != 0:
        return Place(home, Account.of(os.geteuid()))
    elsewhere = _STATE / _hash(home)
    for base in (home, elsewhere):
        if (base / _CLUSTER).is_dir():
            return _existing(base)
    account = _account_for_root(home)
    if account.first_unsearchable(home) is None:
        return Place(home, account)
    _make_state_folder(elsewhere)
    return Place(elsewhere, account)


def _existing(base: Path) -> Place:
    place = Place(base, Account.of((base / _CLUSTER).stat().st_uid))
    barred = place.account.first_unsearchable(base)
    if barred is not None:
        raise DatabaseUnavailable(
            f"The database in {place.cluster} belongs to user {place.account.name}, who may not enter {barred}. "
            f"Give back that permission (chmod o+x {barred}), or move {base} to a folder that user may enter."
        )
    return place


def _account_for_root(home: Path) -> Account:
    owner = home.stat().st_uid
    if owner != 0:
        return Account.of(owner)
    for name in ("postgres", "nobody"):
        try:
            return Account.of(pwd.getpwnam(name).pw_uid)
        except KeyError:
            continue
    raise DatabaseUnavailable(
        "PostgreSQL does not run as root, and this system has neither a user postgres nor a user nobody to run "
        "it. Add one, run bandmate as a normal user, or set DATABASE_URL to a PostgreSQL of your own."
    )


def _make_state_folder(folder: Path) -> None:
    for part in (_STATE, folder):
        part.mkdir(mode=0o755, parents=True, exist_ok=True)
        if part.stat().st_uid == 0:
            part.chmod(0o755)  # ours, and to be entered by the server's account whatever our umask


def _hash(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:16]


def _hijacked(folder: Path) -> DatabaseUnavailable:
    return DatabaseUnavailable(
        f"The folder of the database's socket, {folder}, belongs to another user or is no folder, so it is not "
        "safe to use. Remove it, or set BANDMATE_HOME to another folder."
    )
