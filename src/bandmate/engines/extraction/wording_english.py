"""How English postings speak of the work model."""
# ruff: noqa: RUF001 - typographic dashes and quotes are what these patterns look for

from __future__ import annotations

import re

from bandmate.engines.extraction.wording import Days, Wording, pattern, words

_PLACE = (
    r"(?:office|studio|workshop|shop|store|place|premises|site|lab|laborator(?:y|ies)|factory|warehouse|kitchen|"
    r"restaurant|theat(?:re|er)|school|clinic|hospital|plant|depot|campus|hq|headquarters|stage|bench|shop floor|"
    r"showroom|gallery|venue|hub|facility|production floor)"
)
_HOME = r"\b(?:remote(?:ly)?|(?:from|at) home|wfh|home\s?-?office|home\s?working|wherever|from anywhere)\b"

DAYS = Days(
    nouns=("day", "times ", "x ", "x/", "once", "twice"),
    count=re.compile(
        r"(?<![\w.,])(?P<low>[1-5]|one|two|three|four|five|(?:once|twice)(?= (?:a|per|each|every) week))"
        r"(?:\s?(?:-|–|to|or|/)\s?(?P<high>[1-5]|two|three|four|five))?\+?"
        r"(?:(?<=once)|(?<=twice)|(?: (?:out )?of (?:the |every )?(?:5|five|7|seven))?"
        r"[ -](?:(?P<kind>full|whole|in[- ]office|office|on-?site|anchor|team|core|remote|wfh|home)[ -])?"
        r"(?:(?:work(?:ing)?|week)[ -]?)?(?:days|day(?![ -](?:work ?)?week)|times|x)\b(?: out of (?:5|five)\b)?)"
        r"(?P<week>(?: of the| out of (?:the|a|[57] days?|five))?"
        r"\s?(?:/|a|per|each|every|in a|in the|of the|weekly)?[ -]?\s?(?:(?:work(?:ing)? ?)?week\b|(?<=weekly)))?",
        re.IGNORECASE,
    ),
    numbers={"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "once": 1, "twice": 2},
    office=re.compile(
        r"\b(?:offices?|hq|headquarters|on-?\s?site|in[- ]person|hybrid|come in|studio|co-?working|campus|hub|"
        r"premises|in[- ]office)\b",
        re.IGNORECASE,
    ),
    home=re.compile(_HOME, re.IGNORECASE),
    home_after=re.compile(rf"^(?:(?! and )[^,.;]){{0,20}}{_HOME}", re.IGNORECASE),
    home_before=re.compile(
        r"\b(?:work(?:ing)? from home|wfh|work(?:ing)? remotely|home\s?-?office|remote(?:ly)?)\b\W*"
        r"(?:(?:for|on|up|to|at|least|most|a|maximum|max|of|about|around)\b\W*){0,3}\Z",
        re.IGNORECASE,
    ),
    rest=re.compile(
        r"\b(?:remain(?:ing|der)|the rest|the others?|other (?:days?|two|three|half)|rest of (?:the|your))\b",
        re.IGNORECASE,
    ),
    otherwise=re.compile(
        r"\b(?:vacation|holiday|leave|pto|paid|sick|travel(?:ling|ing)?|off|respond|response|within|business days|"
        r"interview|workshop|process|training|notice|month|quarter|year|events?|retreat|customers?|clients?|"
        r"shift|volunteer)\b",
        re.IGNORECASE,
    ),
)

_SHARE = r"\b(?:half|(?:a|one|two)[- ]thirds?|[1-9][05] ?%)"

ENGLISH = Wording(
    stems=words(
        "hybrid|remot|from home|at home|from anywhere|homeoffice|wfh|onsite|on-site|on site|office|"
        "in-person|in person|"
        "week|every day|work at our|work in our|work from our"
    ),
    common=(),
    hybrid_words=words("hybrid|mix of|half|third|%|combin|blend|balanc"),
    remote_words=words("remot|home|from anywhere|office"),
    days=DAYS,
    hybrid=re.compile(
        r"\bhybrid(?:\s|-)*(?:(?:remote|flexible|in[- ]office|office)(?:\s|/)*)?"
        r"(?:work(?:ing|place)?\b|roles?|positions?|schedules?|environment|set-?up|arrangements?|polic(?:y|ies)|"
        r"culture|team|company|office|job|opportunity|in\b|from\b|based|basis|location|at\b|with \w+ days?|format)"
        r"|\bhybrid (?:model|mode|approach)\b(?=[^.\n]{0,80}(?:office|home|remote|in[- ]person|week|work))"
        r"|\b(?:location|work(?:place|ing)?(?: (?:type|model|mode|style|arrangement|policy))?|role|position|"
        r"type)\b(?: is| will be|:|\s-)\s?(?:an? |fully |primarily )?hybrid\b"
        r"|\(hybrid\)|^[-• ]*hybrid[ ,.:(-]*$"
        r"|^[-• ]*hybrid\s?[:–—-](?=[^\n]*\b(?:office|home|remote(?:ly)?|week|your time|days?|team)\b)"
        r"|\bmix of (?:remote|in[- ](?:office|person)|office|home)\b"
        r"|\b(?:is|are|we're|we are) hybrid\b|\bhybrid,? \d"
        rf"|^(?![^\n]*\btravel)[^\n]*?{_SHARE} (?:of )?(?:(?:your|the|their) )?(?:working |work )?"
        r"(?:time|week|days|hours)\b(?=[^.\n]{0,60}\b(?:in (?:the|our) (?:\w+ )?(?:office|studio)|on-?\s?site|"
        r"in person|with the team in|from home|at home|remotely)\b)"
        r"|\b(?:combin\w+|blend\w*|balanc\w+) (?:of )?(?:remote|home|on-?site|in[- ]person|office)\b[^.\n]{0,16}"
        r"\b(?:and|with)\b[^.\n]{0,20}\b(?:on-?site|office|in[- ]person|remote|home)\b"
        r"|(?<![\d.])[1-9][05] ?% (?:remote|from home|in[- ]office|on-?site)\b",
        re.IGNORECASE,
    ),
    not_remote=re.compile(
        r"\b(?:not|no|isn['’]t|aren['’]t|non|never|cannot|can['’]t|unable to|without|don['’]t)\b[ -]"
        r"(?:\w+[ -]){0,6}?(?:remote(?:ly)?|home\s?-?office|(?:work(?:ing|ed)?|done|performed|carried out) "
        r"(?:at|from) home|home\s?-?working)\b"
        r"|\b(?:remote|home)[ -](?:work |working |candidates |applicants |option )?"
        r"(?:is |are |will )?(?:not|cannot|can['’]t|n['’]t)\b",
        re.IGNORECASE,
    ),
    not_only=re.compile(r"\bnot (?:only|just|necessarily)\b|\bno matter\b|\bno, ", re.IGNORECASE),
    remote=re.compile(
        r"\b(?:fully|100 ?%|completely|entirely|permanently|all)[- ]remote\b|\bremote[- ](?:native|only)\b"
        r"|\bremote\b(?:,? ?\w+){0,2}? (?:role|position|job|opportunity|contract)\b"
        r"|\b(?:role|position|job|opportunity)(?: is| can be| will be| may be)"
        r"(?: \w+){0,2}? remote(?:ly)?\b(?! (?:office|site))"
        r"|\b(?:location|workplace|work type|based)\s?[:-]\s?(?:\w+,? ){0,3}\(?remote\b|\bwork(?:ing)? remotely\b"
        r"|\bwork from anywhere\b(?! (?:month|weeks?|days?|program|policy|perk|for|up to))"
        r"|\bremote (?:within|from|in|anywhere|\((?:us|uk|eu|europe|canada|usa|global))\b"
        r"|^[-• ]*remote[ ,.:(-]*(?:us|usa|uk|eu|europe|canada)?\)?$"
        r"|\bremote work (?:environment|setting|culture)\b"
        r"|\bwork (?:entirely |fully |permanently |full[- ]time )from home\b"
        r"|\b100 ?% (?:home\s?-?office|from home)\b",
        re.IGNORECASE,
    ),
    on_site=re.compile(
        r"\b(?:fully |full-time |100 ?% |strictly |primarily )?(?:on-?\s?site|in[- ]office|in[- ]person)[, ]"
        r"(?:\w+[- ]){0,2}?(?:role|position|job|opportunity|company|culture|team|work environment|only|at our|"
        r"in our|in \w+)\b"
        r"|\b(?:role|position|job|post|we)(?: is| are|'re|’re| will be| requires?)(?: \w+){0,3}? (?:on-?\s?site|"
        r"in[- ](?:office|person))\b"
        r"|\b(?:location|workplace|work type)\s?:\s?(?:\w+,? ){0,3}\(?(?:on-?\s?site|in[- ]office|in[- ]person)\b"
        r"|\b(?:fully|100 ?%) (?:on-?\s?site|in[- ](?:office|person))\b"
        r"|\bwork (?:fully )?(?:on-?\s?site|in[- ]person)\b"
        r"|\b(?:work|job|role) (?:happens|takes place|is done|is performed|is carried out) "
        rf"(?:\w+ )?(?:on-?\s?site|in[- ]person|(?:in|at|on) (?:the|our) {_PLACE})\b"
        rf"|\b(?:role|position|job|post|work) is (?:\w+ )?(?:on|in|at|behind) (?:the|our) (?:\w+ )?{_PLACE}\b"
        rf"|\b(?:in|at|on) (?:the|our) (?:\w+ )?{_PLACE}\b[^.\n]{{0,30}}\b(?:every (?:working |single )?day|"
        r"monday (?:to|through|-|–) friday)\b"
        rf"|\bevery (?:working |single )?day (?:\w+ )?(?:in|at|on) (?:the|our) (?:\w+ )?{_PLACE}\b"
        r"|^[-• ]*(?:on-?site|in[- ](?:office|person))[ ,.:(-]*$",
        re.IGNORECASE,
    ),
    remote_company=re.compile(
        r"\bremote[- ]first\b|\bremote\b(?:,? ?\w+){0,2}? (?:company|team|workforce|organi[sz]ation)\b"
        r"|\b(?:team|company|we)(?: is| are|'s|’s|'re|’re)(?: \w+){0,2}? remote(?:ly)?\b(?! (?:office|site))",
        re.IGNORECASE,
    ),
    at_our_place=pattern(
        r"\b(?:you(?:['’]ll| will| would)?|(?:required|expected|need) to|this role|position) works? "
        rf"(?:\w+ )?(?:at|in|from|out of) our "
        rf"(?:[\w’'-]+ ){{0,3}}?{_PLACE}\b(?=,? (?:in|at|near|with|on|[A-Z])|[.,;)]|$)",
    ),
)
