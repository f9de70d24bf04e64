"""Full time, part time, contract, internship or temporary."""
# ruff: noqa: RUF001 - typographic dashes and quotes are what these patterns look for

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from bandmate.engines.extraction.sentences import lowered, sentences_with
from bandmate.engines.extraction.wording_languages import other_languages

EmploymentType = Literal["full_time", "part_time", "contract", "internship", "temporary"]


@dataclass(frozen=True, slots=True)
class EmploymentFinding:
    """What a posting says about the kind of employment."""

    value: EmploymentType
    start: int
    """Position in ``title + "\\n" + text``, as is ``end``."""
    end: int
    quote: str


_INTERNSHIP = (
    r"intern(?:s|ships?)?|apprentice(?:ship)?|co-?op(?=\b(?!erat))|praktik(?:um|ant(?:in)?)|"
    r"stagiaire|stage(?= de | en |\b.{0,20}(?:fin d|mois))|pr[áa]cticas|becari[oa]|"
    r"stagista|tirocinio|est[áa]gi(?:o|ári[oa])|alternan(?:ce|t)|ausbildung|azubi|summer analyst|"
    r"student researcher|"
    r"sta[żz]yst[akę]+|praktikplats|stageplaats|インターン(?:シップ)?|实习生?|實習生?|인턴"
)
_PART_TIME = (
    r"part[- ]?time(?:r)?|werkstudent(?:in(?:nen)?)?|werkstudierende|working student|teilzeit|temps partiel|"
    r"mi-temps|tiempo parcial|media jornada|medio tiempo|parttime|deeltijd|"
    r"meio per[íi]odo|tempo parziale|deltid|niepe[łl]ny etat|minijob|mini-job|media giornata|"
    r"アルバイト|パート(?:タイム)?|아르바이트|兼职"
)
_CONTRACT = (
    r"contract(?:or|ors)?|freelance(?:r|rs)?|independent contractor|consulting contract|b2b|1099|corp-to-corp|c2c|"
    r"freiberuflich|freie mitarbeit|aut[óo]nomo|prestataire|prestation|pj|zzp|umowa zlecenie|"
    r"契約社員|業務委託|계약직"
)
_TEMPORARY = (
    r"temporary|temp|seasonal|fixed[- ]term|maternity (?:cover|leave cover)|parental leave cover|interim|"
    r"befristet|"
    r"cdd|per diem|prn|zeitarbeit|vikariat|temporal|tempor[áa]rio|limited[- ]term|casual|befristete[nrsm]?|"
    r"visstid\w*|"
    r"tempo determinato|determinado|tijdelijk\w*|int[ée]rim|elternzeitvertretung|派遣社員"
)
_FULL_TIME = (
    r"full[- ]?time|fulltime|permanent|regular|vollzeit|festanstellung|unbefristet|cdi|temps plein|"
    r"tiempo completo|"
    r"jornada completa|tempo pieno|tempo indeterminato|tempo integral|clt|voltijd|heltid|indefinido|indefinite|"
    r"pe[łl]ny etat|umowa o prac[ęe]|unbefristete[nrsm]?|tillsvidare(?:anställning|tjänst)?|fast stilling|"
    r"tempo indeterminado|efetivo|正社員|全职|全職|정규직"
)
_KINDS: tuple[tuple[EmploymentType, str], ...] = (
    ("internship", _INTERNSHIP),
    ("part_time", _PART_TIME),
    ("temporary", _TEMPORARY),
    ("contract", _CONTRACT),
    ("full_time", _FULL_TIME),
)
"""The more particular kind first: a "full-time internship" is an internship, a "temporary contract" temporary."""
_BEFORE, _AFTER = r"(?<![^\W\u3040-\u9fff])", r"(?![^\W\u3040-\u9fff])"
"""No letter, except Japanese and Chinese ones, which set no words apart."""
_WORDS = [(kind, re.compile(rf"{_BEFORE}(?:{words}){_AFTER}", re.IGNORECASE)) for kind, words in _KINDS]


def normalise_employment_type(raw: str) -> EmploymentType | None:
    """A provider's or employer's word for the kind of employment in our vocabulary; None where it says nothing.

    ``"Full-time: Remote"`` and ``"Permanent"`` are full time, ``"Stage de fin d'études"`` is an internship.
    """
    words = re.sub(r"(?<=[a-z])(?=[A-Z])|_+", " ", raw[:200]).strip()
    if words.lower() in {"stage", "intern", "student"}:
        return "internship"
    return next((value for value, pattern in _WORDS if pattern.search(words)), None)


