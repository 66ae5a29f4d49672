"""The provider `random`: its values look as asked, and depend on the resource's name only."""

import base64
import string

from clouds.ask import Ask
from clouds.record import (
    IN_STATE_ONLY,
    NO_DATA,
    NO_MODELS,
    NOTHING_KNOWN,
    UNNOTICED,
    Another,
    Answers,
    Data,
    Nothing,
    Refuses,
    Resource,
    replaced_by,
)

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
    count = int(ask["byteLength"])
    return bytes.fromhex(ask.hex(2 * count, str(ask["keepers"] or "")))


def _refusals(ask: Ask) -> list[str]:
    length = ask["length"]
    least = sum(int(ask[key] or 0) for key in ("minUpper", "minLower", "minNumeric", "minSpecial"))
    if length is not None and length < max(1, least):
        return [f"length {length} must be at least {max(1, least)}"]
    return []


RANDOM_PASSWORD = Resource(
    "random:index/randomPassword:RandomPassword",
    "generated password",
    answers=Answers(
        id="none",
        outputs={
            "bcryptHash": lambda ask: f"$2a$10${ask.letters(53, _ALPHABET, 'bcrypt')}",
            "result": _result,
        },
        defaults={
            "lower": True,
            "minLower": 0,
            "minNumeric": 0,
            "minSpecial": 0,
            "minUpper": 0,
            "number": lambda ask: ask["numeric"] is not False,
            "numeric": True,
            "special": True,
            "upper": True,
        },
    ),
    requests=NO_MODELS,
    refuses=Refuses(inputs=_refusals),
    again=Another(),
    replaced=replaced_by(
        "keepers length lower minLower minNumeric minSpecial minUpper number numeric overrideSpecial special upper",
        is_update=True,
    ),
    import_id="{result}",
    found=IN_STATE_ONLY,
    data=NO_DATA,
    felt=UNNOTICED,
    costs=Nothing("free: made on this machine"),
)


RANDOM_ID = Resource(
    "random:index/randomId:RandomId",
    "generated number",
    answers=Answers(
        id=lambda ask: base64.urlsafe_b64encode(_bytes(ask)).decode().rstrip("="),
        outputs={
            "b64Std": lambda ask: (ask["prefix"] or "") + base64.b64encode(_bytes(ask)).decode(),
            "b64Url": lambda ask: (
                (ask["prefix"] or "") + base64.urlsafe_b64encode(_bytes(ask)).decode().rstrip("=")
            ),
            "dec": lambda ask: (ask["prefix"] or "") + str(int.from_bytes(_bytes(ask), "big")),
            "hex": lambda ask: (ask["prefix"] or "") + _bytes(ask).hex(),
        },
    ),
    requests=NO_MODELS,
    refuses=NOTHING_KNOWN,
    again=Another(),
    replaced=replaced_by("byteLength keepers prefix"),
    import_id="[{prefix},]{id}",
    found=IN_STATE_ONLY,
    data=Data(
        "nothing itself: it says where messages and uploads are",
        lost="the chat leaves its data behind: what is deployed after this starts without them",
    ),
    felt=UNNOTICED,
    costs=Nothing("free: made on this machine"),
)
