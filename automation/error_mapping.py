"""From what the engine and the program say when they fail to one of our errors."""

import itertools
import re
from collections.abc import Sequence

from pulumi.automation.errors import CommandError

from automation.errors import (
    AutomationError,
    CancelledError,
    ConfigurationError,
    ConflictError,
    NoEngineError,
    PolicyError,
    ProviderError,
)
from automation.events import Recorder, Said
from automation.inline import STOPPED
from automation.state import UNDECIDED
from stacks.engine import STACK_TYPE, name_of, type_of
from stacks.masking import mask
from stacks.problems import InvalidStack

_NOTHING_SAID = "the Pulumi CLI failed and said nothing"
_COMPONENT = re.compile(r"^rocketchat:index:")
_SECRETS = re.compile(r"passphrase|decrypt|secrets manager|encryptionsalt|secrets provider", re.IGNORECASE)
_NO_HOST = re.compile(r"no language plugin|failed to load language plugin|language-python", re.IGNORECASE)
_NO_PLUGIN = re.compile(r"no resource plugin|could not load plugin|failed to load plugin", re.IGNORECASE)
_PLUGIN = re.compile(
    r"(?:no|install) (?P<kind>resource|analyzer) plugin '(?:pulumi-(?P=kind)-)?(?P<name>[\w-]+?)(?:-v[\d.]+)?'"
    r"(?:[^'\n]*? at version (?P<version>v[\w.+-]*\w))?",
    re.IGNORECASE,
)
_TORN = re.compile(r"failed to load checkpoint", re.IGNORECASE)
_LOGIN = re.compile(r"pulumi login|PULUMI_ACCESS_TOKEN|not logged in|unable to open bucket", re.IGNORECASE)
_NO_ANSWER = re.compile(
    r"time.?out|time limit|deadline|connection (reset|refused|closed)|broken pipe|\bEOF\b|unavailable|no answer|"
    r"transport is closing|context canceled",
    re.IGNORECASE,
)
_FORGET_PENDING = (
    "a Helm upgrade was killed half-way; forget it and run `up` again: kubectl --namespace <output namespace> delete "
    "secret --selector 'owner=helm,name=<output helmRelease>,status in "
    "(pending-install,pending-upgrade,pending-rollback)'"
)
_KEY_BY_FINGERPRINT = (
    "name the key by its fingerprint, as `runtime.sshKey`: doctl compute ssh-key list; or ssh-keygen -E md5 -lf FILE, "
    "without MD5:"
)
_DISK_STAYS = (
    "a disk does not get smaller: keep its size, as `diskGb` in rocketchat:runtime (`doctl compute volume list` tells "
    "the size)"
)
_OTHER_NETWORKS = (
    "give networks that no VPC and no cluster of the account has, as `network`, `podNetwork` and `serviceNetwork` in "
    "rocketchat:runtime, such as 10.31.0.0/20, 10.50.0.0/16 and 10.51.0.0/19 (`doctl vpcs list` tells those that are "
    "there)"
)
_WHY = (
    "events keep the reason for an hour: kubectl --namespace <runtime.namespace> get events --sort-by .lastTimestamp; "
    "the log goes with the pods, so read it while the next `up` waits: kubectl --namespace <runtime.namespace> logs "
    "--follow --tail -1 --selector app.kubernetes.io/instance=<runtime.name>"
)
_SERVES = f"the release of before serves again, and `up` tries this one again; {_WHY}"
_LEFT_NOTHING = f"nothing of it is left, and `up` tries it again; {_WHY}"
_DOWN = (
    "the release of before did not start either: where the newer one has migrated the data, it never does; "
    f"`rocketchat rollback <stack>` brings both back; {_WHY}"
)
_THERE = (
    "is it this chat's own, such as what an earlier `destroy` kept? `<adopt>` shows what is there and takes it over; "
    "else give what the stack makes another name"
)
_TAKEN_BACK = "due to atomic being set"
"""Helm took a release back whose pods did not come up in time (pkg/action/upgrade.go and install.go, `failRelease`)."""
_REMEDIES = (
    (re.compile(f"rolled back {_TAKEN_BACK}"), _SERVES),
    (re.compile(f"uninstalled {_TAKEN_BACK}"), _LEFT_NOTHING),
    (re.compile("an error occurred while rolling back the release"), _DOWN),
    (re.compile(r"another operation \(install/upgrade/rollback\) is in progress"), _FORGET_PENDING),
    (re.compile(r"volumes `size` can only be expanded"), _DISK_STAYS),
    (re.compile(r"range/size overlaps with another VPC|\b422\b.* overlaps "), _OTHER_NETWORKS),
    (re.compile(r"SSH Key is already in use on your account", re.IGNORECASE), _KEY_BY_FINGERPRINT),
    (
        re.compile(r"\bBucketAlreadyExists\b"),
        "a bucket's name is given once in the world, and somebody else has this one: choose another in the stack file",
    ),
    (re.compile(r"already ?exists|AlreadyOwnedByYou|exists already|identical record", re.IGNORECASE), _THERE),
)
"""Of what clouds and tools say, by its words."""
_AGAIN = "fix it and run `up` again: it goes on from what is in the state"
_NUMBERED = re.compile(r"\s*\d+\) ")
_PROTECTED = re.compile(r"marked for protection|because it is protected")
_OF_HOOK = re.compile(r'(?:Preview failed: )?before hook "[\w-]+" failed: (.+)', re.DOTALL)
"""What the program itself refuses in the midst of an operation, by a hook."""
_SUMMARY = re.compile(r"^(update|preview|destroy|refresh) failed$|^resource .* failed$", re.IGNORECASE)
_CANCELLED = re.compile(r"^\w+ canceled$")
_NO_ENGINE = re.compile(r"Resource monitor has terminated, shutting down$")
"""What a program says that has lost its engine. It says nothing of why."""


