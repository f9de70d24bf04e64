"""What staffing says in words."""

from __future__ import annotations

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
