"""What identity notes in the audit trail, with the sentences in which it reads there."""

from __future__ import annotations

from bandmate.kernel.audit import declare_action
from bandmate.kernel.languages import gettext as _

COMMAND_LINE = "command line"
"""Who acts when somebody with a shell on the server does."""
SIGN_IN = "sign-in"
"""Who refuses when nobody is known yet."""

SIGNED_IN = declare_action("identity.session.opened", lambda: _("{by} signed in")).name
SIGNED_OUT = declare_action("identity.signed_out", lambda: _("{by} signed out")).name
LOCKED_OUT = declare_action(
    "identity.sign_in.refused", lambda: _("Sign-ins of {subject} were refused after too many wrong passwords")
).name
SESSION_ENDED = declare_action(
    "identity.session.ended", lambda: _("{by} signed {subject} out on another device")
).name
SESSIONS_ENDED = declare_action(
    "identity.sessions.ended", lambda: _("{by} signed {subject} out everywhere else")
).name
PASSWORD_CHANGED = declare_action(
    "identity.password.changed", lambda: _("{by} changed the password of {subject}")
).name
RECOVERY_REQUESTED = declare_action(
    "identity.recovery.requested", lambda: _("Somebody asked for a way back into the account of {subject}")
).name
RECOVERY_LINK_MADE = declare_action(
    "identity.recovery.link_made", lambda: _("A recovery link for {subject} was made on the {by}")
).name
RECOVERED = declare_action(
    "identity.recovery.used", lambda: _("{subject} set a new password by a recovery link")
).name
KEY_CREATED = declare_action("identity.key.created", lambda: _("{by} created the API key {subject}")).name
KEY_REVOKED = declare_action("identity.key.revoked", lambda: _("{by} revoked the API key {subject}")).name
ROLE_GIVEN = declare_action("identity.role.given", lambda: _("{subject} got the role {role} from {by}")).name
ACCOUNT_CREATED = declare_action(
    "identity.account.created", lambda: _("An account with the role {role} was created for {subject} by {by}")
).name
NAME_CHANGED = declare_action("identity.name.changed", lambda: _("{by} changed their name")).name
EMAIL_CHANGE_REQUESTED = declare_action(
    "identity.email.change_requested", lambda: _("{by} asked to change their e-mail address")
).name
EMAIL_CHANGED = declare_action("identity.email.changed", lambda: _("{subject} changed their e-mail address")).name
