"""What a person typed, as demands on documents and reasons to rank them.

* Every word must stand somewhere in a document's text (``_text``: BM25 over all of it). Standing in a boosted
  field adds that field's BM25 times its boost.
* An unfinished last word also stands for its completions. Documents with the word itself come before all
  others: the most frequent completions are scored by BM25, the rarer ones only match.
* A word that neither stands nor begins anything in the index is replaced by the nearest similar words: one edit
  for 4 to 7 letters, up to two from 8 on; an unfinished one also by words that begin within one edit of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import tantivy

from .clauses import MUST, MUST_NOT, SHOULD, Clause, Clauses
from .storage import TEXT, Store
from .words import Word, read_question

MOST_COMPLETIONS: Final = 8

MOST_CONTINUATIONS: Final = 1_000
"""An open phrase whose last letters begin more words than these is asked without them: tantivy refuses phrases of
too many alternatives (16,384), and so little says nothing yet."""

FINISHED: Final = 100.0
"""Added where an unfinished word stands as it is: more than BM25 gives to common questions."""

ONE_EDIT_FROM: Final = 4
TWO_EDITS_FROM: Final = 8
LONGEST_CORRECTED: Final = 40


@dataclass(frozen=True, slots=True)
class Demand:
    """What a text asks of documents: clauses that decide, clauses that only rank, words that were replaced."""

    decisive: tuple[Clause, ...] = ()
    ranking: tuple[Clause, ...] = ()
    corrected: tuple[str, ...] = ()

    @property
    def ranks(self) -> bool:
        """Whether some document can fit better than another."""
        return any(occur == MUST for occur, _ in self.decisive)


class Matcher:
    """Turns text into demands, looking up in the index's vocabulary what its words can stand for."""

    def __init__(self, store: Store, clauses: Clauses) -> None:
        self._clauses = clauses
        self._boosted = tuple(each for each in store.schema.fields if each.boosted)

    def read(self, text: str, searcher: tantivy.Searcher) -> Demand:
        """What ``text`` asks of the documents that ``searcher`` sees."""
        parts = [self._word(word, searcher) for word in read_question(text)]
        return Demand(
            tuple(clause for part in parts for clause in part.decisive),
            tuple(clause for part in parts for clause in part.ranking),
            tuple(word for part in parts for word in part.corrected),
        )

    def _word(self, word: Word, searcher: tantivy.Searcher) -> Demand:
        if word.excluded:
            return Demand(((MUST_NOT, self._clauses.exact(TEXT, word.tokens)),))
        if len(word.tokens) > 1:
            return (
                self._unfinished_phrase(word.tokens, searcher) if word.unfinished else self._finished(word.tokens)
            )
        token = word.tokens[0]
        stands = searcher.doc_freq(TEXT, token) > 0
        # A single letter that is a word is meant (C, R); as a beginning it would stand for a tenth of all words.
        if word.unfinished and not (stands and len(token) == 1):
            completions = [term for term, _ in searcher.terms_with_prefix(TEXT, token, limit=MOST_COMPLETIONS + 1)]
            if completions:
                return self._unfinished(token, completions)
        return self._finished(word.tokens) if stands else self._corrected(word, searcher)

    def _finished(self, tokens: tuple[str, ...]) -> Demand:
        return Demand(((MUST, self._clauses.exact(TEXT, tokens)),), self._in_boosted([tokens]))

    def _unfinished(self, token: str, completions: Sequence[str]) -> Demand:
        words = [(each,) for each in dict.fromkeys([token, *completions[:MOST_COMPLETIONS]])]
        frequent = self._clauses.any_of(self._clauses.exact(TEXT, each) for each in words)
        ranking = (*self._in_boosted(words), self._as_it_is((token,)))
        if len(completions) <= MOST_COMPLETIONS:
            return Demand(((MUST, frequent),), ranking)
        return Demand(((MUST, self._clauses.beginning(TEXT, token)),), ((SHOULD, frequent), *ranking))

    def _unfinished_phrase(self, tokens: tuple[str, ...], searcher: tantivy.Searcher) -> Demand:
        ranking = (*self._in_boosted([tokens]), self._as_it_is(tokens))
        continuations = searcher.terms_with_prefix(TEXT, tokens[-1], limit=MOST_CONTINUATIONS + 1)
        if len(continuations) > MOST_CONTINUATIONS:
            return Demand(((MUST, self._clauses.exact(TEXT, tokens[:-1])),), ranking)
        return Demand(((MUST, self._clauses.beginning_of_phrase(TEXT, tokens)),), ranking)

    def _as_it_is(self, tokens: tuple[str, ...]) -> Clause:
        return SHOULD, tantivy.Query.const_score_query(self._clauses.exact(TEXT, tokens), FINISHED)

    def _in_boosted(self, alternatives: Sequence[tuple[str, ...]]) -> tuple[Clause, ...]:
        return tuple(
            (SHOULD, tantivy.Query.boost_query(self._clauses.any_of(each), field.boost))
            for field in self._boosted
            for each in [[self._clauses.exact(field.name, tokens) for tokens in alternatives]]
        )

    def _corrected(self, word: Word, searcher: tantivy.Searcher) -> Demand:
        for distance, unfinished in _attempts(word):
            similar = self._clauses.similar(TEXT, word.tokens[0], distance, unfinished=unfinished)
            if searcher.search(similar, limit=1, count=False).hits:
                ranking = tuple(
                    (SHOULD, tantivy.Query.const_score_query(query, field.boost))
                    for field in self._boosted
                    for query in [
                        self._clauses.similar(field.name, word.tokens[0], distance, unfinished=unfinished)
                    ]
                )
                return Demand(((MUST, similar),), ranking, (word.written,))
        return self._finished(word.tokens)


def _attempts(word: Word) -> Iterator[tuple[int, bool]]:
    """Edit distances to try, nearest first, and whether the word may go on; none for short words and figures."""
    (token,) = word.tokens
    if not token.isalpha() or not ONE_EDIT_FROM <= len(token) <= LONGEST_CORRECTED:
        return
    yield 1, False
    if word.unfinished:
        yield 1, True
    if len(token) >= TWO_EDITS_FROM:
        yield 2, False
