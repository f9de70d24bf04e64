"""Job titles: their parts, the occupations they mean, and how they are ranked."""

from __future__ import annotations

import numpy as np
import pytest

from bandmate.engines.skills import Encoder, Occupations, Store, TitleCorpus, split_title
from bandmate.engines.skills.certainty import SURE_ENOUGH, Certainty
from bandmate.engines.skills.foreign import KnownWords
from bandmate.engines.skills.grams import word_features
from bandmate.engines.skills.lexical import build_index

CORPUS = ["Luthier", "Programmer", "Road manager", "Music tutor", "Live sound technician", "Cook", "Nurse"]


class NothingKnown(KnownWords):
    """A vocabulary of another language."""

    def __init__(self) -> None:
        super().__init__(build_index([f"word{number}" for number in range(3_000)], word_features))


class TestParts:
    @pytest.mark.parametrize(
        ("title", "core", "seniority"),
        [
            ("Sound Engineer (m/f/d)", "Sound Engineer", ""),
            ("Sound Engineer (all genders)", "Sound Engineer", ""),
            ("Toningenieur*in (w/m/d)", "Toningenieur", ""),
            ("Senior Java Developer - Remote", "Java Developer", "senior"),
            ("Jr. Programmer (Hybrid, Berlin)", "Programmer", "junior"),
            ("Tour Manager, Req #48213", "Tour Manager", ""),
            ("Luthier – Austin, TX", "Luthier", ""),  # noqa: RUF001 - titles are written so
            ("Software Engineer II", "Software Engineer", ""),
            ("Head of Touring", "Head of Touring", "head"),
            ("Lead Guitarist", "Lead Guitarist", "lead"),
            ("Remote Sensing Scientist", "Remote Sensing Scientist", ""),
            ("Senior", "Senior", "senior"),
            ("C++ Developer", "C++ Developer", ""),
            ("Kindergarten Teachers, Except Special Education", "Kindergarten Teachers", ""),
            ("Musicians (other than singers)", "Musicians", ""),
            ("Entertainers, All Other", "Entertainers", ""),
            ("Exception Handling Engineer", "Exception Handling Engineer", ""),
            ("Except Singers", "Except Singers", ""),
        ],
    )
    def test_noise_is_split_off_and_nothing_else(self, title: str, core: str, seniority: str) -> None:
        """What has one meaning is split off; a title never gets empty."""
        parts = split_title(title)
        assert (parts.core, parts.seniority) == (core, seniority)

    @pytest.mark.parametrize(
        ("title", "core", "seniority"),
        [
            ("Ingénieur du son H/F", "Ingénieur du son", ""),
            ("Développeur·euse (F/H)", "Développeur", ""),
            ("Profesor(a) de música", "Profesor de música", ""),
            ("Verkäufer/in (all genders welcome)", "Verkäufer", ""),
            ("A/B Test Manager", "A/B Test Manager", ""),
            ("F/A-18 Mechanic", "F/A-18 Mechanic", ""),
            ("Sales Manager (Remote - EU)", "Sales Manager", ""),
            ("Sales Manager, Remote - EU", "Sales Manager", ""),
            ("Sales Manager (EU, Remote)", "Sales Manager", ""),
            ("Data Scientist | Remote | €70k", "Data Scientist", ""),
            ("Analyst (Remote Sensing)", "Analyst (Remote Sensing)", ""),
            ("REQ-12345 Sales Manager", "Sales Manager", ""),
            ("Sales Manager (R-004512)", "Sales Manager", ""),
            ("R0012345 - Sales Manager", "Sales Manager", ""),
            ("Sr. Accountant", "Accountant", "senior"),
            ("Mid-Senior Accountant", "Accountant", "senior"),
            ("Senior Living Manager", "Senior Living Manager", ""),
            ("Staff Software Engineer", "Staff Software Engineer", "principal"),
            ("Staff Nurse", "Staff Nurse", ""),
            ("Chief of Staff", "Chief of Staff", ""),
            ("Consultant (Level 3)", "Consultant", ""),
            ("World War II Historian", "World War II Historian", ""),
            ("高级软件工程师", "软件工程师", "senior"),
            ("シニアエンジニア（リモート可）", "エンジニア", "senior"),  # noqa: RUF001 - wide brackets are what they write
            ("프론트엔드 개발자 (신입)", "프론트엔드 개발자 (신입)", ""),
            ("(m/w/d)", "(m/w/d)", ""),
            ("\u202eEngineer\u200b", "Engineer", ""),
        ],
    )
    def test_hostile_titles(self, title: str, core: str, seniority: str) -> None:
        """What only looks like noise stays; other scripts and wide brackets are read too."""
        parts = split_title(title)
        assert (parts.core, parts.seniority) == (core, seniority)

    @pytest.mark.parametrize(
        "title", ["(" * 50_000, "- " * 50_000, "remote " * 20_000, "€1" * 50_000, "m/" * 50_000]
    )
    def test_enormous_titles_are_cut_first(self, title: str) -> None:
        """Nothing is searched in more than 300 characters."""
        assert len(split_title(title).core) <= 300


