"""Pictures of the workspace: logo, login background, icons. No variable sets them: an administrator uploads them.

Names, types and sizes are the product's (RocketChat/Rocket.Chat `apps/meteor/app/assets/server/assets.ts`); the
settings `Assets_*` of these names exist in all releases from 6.6 to 8.9: `data/settings.json`).
"""

import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from xml.parsers import expat

MOST_BYTES: Final = 1_000_000
"""Of one picture: every visitor loads them before the login page stands."""

PNG, SVG, JPEG, ICO = "image/png", "image/svg+xml", "image/jpeg", "image/x-icon"
_SUFFIXES: Final = {".png": PNG, ".svg": SVG, ".jpg": JPEG, ".jpeg": JPEG, ".ico": ICO}
_SVG, _XHTML = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xhtml"
_ENCODINGS: Final = {"utf-8", "us-ascii", "iso-8859-1"}
_RUNS: Final = {"script", "foreignobject", "handler", "listener"}
"""Elements of SVG that run something, or hold HTML (w3.org/TR/SVG2, "Scripting" and "Embedded content"; the last two
are of SVG Tiny 1.2)."""
_RUNS_AS_ADDRESS: Final = (";javascript:", ";data:text/html")
"""Addresses that browsers run: alone, or in the list of what an animation sets one to."""


@dataclass(frozen=True)
class Asset:
    """What a picture must be."""

    types: tuple[str, ...]
    size: tuple[int, int] | None = None
    """Width and height in pixels."""


_ANY: Final = Asset((SVG, PNG, JPEG))
ASSETS: Final[Mapping[str, Asset]] = {
    "logo": _ANY,
    "logo_dark": _ANY,
    "background": _ANY,
    "background_dark": _ANY,
    "favicon_ico": Asset((ICO,)),
    "favicon": Asset((SVG,)),
    "favicon_16": Asset((PNG,), (16, 16)),
    "favicon_32": Asset((PNG,), (32, 32)),
    "favicon_192": Asset((PNG,), (192, 192)),
    "favicon_512": Asset((PNG,), (512, 512)),
    "touchicon_180": Asset((PNG,), (180, 180)),
    "touchicon_180_pre": Asset((PNG,), (180, 180)),
    "tile_70": Asset((PNG,), (70, 70)),
    "tile_144": Asset((PNG,), (144, 144)),
    "tile_150": Asset((PNG,), (150, 150)),
    "tile_310_square": Asset((PNG,), (310, 310)),
    "tile_310_wide": Asset((PNG,), (310, 150)),
    "safari_pinned": Asset((SVG,)),
}


@dataclass(frozen=True)
class Picture:
    """A file that may be uploaded."""

    asset: str
    """Name of the product's asset."""
    data: bytes
    type: str
    """Media type, by which the product knows the file's kind."""


def picture(asset: str, name: str, data: bytes) -> Picture:
    """Return a file as one that may be uploaded. Raises ValueError for one that the product would refuse, or worse.

    Args:
        asset: one of ASSETS.
        name: of the file, whose ending says what it is.
        data: its content.
    """
    wanted = ASSETS[asset]
    kinds = " or ".join(suffix for suffix, kind in _SUFFIXES.items() if kind in wanted.types)
    kind = _SUFFIXES.get(f".{name.rpartition('.')[2].lower()}")
    if kind not in wanted.types or kind is None:
        raise ValueError(f"{name} cannot be {asset}, which is a file {kinds}")
    if not data:
        raise ValueError(f"{name} is empty")
    if len(data) > MOST_BYTES:
        raise ValueError(f"{name} has {len(data):,} bytes, and {MOST_BYTES:,} are the most: make it smaller")
    found = _kind(data)
    if found != kind:
        raise ValueError(
            f"{name} is not what its ending says: {'it is ' + found if found else 'it is no picture'}"
        )
    if kind == SVG:
        _harmless(name, data)
    if wanted.size is not None and (size := _png_size(data)) != wanted.size:
        raise ValueError(
            f"{name} has {size[0]} by {size[1]} pixels, and {asset} has {wanted.size[0]} by {wanted.size[1]}"
        )
    return Picture(asset, data, kind)


def _kind(data: bytes) -> str:
    if data.startswith(b"\x89PNG\r\n\x1a\n") and data[12:16] == b"IHDR" and len(data) >= 24:
        return PNG
    if data.startswith(b"\xff\xd8\xff"):
        return JPEG
    if data.startswith(b"\0\0\1\0"):
        return ICO
    return (
        SVG
        if re.search(rb"<(\w+:)?svg[\s/>]", data) and data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
        else ""
    )


def _harmless(name: str, data: bytes) -> None:
    """Raise ValueError for an SVG that is no XML, or that has a script or HTML, however it is written.

    It is served from the chat's own address, where a script may do what the visitor may.
    """
    parser = expat.ParserCreate(namespace_separator=" ")

    elements: list[str] = []

    def start(element: str, attributes: Mapping[str, str]) -> None:
        elements.append(element)
        space, _, tag = element.rpartition(" ")
        runs = tag.lower() in _RUNS or space == _XHTML
        for attribute, value in attributes.items():
            # Attributes of another namespace have it before a blank, and are nothing to a browser.
            runs = runs or (" " not in attribute and attribute.lower().startswith("on"))
            addresses = f";{''.join(value.split()).lower()}"
            runs = runs or any(one in addresses for one in _RUNS_AS_ADDRESS)
        if runs:
            raise ValueError(f"{name} has a script, or HTML, which would run as the chat's own: take it out")

    def declared(_: str, encoding: str | None, __: int) -> None:
        if encoding is not None and encoding.lower() not in _ENCODINGS:
            raise ValueError(f"{name} is in {encoding}: save it as UTF-8")

    def entity(*_: object) -> None:
        # What they stand for is not looked into, and grows when they name each other.
        raise ValueError(f"{name} declares entities (<!ENTITY): save it as plain SVG")

    def instruction(target: str, _: str) -> None:
        raise ValueError(
            f"{name} has an instruction (<?{target} …?>), which loads something else: take it out"
        )

    parser.StartElementHandler = start
    parser.XmlDeclHandler = declared
    parser.EntityDeclHandler = entity
    parser.ProcessingInstructionHandler = instruction
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise ValueError(
            f"{name} is no SVG that browsers show: line {error.lineno}: {expat.ErrorString(error.code)}"
        ) from None
    if elements[0] != f"{_SVG} svg":
        raise ValueError(f'{name} is no SVG that browsers show: it must begin with <svg xmlns="{_SVG}"')


def _png_size(data: bytes) -> tuple[int, int]:
    """Return width and height of a PNG (w3.org/TR/png-3, 11.2.1: IHDR comes first)."""
    width, height = struct.unpack(">II", data[16:24])
    return width, height
