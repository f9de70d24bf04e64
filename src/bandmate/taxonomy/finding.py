"""What search everywhere finds of the vocabulary: skills and occupations by their labels."""

from __future__ import annotations

from collections.abc import Iterator

from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Tx
from bandmate.kernel.finding import Finder, Hit, Place, declare_places
from bandmate.kernel.identity import Asker
from bandmate.kernel.languages import later
from bandmate.taxonomy.errors import VocabularyAbsent
from bandmate.taxonomy.views import match_note
from bandmate.taxonomy.vocabulary import open_catalogue


def concept_finder(settings: Settings) -> Finder:
    """Return the finder of skills and occupations; without a vocabulary it finds none, as its own page says."""

    def find(tx: Tx, asker: Asker, words: str, limit: int) -> Iterator[Hit]:  # noqa: ARG001 - the vocabulary is public
        try:
            catalogue = open_catalogue(settings)
        except VocabularyAbsent:
            return
        for match in catalogue.find(words, limit=limit).items:
            yield Hit(match.concept.label, match.concept.href, match_note(match))

    return Finder("concepts", later("Skills and occupations"), find, icon="tag", place=25)


declare_places(
    Place(later("All skills and occupations"), "/skills", None, words=later("esco vocabulary taxonomy"))
)
