"""Languages of the product, and time zones."""

from functools import cache
from typing import Final

LANGUAGES: Final = frozenset(
    {
        *(
            "af",
            "ar",
            "az",
            "be-BY",
            "bg",
            "bn-BD",
            "bn-IN",
            "bs",
            "ca",
            "cs",
            "cy",
            "da",
            "de",
            "de-AT",
            "de-IN",
        ),
        *(
            "el",
            "en",
            "eo",
            "es",
            "et",
            "eu",
            "fa",
            "fi",
            "fr",
            "gl",
            "he",
            "hi",
            "hi-IN",
            "hr",
            "hu",
            "id",
            "it",
        ),
        *(
            "ja",
            "ka-GE",
            "km",
            "ko",
            "ku",
            "lo",
            "lt",
            "lv",
            "mn",
            "ms-MY",
            "nb",
            "nl",
            "nn",
            "no",
            "pa-IN",
            "pl",
        ),
        *(
            "pt",
            "pt-BR",
            "ro",
            "ru",
            "se",
            "si",
            "sk-SK",
            "sl-SI",
            "sq",
            "sr",
            "sv",
            "ta-IN",
            "th-TH",
            "tr",
            "ug",
        ),
        *("uk", "vi-VN", "zh", "zh-CN", "zh-HK", "zh-TW"),
    }
)
"""Languages that a release has had (RocketChat/Rocket.Chat, `packages/i18n/src/locales`, up to November 2026)."""


def unknown_language(code: str) -> str | None:
    """Return what is wrong with a language; a country that has none of its own gets that of the language."""
    if {code, code.partition("-")[0]} & LANGUAGES:
        return None
    near = sorted(one for one in LANGUAGES if one.startswith(f"{code}-"))
    return f"Rocket.Chat has no language {code}, and would show English" + (
        f"; it has {' and '.join(near)}" if near else ""
    )


def unknown_zone(name: str | None) -> str | None:
    """Return what is wrong with a time zone; nothing where this machine has no list of them."""
    if not name or name in (zones := _zones()) or not zones:
        return None
    return f"the time zone {name} is not known, and UTC would count; one looks like Europe/Berlin"


@cache
def _zones() -> set[str]:
    """Return the time zones that this machine knows: their list is the first bytes of six hundred files."""
    import zoneinfo

    return zoneinfo.available_timezones()
