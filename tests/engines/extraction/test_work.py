"""Work model, kind of employment and language."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandmate.engines.extraction import (
    detect_language,
    find_employment_type,
    find_workplace,
    normalise_employment_type,
    workplace_from_location,
)


class TestWorkplace:
    @pytest.mark.parametrize(
        ("sentence", "value", "days"),
        [
            ("We ask that you come in 3 times per week", "hybrid", 3),
            ("You work from our Oslo office three days a week.", "hybrid", 3),
            ("Flexible hybrid working, with 2 days in the office.", "hybrid", 2),
            ("This role is hybrid, with 2 remote days per week.", "hybrid", 3),
            ("Hybrid: 3-5 Tage pro Woche im Büro", "hybrid", 3),
            ("We are in the office 5 days a week.", "on_site", 5),
            ("This is a hybrid role based in Lyon.", "hybrid", None),
            ("This role is fully remote.", "remote", None),
            ("We are a remote-first company.", "remote", None),
            ("This is not a remote position.", "on_site", None),
            ("This role is not remote.", "on_site", None),
            ("Remote work is not available for this role.", "on_site", None),
            ("This is an in-person role in Austin.", "on_site", None),
        ],
    )
    def test_reads_a_sentence(self, sentence: str, value: str, days: int | None) -> None:
        """The value, the days in the office and the sentence itself come out."""
        text = f"About us.\n\n- {sentence}\nMore about us."
        found = find_workplace(text)
        assert found is not None
        assert (found.value, found.days_per_week, found.quote) == (value, days, sentence)
        assert text[found.start : found.end] == found.quote

    @pytest.mark.parametrize(
        "text",
        [
            "We build hybrid cloud products for remote sensing.",
            "Four weeks of vacation and 3 days of volunteer leave per year.",
            "Free lunch at the office.",
            "Experience working in a fully remote team.",
            "A hybrid role of producer and engineer",
            "",
        ],
    )
    def test_says_nothing_where_nothing_is_said(self, text: str) -> None:
        """Words that occur for other reasons are no work model."""
        assert find_workplace(text) is None

    def test_days_in_the_office_outweigh_remote(self) -> None:
        """The stronger statement wins wherever it stands."""
        found = find_workplace("Flexibility to work remotely. We ask that you come in 3 times per week")
        assert found is not None
        assert found.quote == "We ask that you come in 3 times per week"

    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("Remote - US", "remote"),
            ("Hybrid, Berlin", "hybrid"),
            ("Austin (On-site)", "on_site"),
            ("Anywhere", "remote"),
            ("Not remote, Oslo", "on_site"),
            ("Oslo", None),
        ],
    )
    def test_reads_a_location(self, text: str, value: str | None) -> None:
        """The words beside a place tell the work model."""
        assert workplace_from_location(text) == value

    @given(st.text(alphabet="hybrid remotofc 35days week.\n", max_size=200))
    def test_quotes_its_place(self, text: str) -> None:
        """Whatever the text, the quote is what stands there."""
        found = find_workplace(text)
        assert found is None or text[found.start : found.end] == found.quote

    @pytest.mark.parametrize("piece", ["remote ", "3 days ", "office week ", "hybrid. ", "İ"])
    def test_is_linear_on_hostile_text(self, piece: str) -> None:
        """A megabyte of repetition takes a moment."""
        text = piece * (1_000_000 // len(piece))
        began = time.process_time()
        find_workplace(text)
        assert time.process_time() - began < 2


class TestEmployment:
    @pytest.mark.parametrize(
        ("title", "text", "value"),
        [
            ("Software Engineering Intern", "", "internship"),
            ("Data Migration Analyst (Contract)", "", "contract"),
            ("Creative Strategist (Part-Time)", "", "part_time"),
            ("Werkstudent Marketing (m/w/d)", "", "part_time"),
            ("Front Desk", "Employment type: Temporary", "temporary"),
            ("Producer", "This is a six-month contract position.", "contract"),
            ("Producer", "This position is offered on a contractor basis.", "contract"),
            ("Barista", "We are looking for a barista to join our team part-time.", "part_time"),
            ("Cellist", "This is a full-time role.", "full_time"),
        ],
    )
    def test_reads_title_and_text(self, title: str, text: str, value: str) -> None:
        """The title comes first, then labels, then sentences; the quote is in its place."""
        found = find_employment_type(title, text)
        assert found is not None
        assert found.value == value
        assert f"{title}\n{text}"[found.start : found.end] == found.quote

    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("Die Stelle ist auf zwei Jahre befristet.", "temporary"),
            ("Wir bieten einen unbefristeten Arbeitsvertrag.", "full_time"),
            ("Befristete Vollzeitstelle", "temporary"),
            ("Die Stelle ist in Teilzeit zu besetzen.", "part_time"),
            ("Tjänsten är en tillsvidareanställning på heltid.", "full_time"),
            ("Anställningen är ett vikariat på heltid.", "temporary"),
            ("Poste en CDI à pourvoir dès que possible.", "full_time"),
            ("Contrat CDD de 6 mois.", "temporary"),
            ("Stage de 6 mois à partir de janvier.", "internship"),
            ("Ofrecemos contrato indefinido y jornada completa.", "full_time"),
            ("Contratto a tempo determinato di 12 mesi.", "temporary"),
            ("Tirocinio retribuito di sei mesi.", "internship"),
            ("Umowa o pracę na pełny etat.", "full_time"),
            ("正社員の募集", "full_time"),
            ("契約社員としての採用です。", "contract"),
            ("アルバイト募集", "part_time"),
        ],
    )
    def test_reads_other_languages(self, text: str, value: str) -> None:
        """The words of other languages are found wherever they stand; the more particular kind wins."""
        found = find_employment_type("Musik", text)
        assert found is not None
        assert found.value == value
        assert f"Musik\n{text}"[found.start : found.end] == found.quote

    @pytest.mark.parametrize("text", ["In Voll- oder Teilzeit möglich.", "CDI ou CDD", "正社員または契約社員"])
    def test_leaves_a_choice_open(self, text: str) -> None:
        """Where the candidate chooses, nothing is decided."""
        assert find_employment_type("Musik", text) is None

    @pytest.mark.parametrize(
        "text", ["Mit Teilzeitkräften planen", "Arbeitszeit und Zeiterfassung", "Sur scène et en coulisses"]
    )
    def test_ignores_foreign_words_in_other_senses(self, text: str) -> None:
        """Parts of words say nothing about the employment."""
        assert find_employment_type("Musik", text) is None

    @pytest.mark.parametrize(
        ("title", "text"),
        [
            ("Contracts Manager", ""),
            ("Smart Contract Engineer", ""),
            ("Internal Audit Lead", ""),
            ("Internship Program Coordinator", ""),
            ("B2B Product Marketer", "You will negotiate contracts with clients."),
            ("Nurse", "Full-time and part-time options are available to permanent residents."),
        ],
    )
    def test_ignores_the_words_in_other_senses(self, title: str, text: str) -> None:
        """Contracts, internals and programmes say nothing about the employment."""
        assert find_employment_type(title, text) is None

    @pytest.mark.parametrize(
        ("raw", "value"),
        [
            ("Permanent", "full_time"),
            ("FullTime", "full_time"),
            ("FULL_TIME", "full_time"),
            ("Full-time: Remote", "full_time"),
            ("CDI", "full_time"),
            ("CDD", "temporary"),
            ("Stage de fin d'études", "internship"),
            ("Werkstudent", "part_time"),
            ("Intern", "internship"),
            ("Contractor", "contract"),
            ("Temps partiel", "part_time"),
            ("Engineering", None),
            ("", None),
        ],
    )
    def test_normalises_the_words_of_providers(self, raw: str, value: str | None) -> None:
        """Words of several languages lead to one vocabulary, others to none."""
        assert normalise_employment_type(raw) == value

    @given(st.text(max_size=80), st.text(alphabet="contract full-time role is a.\nthis", max_size=200))
    def test_quotes_its_place(self, title: str, text: str) -> None:
        """Whatever the text, the quote is what stands there."""
        found = find_employment_type(title, text)
        assert found is None or f"{title}\n{text}"[found.start : found.end] == found.quote

    @pytest.mark.parametrize("piece", ["contract ", "this is a full-time ", "looking for a b c ", "type: "])
    def test_is_linear_on_hostile_text(self, piece: str) -> None:
        """A megabyte of repetition takes a moment."""
        text = piece * (1_000_000 // len(piece))
        began = time.process_time()
        find_employment_type("", text)
        assert time.process_time() - began < 2


class TestLanguage:
    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("We are looking for a sound engineer who loves live music and long nights.", "en"),
            ("Wir suchen eine Tontechnikerin für unser Studio in Hamburg, gern mit Erfahrung.", "de"),
            ("Nous recherchons un ingénieur du son pour notre studio à Lyon.", "fr"),
            ("Buscamos una persona para nuestro equipo de producción en Valencia.", "es"),
            ("東京のスタジオで音響エンジニアを募集しています。経験者を歓迎します。", "ja"),
            ("Szukamy realizatora dźwięku do naszego studia w Krakowie, najlepiej z doświadczeniem.", "pl"),
        ],
    )
    def test_names_the_language(self, text: str, code: str) -> None:
        """A sentence or two are enough."""
        assert detect_language(text) == code

    @pytest.mark.parametrize("text", ["", "ok", "12345 67890 !!!", "https://band.example/jobs/1"])
    def test_stays_silent_when_unsure(self, text: str) -> None:
        """Too little text gives no language rather than a guess."""
        assert detect_language(text) is None

    @given(st.text(max_size=200))
    def test_never_fails(self, text: str) -> None:
        """Any text gives a two-letter code or nothing."""
        code = detect_language(text)
        assert code is None or len(code) == 2
