"""The looks: CSS and brand fonts, so that the default content security policy lets them through.

With `Enable_CSP` the browser takes fonts from the chat's own host and from data: addresses, and style
sheets from the chat's own host (RocketChat/Rocket.Chat `apps/meteor/server/…/cors.ts`). So a brand font is
written into `theme-custom-css` itself.
"""

import base64
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from rocketchat.variables import Environment, overwrite

MOST_CSS_BYTES: Final = 48 * 1024
"""Of the 64 KiB that an ECS task definition may have in all (docs.aws.amazon.com, "Amazon ECS service
quotas"); the rest is for the other variables."""

HEADINGS: Final = "headings"
TEXT: Final = "text"

_COMMENT = re.compile(r"/\*.*?(?:\*/|$)", re.DOTALL)
_FONT_FACE = re.compile(r"@font-face\s*\{([^}]*)\}", re.IGNORECASE)
_URL = re.compile(r"url\(\s*[\"']?\s*([^\"')\s]*)", re.IGNORECASE)
_REMOTE = re.compile(r"(?:[a-z][a-z0-9+.-]*:)?//|https?:", re.IGNORECASE)


@dataclass(frozen=True)
class Font:
    """A WOFF2 font file and what it is used for."""

    family: str
    data: bytes = field(repr=False)
    """The file's content. A subset of the letters that are used is 10 to 20 KB; a whole family does not
    fit."""
    weight: int = 400
    style: str = "normal"
    use: str | None = None
    """`headings`, `text`, or None for a face that only the CSS refers to."""

    def __post_init__(self) -> None:
        if re.fullmatch(r"[A-Za-z0-9 _-]{1,60}", self.family, re.ASCII) is None:
            raise ValueError(
                f"the font's family {self.family[:60]!r} must be letters, digits, spaces and hyphens"
            )
        if not self.data.startswith(b"wOF2"):
            raise ValueError(f"the file of font {self.family} is not WOFF2; convert it first")
        if not 1 <= self.weight <= 1000:
            raise ValueError(f"the weight of font {self.family} must be from 1 to 1000")
        if self.style not in ("normal", "italic"):
            raise ValueError(f"the style of font {self.family} must be normal or italic")
        if self.use not in (HEADINGS, TEXT, None):
            raise ValueError(f"font {self.family} is used for {HEADINGS} or for {TEXT}")

    @property
    def css(self) -> str:
        """The rule that brings the font, its file inside."""
        content = base64.b64encode(self.data).decode("ascii")
        return (
            f'@font-face{{font-family:"{self.family}";font-style:{self.style};font-weight:{self.weight};'
            f'font-display:swap;src:url(data:font/woff2;base64,{content}) format("woff2")}}'
        )


def _uses(fonts: Sequence[Font]) -> list[str]:
    rules = []
    # The product's own style sheet asks for this variable first.
    text = next((font.family for font in fonts if font.use == TEXT), None)
    if text is not None:
        family = f'"{text}",sans-serif'
        rules.append(f":root{{--rcx-font-family-sans:{family}}}body{{font-family:{family}}}")
    headings = next((font.family for font in fonts if font.use == HEADINGS), None)
    if headings is not None:
        rules.append(f'h1,h2,h3,h4,h5,h6{{font-family:"{headings}",sans-serif !important}}')
    return rules


def check_css(css: str) -> None:
    """Raise ValueError for a style sheet that the default content security policy would cut short."""
    bare = _COMMENT.sub("", css)
    if re.search(r"@import\b", bare, re.IGNORECASE):
        raise ValueError(
            "the CSS uses @import, which the chat's content security policy blocks (Google Fonts too). "
            "Write the rules into the CSS itself, and give fonts as WOFF2 files: "
            "they are put inside as data: addresses"
        )
    for face in _FONT_FACE.finditer(bare):
        for address in _URL.findall(face.group(1)):
            if _REMOTE.match(address):
                raise ValueError(
                    f"the CSS takes a font from {address[:80]}, which the chat's content security policy "
                    "blocks. Give the font as a WOFF2 file: it is put inside as a data: address"
                )


def style_sheet(css: str = "", fonts: Sequence[Font] = ()) -> str:
    """Return the whole style sheet: the fonts, what they are used for, then `css`, which has the last word.

    Raises ValueError for what the content security policy blocks, and when it grows beyond MOST_CSS_BYTES.
    """
    check_css(css)
    whole = "\n".join([*(font.css for font in fonts), *_uses(fonts), *([css] if css else [])])
    size = len(json.dumps(whole))
    if size > MOST_CSS_BYTES:
        raise ValueError(
            f"CSS and fonts together take {size} bytes, and {MOST_CSS_BYTES} are the most: they reach the "
            "server in a variable, and on ECS the whole task definition may have 64 KiB (65536 bytes). "
            "Cut the fonts down to the letters and weights that are used, or put them on the host of "
            "the setting CDN_PREFIX"
        )
    return whole


def appearance(
    css: str = "",
    fonts: Sequence[Font] = (),
    *,
    home_title: str | None = None,
    home_body: str | None = None,
    terms_of_service: str | None = None,
    privacy_policy: str | None = None,
    legal_notice: str | None = None,
    login_terms: str | None = None,
) -> Environment[str]:
    """Return the variables of the looks and of the workspace's own texts (HTML); see `style_sheet` for the
    errors.

    Pictures (logo, icons) are no variables: see `assets`.
    """
    return overwrite(
        {
            "theme-custom-css": style_sheet(css, fonts) or None,
            "Layout_Home_Title": home_title,
            "Layout_Home_Body": home_body,
            "Layout_Terms_of_Service": terms_of_service,
            "Layout_Privacy_Policy": privacy_policy,
            "Layout_Legal_Notice": legal_notice,
            "Layout_Login_Terms": login_terms,
        }
    )
