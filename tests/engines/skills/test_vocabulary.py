"""Vocabularies: what is read from official files and CSVs, how it is kept, what is refused."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from tests.engines.skills.conftest import release

from bandmate.engines.skills import InvalidTaxonomy, Taxonomy, import_vocabulary, open_vocabulary


class TestReleases:
    def test_labels_are_stripped_and_forms_come_once(self, vocabulary: Taxonomy) -> None:
        """Official labels end in blanks and non-breaking spaces; a form that differs by case only is the same."""
        assert "repair guitars" in vocabulary.labels
        assert vocabulary.forms[vocabulary.labels.index("repair guitars")] == (
            "repair guitars", "mend guitars", "guitar repair",
        )  # fmt: skip

    def test_relations_join_occupations_and_skills(self, vocabulary: Taxonomy) -> None:
        """An occupation's essential skills are kept as places."""
        tour = vocabulary.labels.index("tour manager")
        needed = vocabulary.relation_skill[vocabulary.relation_occupation == tour]
        assert {vocabulary.labels[place] for place in needed} == {
            "plan tours", "manage budgets", "negotiate contracts",
        }  # fmt: skip

    def test_the_newest_complete_release_is_taken(self, tmp_path: Path) -> None:
        """A newer release without its relations is passed over; 9.10 is newer than 9.9."""
        for version in ("9.9.0", "9.10.0"):
            release(tmp_path, version)
        release(tmp_path, "9.11.0", relations=False)
        assert import_vocabulary(tmp_path, tmp_path / "kept").version == "9.10.0"

    def test_a_release_can_be_asked_for(self, tmp_path: Path) -> None:
        """--release takes that one, and says what is there when it is not."""
        for version in ("9.9.0", "9.10.0"):
            release(tmp_path, version)
        assert import_vocabulary(tmp_path, tmp_path / "kept", "v9.9.0").version == "9.9.0"
        with pytest.raises(InvalidTaxonomy, match=r"8\.0.*there: 9\.10\.0, 9\.9\.0"):
            import_vocabulary(tmp_path, tmp_path / "kept", "8.0")

    def test_one_zip_of_a_pair_and_an_unpacked_folder_are_the_same(self, tmp_path: Path) -> None:
        """Each way of giving a release gives the same vocabulary."""
        zips = tmp_path / "zips"
        zips.mkdir()
        release(zips, "9.1.0")
        unpacked = tmp_path / "v9.1.0"
        for path in zips.iterdir():
            zipfile.ZipFile(path).extractall(unpacked)
        read = [import_vocabulary(one, tmp_path / "kept") for one in (next(zips.iterdir()), zips, unpacked)]
        assert {one.fingerprint for one in read} == {read[0].fingerprint}
        assert {one.version for one in read} == {"9.1.0"}

    @pytest.mark.parametrize("content", [b"", b"PK\x03\x04 broken", b"no zip at all"])
    def test_what_is_no_release_is_refused(self, tmp_path: Path, content: bytes) -> None:
        """A broken or foreign file is one clear sentence."""
        path = tmp_path / "esco.zip"
        path.write_bytes(content)
        with pytest.raises(InvalidTaxonomy):
            import_vocabulary(path, tmp_path / "kept")


class TestKeeping:
    def test_what_was_kept_is_what_was_read(self, vocabulary: Taxonomy, tmp_path: Path) -> None:
        """A vocabulary survives being stored, relations too."""
        release(tmp_path, "9.1.0")
        import_vocabulary(tmp_path, tmp_path / "kept")
        kept = open_vocabulary(tmp_path / "kept")
        assert (kept.uris, kept.forms, kept.descriptions) == (
            vocabulary.uris, vocabulary.forms, vocabulary.descriptions,
        )  # fmt: skip
        assert kept.fingerprint == vocabulary.fingerprint

    def test_importing_twice_changes_nothing(self, tmp_path: Path) -> None:
        """The second import finds everything there."""
        release(tmp_path, "9.1.0")
        import_vocabulary(tmp_path, tmp_path / "kept")
        before = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "kept").rglob("*.parquet")}
        import_vocabulary(tmp_path, tmp_path / "kept")
        assert {path.name: path.stat().st_mtime_ns for path in (tmp_path / "kept").rglob("*.parquet")} == before

    def test_a_damaged_store_says_what_to_do(self, tmp_path: Path) -> None:
        """A cut file is a sentence, not a traceback."""
        release(tmp_path, "9.1.0")
        import_vocabulary(tmp_path, tmp_path / "kept")
        next((tmp_path / "kept").rglob("concepts.parquet")).write_bytes(b"cut")
        with pytest.raises(InvalidTaxonomy, match="import the vocabulary again"):
            open_vocabulary(tmp_path / "kept")

    @pytest.mark.parametrize("name", ["../esco", "", ".", "a/b"])
    def test_a_name_is_no_path(self, tmp_path: Path, name: str) -> None:
        """Names of vocabularies never lead out of their folder."""
        with pytest.raises(InvalidTaxonomy):
            open_vocabulary(tmp_path, name)


class TestPackaged:
    def test_without_an_import_the_packaged_vocabulary_serves(self, tmp_path: Path) -> None:
        """ESCO 1.2 from the packages: clean labels, descriptions, occupations; nothing is imported from them."""
        read = open_vocabulary(tmp_path)
        assert len(read.skills) > 13_900
        assert len(read.occupations) > 3_000
        there = read.labels.index("manage musical staff")
        assert read.descriptions[there].startswith("Assign and manage staff tasks")
        assert "technical director" in read.labels


class TestCsv:
    def test_labels_are_enough(self, tmp_path: Path) -> None:
        """URIs are made from labels; alternatives and relations may be given."""
        path = tmp_path / "Our Skills.csv"
        path.write_text(
            "label,alternatives,kind,essential\n"
            "Tune drums,drum tuning|tune a kit,,\nDrum tech,,occupation,Tune drums\n"
        )
        read = import_vocabulary(path, tmp_path / "kept")
        assert read.name == "our-skills"
        assert read.forms[0] == ("Tune drums", "drum tuning", "tune a kit")
        assert read.relation_skill.tolist() == [0]
        assert open_vocabulary(tmp_path / "kept", "our-skills").uris == read.uris

    @pytest.mark.parametrize(
        ("content", "told"),
        [
            (b"name\nx\n", "no column called label"),
            (b"label\n\xff\xfe\n", "UTF-8"),
            (b"label,kind\nx,thing\n", "line 2"),
            (b"label\n", "no concepts"),
            (b"label\nx\nx\n", "same URI"),
            (b"", "label"),
        ],
    )
    def test_what_cannot_be_used_is_named(self, tmp_path: Path, content: bytes, told: str) -> None:
        """The sentence says what is wrong and where."""
        path = tmp_path / "own.csv"
        path.write_bytes(content)
        with pytest.raises(InvalidTaxonomy, match=told):
            import_vocabulary(path, tmp_path / "kept")
