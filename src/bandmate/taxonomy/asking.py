"""What other contexts ask of the vocabulary: concepts by words, by URI, by label."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bandmate.kernel.config import Settings
from bandmate.taxonomy.catalogue import Concept, Kind
from bandmate.taxonomy.errors import VocabularyAbsent
from bandmate.taxonomy.label_index import words_of
from bandmate.taxonomy.vocabulary import open_catalogue


def find_concepts(
    settings: Settings, words: str, kind: Kind | None = None, limit: int = 10
) -> tuple[Concept, ...]:
    """Return the concepts of which a label holds all these words, each at least begun; the best first.

    Quick enough to ask with every letter typed; none where nothing is asked.

    Raises:
        VocabularyAbsent: There is no vocabulary here.
    """
    if not words_of(words):
        return ()
    found = open_catalogue(settings).find(words, kind, limit=limit)
    return tuple(match.concept for match in found.items)


def concept(settings: Settings, uri: str) -> Concept | None:
    """Return the concept of a URI, or None where the vocabulary that serves now does not hold it.

    Raises:
        VocabularyAbsent: There is no vocabulary here.
    """
    catalogue = open_catalogue(settings)
    place = catalogue.place_of_uri.get(uri)
    return None if place is None else catalogue.concept(place)


def concept_named(settings: Settings, label: str, kind: Kind | None = None) -> Concept | None:
    """Return the concept that is called exactly so, whatever the case and accents; its own label goes first.

    This is how a form without JavaScript turns what was typed or picked from suggestions into a concept.

    Raises:
        VocabularyAbsent: There is no vocabulary here.
    """
    wanted = words_of(label)
    if not wanted:
        return None
    matches = open_catalogue(settings).find(label, kind, limit=1).items
    best = matches[0] if matches else None
    if best is None or words_of(best.matched or best.concept.label) != wanted:
        return None
    return best.concept


def labels(settings: Settings, uris: Iterable[str]) -> Mapping[str, str]:
    """Return the preferred labels of these URIs; unknown ones are left out, all where there is no vocabulary.

    A page that shows skills still shows the rest of itself when the vocabulary is gone.
    """
    try:
        catalogue = open_catalogue(settings)
    except VocabularyAbsent:
        return {}
    found = {uri: catalogue.place_of_uri.get(uri) for uri in uris}
    return {uri: catalogue.taxonomy.forms[place][0] for uri, place in found.items() if place is not None}
