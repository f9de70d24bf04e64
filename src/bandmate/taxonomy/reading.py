"""One reader of texts and titles for the whole program: the vocabulary and the model that serve now."""

from __future__ import annotations

import threading
from pathlib import Path

import structlog

from bandmate.engines.skills import (
    Encoder,
    Linked,
    Linker,
    Occupation,
    Occupations,
    Store,
    Taxonomy,
    Title,
    open_encoder,
    open_vocabulary,
)
from bandmate.engines.skills.models import ADAPTER
from bandmate.engines.skills.vocabulary import ESCO
from bandmate.kernel.config import Settings

log = structlog.get_logger(__name__)

_CANDIDATES = 5

_opening = threading.Lock()
_opened: dict[Path, tuple[tuple[int, int], SkillReader]] = {}


class SkillReader:
    """Reads the skills of texts and the occupations of titles; may be shared by threads.

    The first use with a vocabulary and a model makes what is derived from them, which takes minutes.
    """

    def __init__(self, taxonomy: Taxonomy, store: Store, encoder: Encoder | None) -> None:
        self.taxonomy = taxonomy
        self._store = store
        self._encoder = encoder
        self._opening = threading.Lock()
        self._linker: Linker | None = None
        self._occupations: Occupations | None = None

    @property
    def version(self) -> str:
        """Name of model and vocabulary: what was read under another one may be read anew."""
        model = self._encoder.version if self._encoder else "lexical"
        return f"{model}/{self.taxonomy.name}-{self.taxonomy.fingerprint}"

    def skills(self, text: str) -> Linked:
        """Return the skills that a text speaks of more likely than by guessing, best first."""
        with self._opening:
            if self._linker is None:
                self._linker = Linker(self.taxonomy, self._store, self._encoder)
        return self._linker.link(text)

    def occupations(self, title: str) -> tuple[Title, list[Occupation]]:
        """Return a job title in its parts, and up to five occupations that it may mean, best first."""
        with self._opening:
            if self._occupations is None:
                self._occupations = Occupations(self.taxonomy, self._store, self._encoder)
        return self._occupations.normalise(title, _CANDIDATES)


def open_reader(settings: Settings) -> SkillReader:
    """Return the reader over the vocabulary and the model that lie in the home now.

    It is opened once a process, and again after ``bandmate taxonomy import`` or ``skills train`` changed what
    lies there.

    Raises:
        InvalidTaxonomy: There is no vocabulary, or it is damaged.
    """
    folder, models = taxonomy_folder(settings), settings.models_folder
    marks = (_changed(folder / f"{ESCO}.json"), _changed(models / ADAPTER))
    with _opening:
        held = _opened.get(settings.home)
        if held is None or held[0] != marks:
            store = Store(folder / "derived", lambda notice: log.info("skills_notice", notice=notice))
            encoder = open_encoder(models, lambda notice: log.warning("skills_model", notice=notice))
            held = _opened[settings.home] = (marks, SkillReader(open_vocabulary(folder), store, encoder))
    return held[1]


def taxonomy_folder(settings: Settings) -> Path:
    """Return where vocabularies and what is derived from them lie."""
    return settings.home / "taxonomy"


def _changed(path: Path) -> int:
    """Return when a file was last changed, in nanoseconds; 0 where there is none."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
