"""A software bill of materials of a stack, in CycloneDX's JSON.

It names what the stack pulls (images and charts, as `stacks.mirror` lists them) and what deploys it: this program's
Python packages as they are installed, and the provider plugins that they bring. The text depends on nothing else: it
has no time, and its serial number is made from what it says.
"""

import json
import uuid
from collections.abc import Iterator, Mapping
from importlib import metadata
from typing import Any

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import License
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

from automation.project import DISTRIBUTION
from components.registry import DOCKER_HUB, server_of, split_tag
from stacks import mirror
from stacks.language import ChatSpec

PUBLISHED = "rocketchat:published"
"""Property of an image: what its makers call it."""
SOURCE = "rocketchat:source"
"""Property of a chart: where the stack fetches it from."""


def text(spec: ChatSpec, stack: str) -> str:
    """Return the bill of materials of a stack."""
    root = Component(
        name=stack, version=spec.release.version, type=ComponentType.APPLICATION, bom_ref="stack"
    )
    program = _packages()
    pulled = [*map(_image, mirror.images(spec)), *map(_chart, mirror.charts(spec))]
    bom = Bom(components=pulled)
    bom.metadata.component = root
    bom.register_dependency(root, [*pulled, program[canonicalize_name(DISTRIBUTION)]])
    for name, package in program.items():
        plugins = list(_plugins(name, package))
        bom.components.update([package, *plugins])
        needed = [program[one] for one in _needs(name, {""}) if one in program]
        bom.register_dependency(package, [*needed, *plugins])
    said = json.loads(JsonV1Dot6(bom).output_as_string())
    del said["metadata"]["timestamp"], said["serialNumber"]
    serial = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(said, sort_keys=True))
    return json.dumps({**said, "serialNumber": serial.urn}, indent=2, sort_keys=True) + "\n"


def _image(image: mirror.Pulled) -> Component:
    name, tag, digest = split_tag(image.pulled)
    server = server_of(name)
    path = name.removeprefix(f"{server}/")
    if digest:
        # The type's version is a digest and nothing else (purl-spec, types/oci).
        full = f"{server}/{path if '/' in path or server != DOCKER_HUB else f'library/{path}'}"
        purl = PackageURL(
            "oci", None, path.rpartition("/")[2], digest, {"repository_url": full.lower(), "tag": tag}
        )
    else:
        folder, _, last = path.rpartition("/")
        place = {} if server == DOCKER_HUB else {"repository_url": server}
        purl = PackageURL("docker", folder or ("library" if server == DOCKER_HUB else None), last, tag, place)
    return Component(
        name=name,
        version=f"{tag}@{digest}" if tag and digest else tag or digest,
        type=ComponentType.CONTAINER,
        purl=purl,
        bom_ref=purl.to_string(),
        properties=[Property(name=PUBLISHED, value=image.published)],
    )


def _chart(chart: mirror.Fetched) -> Component:
    place = {"repository_url": chart.source} if "://" in chart.source else {}
    purl = PackageURL("helm", None, chart.name, chart.version, place)
    return Component(
        name=chart.name,
        version=chart.version,
        type=ComponentType.APPLICATION,
        purl=purl,
        bom_ref=purl.to_string(),
        properties=[Property(name=SOURCE, value=chart.source)],
    )


def _packages() -> Mapping[NormalizedName, Component]:
    """Return this program and the Python packages that it needs, those of its extras where they are installed."""
    own = metadata.distribution(DISTRIBUTION).metadata
    wanted = {canonicalize_name(DISTRIBUTION): {"", *(own.get_all("Provides-Extra") or ())}}
    found: dict[NormalizedName, Component] = {}
    while wanted:
        name, extras = wanted.popitem()
        try:
            package = metadata.distribution(name)
        except metadata.PackageNotFoundError:  # of an extra that nobody installed
            continue
        # This program is in no registry.
        type_ = "generic" if name == canonicalize_name(DISTRIBUTION) else "pypi"
        purl = PackageURL(type_, None, name, package.version)
        found[name] = Component(
            name=package.name,
            version=package.version,
            purl=purl,
            bom_ref=purl.to_string(),
            licenses=_licenses(package.metadata),
        )
        wanted |= {one: more for one, more in _needs(name, extras).items() if one not in found}
    return dict(sorted(found.items()))


def _needs(name: str, extras: set[str]) -> dict[NormalizedName, set[str]]:
    """Return the packages that one needs here, with their extras."""
    found: dict[NormalizedName, set[str]] = {}
    for line in metadata.requires(name) or ():
        one = Requirement(line)
        if one.marker is None or any(one.marker.evaluate({"extra": extra}) for extra in extras):
            found.setdefault(canonicalize_name(one.name), {""}).update(one.extras)
    return found


def _licenses(about: metadata.PackageMetadata) -> list[License]:
    """Return the licences that a package says it has: by an expression, else by a short name, else by classifiers."""
    make = LicenseFactory().make_from_string
    for field in ("License-Expression", "License"):
        for said in about.get_all(field) or ():
            if said != "UNKNOWN" and "\n" not in said:
                return [make(said)]
    lines = about.get_all("Classifier") or []
    return [make(line.rpartition(" :: ")[2]) for line in lines if line.startswith("License :: ")]


def _plugins(name: str, package: Component) -> Iterator[Component]:
    """Yield the plugin that a provider's package has the engine fetch."""
    for file in metadata.files(name) or ():
        if file.name != "pulumi-plugin.json" or len(file.parts) != 2:
            continue
        said: dict[str, Any] = json.loads(file.read_text())
        if not said.get("resource"):
            continue
        version = said.get("version", package.version)
        purl = PackageURL("github", "pulumi", f"pulumi-{said['name']}", f"v{version}")
        yield Component(
            name=f"pulumi-resource-{said['name']}",
            version=version,
            type=ComponentType.APPLICATION,
            purl=purl,
            bom_ref=purl.to_string(),
            licenses=package.licenses,
        )
