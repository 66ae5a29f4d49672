"""Documents inside of resources: IAM policies, container definitions, pods."""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from policy import tokens as t
from policy.model import SECRET, UNKNOWN, dig
from policy.rule import View


def texts(value: Any) -> list[str]:
    """Return the strings of a field of IAM, which may be one string or a list."""
    if isinstance(value, str):
        return [value]
    return [item for item in value or () if isinstance(item, str)] if isinstance(value, list) else []


def containers(task: View) -> Iterator[View]:
    """Give the containers of an ECS task definition."""
    document = task.document("containerDefinitions")
    if document is not None:
        yield from document.each()


_POD: Final = {
    t.POD: "spec",
    t.DEPLOYMENT: "spec.template.spec",
    t.STATEFUL_SET: "spec.template.spec",
    t.DAEMON_SET: "spec.template.spec",
    t.REPLICA_SET: "spec.template.spec",
    t.JOB: "spec.template.spec",
    t.CRON_JOB: "spec.jobTemplate.spec.template.spec",
}
WORKLOADS: Final = tuple(_POD)


def pod(workload: View) -> View | None:
    """Return the pod that a workload of Kubernetes makes; None where it is not known."""
    path = _POD[workload.run.subject.type]
    value = dig(workload.value, path)
    if value is UNKNOWN or value == SECRET:
        workload.unsure(path)
        return None
    return View(workload.run, value or {}, path)


def pod_containers(workload: View, *, init: bool = True) -> Iterator[View]:
    """Give the containers of a workload of Kubernetes."""
    made = pod(workload)
    if made is not None:
        yield from made.each("containers")
        if init:
            yield from made.each("initContainers")
            yield from made.each("ephemeralContainers")


def tag_of(image: str) -> str:
    """Return the tag or digest of an image; empty where there is none."""
    if "@" in image:
        return image.rsplit("@", 1)[1]
    last = image.rsplit("/", 1)[-1]
    return last.rsplit(":", 1)[1] if ":" in last else ""


def is_pinned(image: Any) -> bool:
    """Tell whether an image names one version: a digest, or a tag that is no moving name."""
    return isinstance(image, str) and tag_of(image) not in {
        "",
        "latest",
        "stable",
        "develop",
        "edge",
        "master",
        "main",
    }


def is_allowed(name: str, registries: Iterable[str]) -> bool:
    """Tell whether an image comes from one of the registries, which are beginnings of names."""
    first = name.split("/")[0]
    if ".dkr.ecr." in first:
        return True
    if "/" not in name:
        name = f"docker.io/library/{name}"
    elif "." not in first and ":" not in first and first != "localhost":
        name = f"docker.io/{name}"
    short = name.removeprefix("docker.io/")
    return any(name.startswith(allowed) or short.startswith(allowed) for allowed in registries)


def is_chat_image(image: Any) -> bool:
    """Tell whether an image is Rocket.Chat itself, not one of its services."""
    return isinstance(image, str) and bool(re.search(r"(^|/)rocket\.chat(?=[:@]|$)", image.lower()))
