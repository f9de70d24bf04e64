"""The consent that alerts need."""

from __future__ import annotations

from bandmate.kernel.consent import Purpose, declare_purpose

EMAIL = "email"

JOB_ALERTS = declare_purpose(
    Purpose(
        name="postings.job_alerts",
        title="Job alerts",
        wording=(
            "You may write to me by e-mail when new jobs fit the searches I saved, as often as I chose for each "
            "of them. I can take this back at any time, here or with the link in every message."
        ),
        version=1,
        channels=(EMAIL,),
    )
)
"""Asked for where somebody switches an alert on."""
