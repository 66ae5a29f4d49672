"""This machine, and what the stack file leaves to be done."""

import datetime as dt
import shutil
import subprocess
from typing import Final

from automation.doctor.credentials import NotDecryptedError
from automation.doctor.needs import Visit
from automation.pulumi_cli import find_engine
from automation.web import Failed, NotChecked, in_one_line
from rocketchat import releases
from stacks.project import COMMAND, before_secrets
from stacks.secret_keys import command
from stacks.secrets import problems

SKEW_SECONDS: Final = 240
"""AWS takes signatures for five minutes (IAM user guide, "Signing AWS API requests"); a minute is left."""


def engine(_: Visit) -> str:
    """Say whether there is a Pulumi CLI."""
    found = find_engine()
    if found is None:
        raise Failed("there is no Pulumi CLI", f"`{COMMAND} engine`")
    return f"{found.path}"


def secrets(visit: Visit) -> str:
    """Say whether all secrets are set, can be decrypted, and have the form that they need."""
    wrong = dict.fromkeys(sorted(visit.unset), "not set")
    unknown = ""
    for key in sorted(visit.credentials.secure - visit.unset):
        try:
            value = visit.credentials.decrypted(key)
        except NotDecryptedError:
            wrong[key] = "cannot be decrypted with this stack's key (a placeholder, or another stack's)"
        except NotChecked as error:
            unknown = f"whether they can be decrypted is not known: {error}"
            break
        else:
            wrong |= {one.path: one.message for one in problems({key: value}, visit.spec.parts)}
    if wrong:
        told = [
            f"{said}: {', '.join(key for key, one in wrong.items() if one == said)}"
            for said in dict.fromkeys(wrong.values())
        ]
        raise Failed(
            "; ".join(told + [unknown] * bool(unknown)),
            "; ".join(
                [*(f"`{command(key)} --stack {visit.stack}`" for key in wrong), before_secrets(visit.stack)]
            ),
        )
    if unknown:
        raise NotChecked(f"all that the stack needs are there, but {unknown}")
    return "all that the stack needs are set"


def release(visit: Visit) -> str:
    """Say whether the release is supported, and the newest of its line."""
    wanted = visit.spec.release
    today = dt.datetime.now(dt.UTC).strftime("%Y-%m")
    if wanted.supported_until is not None and wanted.supported_until < today:
        raise Failed(
            f"the vendor's support of {wanted.line} ended in {wanted.supported_until}, and push with it",
            f"`chat.release: {releases.DEFAULT_RELEASE}`; `{COMMAND} upgrade {visit.stack}` shows the way",
        )
    patch = releases.newest_patch(wanted)
    if patch is not None and patch.security:
        raise Failed(
            f"{wanted.version} has a known hole, which {patch.version} closes",
            f"`chat.release: {patch.version}`",
        )
    until = (
        f"supported until {wanted.supported_until}"
        if wanted.supported_until
        else "the end of support is not known"
    )
    return f"{wanted.version}, {until}"


def licence(visit: Visit) -> str:
    """Say whether a licence is there where one is needed; what it covers, the running chat alone tells."""
    if "license" not in visit.spec.secrets:
        # The rules of stack files refuse what needs one.
        return "none is needed"
    raise NotChecked("one is set, and what it covers is told by the running chat alone")


def clock(visit: Visit) -> str:
    """Say whether this machine's clock is right enough for signatures, by those of the servers that answered."""
    skews = [*visit.skews, *(visit.aws.skews if visit.aws is not None else ())]
    if not skews:
        raise NotChecked("no server that was asked told its time")
    found = sorted(skews)[len(skews) // 2]
    if abs(found) > SKEW_SECONDS:
        raise Failed(
            f"this machine's clock is {abs(found):.0f} s {'slow' if found > 0 else 'fast'}",
            "set it by the network (timedatectl set-ntp true)",
        )
    return f"right to {abs(found):.0f} s"


def cluster(visit: Visit) -> str:
    """Say whether the cluster of the stack's context answers, and lets these credentials deploy."""
    context = str(getattr(visit.spec.parts.runtime, "context", ""))
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        raise NotChecked("kubectl is not installed, by which the cluster is asked")
    asked = ["--context", context, "--request-timeout=10s", "auth", "can-i", "create", "deployments.apps"]
    try:
        told = subprocess.run(  # noqa: S603
            [kubectl, *asked, "--all-namespaces"], capture_output=True, text=True, timeout=30, check=False
        )
    except subprocess.TimeoutExpired:
        raise NotChecked(f"the cluster of the context {context} does not answer") from None
    if told.stdout.strip() == "yes":
        return f"the cluster of the context {context} answers, and lets you deploy"
    if told.stdout.strip() == "no":
        raise Failed(
            f"you may not deploy to the context {context}", "ask for a role that may, or another context"
        )
    said = in_one_line(told.stderr)
    if "does not exist" in said:
        raise Failed(f"there is no context {context}: {said}", "`kubectl config get-contexts` lists them")
    raise NotChecked(f"the context {context} does not answer: {said}")
