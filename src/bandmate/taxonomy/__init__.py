"""The vocabulary of skills and occupations: pages and API over it, and the reader of texts that others ask.

Every context may ask it; it asks none. What it knows lies in files (``engines/skills``), not in the database.
"""

from bandmate.taxonomy.reading import SkillReader, open_reader

__all__ = ["SkillReader", "open_reader"]
