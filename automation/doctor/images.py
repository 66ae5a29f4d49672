"""Whether the registries have the images (Docker Registry HTTP API V2; docs.docker.com, "Registry authentication")."""

import re
import time
from typing import ClassVar, Final
from urllib.parse import urlsplit

import httpx

from automation.doctor import needs
from automation.doctor.needs import Visit
from automation.doctor.vendor import Refused, Vendor, trusted
from automation.web import Answer, Failed, NotChecked

DOCKER_HUB: Final = "https://registry-1.docker.io"
TAKES: Final = ", ".join(
    f"application/vnd.{one}+json"
    for one in (
        *("oci.image.index.v1", "docker.distribution.manifest.list.v2"),
        *("oci.image.manifest.v1", "docker.distribution.manifest.v2"),
    )
)


class Registry(Vendor):
    """A registry of images."""

    name: ClassVar = "the registry"


async def reachable(visit: Visit) -> str:
    """Say whether each image is in its registry, for everybody."""
    names = needs.images(visit.planned)
    closed = []
    for image in names:
        registry, repository, tag = parts(image)
        async with Registry(registry, tls=trusted()) as site:
            try:
                answer = await _manifest(site, repository, tag)
            except Failed as error:
                raise NotChecked(error.found) from None
        if answer.date is not None:
            visit.skews.append(answer.date - time.time())
        if answer.status == httpx.codes.NOT_FOUND:
            raise Failed(
                f"{registry} has no {repository}:{tag}", "look at its tags, and choose one that is there"
            )
        if answer.status in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}:
            closed.append(image)
        elif answer.status != httpx.codes.OK or not answer.headers.get("docker-content-digest"):
            raise NotChecked(
                f"{registry} answers {answer.status} for {repository}:{tag}, not as a registry does"
            )
    if closed:
        raise NotChecked(f"{', '.join(closed)} cannot be read without an account")
    return f"{', '.join(names)}: there, seen from this machine"


def parts(image: str) -> tuple[str, str, str]:
    """Return the address of the registry, the repository and the tag or digest of an image."""
    name, _, digest = image.partition("@")
    first, _, rest = name.partition("/")
    own = rest and ("." in first or ":" in first or first == "localhost")
    registry, path = (first, rest) if own else ("", name)
    repository, _, tag = path.partition(":")
    if not registry:
        return DOCKER_HUB, repository if "/" in repository else f"library/{repository}", digest or tag
    return f"https://{registry}", repository, digest or tag


async def _manifest(site: Registry, repository: str, tag: str) -> Answer:
    path = f"/v2/{repository}/manifests/{tag}"
    site.session = {"Accept": TAKES}
    answer = await site.ask("HEAD", path)
    challenge = answer.headers.get("www-authenticate", "")
    told = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
    if (
        answer.status != httpx.codes.UNAUTHORIZED
        or not challenge.startswith("Bearer ")
        or "realm" not in told
    ):
        return answer
    realm = urlsplit(told["realm"])
    query = {"service": told.get("service", ""), "scope": f"repository:{repository}:pull"}
    if realm.scheme != urlsplit(site.url).scheme:
        raise NotChecked(f"{site.url} sends to {site.shown(told['realm'])} for a token")
    async with Registry(f"{realm.scheme}://{realm.netloc}", tls=site.tls) as giver:
        try:
            given = await giver.get(realm.path, **query)
        except Refused:
            return answer
    site.session["Authorization"] = f"Bearer {given.get('token') or given.get('access_token') or ''}"
    return await site.ask("HEAD", path)