def of_file(error: InvalidStack) -> ConfigurationError:
    """Return the error of a stack file with mistakes."""
    made = ConfigurationError(str(error), remedy="")
    made.problems = error.problems
    return made


def of_operation(
    error: CommandError,
    recorder: Recorder,
    raised: Sequence[Exception],
    secrets: frozenset[str],
    *,
    interrupted: bool,
    killed: bool,
    lost: bool = False,
) -> AutomationError:
    """Return the error of an operation that failed."""
    recover = recorder.recovering
    if killed:
        return CancelledError(f"the engine was killed in the middle of the {recorder.kind}", remedy=recover)
    errors = recorder.of_severity("error")
    if interrupted or any(_CANCELLED.match(said.message) for said in errors):
        return _stopped(f"the {recorder.kind} was stopped")
    if raised:
        return _of_program(raised[0], secrets)
    told = [said for said in errors if not _SUMMARY.match(said.message)]
    refused = [said for said in told if _of_resource(said)]
    stopping = [finding for finding in recorder.findings if finding.mandatory]
    if stopping and not recorder.failed:
        return PolicyError(
            stopping, remedy="do what each finding says, or waive it for a time in policy/config.yaml"
        )
    hooked = {found[1]: said.urn for said in told if (found := _OF_HOOK.match(said.message))}
    if hooked:
        return ConfigurationError(mask("\n".join(hooked), secrets), resource=next(iter(hooked.values())))
    protected = [said for said in refused if _PROTECTED.search(said.message)]
    if protected:
        return _of_protection(protected, recorder.stack, recover)
    if refused or recorder.failed:
        urn = refused[0].urn if refused else recorder.failed[0]
        cause = "\n".join(dict.fromkeys(said.message for said in refused)) or "the provider failed"
        again = _of_plugin(cause) or next((fix for said, fix in _REMEDIES if said.search(cause)), _AGAIN)
        again = again.replace("<adopt>", recover.replace(" recover ", " adopt ", 1))
        return ProviderError(mask(cause, secrets), resource=urn, remedy=recover if lost else again)
    messages = [said.message for said in told if STOPPED not in said.message]
    if messages and all(_NO_ENGINE.search(message) for message in messages):
        return _stopped(f"the program lost its connection to the engine in the middle of the {recorder.kind}")
    return _of_text("\n".join(dict.fromkeys(messages)) or str(error), recorder.stack, secrets, recover)


def _stopped(cause: str) -> CancelledError:
    return CancelledError(
        f"{cause}; what was done until then is in the state", remedy="run it again; it goes on from there"
    )


