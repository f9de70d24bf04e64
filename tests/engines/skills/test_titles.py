"""Job titles: their parts, the occupations they mean, and how they are ranked."""

from __future__ import annotations

import pytest

from bandmate.engines.skills import Encoder, Occupations, Store, TitleCorpus, split_title

CORPUS = ["Luthier", "Programmer", "Road manager", "Music tutor", "Live sound technician", "Cook", "Nurse"]


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
        ],
    )
    def test_noise_is_split_off_and_nothing_else(self, title: str, core: str, seniority: str) -> None:
        """What has one meaning is split off; a title never gets empty."""
        parts = split_title(title)
        assert (parts.core, parts.seniority) == (core, seniority)


class TestNormalising:
    def test_a_title_finds_its_occupation(self, occupations: Occupations) -> None:
        """By another name, in any case, with a grade."""
        assert occupations.normalise("SENIOR AUDIO ENGINEER", 1)[1][0].label == "sound engineer"

    @pytest.mark.parametrize("mark", ["(m/f/d)", "(f/m/x)", "m/w/d", "(all genders)"])
    def test_gender_marks_change_nothing(self, occupations: Occupations, mark: str) -> None:
        """Scores are the same to the last digit."""
        assert occupations.normalise(f"Tour manager {mark}", 5)[1] == occupations.normalise("Tour manager", 5)[1]

    def test_nothing_has_no_occupation(self, occupations: Occupations) -> None:
        """An empty title gets an empty answer."""
        assert occupations.normalise(" \u200b ", 5)[1] == []


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

    def test_an_empty_corpus_and_an_empty_title_are_answered(self) -> None:
        """There is nothing to rank, and nothing to rank by."""
        assert TitleCorpus([]).rank("x")[0].tolist() == []
        assert TitleCorpus(["a", ""]).rank("")[0].tolist() == [0, 1]
