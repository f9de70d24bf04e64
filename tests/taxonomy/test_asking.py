"""What other contexts ask: concepts by words, URI and label; the vocabulary that lies there now; none at all."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from tests.taxonomy.tiny import ACOUSTICS, CODING, HEARING, PIANO, TUNER, TUNING, lay, tiny

from bandmate import taxonomy
from bandmate.kernel.config import Settings
from bandmate.taxonomy.vocabulary import open_catalogue, open_taxonomy


def test_concepts_are_found_by_words(home: Settings) -> None:
    """The best first, of a kind where one is named, at most as many as asked for."""
    assert [one.uri for one in taxonomy.find_concepts(home, "tun")] == [TUNING, PIANO, TUNER]
    assert [one.uri for one in taxonomy.find_concepts(home, "tun", "occupation")] == [TUNER]
    assert len(taxonomy.find_concepts(home, "tun", limit=1)) == 1
    assert taxonomy.find_concepts(home, " -- ") == ()


def test_a_concept_is_had_by_its_uri(home: Settings) -> None:
    """With its names and what the vocabulary says of it; an unknown URI is None."""
    found = taxonomy.concept(home, TUNING)
    assert found is not None
    assert (found.label, found.kind, found.href) == ("tune instruments", "skill", f"/skills/{found.id}")
    assert found.alternatives == ("bring instruments into tune", "Instrumente stimmen")
    assert taxonomy.concept(home, f"{TUNING}0") is None


def test_what_was_typed_becomes_a_concept_again(home: Settings) -> None:
    """By a whole label of its kind, whatever the case and accents; half of one is none."""

    def named(label: str, kind: taxonomy.Kind | None = None) -> str | None:
        found = taxonomy.concept_named(home, label, kind)
        return found.uri if found else None

    assert named("Tune  INSTRUMENTS") == TUNING
    assert named("ecouter") == HEARING
    assert named("c++") == CODING
    assert [named("tune instrument"), named("piano tuner", "skill"), named("")] == [None, None, None]


def test_labels_leave_out_what_is_unknown(home: Settings) -> None:
    """A mapping of the known ones."""
    assert taxonomy.labels(home, [ACOUSTICS, "urn:nothing"]) == {ACOUSTICS: "acoustics"}


def test_an_import_is_seen_by_the_running_program(home: Settings) -> None:
    """What was imported last serves, without a restart; until then it is opened once."""
    before = open_catalogue(home)
    assert open_catalogue(home) is before
    lay(home, tiny(relations=False))
    assert before.has_relations
    assert not open_catalogue(home).has_relations


@pytest.mark.usefixtures("nothing_packaged")
def test_without_a_vocabulary_askers_are_told(settings: Settings) -> None:
    """Labels are simply unknown, so that pages stand; whoever needs a concept gets an error of its own kind."""
    assert taxonomy.labels(settings, [TUNING]) == {}
    for ask in (taxonomy.find_concepts, taxonomy.concept, taxonomy.concept_named):
        with pytest.raises(taxonomy.VocabularyAbsent, match="taxonomy import"):
            ask(settings, "tune")


def test_a_damaged_import_is_no_vocabulary(home: Settings) -> None:
    """The same error as without any, however the pointer is damaged."""
    pointer = home.home / "taxonomy" / "esco.json"
    for damage in ('{"folder": "esco-gone"}', "{", "[]", '{"folder": 1}', ""):
        pointer.with_suffix(".new").write_text(damage, encoding="utf-8")
        pointer.with_suffix(".new").replace(pointer)
        with pytest.raises(taxonomy.VocabularyAbsent):
            open_catalogue(home)


def test_reader_and_pages_share_a_vocabulary(home: Settings) -> None:
    """A reader is opened anew after an import, and not before."""
    reader = taxonomy.open_reader(home)
    assert reader.taxonomy is open_taxonomy(home)
    assert taxonomy.open_reader(home) is reader
    lay(home, tiny(relations=False))
    assert taxonomy.open_reader(home).taxonomy is open_taxonomy(home) is not reader.taxonomy


def test_the_packaged_vocabulary_is_searched_while_somebody_types(tmp_path: Path) -> None:
    """ESCO as packaged: known skills are found, their groups have names, and each letter is answered at once."""
    settings = Settings(home=tmp_path)
    assert [one.label for one in taxonomy.find_concepts(settings, "manage musical st", "skill")] == [
        "manage musical staff"
    ]
    catalogue = open_catalogue(settings)
    assert catalogue.find("C++", limit=1).items[0].concept.label == "C++"
    began = time.process_time()
    for question in ("m", "ma", "of", "sound eng", "e"):
        assert catalogue.find(question).items
    assert time.process_time() - began < 2.5, "five questions take half a second of processor time each"
    assert len(catalogue.place_of_id) == len(catalogue.taxonomy)
