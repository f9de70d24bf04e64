"""One reader of texts and titles for the whole program: the vocabulary and the model that serve now."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

import structlog

from bandmate.engines.skills import (
    Encoder,
    Linked,
    Linker,
    Occupation,
    Occupations,
    RememberedEncoder,
    Store,
    Taxonomy,
    Title,
    open_encoder,
    version_of,
)
from bandmate.engines.skills.models import ADAPTER
from bandmate.kernel.config import Settings
from bandmate.taxonomy.vocabulary import Mark, mark_of, open_taxonomy, taxonomy_folder

log = structlog.get_logger(__name__)

_CANDIDATES = 5

_opening = threading.Lock()


class SkillReader:
    """Reads the skills of texts and the occupations of titles; may be shared by threads.

    The first use with a vocabulary and a model makes what is derived from them, which takes minutes.
    """

    def __init__(
        self,
        taxonomy: Taxonomy,
        store: Store,
        encoder: Encoder | None,
        titles: RememberedEncoder | None = None,
    ) -> None:
        """Make ready; ``titles`` keeps the vectors of titles, which come again with every crawl of a board."""
        self.taxonomy = taxonomy
        self._store = store
        self._encoder = encoder
        self._titles = titles
        self._opening = threading.Lock()
        self._linker: Linker | None = None
        self._occupations: Occupations | None = None

    @property
    def version(self) -> str:
        """Name of model, fitted weights and vocabulary: what was read under another one may be read anew."""
        return version_of(self._encoder, self.taxonomy)

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
                self._occupations = Occupations(self.taxonomy, self._store, self._encoder, self._titles)
        return self._occupations.normalise(title, _CANDIDATES)


@dataclass(frozen=True, slots=True)
class _Opened:
    """What a reader was opened over."""

    taxonomy: Taxonomy
    adapted: Mark
    """Of the adapter of the model."""
    reader: SkillReader


_opened: dict[Path, _Opened] = {}


def open_reader(settings: Settings) -> SkillReader:
    """Return the reader over the vocabulary and the model that lie in the home now.

    It is opened once a process, and again after ``bandmate taxonomy import`` or ``skills train`` changed what
    lies there.

    Raises:
        InvalidTaxonomy: There is no vocabulary, or it is damaged.
    """
    taxonomy, models = open_taxonomy(settings), settings.models_folder
    adapted = mark_of(models / ADAPTER)
    with _opening:
        held = _opened.get(settings.home)
        if held is None or held.taxonomy is not taxonomy or held.adapted != adapted:
            derived = taxonomy_folder(settings) / "derived"
            store = Store(derived, lambda notice: log.info("skills_notice", notice=notice))
            encoder = open_encoder(models, lambda notice: log.warning("skills_model", notice=notice))
            titles = RememberedEncoder(encoder, derived / "titles") if encoder else None
            held = _opened[settings.home] = _Opened(
                taxonomy, adapted, SkillReader(taxonomy, store, encoder, titles)
            )
    return held.reader
