"""Everything that is held about a person: as one value, and as a file with a page to read it."""

from __future__ import annotations

import os
import tempfile
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import orjson
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from bandmate.kernel.database.session import Tx
from bandmate.kernel.holdings.persons import current_person, members_of
from bandmate.kernel.holdings.registry import Json, declared_holdings
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import direction, gettext, language, ngettext

FORMAT, VERSION = "bandmate.person", 1

TEMPLATES = Path(__file__).parent / "templates"

_MIDDLE_AGES = (1980, 1, 1, 0, 0, 0)
"""The time of every file in a ZIP: the earliest it can say, so that the same holdings give the same bytes."""

Progress = Callable[[int], None]
"""Told how many holdings are written."""


def export_person(tx: Tx, person: PersonId) -> dict[str, Json]:
    """Return everything that is held about a human, JSON-ready, in a stable order.

    ``holdings`` has one member for each declared holding: its ``title``, what is ``held``, and what would be
    ``kept`` after erasure (a sentence, or null). ``merged`` has what is still held under the ids of persons who
    were merged into this one, by id and holding. ``person`` is the id that means the human today.

    Args:
        tx: A transaction with one snapshot for all its reads (``Database.read``), else parts may disagree.
        person: Any id of the human.
    """
    return _collect(tx, person, lambda _: None)


def _collect(tx: Tx, person: PersonId, progress: Progress) -> dict[str, Json]:
    current, *merged = members_of(tx, current_person(tx, person))
    entries: dict[str, Json] = {}
    for number, holding in enumerate(declared_holdings(), 1):
        held = holding.export(tx, current)
        entries[holding.name] = {"title": holding.title, "held": held, "kept": holding.kept}
        progress(number)
    return {
        "format": FORMAT,
        "version": VERSION,
        "person": str(current),
        "holdings": entries,
        "merged": {
            str(member): {holding.name: holding.export(tx, member) for holding in declared_holdings()}
            for member in merged
        },
    }


def write_export(tx: Tx, person: PersonId, path: Path, *, progress: Progress | None = None) -> int:
    """Write what is held about a human to a ZIP; return its size in bytes.

    It has ``index.html`` to read, ``person.json`` with everything (see ``export_person``), and one JSON file for
    each holding. It appears whole or not at all, readable by the account of the program only.

    Args:
        tx: As for ``export_person``.
        person: Any id of the human.
        path: Where; its folder is made when it is not there.
        progress: Called after each holding.
    """
    whole = _collect(tx, person, progress or (lambda _: None))
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Made readable by its owner alone, as NamedTemporaryFile does.
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".writing-", delete=False) as draft:
        try:
            with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as archive:
                _fill(archive, whole)
            draft.flush()
            os.fsync(draft.fileno())
        except BaseException:
            Path(draft.name).unlink()
            raise
    Path(draft.name).replace(path)
    return path.stat().st_size


def _fill(archive: zipfile.ZipFile, whole: dict[str, Any]) -> None:
    _add(archive, "index.html", _index(whole))
    _add(archive, "person.json", _json(whole))
    for name, entry in whole["holdings"].items():
        _add(archive, f"holdings/{name}.json", _json(entry))


def _add(archive: zipfile.ZipFile, name: str, body: bytes) -> None:
    entry = zipfile.ZipInfo(name, _MIDDLE_AGES)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    archive.writestr(entry, body)


def _json(value: object) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2)


def _index(whole: dict[str, Any]) -> bytes:
    """Write the page that a person opens first; it needs nothing but itself."""
    return _page().render(whole=whole, lang=language(), dir=direction(language())).encode("utf-8", "replace")


@cache
def _page() -> Template:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES / "download"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.policies["ext.i18n.trimmed"] = True
    install: Any = environment
    install.install_gettext_callables(gettext, ngettext, newstyle=True)
    return environment.get_template("index.html")
