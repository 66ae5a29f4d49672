"""The provider `random`: its values look as asked, and depend on the resource's name only."""

import base64
import string

from rehearsal.standins.table import Ask, Standin, given, names

SPECIAL = "!@#$%&*()-_=+[]{}<>:?"
"""The provider's own choice of special characters (documentation of `random_password.special`)."""
_ALPHABET = "./" + string.ascii_uppercase + string.ascii_lowercase + string.digits


def _result(ask: Ask) -> str:
    special = ask["overrideSpecial"] or SPECIAL
    kinds = (
        ("upper", "minUpper", string.ascii_uppercase),
        ("lower", "minLower", string.ascii_lowercase),
        ("numeric", "minNumeric", string.digits),
        ("special", "minSpecial", special),
    )
    length = int(ask["length"])
    wanted = [(ask[least] or 0, characters) for key, least, characters in kinds if ask[key] is not False]
    alphabet = "".join(characters for _, characters in wanted)
    text = list(ask.letters(length, alphabet, str(ask["keepers"] or "")))
    at = 0
    for least, characters in wanted:
        for _ in range(min(int(least), length - at)):
            text[at] = characters[ask.number(len(characters), str(at))]
            at += 1
    return "".join(text)


def _bytes(ask: Ask) -> bytes:
    count = int(ask["byteLength"] or ask["length"])
    return bytes.fromhex(ask.hex(2 * count, str(ask["keepers"] or "")))


def _refusals(ask: Ask) -> list[str]:
    length = ask["length"]
    least = sum(int(ask[key] or 0) for key in ("minUpper", "minLower", "minNumeric", "minSpecial"))
    if length is not None and length < max(1, least):
        return [f"length {length} must be at least {max(1, least)}"]
    return []


def _text(what: str, *, secret: bool) -> Standin:
    computed = {
        "lower": given("lower", otherwise=True),
        "minLower": given("minLower", 0),
        "minNumeric": given("minNumeric", 0),
        "minSpecial": given("minSpecial", 0),
        "minUpper": given("minUpper", 0),
        "number": given("number", lambda ask: ask["numeric"] is not False),
        "numeric": given("numeric", otherwise=True),
        "result": _result,
        "special": given("special", otherwise=True),
        "upper": given("upper", otherwise=True),
    }
    if secret:
        computed["bcryptHash"] = lambda ask: f"$2a$10${ask.letters(53, _ALPHABET, 'bcrypt')}"
    return Standin(
        what=what,
        id=(lambda _ask: "none") if secret else _result,
        computed=computed,
        replaces=names(
            "keepers length lower minLower minNumeric minSpecial minUpper number numeric overrideSpecial "
            "special upper"
        ),
        refuses=_refusals,
    )


TYPES: dict[str, Standin] = {
    "random:index/randomPassword:RandomPassword": _text("generated password", secret=True),
    "random:index/randomString:RandomString": _text("generated name part", secret=False),
    "random:index/randomId:RandomId": Standin(
        what="generated number",
        id=lambda ask: base64.urlsafe_b64encode(_bytes(ask)).decode().rstrip("="),
        computed={
            "b64Std": lambda ask: (ask["prefix"] or "") + base64.b64encode(_bytes(ask)).decode(),
            "b64Url": lambda ask: (
                (ask["prefix"] or "") + base64.urlsafe_b64encode(_bytes(ask)).decode().rstrip("=")
            ),
            "dec": lambda ask: (ask["prefix"] or "") + str(int.from_bytes(_bytes(ask), "big")),
            "hex": lambda ask: (ask["prefix"] or "") + _bytes(ask).hex(),
        },
        replaces=names("byteLength keepers prefix"),
    ),
    "random:index/randomBytes:RandomBytes": Standin(
        what="generated key",
        id=lambda _ask: "none",
        computed={
            "base64": lambda ask: base64.b64encode(_bytes(ask)).decode(),
            "hex": lambda ask: _bytes(ask).hex(),
        },
        replaces=names("keepers length"),
    ),
}
