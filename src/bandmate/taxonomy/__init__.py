"""The vocabulary of skills and occupations: pages and API over it, and the reader of texts that others ask.

Every context may ask it; it asks none. What it knows lies in files (``engines/skills``), not in the database.
"""

from bandmate.taxonomy.asking import concept, concept_named, find_concepts, labels
from bandmate.taxonomy.catalogue import Concept, Kind
from bandmate.taxonomy.errors import VocabularyAbsent
from bandmate.taxonomy.naming import concept_id
from bandmate.taxonomy.reading import SkillReader, open_reader

__all__ = [
    "Concept",
    "Kind",
    "SkillReader",
    "VocabularyAbsent",
    "concept",
    "concept_id",
    "concept_named",
    "find_concepts",
    "labels",
    "open_reader",
]
