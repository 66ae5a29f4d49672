"""The secrets of a stack: flat keys of their own, because a secret inside an object ends in the state in clear.

Which there are is said by the parts and kinds that read them.
"""

import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import TypeGuard, get_args

from rocketchat import settings
from stacks import lifetimes, texts
from stacks.fields import Part
from stacks.kinds import registry
from stacks.kinds.kind import chosen
from stacks.masking import maskable
from stacks.parts import Locked
from stacks.problems import Problem
from stacks.secret_keys import SecretKey, command, one_word, unfilled
from stacks.spec import Parts


def _is_part(one: object) -> TypeGuard[type[Part]]:
    return isinstance(one, type) and issubclass(one, Part)


def _models() -> Iterator[type[Part]]:
    """Yield the models of all parts, in the order of a stack file's parts."""
    for name, field in Parts.model_fields.items():
        if name in registry.KINDS:
            yield from registry.models(name).values()
        else:
            yield from (one for one in (field.annotation, *get_args(field.annotation)) if _is_part(one))


SECRETS = {key.name: key for model in _models() for key in model.secrets}


def _standing(parts: Parts) -> Iterator[Part]:
    for _, value in parts:
        yield from (one for one in (value if isinstance(value, list) else [value]) if isinstance(one, Part))


def _of_kind(name: str) -> SecretKey | None:
    """Return the secret of a name that depends on what the file says of a kind."""
    models = (model for part in registry.KINDS for model in registry.models(part).values())
    return next((key for model in models if (key := model.secret_named(name)) is not None), None)


def find(name: str) -> SecretKey | None:
    """Return the secret of a name: one of `SECRETS`, or a sensitive setting of the product under its own id."""
    key = SECRETS.get(name) or _of_kind(name)
    if key is None and name in settings.own_secrets():
        return SecretKey(name, f"Sensitive setting {name} of Rocket.Chat.")
    return key


def _read(parts: Parts) -> Iterator[SecretKey]:
    """Yield the secrets that these parts read; a part that is wrong reads none."""
    for part in _standing(parts):
        yield from part.reads(parts)


def reads(parts: Parts, name: str) -> bool:
    """Return whether anything in these parts reads the secret of a name."""
    return any(key.name == name for key in _read(parts))


def asked(parts: Parts) -> dict[str, str]:
    """Return the names of the secrets that these parts cannot be deployed without, and what each is."""
    found = {key.name: key.description for key in _read(parts) if key.required}
    plain = {key: one.value if isinstance(one, Locked) else one for key, one in parts.settings.items()}
    for name, switch in settings.needed(plain).items():
        found[name] = f"It goes with the setting {switch}, which does nothing without it."
    return found


def unread(names: AbstractSet[str], parts: Parts) -> Iterator[str]:
    """Yield the full keys of those of these secrets that nothing in the parts reads; a setting reads its own."""
    for name in sorted(names):
        if (name in SECRETS or _of_kind(name) is not None) and not reads(parts, name):
            yield f"rocketchat:{name}"
    used = {key for _, kind in chosen(parts) for key in kind.credentials}
    for key, secret in PROVIDER_KEYS.items():
        if secret and key in names and key not in used:
            yield key


def names() -> tuple[str, ...]:
    """Return the names of all secrets; the settings come last."""
    return (*SECRETS, *sorted(settings.own_secrets()))


PROVIDER_KEYS = {
    "aws:region": False,
    **dict.fromkeys(
        sorted(
            key
            for part in registry.KINDS
            for model in registry.models(part).values()
            for key in model.credentials
        ),
        True,
    ),
}
"""Keys of the providers that the program reads, and whether each is a secret."""

ENVIRONMENT = {
    "aws": "AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, in the environment",
    "cloudflare": "CLOUDFLARE_API_TOKEN in the environment",
    "digitalocean": "DIGITALOCEAN_TOKEN, SPACES_ACCESS_KEY_ID and SPACES_SECRET_ACCESS_KEY in the environment",
    "kubernetes": "the secret rocketchat:kubeconfig, or `context` of the runtime",
    "mongodbatlas": "MONGODB_ATLAS_PUBLIC_KEY and MONGODB_ATLAS_PRIVATE_KEY in the environment",
}
"""What is read instead of other keys, by the providers' namespaces."""


def problems(values: Mapping[str, str], parts: Parts | None = None) -> list[Problem]:
    """Return what is wrong with the values of secrets, given by full key; no part of a value is in it."""
    return [
        Problem(path, said, remedy=command(path), ended=isinstance(said, lifetimes.Ended))
        for path, value in values.items()
        if (said := _problem(path, value, parts)) is not None
    ]


def doubts(values: Mapping[str, str]) -> list[str]:
    """Return what to know of right values of secrets, given by full key; no part of a value is in it."""
    keys = {path: find(path.removeprefix("rocketchat:")) for path in values}
    return [f"{path}: {said}" for path, key in keys.items() if key and (said := key.doubt(values[path]))]


def _problem(path: str, value: str, parts: Parts | None) -> str | None:
    key = find(path.removeprefix("rocketchat:"))
    if not value.strip():
        return "the secret is empty" + ("" if key is None else f". {key.description}")
    if unfilled(value):
        return "the secret is a placeholder, which nothing has filled in"
    if key is None:
        return (one_word(value) or _guessed(value)) if path in PROVIDER_KEYS else None
    said = key.problem(value) or lifetimes.short_lived(value)
    if said is None and texts.lost(value.replace("\r", "")) is not None:
        return "the secret holds a control character, or another one that is lost or changed on its way"
    if said is None and parts is not None:
        said = next(filter(None, (part.disagrees(key.name, value) for part in _standing(parts))), None)
    return said or (None if _PIN.search(key.name) else _guessed(value))


_PIN = re.compile("_pin$", re.IGNORECASE)
"""Settings that are short by their nature: a conference's PIN."""


def _guessed(value: str) -> str | None:
    """Return what is wrong with a secret that anybody could guess."""
    if maskable(value.strip()):
        return None
    return (
        "the secret is too short or an ordinary word: it is easily guessed, and cannot be masked in messages"
    )
