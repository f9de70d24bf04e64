"""The consent that being suggested to others needs."""

from __future__ import annotations

from bandmate.kernel.consent import Purpose, declare_purpose

BE_FOUND = declare_purpose(
    Purpose(
        name="marketplace.be_found",
        title="Be found for opportunities",
        wording=(
            "You may suggest me to the owners of opportunities that fit me, inside the company. They see only "
            "what my profile shows them anyway, with the reasons why I fit. I can take this back at any time."
        ),
        version=1,
    )
)
"""Without it, nobody stands in a list of people for an opportunity."""
