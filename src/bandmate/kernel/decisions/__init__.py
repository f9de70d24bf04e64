"""What was decided about whom, by which rule, from what, and why; overridden, contested, answered, replayed.

A context declares its rules (``declare_rule``), lets them decide (``ruled``) and writes what they decided down,
thousands at once (``record``). Where its own record tells a decision fully, it declares how to derive it instead
(``declare_source``). Pages show a decision with ``{{ ui.why(explain(case, asker.person_id)) }}``.
"""

from bandmate.kernel.decisions.contests import answer, contest, open_contests
from bandmate.kernel.decisions.domain import (
    Act,
    ActId,
    ActKind,
    Alternative,
    Case,
    Decision,
    DecisionId,
    Input,
    ObjectRef,
    Ruling,
    Score,
    Value,
    Values,
    Verdict,
)
from bandmate.kernel.decisions.explaining import Explanation, explain, sentence_of
from bandmate.kernel.decisions.holding import HOLDING
from bandmate.kernel.decisions.ledger import decision, decisions_about, decisions_on, record
from bandmate.kernel.decisions.overrides import override
from bandmate.kernel.decisions.plain import case_as_json
from bandmate.kernel.decisions.policy_replay import replay_rule
from bandmate.kernel.decisions.rules import Rule, declare_rule, declared_rules, rule_of, ruled
from bandmate.kernel.decisions.sources import declare_source, derived_decisions

__all__ = [
    "HOLDING",
    "Act",
    "ActId",
    "ActKind",
    "Alternative",
    "Case",
    "Decision",
    "DecisionId",
    "Explanation",
    "Input",
    "ObjectRef",
    "Rule",
    "Ruling",
    "Score",
    "Value",
    "Values",
    "Verdict",
    "answer",
    "case_as_json",
    "contest",
    "decision",
    "decisions_about",
    "decisions_on",
    "declare_rule",
    "declare_source",
    "declared_rules",
    "derived_decisions",
    "explain",
    "open_contests",
    "override",
    "record",
    "replay_rule",
    "rule_of",
    "ruled",
    "sentence_of",
]