_NOT_OF_THE_JOB = re.compile(
    r"(?:smart|government|federal|customer|sales|vendor|commercial|data|legal|social)[ -]contract"
    r"|contract(?:s|or|ors|ing)? (?:manage\w*|admin\w*|specialist|analyst|counsel|attorney|lawyer|paralegal|"
    r"negotia\w*|"
    r"officer|lead|operations|review\w*|lifecycle|engineering lead|research organi|manufactur\w*|success|"
    r"payments?|"
    r"compliance|relations|coordinator|director|lawyer|intelligence|data)"
    r"|(?:intern(?:ship)?s?|apprentice(?:ship)?s?|trainee) (?:programs?|programmes?|coach|manager|coordinator|"
    r"recruit\w*|"
    r"lead|specialist|success|assessor|tutor)"
    r"|(?:recruiter|coach|sourcer|tutor)\b.{0,20}\b(?:interns?|apprentice(?:ship)?s?)"
    r"|temp(?:orary)? (?:staffing|works|agenc\w+)|permanent (?:resident|residency|magnet|life|placement|display)"
    r"|interim (?:hr|cfo|management) (?:service|solution)s|part[- ]time (?:and|or|/|&) full|"
    r"full[- ]time (?:and|or|/|&) part"
    r"|\bb2b\b(?! contract)|contract &|contract and (?!\w+ to)"
    r"|regular(?:ly)? (?:basis|hours|meeting)|casual (?:games?|gaming|dress|wear)|co-?op (?:games?|mode)",
    re.IGNORECASE,
)
_KIND = (
    r"(part[- ]time|intern(?:ship)?|working student|contract(?:or|ing|ual)?(?:[- ]to[- ]hire)?|freelance|"
    r"independent contractor|b2b contract|temporary|seasonal|fixed[- ]term|per diem|full[- ]time|permanent|"
    r"teilzeit|vollzeit|praktikum|werkstudent\w*|befristete?|stage|alternance|cdi|cdd)"
)
_STATED = re.compile(
    r"(?:(?:employment|job|contract|position|work|engagement|role)[ -]?)?(?:type|status|schedule|commitment|"
    r"employment|contract|vertragsart|anstellungsart|arbeitszeit|type de contrat|tipo de contrato)\s?[:–-]\s?"
    r"(?:an? )?(?:\w+[- ]){0,3}?" + _KIND + r"\b",
    re.IGNORECASE,
)
_SENTENCE = re.compile(
    r"\b(?:this|the (?:role|position)|it)(?: (?:is|will be|would be)|['’]s)(?: (?:role|position|job))?(?: is)?"
    r"(?: currently| initially| offered(?: as| on)?)? (?:an?|on an?) (?:[\w’'+-]+,? ){0,6}?" + _KIND + r"\b"
    r"(?=[ ,-]*(?:\w+[ ,-]+){0,4}?(?:role|position|job|opportunity|contract|engagement|basis|assignment|"
    r"internship|hire)\b"
    r"|[.,;\n])"
    r"|\b(?:this|the) (?:role|position|job|opportunity) is (?:offered )?(?:on an? )?(?:\w+[ -]){0,3}?"
    + _KIND
    + r"\b(?! (?:customer|client))"
    r"|\b(?:for|on|offering|as) an? (?:[\w-]+ ){0,2}?"
    + _KIND
    + r" (?:role|position|basis|assignment|engagement)\b"
    r"|\b(?:join\w*|seeking|looking for|hiring)\b (?:[\w’'-]+ ){0,8}?(freelance|"
    r"part[- ]time)\b(?! (?:or|and|/))"
    r"|^.{0,50}\b" + _KIND + r" (?:role|position)[.!]?$",
    re.IGNORECASE,
)
_STEMS = (
    "part-time", "part time", "contract", "internship", "intern ", "freelanc", "temporary", "seasonal",
    "fixed-term", "fixed term", "full-time", "full time", "permanent", "working student", "per diem",
)  # fmt: skip


