"""Which images of a stack file the rules on registries will refuse, said before anything is planned."""

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from policy.config import Config
from policy.documents import is_allowed

if TYPE_CHECKING:
    from policy.judge import Report
    from stacks.language import ChatSpec

RULES = frozenset({"ecs-image-registry", "host-image-registry", "k8s-image-registry", "helm-chat-registry"})
"""The rules on registries."""


def refused(spec: "ChatSpec", config: Config, judged: Callable[[], "Report"]) -> Iterator[str]:
    """Warn of each place that the part `images` names and that the configuration does not allow.

    Where waivers may cover them, `judged` is asked, because a waiver names a resource, and only a plan has these.
    """
    places = list(_places(spec, config))
    if places and any(waiver.rule in RULES for waiver in config.waivers):
        from policy.sources import NotJudged

        with contextlib.suppress(NotJudged):
            if not any(one.rule.id in RULES for one in judged().findings):
                return
    yield from places


def _places(spec: "ChatSpec", config: Config) -> Iterator[str]:
    from stacks.images import used

    images = spec.parts.images
    where: dict[str, list[str]] = {}
    for image in used(spec.parts, spec.release, spec.size):
        placed = images.place(image)
        chosen = spec.parts.bot is not None and image == spec.parts.bot.image
        if (placed != image or chosen) and not is_allowed(placed, config.registries):
            key = (
                "bot.image"
                if placed == image
                else "images.pinned"
                if placed in images.pinned
                else "images.registry"
            )
            mine = images.registry is not None and placed.startswith(f"{images.registry}/")
            begins = f"{images.registry}/" if mine else f"{placed.rpartition('/')[0] or 'docker.io/library'}/"
            where.setdefault(begins, []).append(key)
    for begins, keys in where.items():
        yield (
            f"{' and '.join(sorted(set(keys)))}: the policy pack refuses images of {begins}; allow it by `registries` "
            f"in policy/config.yaml. Its list replaces the usual one: {', '.join(Config().registries)}"
        )
