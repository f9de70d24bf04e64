"""What staffing says in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bandmate.kernel.languages import gettext as _
from bandmate.kernel.languages import ngettext
from bandmate.marketplace.staffing.domain import Proposal


def how_good(proposal: Proposal) -> str:
    """Return how good a proposal is, in a sentence."""
    better, together = proposal.better_by, len(proposal.figures["projects"])
    if proposal.figures["by_hand"]:
        if not better:
            return _("No other team of these applicants covers more, suits its members more, or differs more.")
        return _("Chosen by hand. The best team of these applicants is at most {percent} % better.").format(
            percent=better
        )
    if together > 1:
        if not better:
            return _(
                "The best there is for {count} projects together, from those who applied, with nobody overloaded."
            ).format(count=together)
        return _("For {count} projects together. Another choice is at most {percent} % better.").format(
            count=together, percent=better
        )
    if not better:
        return _("The best team there is from these applicants.")
    return _("A good team: another one from these applicants is at most {percent} % better.").format(
        percent=better
    )


def cover(covered: int, sought: int) -> str:
    """Return how many of the skills sought are led."""
    return ngettext(
        "It covers {covered} of {sought} skill sought.", "It covers {covered} of {sought} skills sought.", sought
    ).format(covered=covered, sought=sought)


def problem_sentence(problem: Mapping[str, Any]) -> str:
    """Return why teams could not be worked out, and what to do."""
    title = str(problem.get("project") or "")
    if problem.get("reason") == "not_open":
        return _("“{title}” was closed meanwhile. Leave it out or open it again, then try again.").format(
            title=title
        )
    if problem.get("reason") == "no_seat":
        return _(
            "Every seat of “{title}” was taken or offered to somebody meanwhile. Leave it out or add seats, "
            "then try again."
        ).format(title=title)
    if problem.get("reason") == "gone":
        return _("A project of these is gone, or is not yours to staff any more. Look at your projects again.")
    return _("The teams could not be worked out. Try again; if it stays so, tell those who run this.")
