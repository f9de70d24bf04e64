"""Text to skills, titles to occupations: vocabularies, evidence, calibrated scores; offline, on the CPU."""

from bandmate.engines.skills.embedding import Encoder
from bandmate.engines.skills.errors import InvalidTaxonomy, ModelAbsent
from bandmate.engines.skills.linking import Linked, LinkedSkill, Linker
from bandmate.engines.skills.models import open_encoder
from bandmate.engines.skills.storage import Store
from bandmate.engines.skills.taxonomy import Taxonomy
from bandmate.engines.skills.title_noise import Title, split_title
from bandmate.engines.skills.titles import Occupation, Occupations, TitleCorpus
from bandmate.engines.skills.vocabulary import import_vocabulary, open_vocabulary

__all__ = [
    "Encoder",
    "InvalidTaxonomy",
    "Linked",
    "LinkedSkill",
    "Linker",
    "ModelAbsent",
    "Occupation",
    "Occupations",
    "Store",
    "Taxonomy",
    "Title",
    "TitleCorpus",
    "import_vocabulary",
    "open_encoder",
    "open_vocabulary",
    "split_title",
]
