"""Where Helm charts come from: the model and its rules."""

import os
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import yaml
from pydantic import AfterValidator, Field

from components.registry import local_chart, short_lived
from components.runtime import chart as official
from stacks.fields import IN_ADDRESS, Form, Part, Version
from stacks.files import FOLDER
from stacks.judging import Finding, Note, Warning_, rule
from stacks.kinds.runtime import RuntimeKind
from stacks.problems import Problem
from stacks.project import ROOT
from stacks.secret_keys import SecretKey

if TYPE_CHECKING:
    from components.registry import ChartSourceArgs
    from stacks.load import Secrets
    from stacks.spec import Parts

FILE = r"[A-Za-z0-9_][A-Za-z0-9._-]*"


def _source(text: str) -> str:
    place = text.rstrip("/")
    if place.startswith("http://"):
        raise ValueError(f"charts come by TLS: https://{place.removeprefix('http://')}")
    if place.startswith(("https://", "oci://")):
        scheme, _, rest = place.partition("://")
        if not re.fullmatch(
            rf"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]{{1,5}})?(?:/{IN_ADDRESS}*)?", rest
        ):
            raise ValueError(f"this is not an address; one looks like {scheme}://registry.example.com/charts")
        if "@" in rest.partition("/")[0]:
            raise ValueError("an address holds no user name and no password; give `username`")
        folder, _, last = rest.rpartition("/")
        if scheme == "oci" and folder and re.search("[:@]", last):
            raise ValueError(
                "this is one chart, and the folder that it is in is wanted; say which one in `version`"
            )
        if scheme == "https" and re.search(r"\.(tgz|yaml)$", last):
            raise ValueError(f"this is a file, and the repository that it is in is wanted: https://{folder}")
        return place.removesuffix(f"/{official.CHART}") if scheme == "oci" else place
    if not re.fullmatch(rf"(\./)?{FILE}(/{FILE})*", place):
        raise ValueError(
            "this is neither the https:// address of a chart repository, nor an oci:// folder of a registry, nor a "
            "folder or an archive (.tgz) beside the stack files"
        )
    return place.removeprefix("./")


ChartVersion = Annotated[
    Version,
    Form(r"[0-9]+\.[0-9]+\.[0-9]+([-+][0-9A-Za-z.+-]+)?", "the exact version of a chart, such as 7.0.2"),
]


class Charts(Part):
    """Where Helm charts are fetched from; their makers' public repositories when left out."""

    secrets: ClassVar = (SecretKey("chartsPassword", "Password of `charts.username`.", required=True),)

    source: Annotated[str, AfterValidator(_source)]
    """A chart repository (`https://charts.example.com`), a folder of a registry (`oci://registry.example.com/charts`,
    after `helm registry login` where it asks for one), or a folder or an archive (`charts`, `rocketchat-7.0.2.tgz`) in
    the folder of the stack files. `rocketchat images STACK` prints the commands that copy the charts there."""
    username: (
        Annotated[
            str, Field(min_length=1, max_length=255), Form(r"[!-~]+", "a user name: ASCII without blanks")
        ]
        | None
    ) = None
    """User of a chart repository."""
    version: ChartVersion | None = None
    """Version of the chat's chart; the one that this program was written for when left out."""

    def reads(self, parts: "Parts") -> tuple[SecretKey, ...]:
        """The password goes with a user name."""
        return self.secrets if self.username is not None else ()

    @property
    def local(self) -> bool:
        """Whether the charts are on this machine."""
        return "://" not in self.source

    @property
    def chat_version(self) -> str:
        """The version of the chat's chart."""
        return self.version or official.VERSION

    @property
    def place(self) -> str:
        """The source as Pulumi takes it: a folder is named from the project's, so that it is the same everywhere."""
        return os.path.relpath(FOLDER / self.source, ROOT) if self.local else self.source

    def args(self, secrets: "Secrets") -> "ChartSourceArgs":
        """Return what the components take."""
        made: ChartSourceArgs = {"place": self.place}
        if self.username is not None:
            made |= {"username": self.username, "password": secrets.values["chartsPassword"]}
        return made


@rule("The charts are where they are said to be")
def _charts(charts: Charts, runtime: RuntimeKind) -> Iterator[Finding]:
    path = "rocketchat:charts.source"
    if not runtime.charts:
        yield Problem(
            "rocketchat:charts", f"runtime {runtime.kind} installs no Helm charts", remedy="leave it out"
        )
        return
    if charts.username is not None and not charts.source.startswith("https://"):
        yield Problem(
            "rocketchat:charts.username",
            "Pulumi gives a user name to chart repositories (https://) only",
            remedy="leave it out"
            + ("" if charts.local else ", and run `helm registry login` on each machine that deploys"),
        )
    ends = None if charts.username is None else short_lived(charts.username, None)
    if ends is not None:
        yield Problem("rocketchat:charts.username", ends[0], remedy=ends[1])
    if charts.local:
        for name in runtime.charts:
            version = charts.chat_version if name == official.CHART else runtime.charts[name].version
            yield from _on_disk(charts, name, version, path)
    if charts.chat_version != official.VERSION:
        yield Warning_(
            f"the values of the chat's chart are written for {official.VERSION}, and {charts.chat_version} may read "
            "them otherwise"
        )
    yield Note(f"{', '.join(runtime.charts)} from {charts.source}")


def _on_disk(charts: Charts, name: str, version: str, path: str) -> Iterator[Finding]:
    shown = str(FOLDER / charts.source)
    try:
        found = Path(local_chart(shown, name, version))
        chart, inside = _read(found)
    except (OSError, ValueError, tarfile.TarError, yaml.YAMLError) as error:
        yield Problem(
            path,
            f"there is no chart that can be read: {error}".replace(f"{ROOT}{os.sep}", ""),
            remedy=f"helm pull {name} --version {version} --repo <repository> --destination <folder>",
        )
        return
    if chart.get("name") != name or str(chart.get("version")).removeprefix("v") != version.removeprefix("v"):
        yield Problem(
            path,
            f"the chart is {chart.get('name')} {chart.get('version')}, and {name} {version} is wanted",
            remedy="take the other chart" + (", or give its `version`" if chart.get("name") == name else ""),
        )
    missing = sorted({one["name"] for one in chart.get("dependencies", ())} - inside)
    if missing:
        yield Problem(
            path,
            f"the chart lacks those that it depends on: {', '.join(missing)}",
            remedy="helm dependency build, in the folder of the chart",
        )


def _read(chart: Path) -> tuple[dict[str, Any], set[str]]:
    """Return what a chart says of itself, and the names of the charts inside it. Raises ValueError where it is none."""
    if chart.is_dir():
        said = (chart / "Chart.yaml").read_text("utf-8")
        inside = {one.name for one in (chart / "charts").glob("*")}
    else:
        with tarfile.open(chart) as archive:
            # `<name>/Chart.yaml`, `<name>/charts/<other>/…`
            names = [member.name.removeprefix("./").split("/") for member in archive.getmembers()]
            inside = {name[2] for name in names if len(name) > 2 and name[1] == "charts"}
            files = (
                one for one in archive.getmembers() if re.fullmatch(r"(\./)?[^/]+/Chart\.yaml", one.name)
            )
            file = archive.extractfile(next(files, tarfile.TarInfo()))
            said = "" if file is None else file.read().decode()
    found = yaml.safe_load(said)
    if not isinstance(found, dict):
        raise ValueError(f"{chart} has no Chart.yaml")  # noqa: TRY004 - what is caught
    return found, {re.sub(r"-v?\d+\.\d+\.\d.*\.tgz$", "", name) for name in inside}
