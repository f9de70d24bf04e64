"""What can go wrong with the vocabulary while the program serves."""

from __future__ import annotations

from bandmate.kernel.errors import Unavailable


class VocabularyAbsent(Unavailable):
    """No vocabulary of skills and occupations is installed here, or the one that is cannot be read."""

    slug = "vocabulary-absent"
    title = "There is no vocabulary of skills here"
