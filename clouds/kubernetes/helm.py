"""Releases of Helm charts."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from clouds.ask import Ask
from clouds.kubernetes.common import ALREADY_EXISTS
from clouds.record import (
    AWAY,
    CLUSTER,
    NO_DATA,
    NO_MODELS,
    ROLLS,
    Answers,
    Drawn,
    Felt,
    Named,
    Nothing,
    Refuses,
    Resource,
    Role,
    replaced_by,
)


def _release_name(ask: Ask) -> str:
    return str(ask["name"] or f"{ask.name}-{ask.hex(8, 'name')}")


def _release_status(ask: Ask) -> dict[str, Any]:
    return {
        "appVersion": "",
        "chart": ask["chart"],
        "name": _release_name(ask),
        "namespace": ask["namespace"],
        "revision": 1,
        "status": "deployed",
        "version": ask["version"],
    }


def _release_refusals(ask: Ask) -> list[str]:
    found = []
    if not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,51}[a-z0-9])?", _release_name(ask)):
        found.append(f"name {_release_name(ask)!r} is no name of a Helm release")
    repository = (ask["repositoryOpts"] or {}).get("repo")
    if repository is not None and not str(repository).startswith("https://"):
        # Helm looks for an index there; a registry has none (pulumi-kubernetes, issue 2334, and `resolveChartName`).
        found.append(
            "repositoryOpts.repo must begin with https://; a chart of a registry is named whole in chart"
        )
    if ask["chart"] is not None and str(ask["chart"]).startswith("oci://") and repository is not None:
        found.append("repositoryOpts.repo does not go with a chart of a registry")
    return found


def _release_busy(outputs: Mapping[str, Any], _: Mapping[str, Any]) -> list[str]:
    """A release whose upgrade was killed stays pending (helm, pkg/action/upgrade.go, errPending)."""
    status = (outputs.get("status") or {}).get("status")
    pending = str(status).startswith("pending-")
    return ["another operation (install/upgrade/rollback) is in progress"] if pending else []


def _release_taken_back(inputs: Mapping[str, Any], new: bool) -> str:
    """An atomic one goes back by itself (helm, `failRelease` in pkg/action/install.go and upgrade.go).

    The provider then keeps nothing of a new one, and of another the new inputs with the failure, so that the next
    deployment tries it again (pulumi-kubernetes, `helmCreate` and `Update` in provider/pkg/provider/helm_release.go).
    """
    if not inputs.get("atomic"):
        return ""
    went = "uninstalled" if new else "rolled back"
    return (
        f"release {inputs.get('name')} failed, and has been {went} due to atomic being set: "
        "context deadline exceeded"
    )


def _ingress(inputs: Mapping[str, Any]) -> Iterator[str]:
    ingress = (inputs.get("values") or {}).get("ingress")
    if isinstance(ingress, Mapping) and ingress.get("enabled"):
        yield "80"
        yield "443"


RELEASE = Resource(
    "kubernetes:helm.sh/v3:Release",
    "release of a Helm chart",
    answers=Answers(
        id=lambda ask: f"{ask['namespace']}/{_release_name(ask)}",
        outputs={"name": _release_name, "manifest": {}, "resourceNames": {}, "status": _release_status},
        defaults={"timeout": 300},
        taken_back=_release_taken_back,
    ),
    requests=NO_MODELS,
    refuses=Refuses(inputs=_release_refusals, busy=_release_busy),
    again=ALREADY_EXISTS,
    replaced=replaced_by("name namespace"),
    import_id="[{namespace}/]{name}",
    found=Named(),
    data=NO_DATA,
    felt=Felt(gone=AWAY, updated=ROLLS),
    costs=Nothing("the nodes that it runs on are charged"),
    drawn=(
        Drawn(
            Role.CHAT,
            "Rocket.Chat",
            (CLUSTER,),
            "official chart",
            when=lambda name, _: "chat" in name,
        ),
    ),
    opens=_ingress,
)
