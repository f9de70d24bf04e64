"""The work model in English turns of phrase and in other languages."""

from __future__ import annotations

import time

import pytest

from bandmate.engines.extraction import find_workplace, workplace_from_location

OFFICE_DAYS = [
    ("drei Tage pro Woche im Büro", 3),
    ("Drei Tage in der Woche treffen wir uns im Büro, den Rest kannst du im Homeoffice arbeiten.", 3),
    ("trois jours par semaine au bureau", 3),
    ("tres días a la semana en la oficina", 3),
    ("três dias por semana no escritório", 3),
    ("due o tre giorni a settimana in ufficio", 2),
    ("drie dagen per week op kantoor", 3),
    ("tre dagar i veckan på kontoret", 3),
    ("2 dager i uken på kontoret", 2),
    ("3 dni w tygodniu w biurze", 3),
    ("週3日出社", 3),
    ("週に二、三日は東京オフィスで、そのほかの日は自宅などで働きます。", 2),
    ("In the office 3 of 5 days", 3),
    ("We meet in Ghent three days a week and work from home on the remaining days.", 3),
]

HOME_DAYS = [
    ("You can work from home two days a week.", 3),
    ("Work from home up to 2 days per week", 3),
    ("You work 2-3 days a week from home.", 2),
    ("Remote 3 days a week", 2),
    ("Bis zu 3 Tage Homeoffice pro Woche", 2),
    ("2 jours de télétravail par semaine", 3),
    ("Télétravail : 2 à 3 jours par semaine", 2),
    ("due giorni a settimana in smart working", 3),
    ("2 dager i uken hjemmefra", 3),
    ("週2日リモート勤務", 3),
]

REMOTE = [
    "Die Stelle ist vollständig remote.",
    "Poste en télétravail complet.",
    "Trabajo 100% remoto",
    "O trabalho é totalmente remoto, de qualquer lugar do Brasil.",
    "Posizione completamente da remoto.",
    "De functie is volledig remote.",
    "Tjänsten är fullt på distans.",
    "Praca w 100% zdalna",
    "フルリモート勤務可能です。",
    "完全远程",
    "전면 재택근무",
    "Work is performed 100% from home.",
]

HYBRID = [
    "Hybrid: about half of your time is spent with the team in Turin, the other half wherever you like.",
    "Half of your week is in our office, half at home.",
    "50% remote, 50% on-site",
    "The role combines remote flexibility with on-site collaboration.",
    "Hybrides Arbeitsmodell mit festen Teamtagen",
    "Le poste est hybride.",
    "Trabajamos en formato híbrido.",
    "Sistema di lavoro ibrido",
    "Vi arbetar hybrid.",
    "ハイブリッド勤務です。",
]

ON_SITE = [
    "This job cannot be done from home.",
    "This role is on the stage every day.",
    "You are in our workshop every day.",
    "The work happens on site in Ghent.",
    "You will work at our place in Ghent, with fixed hours.",
    "Fünf Tage pro Woche im Büro",
    "Die Stelle ist vor Ort in Leipzig.",
    "Kein Homeoffice möglich.",
    "Le poste s'exerce sur site, à Lyon.",
    "El puesto es presencial en Bogotá.",
    "Arbetet utförs på plats i Umeå.",
    "Praca stacjonarna w Krakowie",
    "在宅勤務はありません。",
]

SILENT = [
    "Work from home allowance of €500",
    "Homeoffice-Zuschuss und Jobrad",
    "Prime de télétravail de 50 €",
    "You will support clients on site.",
    "You will work with remote teams.",
    "ハイブリッドクラウドの設計",
    "完全週休2日制",
    "Three days a week of training for our customers in the office",
    "Travel up to 25% of your time to on-site customers",
    "Fünf Tage Bildungsurlaub im Jahr",
    "5 jours de congés, bureaux à Paris",
    "Cinco días de vacaciones y teletrabajo",
    "Half of your time goes into code reviews.",
    "Twice a year we meet in the office.",
    "4-day week, free fruit in the office",
    "Nicht nur remote, auch vor Ort",
    "You prefer an in-person role over remote.",
]


