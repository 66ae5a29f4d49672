"""Which images of a stack file the rules on registries will refuse, said before anything is planned."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from policy.config import Config, ConfigError, config_file, load
from policy.documents import is_allowed

if TYPE_CHECKING:
    from stacks.language import ChatSpec


def warnings(stack: str, spec: "ChatSpec") -> tuple[str, ...]:
    """Return what the pack, as it is configured here, will say to the images of a stack file."""
    try:
        config = load(stack, config_file(), profile=spec.parts.chat.profile.value)
    except ConfigError as error:
        return (str(error),)
    return tuple(refused(spec, config))


def refused(spec: "ChatSpec", config: Config) -> Iterator[str]:
    """Warn of each place that the part `images` names and that the configuration does not allow."""
    from stacks.images import used

    images = spec.parts.images
    where: dict[str, list[str]] = {}
    for image in used(spec.parts, spec.release, spec.size):
        placed = images.place(image)
        if placed != image and not is_allowed(placed, config.registries):
            key = "images.pinned" if placed in images.pinned else "images.registry"
            mine = images.registry is not None and placed.startswith(f"{images.registry}/")
            begins = f"{images.registry}/" if mine else f"{placed.rpartition('/')[0] or 'docker.io/library'}/"
            where.setdefault(begins, []).append(key)
    for begins, keys in where.items():
        yield (
            f"{' and '.join(sorted(set(keys)))}: the policy pack refuses images of {begins}; allow it by `registries` "
            "in policy/config.yaml, whose list replaces the usual one"
        )
