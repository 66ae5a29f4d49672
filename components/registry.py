"""Where container images and Helm charts are pulled from: a registry's credentials, and the place of charts."""

import base64
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NotRequired, TypedDict

import pulumi

DOCKER_HUB = "docker.io"
_LOGIN = {DOCKER_HUB: "https://index.docker.io/v1/"}
"""What Docker calls a registry in its configuration, where that is not the registry's name."""
_ECR = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?/(?P<repository>[^:@]+)"
)
_ARCHIVE = re.compile(r".+\.(tgz|tar\.gz)")


_SHORT_LIVED = {
    "AWS": (
        "the passwords of ECR are good for twelve hours",
        "leave it out: Fargate is let in by its role, and nodes of AWS by theirs",
    ),
    "oauth2accesstoken": (
        "the access tokens of Google's registry are good for an hour",
        "take `_json_key_base64`, with the key of a service account that may only read",
    ),
    "00000000-0000-0000-0000-000000000000": (
        "the tokens of `az acr login` are good for three hours",
        "take a token of the registry's own (az acr token create), or a service principal",
    ),
    "gitlab-ci-token": (
        "the token of a job in GitLab ends with the job",
        "take a deploy token that may only read the registry",
    ),
}
"""User names that go with passwords for the moment: how long these are good, and what is so for longer.

Sources: docs.aws.amazon.com/AmazonECR, "Private registry authentication"; cloud.google.com/artifact-registry,
"Configure authentication to Artifact Registry for Docker"; learn.microsoft.com/azure/container-registry,
"Authentication options"; docs.gitlab.com, "CI/CD job token".
"""


class RegistryArgs(TypedDict):
    """Credentials of a registry of container images."""

    server: str
    """The registry, such as `registry.example.com:5000`; Docker Hub is `docker.io`."""
    username: str
    """Who pulls."""
    password: pulumi.Input[str]
    """Its password or token (secret)."""


class ChartSourceArgs(TypedDict):
    """Where Helm charts are fetched from, instead of their makers' repositories."""

    place: str
    """A chart repository (`https://…`), a folder of a registry (`oci://…`), or a folder or an archive (`.tgz`) of this
    machine. In a registry each chart goes by its own name; a folder holds `<name>-<version>.tgz`, or the chart itself
    in `<name>`."""
    username: NotRequired[str]
    """User of a chart repository. A registry of charts takes the login of `helm registry login`."""
    password: NotRequired[pulumi.Input[str]]
    """Its password (secret)."""


def hidden(registry: RegistryArgs) -> RegistryArgs:
    """Return the credentials with a password that does not reach the state as an input of a component in clear."""
    return {**registry, "password": pulumi.Output.secret(registry["password"])}


def hidden_source(source: ChartSourceArgs) -> ChartSourceArgs:
    """Do the same for a source of charts."""
    made = source.copy()
    if "password" in source:
        made["password"] = pulumi.Output.secret(source["password"])
    return made


def server_of(image: str) -> str:
    """Return the registry of an image, as `docker pull` reads its name."""
    first, slash, _ = image.partition("/")
    return first if slash and ("." in first or ":" in first or first == "localhost") else DOCKER_HUB


def ecr_repository(image: str) -> Mapping[str, str] | None:
    """Return `account`, `region` and `repository` of an image in a private registry of ECR; None for any other."""
    found = _ECR.match(image)
    return found.groupdict() if found else None


def short_lived(username: str, registry: str | None) -> tuple[str, str] | None:
    """Return how long a user's passwords are good, and what to take instead; None where they last.

    A container that starts anew later must still be able to pull, on a new node too.
    """
    return _SHORT_LIVED.get("AWS" if ecr_repository(f"{registry}/x") else username)


def split_tag(image: str) -> tuple[str, str, str]:
    """Return the name, the tag and the digest of an image; empty where there is none."""
    named, _, digest = image.partition("@")
    folder, slash, last = named.rpartition("/")
    name, _, tag = last.partition(":")
    return f"{folder}{slash}{name}", tag, digest


def docker_config(registry: RegistryArgs) -> pulumi.Output[str]:
    """Return the text of Docker's `config.json` with the credentials (secret); Kubernetes takes the same."""

    def text(password: str) -> str:
        login = {
            "username": registry["username"],
            "password": password,
            "auth": base64.b64encode(f"{registry['username']}:{password}".encode()).decode(),
        }
        server = registry["server"]
        return json.dumps({"auths": {_LOGIN.get(server, server): login}})

    return pulumi.Output.secret(registry["password"]).apply(text)


def chart(name: str, version: str, repository: str, source: ChartSourceArgs | None) -> dict[str, Any]:
    """Return the inputs of a Helm release that say which chart is installed: the maker's, or that of `source`.

    Raises ValueError where a folder of this machine has no such chart.
    """
    if source is None:
        return {"chart": name, "version": version, "repository_opts": {"repo": repository}}
    place = source["place"].rstrip("/")
    if place.startswith("oci://"):
        return {"chart": f"{place}/{name}", "version": version}
    if place.startswith("https://"):
        opts: dict[str, Any] = {"repo": place}
        if "username" in source:
            opts |= {
                "username": source["username"],
                "password": pulumi.Output.secret(source.get("password", "")),
            }
        return {"chart": name, "version": version, "repository_opts": opts}
    return {"chart": local_chart(place, name, version), "version": version}


def local_chart(place: str, name: str, version: str) -> str:
    """Return the path of a chart on this machine; ValueError where it is not there."""
    tried = [place] if _ARCHIVE.fullmatch(place) else [f"{place}/{name}-{version}.tgz", f"{place}/{name}"]
    for path in tried:
        if Path(path).is_file() or (Path(path) / "Chart.yaml").is_file():
            # Helm takes a bare name for that of a chart in a repository.
            return path if path.startswith(("/", "./", "../")) else f"./{path}"
    raise ValueError(f"there is no chart at {' or '.join(tried)}")
