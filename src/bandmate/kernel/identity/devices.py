"""The name of a browser and of its system in what it says of itself: enough to recognise one's own devices.

User agents lie by tradition: nearly every one claims to be several others. The order of the tables says whom to
believe; what is not in them is "another browser", never the raw text.
"""

from __future__ import annotations

import re

from bandmate.kernel.languages import gettext as _

_BROWSERS = tuple(
    (re.compile(pattern), name)
    for pattern, name in (
        (r"\bEdg(e|A|iOS)?/", "Edge"),
        (r"\bOPR/|\bOpera/", "Opera"),
        (r"\bVivaldi/", "Vivaldi"),
        (r"\bSamsungBrowser/", "Samsung Internet"),
        (r"\b(Firefox|FxiOS)/", "Firefox"),
        (r"\bHeadlessChrome/|\b(Chrome|CriOS|Chromium)/", "Chrome"),
        (r"\bVersion/[\d.]+ (Mobile/\w+ )?Safari/", "Safari"),
        (r"\bcurl/", "curl"),
        (r"\bpython-(requests|httpx|urllib3?)/|\bPython-urllib/", "Python"),
    )
)
_SYSTEMS = tuple(
    (re.compile(pattern), name)
    for pattern, name in (
        (r"\biPhone\b|\biPod\b", "iPhone"),
        (r"\biPad\b", "iPad"),
        (r"\bAndroid\b", "Android"),
        (r"\bCrOS\b", "ChromeOS"),
        (r"\bWindows\b", "Windows"),
        (r"\bMacintosh\b|\bMac OS X\b", "macOS"),
        (r"\bLinux\b|\bX11\b", "Linux"),
    )
)


def device_words(user_agent: str) -> str:
    """Return ``Firefox on Windows``, or as much of it as is known."""
    browser, system = _first(_BROWSERS, user_agent), _first(_SYSTEMS, user_agent)
    if browser and system:
        return _("{browser} on {system}").format(browser=browser, system=system)
    if system:
        return _("Another browser on {system}").format(system=system)
    return browser or _("Unknown browser")


def _first(table: tuple[tuple[re.Pattern[str], str], ...], text: str) -> str | None:
    return next((name for pattern, name in table if pattern.search(text)), None)
