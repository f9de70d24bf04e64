"""Text to skills, titles to occupations: vocabularies, evidence, calibrated scores; offline, on the CPU."""

from bandmate.engines.skills.certainty import SURE_ENOUGH
from bandmate.engines.skills.embedding import Encoder
from bandmate.engines.skills.errors import InvalidTaxonomy, ModelAbsent
from bandmate.engines.skills.linking import Linked, LinkedSkill, Linker
from bandmate.engines.skills.models import open_encoder
from bandmate.engines.skills.nearest import NearestIndex, build_nearest, open_nearest
from bandmate.engines.skills.remembered import RememberedEncoder
from bandmate.engines.skills.storage import Store
from bandmate.engines.skills.taxonomy import Taxonomy
from bandmate.engines.skills.title_noise import Title, split_title
from bandmate.engines.skills.titles import Occupation, Occupations, TitleCorpus
from bandmate.engines.skills.versions import version_of
from bandmate.engines.skills.vocabulary import import_vocabulary, open_vocabulary

__all__ = [
    "SURE_ENOUGH",
    "Encoder",
    "InvalidTaxonomy",
    "Linked",
    "LinkedSkill",
    "Linker",
    "ModelAbsent",
    "NearestIndex",
    "Occupation",
    "Occupations",
    "RememberedEncoder",
    "Store",
    "Taxonomy",
    "Title",
    "TitleCorpus",
    "build_nearest",
    "import_vocabulary",
    "open_encoder",
    "open_nearest",
    "open_vocabulary",
    "split_title",
    "version_of",
]