_PHRASE = re.compile(
    r"(?<![\w-])(?:voll|teil)zeit(?:stelle|position|job|anstellung)?(?![\w-])"
    r"|(?<!\w)(?:un)?befristete?[nrsm]? (?:\w+ )?(?:arbeits)?(?:vertrag|verhältnis|anstellung|"
    r"(?:vollzeit|teilzeit)?(?:stelle|position))"
    r"|(?<![\w'])(?:un)?befristet(?= (?:auf|bis|für|zu)|[.,;)]|$)"
    r"|(?<!\w)(?:en |contrat (?:en |de type )?|poste en )(?:cdi|cdd|alternance)(?!\w)"
    r"|(?<!\w)stage (?=de (?:\d|fin |deux|trois|quatre|cinq|six))"
    r"|(?<!\w)contrato (?:\w+ ){0,2}?(?:indefinido|temporal)(?!\w)|(?<!\w)jornada (?:laboral )?completa(?!\w)"
    r"|(?<!\w)contratto a tempo (?:in)?determinato(?!\w)|(?<!\w)(?:contrato de |vaga de )?est[áa]gio (?=de |com )"
    r"|(?<!\w)(?:un |di )?tirocinio(?= (?:di|della durata|retribuito|curriculare|extracurriculare))"
    r"|(?<!\w)(?:media jornada|deltid|heltid|vikariat|tillsvidareanställning|visstidsanställning|umowa o pracę|"
    r"umowa zlecenie|pełny etat|niepełny etat|tijdelijk contract|meio período|período integral)(?!\w)"
    r"|正社員|契約社員|アルバイト|業務委託|派遣社員",
    re.IGNORECASE,
)
"""Words of other languages that say the kind of employment wherever they stand."""
_CHOICE = re.compile(
    r"(?:voll-? ?(?:zeit)? ?(?:oder|und|/|&|bzw\.?) ?teil|teil-? ?(?:zeit)? ?(?:oder|und|/|&|bzw\.?) ?voll)"
    r"|\bcdi ?(?:ou|/) ?cdd|\bheltid ?(?:eller|/) ?deltid|\bdeltid ?(?:eller|/) ?heltid|"
    r"社員(?:または|・|／|/|、)\w*社員",
    re.IGNORECASE,
)
_PHRASE_STEMS = (
    "zeit", "befristet", "praktik", "werkstud", "cdi", "cdd", "alternance", "stage de", "contrato", "jornada",
    "tempo ", "tirocinio", "stágio", "deltid", "heltid", "vikariat", "anställning", "umowa", "etat",
    "tijdelijk contract", "período", "社員", "アルバイト", "業務委託",
)  # fmt: skip


def find_employment_type(title: str, text: str) -> EmploymentFinding | None:
    r"""What title and description say about the kind of employment; None where they say nothing.

    The title comes first ("Data Migration Analyst (Contract)"), then a labelled line ("Employment type:
    Part-time"), then a sentence about the role ("This is a six-month contract position"). Words about other
    things (smart contracts, internship programmes, permanent residents) do not count. ``quote == (title + "\\n"
    + text)[start:end]``.
    """
    found = _in_title(title)
    if found:
        value, start, end = found
        return EmploymentFinding(value, start, end, title[start:end])
    offset = len(title) + 1
    said: EmploymentFinding | None = None
    foreign = bool(other_languages(lowered(text)))
    for start, end in sentences_with(text, _STEMS + _PHRASE_STEMS if foreign else _STEMS, reach=160):
        sentence = text[start:end]
        labelled = _STATED.match(sentence)
        if labelled is None and said is not None:
            continue
        match = labelled or _SENTENCE.search(sentence)
        if match is None and foreign:
            said = _in_other_words(sentence, offset + start)
            continue
        if match is None or _NOT_OF_THE_JOB.search(match.group()):
            continue
        stated = normalise_employment_type(next(group for group in match.groups() if group))
        if stated:
            first = offset + start + match.start()
            finding = EmploymentFinding(stated, first, first + len(match.group()), match.group())
            if labelled:
                return finding
            said = finding
    return said


def _in_other_words(sentence: str, offset: int) -> EmploymentFinding | None:
    """What a sentence in another language says; None where it offers a choice ("Voll- oder Teilzeit")."""
    if _CHOICE.search(sentence):
        return None
    found = [(normalise_employment_type(match.group()), match) for match in _PHRASE.finditer(sentence)]
    kinds = [(kind, match) for kind, match in found if kind]
    if not kinds:
        return None
    particular = [(kind, match) for kind, match in kinds if kind != "full_time"] or kinds
    kind, match = particular[0]
    if any(other != kind for other, _ in particular):
        return None
    return EmploymentFinding(kind, offset + match.start(), offset + match.end(), match.group())


def _in_title(title: str) -> tuple[EmploymentType, int, int] | None:
    # "B2B" in a title is a market; as a provider's word it is a contract
    masked = _NOT_OF_THE_JOB.sub(lambda match: " " * len(match.group()), title)
    for value, pattern in _WORDS:
        match = pattern.search(masked)
        if match:
            return value, match.start(), match.end()
    return None
