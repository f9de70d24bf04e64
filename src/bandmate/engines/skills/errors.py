"""What can go wrong between texts, titles and vocabularies.

* InvalidInput          (422)
  + InvalidTaxonomy     a vocabulary that cannot be used; says which file and how to mend
  it * Unavailable           (503)
  + ModelAbsent         the packages that carry the model are not installed, or hold another
  one
"""

from __future__ import annotations

from bandmate.kernel.errors import InvalidInput, Unavailable


class InvalidTaxonomy(InvalidInput):
    """A vocabulary that cannot be used."""

    slug = "invalid-taxonomy"
    title = "This vocabulary cannot be used"


class ModelAbsent(Unavailable):
    """The packages that carry the model are not installed, or hold another one."""

    slug = "model-absent"
    title = "The language model is not installed"
