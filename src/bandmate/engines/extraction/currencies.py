"""Currencies as postings write them: signs, codes, words, and how large an amount in them is."""

from __future__ import annotations

import re

_WRITTEN = {
    "USD": "US$ DOLLARS USD$",
    "$": "$",
    "CAD": "CA$ C$ CDN CAN$ CAD$",
    "AUD": "AUD$ A$ AU$",
    "NZD": "NZ$",
    "SGD": "S$ SG$",
    "HKD": "HK$",
    "TWD": "NT$",
    "MXN": "MX$",
    "BRL": "R$",
    "EUR": "€ EUROS EURO",
    "GBP": "£ POUNDS",
    "CHF": "SFR",
    "KR": "KR",
    "PLN": "ZŁ",
    "CZK": "KČ",
    "HUF": "FT",
    "RON": "LEI",
    "UAH": "₴",
    "RUB": "₽",
    "TRY": "₺ TL",
    "ILS": "₪ NIS",
    "INR": "₹ RS RS. RUPEES",
    "¥": "¥ ￥",
    "JPY": "円 YEN",
    "CNY": "RMB 元",
    "KRW": "₩ 원",
    "PHP": "₱",
    "THB": "฿",
    "VND": "₫",
    "MYR": "RM",
    "IDR": "RP",
    "ZAR": "R",
    "NGN": "₦",
    "KES": "KSH",
    "PEN": "S/",
    "GEL": "₾",
    "KZT": "₸",
}
"""Signs and words of a currency; "$", "¥" and "KR" belong to several countries and are told apart later."""
_ONLY_CODES = "SEK NOK DKK ISK BGN AED SAR QAR KWD EGP PKR LKR BDT GHS CLP COP ARS"
SIGNS = {sign: code for code, signs in _WRITTEN.items() for sign in signs.split()}
SIGNS |= {code: code for code in [*_WRITTEN, *_ONLY_CODES.split()] if code.isalpha() and code != "KR"}
"""Currency by sign, code or word in capitals."""

_EURO = (
    "DE", "FR", "ES", "IT", "NL", "BE", "AT", "IE", "PT", "FI", "GR", "LU", "SK", "SI", "EE", "LV", "LT", "MT",
    "CY", "HR",
)  # fmt: skip
BY_COUNTRY = {
    "US": "USD", "CA": "CAD", "AU": "AUD", "NZ": "NZD", "SG": "SGD", "HK": "HKD", "GB": "GBP", "CH": "CHF",
    "SE": "SEK", "NO": "NOK", "DK": "DKK", "IS": "ISK", "PL": "PLN", "CZ": "CZK", "HU": "HUF", "RO": "RON",
    "JP": "JPY", "CN": "CNY", "IN": "INR", "KR": "KRW", "BR": "BRL", "MX": "MXN", "ZA": "ZAR", "IL": "ILS",
    "AE": "AED", "SA": "SAR", "PH": "PHP", "TR": "TRY", "MY": "MYR", "TH": "THB", "ID": "IDR", "VN": "VND",
} | dict.fromkeys(_EURO, "EUR")  # fmt: skip
"""Currency in which salaries of a country are stated."""

_DOLLARS = frozenset({"CA", "AU", "NZ", "SG", "HK"})
"""Countries whose employers mean their own dollar by a bare "$"."""

PER_DOLLAR = {
    "JPY": 150, "KRW": 1300, "INR": 85, "PHP": 57, "HUF": 360, "CZK": 23, "ISK": 135, "RUB": 90, "UAH": 41,
    "TRY": 35, "THB": 34, "VND": 25000, "IDR": 16000, "ZAR": 18, "NGN": 1500, "KES": 130, "CLP": 950,
    "COP": 4200, "ARS": 1000, "MXN": 18, "BRL": 5.5, "SEK": 10.5, "NOK": 10.8, "DKK": 6.9, "PLN": 4, "CNY": 7,
    "TWD": 32, "HKD": 7.8, "EGP": 50, "PKR": 280, "LKR": 300, "BDT": 120, "ILS": 3.7, "AED": 3.7, "SAR": 3.75,
    "QAR": 3.6, "RON": 4.6, "MYR": 4.5, "GHS": 14, "PEN": 3.7, "KZT": 500, "BGN": 1.8, "GEL": 2.7,
}  # fmt: skip
"""Rough worth of a US dollar: only to tell a possible wage from an impossible one, never to convert."""

_CODES = "|".join(
    sorted((re.escape(sign) for sign in SIGNS if sign.isascii() and sign[-1].isalpha()), key=len, reverse=True)
)
_MARKS = "|".join(
    sorted(
        (re.escape(sign) for sign in SIGNS if not (sign.isascii() and sign[-1].isalpha())), key=len, reverse=True
    )
)
SUFFIX = re.compile(rf"\s?\(?(?:(?:{_MARKS})(?:\s?(?:USD|CAD|AUD|SGD))?|(?:{_CODES})(?![^\W_]))\)?", re.IGNORECASE)
"""A currency that follows an amount."""


def currency_of(sign: str, country_code: str | None) -> str | None:
    """ISO 4217 code of a sign as written; "$", "¥" and "kr" are read in the light of the posting's country."""
    key = "".join(sign.upper().split()).strip("().")
    found = SIGNS.get(key) or SIGNS.get(key.rstrip("$€£")) or SIGNS.get(key.lstrip("$€£"))
    if found == "$":
        return BY_COUNTRY[country_code] if country_code in _DOLLARS else "USD"
    if found == "¥":
        return "CNY" if country_code == "CN" else "JPY"
    if found == "KR":
        return BY_COUNTRY.get(country_code or "") if country_code in {"SE", "NO", "DK", "IS"} else "SEK"
    return found


_LONGEST_SIGN = 5
_ENDINGS = frozenset(letter for sign in SIGNS for letter in (sign[-1], sign[-1].lower()))
"""Last characters of signs: most numbers stand behind another and are done with at once."""


def sign_before(text: str, position: int) -> int:
    """Where the currency sign that ends right before ``position`` begins; ``position`` where there is none.

    A sign may touch the amount or stand one space off; letters must not be the tail of a longer word, and a
    code may carry the symbol too (``"CAD $"``).
    """
    end = position - 1 if position and text[position - 1] in " \u00a0\u202f" else position
    if not end or text[end - 1] not in _ENDINGS:
        return position
    if text[end - 1] == "." and text[max(0, end - 3) : end].upper() == "RS.":
        return end - 3
    for size in range(min(_LONGEST_SIGN, end), 0, -1):
        start = end - size
        sign = text[start:end].upper()
        if sign in SIGNS and not (sign[0].isalpha() and start and text[start - 1].isalpha()):
            if not sign[0].isalpha() and start and text[start - 1].isspace():
                further = sign_before(text, start)  # "CAD $120,000"
                return min(further, start)
            return start
    return position
