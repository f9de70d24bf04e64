"""What the doctor looks at on this machine: Python, folders, memory, archive, settings."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from importlib import metadata
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from bandmate import __version__
from bandmate.kernel.archive import open_archive
from bandmate.kernel.operations.doctor import Check, Finding, Patient, bad, ok, warn

OLDEST_PYTHON = (3, 11)
_GB = 10**9
DISK_WARN = 5 * _GB
DISK_BAD = _GB // 2
MEMORY_WARN = _GB // 2

MEMINFO = Path("/proc/meminfo")


def program(_: Patient) -> Iterator[Finding]:
    """Look at the program and the Python that runs it."""
    running = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < OLDEST_PYTHON:
        yield bad("program", f"Python {running} is too old.", "Use Python 3.11 or newer.")
        return
    installed = metadata.version("bandmate")
    if installed != __version__:
        yield warn(
            "program",
            f"Bandmate {__version__} runs, but {installed} is what was installed.",
            "Install it again from the folder it runs from.",
        )
        return
    yield ok("program", f"Bandmate {__version__} on Python {running}.")


def home(patient: Patient) -> Iterator[Finding]:
    """Look whether the home can be written, and how full its disk is."""
    folder = patient.settings.home
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"probe")
            probe.flush()
    except OSError as error:
        yield bad(
            "home",
            f"{folder} cannot be written: {error.strerror}.",
            "Give the account that runs Bandmate permission to it, or set BANDMATE_HOME to another folder.",
        )
        return
    yield ok("home", f"{folder} can be written.")
    yield _free(folder)


def _free(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    detail = f"{free / _GB:.1f} GB are free at {folder}."
    if free < DISK_BAD:
        return bad("disk", detail, "Free some space now: a full disk stops the database.")
    if free < DISK_WARN:
        return warn("disk", detail, "Free some space soon, or move the home or the archive to a larger disk.")
    return ok("disk", detail)


def archive(patient: Patient) -> Iterator[Finding]:
    """Write, read and remove a small file in the archive."""
    place = patient.settings.archive_place
    if isinstance(place, Path):
        place.mkdir(parents=True, exist_ok=True)
    open_archive(place).probe()
    yield ok("archive", f"{place} can be written and read.")


def memory(_: Patient) -> Iterator[Finding]:
    """Look at what memory is left, where the system says so."""
    try:
        lines = MEMINFO.read_text().splitlines()
    except FileNotFoundError:
        return
    available = next((int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")), None)
    if available is None:
        return
    detail = f"{available / _GB:.1f} GB are available."
    if available < MEMORY_WARN:
        yield warn("memory", detail, "Give the machine more memory, or run fewer processes on it.")
        return
    yield ok("memory", detail)


def risky_settings(patient: Patient) -> Iterator[Finding]:
    """Look at settings that are fine at home and not in public."""
    chosen = patient.settings
    address = urlsplit(chosen.public_url)
    risks = []
    if address.scheme == "http" and not _is_local(address.hostname or ""):
        risks.append(
            warn(
                "settings",
                f"BANDMATE_PUBLIC_URL is {chosen.public_url}: passwords and sessions cross the network in clear.",
                "Put a proxy with TLS before it and write https.",
            )
        )
    if chosen.outbound_allow_private:
        risks.append(
            warn(
                "settings",
                "BANDMATE_OUTBOUND_ALLOW_PRIVATE is on: whoever names an address may reach your own network.",
                "Unset it wherever other people can reach this installation.",
            )
        )
    if chosen.log_level == "DEBUG":
        risks.append(
            warn("settings", "BANDMATE_LOG_LEVEL is DEBUG: logs grow fast and say much.", "Set it to INFO.")
        )
    yield from risks or [ok("settings", "None is risky.")]


def _is_local(host: str) -> bool:
    if host == "localhost" or host.endswith((".localhost", ".internal", ".test")):
        return True
    try:
        return ip_address(host).is_private
    except ValueError:
        return False


def languages(_: Patient) -> Iterator[Finding]:
    """Look whether the data that dates and numbers are written with is there."""
    from babel import Locale, UnknownLocaleError  # noqa: PLC0415 - only the doctor needs it here

    try:
        Locale.parse("en").number_symbols["latn"]
    except (UnknownLocaleError, KeyError, OSError) as error:
        yield bad("languages", f"Babel's data is incomplete: {error}.", "Install the package babel again.")
        return
    yield ok("languages", "Babel's data is there.")


MACHINE: tuple[Check, ...] = tuple(
    Check(what, look)
    for what, look in (
        ("program", program),
        ("home", home),
        ("archive", archive),
        ("memory", memory),
        ("settings", risky_settings),
        ("languages", languages),
    )
)
