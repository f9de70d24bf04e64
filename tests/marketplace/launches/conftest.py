"""The same company as in the tests of opportunities."""

from tests.marketplace.opportunities.conftest import bare, vocabulary, world

__all__ = ["bare", "vocabulary", "world"]
