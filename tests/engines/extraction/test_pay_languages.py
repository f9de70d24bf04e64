"""Pay in the phrases of many languages, and the money that only looks like it."""
# ruff: noqa: RUF001 - typographic dashes and letters of other scripts are what postings are written with

from __future__ import annotations

from typing import Any

import pytest

from bandmate.engines.extraction import find_salary

PAY = [
    ("You receive £2,900 per month, before tax.", "GB", 2900, 2900, "GBP", "month"),
    ("You will earn £14.50 per hour.", "GB", 14.5, 14.5, "GBP", "hour"),
    ("Gehalt: 65.000 bis 78.000 € brutto jährlich", "DE", 65000, 78000, "EUR", "year"),
    ("Wir zahlen 3.200 € bis 3.700 € brutto im Monat.", "DE", 3200, 3700, "EUR", "month"),
    ("Das Honorar beträgt 32 € bis 36 € pro Stunde.", "DE", 32, 36, "EUR", "hour"),
    ("Du verdienst ab 3.000 € brutto im Monat", "DE", 3000, None, "EUR", "month"),
    ("Lön: 42 000–48 000 kr i månaden", "SE", 42000, 48000, "SEK", "month"),
    ("Månadslönen ligger mellan 34 000 kr och 39 500 kr.", "SE", 34000, 39500, "SEK", "month"),
    ("Løn 38.000-42.000 kr. om måneden", "DK", 38000, 42000, "DKK", "month"),
    ("Salaire : entre 45 et 52 k€ brut annuel", "FR", 45000, 52000, "EUR", "year"),
    ("La gratification est de 1 350 € brut par mois.", "FR", 1350, 1350, "EUR", "month"),
    ("Ofrecemos 30.000€ a 36.000€ brutos anuales", "ES", 30000, 36000, "EUR", "year"),
    ("Salário: R$ 8.000 por mês", "BR", 8000, 8000, "BRL", "month"),
    ("Bolsa-auxílio de R$ 1.800,00 por mês", "BR", 1800, 1800, "BRL", "month"),
    ("Offriamo una RAL tra 32.000 e 38.000 euro", "IT", 32000, 38000, "EUR", "year"),
    ("Salaris tussen € 3.200 en € 4.100 bruto per maand", "NL", 3200, 4100, "EUR", "month"),
    ("12 000 – 16 000 zł miesięcznie", "PL", 12000, 16000, "PLN", "month"),
    ("Oferujemy 100-140 zł/h netto + VAT", "PL", 100, 140, "PLN", "hour"),
    ("月給30万円〜40万円", "JP", 300000, 400000, "JPY", "month"),
    ("年収 600 〜 900 万円", "JP", 6000000, 9000000, "JPY", "year"),
    ("時給1,500円〜", "JP", 1500, None, "JPY", "hour"),
    ("月薪20k-30k", "CN", 20000, 30000, "CNY", "month"),
    ("Salary: €2,500 x 14", "AT", 2500, 2500, "EUR", "month"),
]

OTHER_MONEY = [
    ("You receive $500 per month for wellness.", "US"),
    ("Employees receive $1,000 per year towards learning", "US"),
    ("Wir zahlen dir 300 € im Monat für dein Ticket", "DE"),
    ("Ticket restaurant de 250 € par mois", "FR"),
    ("Friskvårdsbidrag på 5 000 kr per år", "SE"),
    ("Vale alimentação de R$ 1.200,00 por mês", "BR"),
    ("Wij betalen €500 per maand reiskosten", "NL"),
    ("交通費手当 月30,000円", "JP"),
]


@pytest.mark.parametrize(
    ("text", "country", "low", "high", "currency", "period"), PAY, ids=[row[0] for row in PAY]
)
def test_reads_pay_in_many_languages(
    text: str, country: str, low: Any, high: Any, currency: str, period: str
) -> None:
    """Verbs of paying, sums before tax and the names of pay tell a salary; the quote is the text at its place."""
    found = find_salary(text, country)
    assert found is not None
    assert (found.minimum, found.maximum) == (low, high)
    assert (found.currency, found.period) == (currency, period)
    assert found.quote == text[found.start : found.end]


@pytest.mark.parametrize(("text", "country"), OTHER_MONEY)
def test_leaves_allowances_alone(text: str, country: str) -> None:
    """Money that is paid for something is no salary."""
    assert find_salary(text, country) is None


@pytest.mark.parametrize("text", ["Salary: $2,000 per fortnight", "Salary: $2,000 biweekly"])
def test_leaves_pay_by_the_fortnight_open(text: str) -> None:
    """There is no such period in the record, and none is made up."""
    assert find_salary(text, "US") is None
