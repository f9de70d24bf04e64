"""The line of reading on the operators' page: by which version, how far it has come, or why it cannot begin."""

from __future__ import annotations

from collections.abc import Iterator

from bandmate.kernel.database.session import Tx
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.languages import later
from bandmate.kernel.operations.state import Installation, Level, Line, declare_lines
from bandmate.kernel.web.formats import counted, number
from bandmate.postings.skills import queue

_BY_WORDS = "lexical/"
"""How versions begin that have no model (``taxonomy.SkillReader.version``)."""


def _skills(tx: Tx, here: Installation) -> Iterator[Line]:  # noqa: ARG001 - the signature of lines
    known = queue.state(tx)
    version = known.version if known else None
    found = queue.progress(tx, version)
    figures = {"postings": found.postings, "current": found.current, "version": version}
    level = Level.GOOD
    if known is not None and known.notice is not None:
        level = Level.WARN
        told = _("No skills can be read: {why} Postings work as before.").format(why=known.notice)
    elif not found.postings:
        told = _("There is no posting to read.")
    elif found.current == found.postings:
        told = counted("The {count} posting is read.", "All {count} postings are read.", found.postings)
    else:
        told = _("{done} of {all} postings are read; the others follow in the background.").format(
            done=number(found.current), all=number(found.postings)
        )
    if version is not None and version.startswith(_BY_WORDS):
        level = Level.WARN
        told = _("{told} The language model is not installed, so they are read by their words alone.").format(
            told=told
        )
    yield Line("skills", _("Skills of postings"), level, told, figures=figures)


declare_lines("skills", _skills, title=later("Skills of postings"))