@pytest.mark.parametrize(("sentence", "days"), OFFICE_DAYS)
def test_counts_days_in_the_office(sentence: str, days: int) -> None:
    """Fewer than five days in the office are hybrid, in any language; of a range the least counts."""
    found = find_workplace(sentence)
    assert found is not None
    assert (found.value, found.days_per_week, found.quote) == ("hybrid", days, sentence)


@pytest.mark.parametrize(("sentence", "days"), HOME_DAYS)
def test_counts_days_at_home_as_days_away_from_the_office(sentence: str, days: int) -> None:
    """Days at home leave the rest of five for the office; of a range the most counts."""
    found = find_workplace(sentence)
    assert found is not None
    assert (found.value, found.days_per_week) == ("hybrid", days)


def test_calls_five_days_at_home_remote() -> None:
    """No day in the office is left, so it is no hybrid."""
    found = find_workplace("We work remotely five days a week.")
    assert found is not None
    assert (found.value, found.days_per_week) == ("remote", 0)


@pytest.mark.parametrize("sentence", REMOTE)
def test_reads_remote_in_many_languages(sentence: str) -> None:
    """Phrases for work from anywhere are remote, and the sentence is the evidence."""
    found = find_workplace(sentence)
    assert found is not None
    assert (found.value, found.quote) == ("remote", sentence)


@pytest.mark.parametrize("sentence", HYBRID)
def test_reads_hybrid_in_many_languages(sentence: str) -> None:
    """The word, a share of the time and a combination of both places are hybrid."""
    found = find_workplace(sentence)
    assert found is not None
    assert (found.value, found.quote) == ("hybrid", sentence)


@pytest.mark.parametrize("sentence", ON_SITE)
def test_reads_on_site_in_many_languages(sentence: str) -> None:
    """Being there every day, and not being able to work elsewhere, are on site."""
    found = find_workplace(sentence)
    assert found is not None
    assert (found.value, found.quote) == ("on_site", sentence)


@pytest.mark.parametrize("sentence", SILENT)
def test_says_nothing_of_benefits_customers_and_clouds(sentence: str) -> None:
    """Allowances, other people, holidays, travel and products are no work model."""
    assert find_workplace(sentence) is None


def test_believes_the_role_more_than_the_company() -> None:
    """What is said of the role outweighs what the employer says of itself, wherever it stands."""
    found = find_workplace("We are a remote-first company.\nThis is an on-site role in Ghent.")
    assert found is not None
    assert found.value == "on_site"


def test_finds_one_sentence_in_a_long_text_of_its_language() -> None:
    """A text is read in the languages whose common words it holds."""
    prose = "Wir bauen Instrumente und reparieren sie. " * 60
    found = find_workplace(f"{prose}\nZwei Tage pro Woche im Büro.\n{prose}")
    assert found is not None
    assert found.quote == "Zwei Tage pro Woche im Büro."


@pytest.mark.parametrize(
    ("text", "value"),
    [("Ghent (Hybrid) OR Remote", "remote"), ("Hybrid or on-site", "hybrid"), ("Hybrid remote", "hybrid")],
)
def test_lets_a_choice_with_remote_be_remote(text: str, value: str) -> None:
    """A location that offers remote beside hybrid can be had remotely."""
    assert workplace_from_location(text) == value


@pytest.mark.parametrize(
    "piece", ["drei Tage ", "télétravail ", "half of your time ", "週3日", "oficina no ", "hybrid: ", "travel "]
)
def test_is_linear_on_hostile_text(piece: str) -> None:
    """A megabyte of repetition takes a moment, in every language."""
    text = piece * (1_000_000 // len(piece))
    began = time.process_time()
    find_workplace(text)
    assert time.process_time() - began < 2
