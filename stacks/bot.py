"""The bot of a stack, for whatever runtime runs it: its image, user and variables."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pulumi

from rocketchat import bot, surroundings
from rocketchat.environment import Secret

if TYPE_CHECKING:
    from stacks.load import Secrets
    from stacks.spec import Parts


@dataclass(frozen=True)
class Wanted:
    """What a runtime runs."""

    image: str
    """Where it is pulled from."""
    uid: int | None
    """The user that it runs as; the image's own when None."""
    architecture: str | None
    """The only one that the image is made for, where that is known."""
    environment: Mapping[str, pulumi.Input[str]]
    secrets: Mapping[str, pulumi.Input[str]] = field(repr=False)


def wanted(parts: "Parts", secrets: "Secrets", url: pulumi.Input[str], *, host: str) -> Wanted | None:
    """Return the bot, which reaches the server at `url`, on this `host`; None where the stack has none."""
    part, given = parts.bot, secrets.values
    if part is None:
        return None
    variables = bot.bot(
        url,
        part.username,
        Secret[pulumi.Input[str]](given["botPassword"]),
        name=part.name,
        rooms=part.rooms,
        all_public=part.all_public,
        scripts=part.scripts,
    )
    proxy = parts.container.proxy
    # Its scripts go by the proxy; the chat is reached without, because not every client of WebSockets knows proxies.
    web = {} if proxy is None else surroundings.proxy(proxy.url, [*proxy.direct, host]).plain
    return Wanted(
        image=parts.images.place(part.image),
        uid=part.user,
        architecture=bot.architecture(part.image),
        environment={
            name: value for name, value in {**variables.plain, **web}.items() if name not in part.keys
        },
        secrets={
            **{name: secret.reveal() for name, secret in variables.secret.items()},
            **{name: given["botKeys"].apply(_picked(name)) for name in part.keys},
        },
    )


def _picked(name: str) -> Callable[[str], str]:
    def pick(text: str) -> str:
        try:
            values: Mapping[str, str] = json.loads(text)
            return str(values[name])
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(
                f"the secret rocketchat:botKeys must be a JSON object with the key {name}"
            ) from error

    return pick
