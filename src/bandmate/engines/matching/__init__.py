"""Who and what fits together, and why: scores whose parts add up, what would raise them, prices of the crowd.

Needs neither database nor web, and knows no name, age, gender, photo or school: its types have no field for them.

    pool = pool_of(opportunities)
    scores = score(person, pool)
    first = best(keys(scores.total, prices, pool, seed=1), 10)
"""

from bandmate.engines.matching.exposure import Exposure, GroupExposure, by_group, exposure_of, gini, lorenz
from bandmate.engines.matching.nearness import Nearness, SkillNode, nearness_of
from bandmate.engines.matching.pool import Pool, pool_of
from bandmate.engines.matching.prices import MOST_SEATS, Candidates, Prices, exposure_limits, prices_for
from bandmate.engines.matching.raising import FIRST_FEW, Addition, Raise, Raising, with_addition
from bandmate.engines.matching.ranking import NEVER, best, keys, rank_of, ties
from bandmate.engines.matching.rules import PARTS, RULES, TENTHS, Part, Rules
from bandmate.engines.matching.scoring import Scores, overlap_hours, score
from bandmate.engines.matching.subjects import STYLE_AXES, Opportunity, Person, Place
from bandmate.engines.matching.words import words_of

__all__ = [
    "FIRST_FEW",
    "MOST_SEATS",
    "NEVER",
    "PARTS",
    "RULES",
    "STYLE_AXES",
    "TENTHS",
    "Addition",
    "Candidates",
    "Exposure",
    "GroupExposure",
    "Nearness",
    "Opportunity",
    "Part",
    "Person",
    "Place",
    "Pool",
    "Prices",
    "Raise",
    "Raising",
    "Rules",
    "Scores",
    "SkillNode",
    "best",
    "by_group",
    "exposure_limits",
    "exposure_of",
    "gini",
    "keys",
    "lorenz",
    "nearness_of",
    "overlap_hours",
    "pool_of",
    "prices_for",
    "rank_of",
    "score",
    "ties",
    "with_addition",
    "words_of",
]
