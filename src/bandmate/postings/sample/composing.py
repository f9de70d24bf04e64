"""Put the text of a posting together from the voice of its company, its role and the facts of the posting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bandmate.postings.sample.advert import Advert, Pay
from bandmate.postings.sample.chance import pick, some
from bandmate.postings.sample.reading import Company, phrases

_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "CAD": "CA$", "AUD": "A$", "SGD": "S$", "BRL": "R$", "MXN": "MX$"}
_DOT_GROUPS = frozenset({"de", "es", "pt"})
_SPACE_GROUPS = frozenset({"fr", "sv"})


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with its points."""

    heading: str
    points: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Body:
    """A posting's text in plain paragraphs: opening (the company), body (the work), sections, pay and closing."""

    opening: tuple[str, ...]
    body: tuple[str, ...]
    sections: tuple[Section, ...]
    practical: tuple[str, ...]
    practical_heading: str
    pay: str | None
    closing: tuple[str, ...]
    closing_heading: str


def compose(advert: Advert, company: Company) -> Body:
    """Write the text of a posting; the same advert always gives the same text."""
    language = advert.role.language
    words = phrases()[language]
    seed = (advert.board, advert.key)
    headings = company.headings.get(language) or tuple(pick(words["headings"], advert.board, advert.role.key))
    do, need, plus, offer, practical, closing = headings
    sections = [
        Section(do, some(advert.role.do, 5, *seed, "do") + advert.tasks),
        Section(need, some(advert.role.need, 4, *seed, "need") + advert.demands),
    ]
    if advert.role.plus:
        sections.append(Section(plus, some(advert.role.plus, 1 + len(advert.key) % 2, *seed, "plus")))
    sections.append(Section(offer, some(company.offer[language], 4, *seed, "offer")))
    return Body(
        opening=(pick(company.intro[language], *seed, "intro"),),
        body=_about(advert, company, words),
        sections=tuple(sections),
        practical=_practical(advert, words),
        practical_heading=practical,
        pay=_pay_sentence(advert, words),
        closing=(*company.hiring.get(language, ()), company.equality[language][advert.equality]),
        closing_heading=closing,
    )


def _about(advert: Advert, company: Company, words: dict[str, Any]) -> tuple[str, ...]:
    team = company.teams.get(advert.team) if advert.role.language == "en" else None
    level = _level(advert, words)
    paragraphs = [team, advert.role.pitch] if len(advert.key) % 2 else [advert.role.pitch, team]
    return tuple(paragraph for paragraph in (*paragraphs, level, *advert.notes) if paragraph)


def _level(advert: Advert, words: dict[str, Any]) -> str | None:
    """Give a sentence on the seniority that the title names."""
    for level in ("senior", "staff", "part"):
        named = advert.terms in {"Part-time", "PartTime"} if level == "part" else level in advert.title.lower()
        if named and level in words:
            sentences: list[str] = words[level]
            return pick(sentences, advert.board, advert.key, level)
    return None


def _practical(advert: Advert, words: dict[str, Any]) -> tuple[str, ...]:
    if advert.practice not in words:
        return ()
    names = words.get("names", {})
    towns = [names.get(place.city, place.city) for place in advert.places if place.city]
    remote = advert.practice == "remote"
    where = names.get(advert.place.country, advert.place.country) or "Europe" if remote else towns[0]
    kind = advert.practice if advert.practice == advert.model else f"despite_{advert.model}"
    sentence = pick(words[kind], advert.board, advert.key, "practice").format(place=where)
    if len(towns) > 1 and not remote:
        return (sentence, words["several"][0].format(places=", ".join(towns)))
    return (sentence,)


def _pay_sentence(advert: Advert, words: dict[str, Any]) -> str | None:
    pay = advert.pay
    if pay is None or not pay.in_text:
        return None
    kind = pay.period if pay.low < pay.high else f"{pay.period}_single"
    language = advert.role.language
    sentences: list[str] = words[kind]
    low, high = money(pay.low, pay, language), money(pay.high, pay, language)
    return pick(sentences, advert.board, advert.key, "pay").format(low=low, high=high)


def money(amount: float, pay: Pay, language: str) -> str:
    """Write an amount as a reader of the language expects it: £41,000, 62.000 €, 38 000 kr, 6,500,000円."""
    digits = f"{amount:,.0f}" if amount == int(amount) else f"{amount:,.2f}"
    if language in _DOT_GROUPS:
        digits = digits.translate(str.maketrans(",.", ".,"))
    elif language in _SPACE_GROUPS:
        digits = digits.translate(str.maketrans(",.", "\N{NO-BREAK SPACE},"))
    if language == "ja":
        return f"{digits}円"
    if language in {"de", "fr"} and pay.currency == "EUR":
        return f"{digits} €"
    if language == "sv":
        return f"{digits} kr"
    sign = _SIGNS.get(pay.currency, f"{pay.currency} ")
    return f"{sign}{digits}"
