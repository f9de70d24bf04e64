"""The salary a description states, told apart from all the other money in it."""
# ruff: noqa: RUF001 - ranges are written with typographic dashes

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bandmate.engines.extraction import SalaryFinding, find_salary, parse_period


def _bounds(found: SalaryFinding) -> tuple[Any, Any]:
    """(minimum, maximum), comparable with whole numbers."""
    return found.minimum, found.maximum


RANGES = [
    ("Salary: $211.4K – $290.6K", None, 211_400, 290_600, "USD", "year"),
    ("€60.000–€75.000 brutto pro Jahr", "DE", 60_000, 75_000, "EUR", "year"),
    ("Compensation: 60-70k GBP", None, 60_000, 70_000, "GBP", "year"),
    ("Salary CHF 120'000 - 140'000", None, 120_000, 140_000, "CHF", "year"),
    ("Salary range: $120-150K", "US", 120_000, 150_000, "USD", "year"),
    ("The base pay range is $134,500\u2014$201,750 USD", None, 134_500, 201_750, "USD", "year"),
    ("Salary:\u00a0$120,000\u00a0–\u00a0$150,000", None, 120_000, 150_000, "USD", "year"),
    ("between £45,000 and £55,000 per annum", None, 45_000, 55_000, "GBP", "year"),
    ("$110,000 - $130,000 CAD", "US", 110_000, 130_000, "CAD", "year"),
    ("Salary: $90,000 - $110,000", "CA", 90_000, 110_000, "CAD", "year"),
    ("Base salary USD $176,000.00/Yr. - USD $282,000.00/Yr.", None, 176_000, 282_000, "USD", "year"),
    ("Salary: $180-220,000", None, 180_000, 220_000, "USD", "year"),
    ("Rémunération : 45-55K€ brut annuel", "FR", 45_000, 55_000, "EUR", "year"),
    ("Salaire: 38 000 € à 45 000 € brut/an", "FR", 38_000, 45_000, "EUR", "year"),
    ("Salario: 30.000€ - 40.000€ brutos anuales", "ES", 30_000, 40_000, "EUR", "year"),
    ("Salary: ₹12,00,000 - ₹18,00,000 per annum", "IN", 1_200_000, 1_800_000, "INR", "year"),
    ("CTC: 12-15 LPA", "IN", 1_200_000, 1_500_000, "INR", "year"),
    ("年収600万円〜1000万円", "JP", 6_000_000, 10_000_000, "JPY", "year"),
    ("18 000 – 24 000 zł netto (+ VAT) / mies.", "PL", 18_000, 24_000, "PLN", "month"),
    ("Salário: R$ 8.000,00 - R$ 12.000,00 por mês", "BR", 8_000, 12_000, "BRL", "month"),
    ("Lön: 45 000–55 000 kr/månad", "SE", 45_000, 55_000, "SEK", "month"),
    ("Pay: $20-23/hour", None, 20, 23, "USD", "hour"),
    ("pay between $20/hr and $25/hr", None, 20, 25, "USD", "hour"),
    ("The hourly range is $18-$25", None, 18, 25, "USD", "hour"),
    ("Day rate: £500-£600", None, 500, 600, "GBP", "day"),
    ("Compensation\n$150,000 - $170,000", None, 150_000, 170_000, "USD", "year"),
    ("$180K – $240K + Offers Equity", None, 180_000, 240_000, "USD", "year"),
]

NOT_PAY = [
    "We raised $20M in Series A from Example Ventures.",
    "You will own deals of $50k-$100k ACV.",
    "Manage marketing budgets from $100k–$400k/month.",
    "Proven record with $100k+/month in paid media spend.",
    "$500 home office stipend",
    "$5,000–$7,000 in relocation support",
    "$10,000 sign-on bonus",
    "401k match, $5,000 referral bonus",
    "Our customers pay between $50,000 and $100,000 a year",
    "Pay: $1.00 - $250,000",
    "Competitive salary; we serve 10,000 - 20,000 customers",
    "salary depends on 5-10 years of experience",
    "Our platform moves $40b+ a year and our salary tool handles 12m calls",
]


@pytest.mark.parametrize(
    ("text", "country", "low", "high", "currency", "period"), RANGES, ids=[r[0] for r in RANGES]
)
def test_reads_ranges_of_many_countries(
    text: str, country: str | None, low: int, high: int, currency: str, period: str
) -> None:
    """Amounts, currency and period come out right, and the quote is the text at its place."""
    found = find_salary(text, country)
    assert found is not None
    assert _bounds(found) == (low, high)
    assert (found.currency, found.period) == (currency, period)
    assert found.quote == text[found.start : found.end]