class TestNormalising:
    def test_a_title_finds_its_occupation(self, occupations: Occupations) -> None:
        """By another name, in any case, with a grade."""
        assert occupations.normalise("SENIOR AUDIO ENGINEER", 1)[1][0].label == "sound engineer"

    @pytest.mark.parametrize("mark", ["(m/f/d)", "(f/m/x)", "m/w/d", "(all genders)"])
    def test_gender_marks_change_nothing(self, occupations: Occupations, mark: str) -> None:
        """Scores are the same to the last digit."""
        assert occupations.normalise(f"Tour manager {mark}", 5)[1] == occupations.normalise("Tour manager", 5)[1]

    def test_scores_are_shares(self, occupations: Occupations) -> None:
        """They are between 0 and 1, sum to less than 1, and a name written out is surer than something else."""
        named = [one.score for one in occupations.normalise("sound engineer", 5)[1]]
        other = [one.score for one in occupations.normalise("qwertz uiopa", 5)[1]]
        assert named == sorted(named, reverse=True)
        assert sum(named) <= 1
        assert named[0] > SURE_ENOUGH > other[0]

    def test_nothing_has_no_occupation(self, occupations: Occupations) -> None:
        """An empty title gets an empty answer."""
        assert occupations.normalise(" \u200b ", 5)[1] == []


class TestCertainty:
    def test_none_of_these_takes_its_part(self) -> None:
        """One occupation as near as "none of these" is right half the time; a hundred share the rest."""
        certainty = Certainty(sharpness=10, none=1)
        assert certainty.shares(np.array([1.0])).tolist() == pytest.approx([0.5])
        assert certainty.shares(np.full(99, 1.0)).sum() == pytest.approx(0.99)
        assert certainty.shares(np.array([900.0, -900.0])).tolist() == pytest.approx([1, 0])


class TestRanking:
    @pytest.mark.parametrize("with_model", [True, False])
    def test_every_line_is_ranked_once(
        self, encoder: Encoder, occupations: Occupations, store: Store, with_model: bool
    ) -> None:
        """The ranking is a permutation of the corpus, with the model and without anything."""
        corpus = TitleCorpus(CORPUS, encoder, occupations, store) if with_model else TitleCorpus(CORPUS)
        order, scores = corpus.rank("Sound technician (m/w/d)")
        assert sorted(order.tolist()) == list(range(len(CORPUS)))
        assert CORPUS[order[0]] == "Live sound technician"
        assert scores.tolist() == sorted(scores.tolist(), reverse=True)

    def test_in_a_corpus_of_names_those_of_one_occupation_support_each_other(
        self, encoder: Encoder, occupations: Occupations, store: Store
    ) -> None:
        """Where the lines are names of a vocabulary, names of one occupation support each other."""
        names = ["luthier", "guitar builder", "guitar maker", "programmer", "road manager", "music tutor"]

        def lead(corpus: TitleCorpus) -> float:
            order, scores = corpus.rank("maker of guitars")
            by_name = {names[place]: float(score) for place, score in zip(order, scores, strict=True)}
            return by_name["luthier"] - by_name["music tutor"]

        assert lead(TitleCorpus(names, encoder, occupations, store)) > lead(TitleCorpus(names, encoder)) + 0.1

    def test_a_list_in_another_language_is_compared_by_its_letters(
        self, occupations: Occupations, encoder: Encoder, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The model has no say there, and is not asked; spelling finds the nearest."""
        monkeypatch.setattr(occupations, "known", NothingKnown())
        corpus = TitleCorpus(["skrzypek", "kierowca autobusu", "nauczyciel muzyki"], encoder, occupations, store)
        assert corpus.rank("nauczycielka muzyki")[0].tolist()[0] == 2
        assert corpus.rank("kierowca")[0].tolist()[0] == 1

    def test_a_vocabulary_of_few_words_takes_every_list_for_its_language(self) -> None:
        """It cannot tell languages apart."""
        assert KnownWords(build_index(["luthier"], word_features)).english(["skrzypek"])

    def test_languages_are_told_by_known_words(self) -> None:
        """Seven of ten words of a list must be known, half of a single title."""
        known = KnownWords(build_index([f"word{number}x" for number in range(2_500)], word_features))
        assert known.english([f"word{number}x" for number in range(7)] + ["zupa"] * 3)
        assert not known.english([f"word{number}x" for number in range(6)] + ["zupa"] * 4)
        assert known.english_query("word1x zupa")
        assert not known.english_query("word1x zupa rosół")

    def test_an_empty_corpus_and_an_empty_title_are_answered(self) -> None:
        """There is nothing to rank, and nothing to rank by."""
        assert TitleCorpus([]).rank("x")[0].tolist() == []
        assert TitleCorpus(["a", ""]).rank("")[0].tolist() == [0, 1]
