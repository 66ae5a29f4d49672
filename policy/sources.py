"""Where the resources that are judged come from: the file of a plan, a preview, or an exported state."""

import contextlib
import json
from pathlib import Path
from typing import Any

from policy import adapters
from policy.model import Subject


class NotJudged(Exception):  # noqa: N818 - what it says
    """Something cannot be judged; the text says what and what to do."""


def name_of(stack: str) -> str:
    """Return the name of a stack that is given by name or by the path of its file."""
    return Path(stack).name.removeprefix("Pulumi.").removesuffix(".yaml").removesuffix(".yml")


def profile_of(stack: str) -> str | None:
    """Return the profile that a stack file, by name or path, gives its chat; None where there is no such file."""
    from stacks import files
    from stacks.parts import Profile
    from stacks.problems import InvalidStack

    try:
        chat = files.read(stack).values.get("rocketchat:chat")
    except InvalidStack:
        return None
    told = chat.get("profile") if isinstance(chat, dict) else None
    return told if told in set(Profile) else None


def of_plan(path: Path) -> list[Subject]:
    """Return the resources of a plan that was written as JSON. Raises NotJudged where the file is something else."""
    content = _no_preview(path)
    with contextlib.suppress(KeyError, TypeError, AttributeError):
        if found := adapters.from_plan_json(content):
            return found
    raise NotJudged(f"{path} is not a plan; `rocketchat plan STACK --file FILE` writes one")


def of_state(path: Path) -> list[Subject]:
    """Return the resources of a state. Raises NotJudged where the file is something else."""
    content = _no_preview(path)
    try:
        return adapters.from_state(content)
    except (KeyError, TypeError, AttributeError):
        raise NotJudged(f"{path} is not an exported state; `pulumi stack export` writes one") from None


def of_preview(path: Path) -> list[Subject]:
    """Return the resources of a preview. Raises NotJudged where the file is something else."""
    content = _read(path)
    try:
        found, failed = adapters.from_preview(content), adapters.failed(content)
    except (KeyError, TypeError, AttributeError):
        raise NotJudged(f"{path} is not a preview; `pulumi preview --json` writes one") from None
    if failed:
        raise NotJudged(f"{path} is of a preview that failed, and lacks what came after: {failed}")
    return found


def _no_preview(path: Path) -> Any:
    content = _read(path)
    if isinstance(content, dict) and "steps" in content:
        raise NotJudged(f"{path} is a preview: give it by --preview")
    return content


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise NotJudged(f"{path}: {error.strerror}") from None
    except ValueError:
        raise NotJudged(f"{path} is not JSON") from None