@pytest.mark.parametrize("text", NOT_PAY)
def test_leaves_other_money_alone(text: str) -> None:
    """Funding, deals, budgets, stipends, bonuses and impossible amounts are no salary."""
    assert find_salary(text) is None


def test_prefers_the_base_range_to_target_earnings() -> None:
    """Where base pay and on-target earnings are stated, the base is the salary, wherever it stands."""
    found = find_salary("OTE: $160,000–$220,000\nBase salary: $100,000–$130,000")
    assert found is not None
    assert _bounds(found) == (100_000, 130_000)


def test_takes_target_earnings_as_a_last_resort() -> None:
    """On-target earnings alone are given with little confidence."""
    found = find_salary("The expected OTE range is $75,000 - $85,000.")
    assert found is not None
    assert found.minimum == 75_000
    assert found.confidence <= 0.5


def test_takes_the_first_of_several_zones() -> None:
    """Of ranges that are equally good the first is taken."""
    text = "For New York the pay range is $158,500 - $217,900. Elsewhere the pay range is $142,600 - $196,150."
    found = find_salary(text)
    assert found is not None
    assert found.minimum == 158_500


def test_finds_pay_among_other_money() -> None:
    """A bonus before and relocation money after do not hide the range."""
    found = find_salary(
        "- $10,000 sign-on bonus\n- $66,000 - $80,000 annually\n- $5,000–$7,000 in relocation support"
    )
    assert found is not None
    assert _bounds(found) == (66_000, 80_000)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("Salary up to $150,000", None, 150_000),
        ("Salary from £40k", 40_000, None),
        ("Base salary: $120k+", 120_000, None),
        ("$65k base salary + equity", 65_000, 65_000),
    ],
)
def test_leaves_an_open_bound_open(text: str, low: int | None, high: int | None) -> None:
    """One amount is both bounds, unless the words say it is only one of them."""
    found = find_salary(text)
    assert found is not None
    assert _bounds(found) == (low, high)


def test_does_not_guess_a_currency() -> None:
    """Without a sign and without a country the currency stays open."""
    found = find_salary("Base salary: 120,000 - 150,000")
    assert found is not None
    assert found.currency is None
    assert found.confidence < 0.7


@given(
    st.integers(30, 300), st.integers(0, 150), st.sampled_from(["-", " - ", "–", " – ", " to ", "\u00a0—\u00a0"])
)
def test_reads_every_spelling_alike(low: int, more: int, dash: str) -> None:
    """Thousands written out, with k, with a shared k or with cents are the same range."""
    high = low + min(more, low)
    assume(not {401, 403, 457, 529} & {low, high})  # a 401k is a retirement plan, and no pay
    for spelling in (
        f"${low},000{dash}${high},000",
        f"${low}k{dash}${high}k",
        f"${low}{dash}{high}K",
        f"${low},000.00{dash}{high},000.00 USD",
        f"USD {low}.000{dash}{high}.000",
    ):
        found = find_salary(f"Salary: {spelling}")
        assert found is not None, spelling
        assert (*_bounds(found), found.currency) == (low * 1000, high * 1000, "USD"), spelling


@given(st.text(alphabet="$€k0123456789.,-– \nperhoualy/+()", max_size=120))
def test_holds_its_promises_on_any_text(text: str) -> None:
    """Whatever the text, bounds are ordered and positive, the spread is sane and the quote is in its place."""
    found = find_salary("salary " + text)
    if found is None:
        return
    bounds = [bound for bound in (found.minimum, found.maximum) if bound is not None]
    assert bounds
    assert Decimal(0) < bounds[0] <= bounds[-1] <= 6 * bounds[0]
    assert found.quote == ("salary " + text)[found.start : found.end]
    assert 0 < found.confidence <= 1


@pytest.mark.parametrize("piece", ["$1", "1 000 ", "salary $50k - ", "1.", "k", "(" * 3, "between $1 and "])
def test_is_linear_on_hostile_text(piece: str) -> None:
    """A megabyte of repetition takes a moment."""
    text = piece * (1_000_000 // len(piece))
    began = time.process_time()
    find_salary(text)
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    ("raw", "period"),
    [
        ("1 YEAR", "year"),
        ("per-year-salary", "year"),
        ("per-hour-wage", "hour"),
        ("Annually", "year"),
        ("per annum", "year"),
        ("1 HOUR", "hour"),
        ("MONTHLY", "month"),
        ("per-week-salary", "week"),
        ("per-day-wage", "day"),
        ("2 WEEK", None),
        ("bi-weekly-salary", None),
        ("half-year-salary", None),
        ("1 TIME", None),
        ("one-time", None),
        ("NONE", None),
        ("", None),
    ],
)
def test_parses_the_periods_of_providers(raw: str, period: str | None) -> None:
    """Known spellings give a period; multiples, one-off pay and the unknown give none."""
    assert parse_period(raw) == period
