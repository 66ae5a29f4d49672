"""What `new` asks. Each kind says what it wants to be asked; `automation/new.py` puts the questions in order."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

Answers = Mapping[str, str]
"""By the path of the key: `chat.host`, `runtime.kind`."""


def _always(_: Answers) -> bool:
    return True


@dataclass(frozen=True)
class Ask:
    """What is to be known of the question for one key of a part."""

    where: str = ""
    """Where the answer is found."""
    default: str | Callable[[Answers], str | None] | None = None
    """What an empty answer means; None where an answer is needed."""
    text: str | None = None
    """What is asked; the first line of the key's description when left out."""
    when: Callable[[Answers], bool] = _always
    """Whether it is asked, after the answers before it."""


def plain_host(answers: Answers) -> str:
    """Return the chat's host as a part of other names."""
    return answers["chat.host"].replace(".", "-")


def zone(answers: Answers) -> str:
    """Return the name of the zone that the chat is in, as far as it is known."""
    return answers.get("dns.zone") or answers["chat.host"].partition(".")[2]
