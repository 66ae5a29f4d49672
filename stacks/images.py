"""Where container images come from: the model and its rules."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from components.registry import DOCKER_HUB, ecr_repository, server_of, short_lived, split_tag
from rocketchat import known_bad, sizing
from rocketchat.releases import Release
from stacks.fields import ExactImage, Form, Part, Registry
from stacks.judging import Finding, Note, Warning_, rule
from stacks.kinds.kind import chosen
from stacks.kinds.runtime import RuntimeKind
from stacks.kinds.runtime.cluster import ClusterChat
from stacks.problems import Problem, nearest
from stacks.secret_keys import SecretKey
from stacks.words import count

if TYPE_CHECKING:
    from components.registry import RegistryArgs
    from stacks.load import Secrets
    from stacks.spec import Parts


def _last(image: str) -> str:
    return split_tag(image)[0].rpartition("/")[2]


class Images(Part):
    """Where container images are pulled from; their makers' public registries when left out."""

    secrets: ClassVar = (
        SecretKey("registryPassword", "Password or token of `images.username`.", required=True),
    )

    registry: Registry | None = None
    """A registry or a folder of one that has all images under their own names: `mongo` of Docker Hub is
    `<registry>/library/mongo`. `rocketchat images STACK` prints the commands that copy them there."""
    username: (
        Annotated[
            str,
            Field(min_length=1, max_length=255),
            # A colon parts it from the password (RFC 7617, 2).
            Form(r"[!-9;-~]+", "a user name: ASCII without blanks and colons"),
        ]
        | None
    ) = None
    """Who pulls there, or from Docker Hub where no `registry` is named. Not for a private registry of ECR, into which
    Fargate's own role lets the containers."""
    pinned: list[ExactImage] = []
    """Images taken exactly so, such as a build of your own or a digest: `reg.example.com/mongo:8.0.32@sha256:…`.
    The last part of the name says which image it stands for, and the tag begins with that one's version."""

    def reads(self, parts: "Parts") -> tuple[SecretKey, ...]:
        """The password goes with a user name."""
        return self.secrets if self.username is not None else ()

    @property
    def server(self) -> str:
        """The registry that the user name is for."""
        return DOCKER_HUB if self.registry is None else self.registry.partition("/")[0]

    def place(self, image: str) -> str:
        """Return where an image is pulled from, given as its makers publish it."""
        name = _last(image)
        for exact in self.pinned:
            if _last(exact) == name:
                return exact
        if self.registry is None or image.startswith(f"{self.registry}/"):
            return image
        path = image if server_of(image) == DOCKER_HUB else image.partition("/")[2]
        path = path.removeprefix(f"{DOCKER_HUB}/")
        return f"{self.registry}/{path if '/' in path else f'library/{path}'}"

    def credentials(self, secrets: "Secrets") -> "RegistryArgs | None":
        """Return the credentials of the registry; None where it asks for none."""
        if self.username is None:
            return None
        return {
            "server": self.server,
            "username": self.username,
            "password": secrets.values["registryPassword"],
        }

    def ports(self) -> Iterator[int]:
        """Yield the ports of the registries that are named, where they are not 443."""
        for image in (*([] if self.registry is None else [f"{self.registry}/"]), *self.pinned):
            _, _, port = server_of(image).partition(":")
            if port:
                yield int(port)


def used(parts: "Parts", release: Release, size: sizing.Size) -> list[str]:
    """Return the images of a stack as their makers publish them, each once, those of the chat first."""
    found = [image for _, kind in chosen(parts) for image in kind.images(parts, release, size)]
    return list(dict.fromkeys(found))


@rule("Images come from where they are said to")
def _images(images: Images, parts: "Parts", release: Release, size: sizing.Size) -> Iterator[Finding]:
    try:
        known = {_last(image): image for image in used(parts, release, size)}
    except ValueError:  # told by another rule
        return
    for index, exact in enumerate(images.pinned):
        path = f"rocketchat:images.pinned[{index}]"
        name = _last(exact)
        if name not in known:
            yield Problem(
                path,
                f"this stack runs no image {name}",
                nearest=nearest(name, known),
                allowed=", ".join(known),
            )
            continue
        if name in map(_last, images.pinned[:index]):
            yield Problem(path, f"{name} is listed twice", remedy="leave one of them out")
        tag, wanted = split_tag(exact)[1], _version(known[name], release)
        if not re.match(rf"{re.escape(wanted)}(?![0-9])", tag):
            yield Problem(
                path,
                f"{known[name]} is wanted, and the tag {tag} is another version",
                remedy=f"take a tag that begins with {wanted}",
            )
        for bad in known_bad.find_image(f"{split_tag(known[name])[0]}:{tag}"):
            yield Warning_(f"images.pinned {exact}: {bad}")
    ends = None if images.username is None else short_lived(images.username, images.registry)
    if ends is not None:
        yield Problem("rocketchat:images.username", ends[0], remedy=ends[1])
    yield Note(
        f"{count(len(known), 'image')}, {'of their makers' if images.registry is None else f'by {images.registry}'}"
        + (f", {len(images.pinned)} of them pinned" if images.pinned else "")
    )


def _version(image: str, release: Release) -> str:
    tag = split_tag(image)[1]
    if tag == release.version:
        return tag
    found = re.match(r"v?\d+\.\d+", tag)
    return tag if found is None else found[0]


@rule("The runtime is let into the registry")
def _let_in(images: Images, runtime: RuntimeKind) -> Iterator[Finding]:
    private = next(
        (image for image in (f"{images.registry}/x", *images.pinned) if ecr_repository(image)), None
    )
    if private is not None and not runtime.has_role:
        yield Problem(
            "rocketchat:images.registry",
            f"{server_of(private)} lets in roles of AWS, and runtime {runtime.kind} has none",
            remedy="take a registry with passwords that last (`username`), or `runtime: {kind: fargate}`",
        )


@rule("One tag fits all microservices of the chart")
def _one_tag(
    images: Images, runtime: ClusterChat, parts: "Parts", release: Release, size: sizing.Size
) -> Iterator[Finding]:
    if runtime.topology != "microservices":
        return
    tags = {
        split_tag(images.place(image))[1:]
        for image in runtime.images(parts, release, size)
        if split_tag(image)[1] == release.version
    }
    if len(tags) > 1 or any(digest for _, digest in tags):
        yield Problem(
            "rocketchat:images.pinned",
            "the chart gives all microservices the tag of the main server, so none can have a tag or digest of its own",
            remedy="pin none of them, or all to the same tag without digest",
        )
