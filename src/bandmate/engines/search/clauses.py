"""Filters and words as tantivy's query objects; nobody's text is ever parsed by tantivy.

No query built here matches the document that carries the mark: it has none of the fields asked for, and whatever
is only negative is subtracted from ``everything``.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Iterable, Sequence
from typing import Final

import tantivy

from .errors import InvalidQuery
from .query import AnyOf, Contains, Exists, Filter, Not, OneOf, Range
from .schema import INT64, Field, Kind
from .storage import MARK, THE_MARK, Store
from .words import keyword, read_question

Clause = tuple[tantivy.Occur, tantivy.Query]

MUST: Final = tantivy.Occur.Must
SHOULD: Final = tantivy.Occur.Should
MUST_NOT: Final = tantivy.Occur.MustNot

LIMITS: Final[dict[Kind, tuple[float, float]]] = {
    Kind.INTEGER: (INT64[0], INT64[-1]),
    Kind.NUMBER: (-sys.float_info.max, sys.float_info.max),
}


class Clauses:
    """Builds the parts of queries for one index."""

    def __init__(self, store: Store) -> None:
        self._terms = store.terms
        self._fields = store.fields
        self.the_mark = tantivy.Query.term_query(self._terms, MARK, THE_MARK, index_option="basic")
        self.everything = tantivy.Query.boolean_query(
            [(MUST, tantivy.Query.all_query()), (MUST_NOT, self.the_mark)]
        )
        self.nothing = tantivy.Query.empty_query()

    def field(self, name: str) -> Field:
        """The field of this name; raises InvalidQuery."""
        try:
            return self._fields[name]
        except KeyError:
            raise InvalidQuery(f"There is no field {name!r}. The fields: {', '.join(self._fields)}.") from None

    def all_of(self, clauses: Sequence[Clause]) -> tantivy.Query:
        """Documents that fit the clauses; everything, where none demands something."""
        if not any(occur == MUST for occur, _ in clauses):
            clauses = [(MUST, self.everything), *clauses]
        return clauses[0][1] if len(clauses) == 1 else tantivy.Query.boolean_query(clauses)

    # Filters

    def filter(self, condition: Filter) -> tantivy.Query:
        """A filter as a query (its scores mean nothing); raises InvalidQuery where it does not fit the schema."""
        match condition:
            case OneOf():
                return self._one_of(condition)
            case Range():
                return self._range(self.field(condition.field), condition.low, condition.high)
            case Exists():
                return self._exists(self.field(condition.field))
            case Contains():
                return self._contains(condition)
            case Not():
                return self.all_of([(MUST_NOT, self.filter(condition.filter))])
            case AnyOf():
                return self.any_of(self.filter(each) for each in condition.filters)

    def any_of(self, queries: Iterable[tantivy.Query]) -> tantivy.Query:
        """Documents that fit at least one of the queries."""
        alternatives: list[Clause] = [(SHOULD, each) for each in queries]
        match alternatives:
            case []:
                return self.nothing
            case [(_, only)]:
                return only
            case _:
                return tantivy.Query.boolean_query(alternatives)

    def _one_of(self, condition: OneOf) -> tantivy.Query:
        field = self.field(condition.field)
        match field.kind:
            case Kind.KEYWORD:
                return self.any_of(self._keyword(field, value) for value in condition.values)
            case Kind.INTEGER | Kind.NUMBER:
                return self.any_of(self._exactly(field, value) for value in condition.values)
            case Kind.TEXT:
                raise InvalidQuery(f"Field {field.name!r} is text; ask it with Contains or with the query's text.")

    def _keyword(self, field: Field, value: str | float) -> tantivy.Query:
        if not isinstance(value, str):
            raise InvalidQuery(f"Field {field.name!r} holds words; {value!r} is a number.")
        return tantivy.Query.term_query(self._terms, field.name, keyword(value), index_option="basic")

    def _exactly(self, field: Field, value: str | float) -> tantivy.Query:
        if isinstance(value, str):
            raise InvalidQuery(f"Field {field.name!r} holds numbers; {value!r:.80} is not one.")
        return self._range(field, value, value)

    def _range(self, field: Field, low: float | None, high: float | None) -> tantivy.Query:
        limits = LIMITS.get(field.kind)
        if limits is None:
            raise InvalidQuery(f"Field {field.name!r} is {field.kind}; only numbers have ranges.")
        lowest, highest = limits
        low = lowest if low is None else low
        high = highest if high is None else high
        if not low <= high or low > highest or high < lowest:  # `not <=` also catches NaN
            return self.nothing
        low, high = max(low, lowest), min(high, highest)
        if field.kind is Kind.INTEGER:
            low, high = math.ceil(low), math.floor(high)
            return self._between(field, tantivy.FieldType.Integer, low, high) if low <= high else self.nothing
        return self._between(field, tantivy.FieldType.Float, float(low), float(high))

    def _between(self, field: Field, kind: tantivy.FieldType, low: float, high: float) -> tantivy.Query:
        return tantivy.Query.range_query(self._terms, field.name, kind, low, high)

    def _exists(self, field: Field) -> tantivy.Query:
        if field.kind is Kind.TEXT:
            raise InvalidQuery(f"Field {field.name!r} is text; whether it exists is not kept.")
        return tantivy.Query.exists_query(field.name)

    def _contains(self, condition: Contains) -> tantivy.Query:
        field = self.field(condition.field)
        if not field.boosted:
            raise InvalidQuery(f"Field {field.name!r} cannot be asked alone; only text with a boost can.")
        return self.all_of(
            [
                (MUST_NOT if word.excluded else MUST, self.exact(field.name, word.tokens))
                for word in read_question(condition.text)
            ]
        )

    def has(self, field: Field, value: str | float | None) -> Clause:
        """Documents with this value; with None, those without any."""
        if value is None:
            return MUST_NOT, self._exists(field)
        return MUST, self._one_of(OneOf(field.name, (value,)))

    # Words

    def exact(self, name: str, tokens: Sequence[str]) -> tantivy.Query:
        """These tokens side by side in this text field."""
        if len(tokens) == 1:
            return tantivy.Query.term_query(self._terms, name, tokens[0], index_option="freq")
        return tantivy.Query.phrase_query(self._terms, name, list(tokens))

    def beginning(self, name: str, token: str) -> tantivy.Query:
        """Any word that begins with this token; every document scores 1."""
        return tantivy.Query.fuzzy_term_query(self._terms, name, token, distance=0, prefix=True)

    def beginning_of_phrase(self, name: str, tokens: Sequence[str]) -> tantivy.Query:
        """These tokens side by side, the last of them the beginning of a word."""
        patterns: list[str | tuple[int, str]] = [
            *(re.escape(each) for each in tokens[:-1]),
            re.escape(tokens[-1]) + ".*",
        ]
        return tantivy.Query.regex_phrase_query(self._terms, name, patterns)

    def similar(self, name: str, token: str, distance: int, *, unfinished: bool) -> tantivy.Query:
        """Any word within this edit distance (a swap of neighbours counts one); every document scores 1."""
        return tantivy.Query.fuzzy_term_query(self._terms, name, token, distance=distance, prefix=unfinished)
