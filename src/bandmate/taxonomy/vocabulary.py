"""Which vocabulary serves now: opened when it is first asked for, once a process, and again after an import."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

import structlog

from bandmate.engines.skills import InvalidTaxonomy, Taxonomy, open_vocabulary
from bandmate.engines.skills.vocabulary import ESCO
from bandmate.kernel.config import Settings
from bandmate.kernel.languages import gettext as _
from bandmate.taxonomy.catalogue import Catalogue, build_catalogue
from bandmate.taxonomy.errors import VocabularyAbsent

log = structlog.get_logger(__name__)

Mark = tuple[int, int] | None

_opening = threading.Lock()
_cataloguing = threading.Lock()


@dataclass(slots=True)
class _Held:
    """What was opened under a mark; the catalogue is made when somebody asks for it."""

    mark: Mark
    taxonomy: Taxonomy
    catalogue: Catalogue | None = None


_held: dict[str, _Held] = {}


def taxonomy_folder(settings: Settings) -> Path:
    """Return where vocabularies and what is derived from them lie."""
    return settings.home / "taxonomy"


def mark_of(path: Path) -> Mark:
    """Return what is another one once a file was replaced, even within a tick of the clock; None without it."""
    try:
        state = path.stat()
    except OSError:
        return None
    return state.st_ino, state.st_mtime_ns


def open_taxonomy(settings: Settings) -> Taxonomy:
    """Return the vocabulary that lies in the home now, else the packaged one.

    Raises:
        InvalidTaxonomy: There is none, or it is damaged.
    """
    return _opened(settings).taxonomy


def open_catalogue(settings: Settings) -> Catalogue:
    """Return the same vocabulary, ready for questions.

    Raises:
        VocabularyAbsent: There is none, or it is damaged; why is in the log.
    """
    try:
        held = _opened(settings)
    except InvalidTaxonomy as error:
        log.warning("vocabulary_absent", reason=error.detail)
        raise VocabularyAbsent(
            _(
                "No vocabulary of skills and occupations can be read here. Whoever runs this installation can "
                "import one with “bandmate taxonomy import PATH”."
            )
        ) from error
    with _cataloguing:
        if held.catalogue is None:
            held.catalogue = build_catalogue(held.taxonomy)
    return held.catalogue


def _opened(settings: Settings) -> _Held:
    pointer = taxonomy_folder(settings) / f"{ESCO}.json"
    mark = mark_of(pointer)
    # The packaged vocabulary is the same in every home.
    key = str(pointer) if mark else "packaged"
    with _opening:
        held = _held.get(key)
        if held is None or held.mark != mark:
            held = _held[key] = _Held(mark, open_vocabulary(taxonomy_folder(settings)))
    return held
