"""What a stack pulls, and the commands that copy it to where the stack pulls it from."""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from components.registry import DOCKER_HUB, server_of, split_tag
from components.runtime import chart as official
from stacks.files import FOLDER
from stacks.images import used
from stacks.language import ChatSpec

TOOLS = {
    "crane": "crane copy {source} {target}",
    "skopeo": "skopeo copy --all docker://{source} docker://{target}",
}
"""Commands that copy an image with all its architectures and with its digest (github.com/google/go-containerregistry,
`crane copy`; skopeo-copy(1))."""


@dataclass(frozen=True)
class Pulled:
    """An image of a stack."""

    published: str
    """As its makers publish it, with the registry."""
    pulled: str
    """As the stack names it."""


@dataclass(frozen=True)
class Fetched:
    """A Helm chart of a stack."""

    name: str
    version: str
    repository: str
    """Its makers'."""
    source: str
    """Where the stack fetches it from."""


def images(spec: ChatSpec) -> list[Pulled]:
    """Return the images that a stack pulls, those of the chat first."""
    found = used(spec.parts, spec.release, spec.size)
    return [Pulled(_full(image), spec.parts.images.place(image)) for image in found]


def charts(spec: ChatSpec) -> list[Fetched]:
    """Return the Helm charts that a stack installs."""
    given = spec.parts.charts
    return [
        Fetched(
            name,
            given.chat_version if given is not None and name == official.CHART else one.version,
            one.repository,
            one.repository if given is None else given.source,
        )
        for name, one in spec.parts.runtime.charts.items()
    ]


def commands(spec: ChatSpec, tool: str) -> Iterator[str]:
    """Yield the commands that copy images and charts to where the stack takes them from; none for what is not moved.

    A pinned image without its makers' version is somebody's own: it is not copied.
    """
    for image in images(spec):
        name, tag, digest = split_tag(image.pulled)
        if _full(image.pulled) == image.published or tag != split_tag(image.published)[1]:
            continue
        source = f"{image.published}@{digest}" if digest else image.published
        yield TOOLS[tool].format(source=shlex.quote(source), target=shlex.quote(f"{name}:{tag}"))
    for chart in charts(spec):
        if chart.source == chart.repository:
            continue
        pull = f"helm pull {chart.name} --version {chart.version} --repo {chart.repository}"
        archive = f"{chart.name}-{chart.version}.tgz"
        if chart.source.startswith("oci://"):
            yield pull
            yield f"helm push {archive} {chart.source}"
        elif chart.source.startswith("https://"):
            yield pull
            yield f"# Put {archive} into {chart.source}; how, depends on what serves it."
        else:
            yield f"{pull} --destination {shlex.quote(str(FOLDER / chart.source))}"


def _full(image: str) -> str:
    """Return an image's name as every tool takes it."""
    if server_of(image) != DOCKER_HUB or image.startswith(f"{DOCKER_HUB}/"):
        return image
    return f"{DOCKER_HUB}/{image if '/' in image else f'library/{image}'}"