def _of_protection(protected: Sequence[Said], stack: str, recover: str) -> ConflictError:
    urns = list(dict.fromkeys(said.urn for said in protected))
    if any(f"::{UNDECIDED}::" in urn for urn in urns):
        return ConflictError(
            f"an earlier deployment of {stack} was interrupted, and nobody knows how some of its steps ended",
            remedy=recover,
        )
    names = ", ".join(name_of(urn) for urn in urns)
    return ConflictError(
        f"{names}: this holds data, or says where data is, and is protected: it would be deleted, or created again in "
        "another place",
        resource=urns[0],
        remedy="take the change back; or, where it is meant, look after the data first, and then: "
        + "; ".join(f"pulumi state unprotect '{urn}' --stack {stack}" for urn in urns),
    )


def unanswered(recorder: Recorder, urn: str) -> bool:
    """Whether a step failed for want of an answer, and not because the cloud said no."""
    return any(
        said.urn == urn and _NO_ANSWER.search(said.message) and _TAKEN_BACK not in said.message
        for said in recorder.of_severity("error")
    )


def of_command(
    error: CommandError, stack: str, secrets: frozenset[str], recover: str, *, interrupted: bool
) -> AutomationError:
    """Return the error of a command that is no update. One that is interrupted (Ctrl-C) says nothing."""
    if interrupted and _plain(str(error)) == _NOTHING_SAID:
        return _stopped("it was stopped")
    return _of_text(str(error), stack, secrets, recover)


def of_account(error: CommandError, raised: Sequence[Exception]) -> AutomationError:
    """Return the error of the question whose credentials these are."""
    cause = str(raised[0]) if raised else _plain(str(error))
    return ProviderError(
        f"AWS does not say whose credentials these are: {cause}",
        remedy="give valid credentials (AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY)",
    )


def _of_program(raised: Exception, secrets: frozenset[str]) -> AutomationError:
    if isinstance(raised, InvalidStack):
        return of_file(raised)
    plain = type(raised).__name__ in {"RunError", "RehearsalError"}
    text = str(raised) if plain else f"{type(raised).__name__}: {raised}"
    return ConfigurationError(mask(text, secrets))


def _of_resource(said: Said) -> bool:
    kind = type_of(said.urn)
    return bool(kind) and kind != STACK_TYPE and not _COMPONENT.match(kind)


def _of_text(text: str, stack: str, secrets: frozenset[str], recover: str) -> AutomationError:
    cause = mask(_plain(text).removeprefix("an unhandled error occurred: "), secrets)
    if _NO_HOST.search(cause):
        return NoEngineError(
            "this Pulumi CLI cannot run Python programs",
            remedy="install the official one: https://www.pulumi.com/docs/install",
        )
    remedy = ""
    if plugin := _of_plugin(cause):
        remedy = plugin
    elif _TORN.search(cause):
        remedy = recover
    elif _LOGIN.search(cause):
        remedy = "pulumi login, or pulumi login --local for a state on this machine"
    elif _SECRETS.search(cause):
        remedy = (
            "give the passphrase (PULUMI_CONFIG_PASSPHRASE), and set secrets that were encrypted with another one "
            f"anew: pulumi config set --secret <key> --stack {stack}"
        )
    return ConfigurationError(cause, remedy=remedy)


def _of_plugin(cause: str) -> str:
    """Return how the plugins that the CLI lacks are installed; nothing where it lacks none."""
    found = {
        " ".join(filter(None, (one["kind"].lower(), one["name"], one["version"])))
        for one in _PLUGIN.finditer(cause)
    }
    if found:
        return "; ".join(f"pulumi plugin install {one}" for one in sorted(found)) + "; or all: pulumi install"
    return "pulumi install" if _NO_PLUGIN.search(cause) else ""


def _plain(text: str) -> str:
    """Return what the CLI says is wrong, without its usage, progress or tracebacks."""
    lines = text.splitlines()
    wrong: list[str] = []
    for at, line in enumerate(lines):
        if line.strip().startswith("error:"):
            wrong.append(line.strip().removeprefix("error:").strip())
            # "2 errors occurred:" is followed by a numbered list of them.
            wrong += [one.strip() for one in itertools.takewhile(_NUMBERED.match, lines[at + 1 :])]
    if wrong:
        return "\n".join(dict.fromkeys(wrong))
    _, _, told = text.partition("stderr:")
    lines = [line.removeprefix("error: ") for line in (told or text).strip().splitlines() if line.strip()]
    return "\n".join(lines[-5:]) or _NOTHING_SAID
