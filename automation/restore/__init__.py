"""Restores, drills and backups: a script for each way that a runtime has, run by Bash with one's own programs."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from automation.errors import ConfigurationError, UsageError
from stacks.project import COMMAND

if TYPE_CHECKING:
    from stacks.language import ChatSpec

SCRIPTS = Path(__file__).parent
WHAT = ("database", "uploads", "all")
NEWEST, BEFORE_RESTORE = "newest", "before-restore"
PROGRAMS = {"host": ("aws",), "tasks": ("aws",), "cluster": ("kubectl",)}

STDERR = 2
BEYOND = timedelta(minutes=1)
"""By which a time may be later than the backup that it names, because clocks differ. A newer release changes no data
within it: its server must start before."""

_SOURCED = '# shellcheck source=common\n. "$(dirname "$0")/common"\n'


@dataclass(frozen=True)
class Restore:
    """A restore, a drill or a backup that is wanted: a script, and the variables that it reads."""

    script: Path
    variables: Mapping[str, str]

    @property
    def on_host(self) -> bool:
        """Whether a host is asked for it."""
        return self.script.name == "host"

    @property
    def missing(self) -> tuple[str, ...]:
        """Programs that it needs and are not here."""
        return tuple(name for name in PROGRAMS[self.script.name] if shutil.which(name) is None)

    def text(self) -> str:
        """Return all of it as one script, for another machine."""
        import shlex

        given = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in self.variables.items())
        shared = (SCRIPTS / "common").read_text(encoding="utf-8")
        text = self.script.read_text(encoding="utf-8").replace(_SOURCED, shared)
        first, _, rest = text.partition("\n")
        return f"{first}\n{given}{rest}"

    def run(self, *, aside: bool = False) -> int:
        """Run it, and return its exit status. What it tells goes to the terminal; `aside`, to standard error alone.

        It ends by itself when somebody presses Ctrl-C, after it has started what it had stopped: that is waited for.
        """
        script = ["bash", str(self.script)]
        environment = {**os.environ, **self.variables}
        with subprocess.Popen(script, env=environment, stdout=STDERR if aside else None) as running:  # noqa: S603
            while True:
                with contextlib.suppress(KeyboardInterrupt):
                    return running.wait()


def when(from_: str | None, at: str | None) -> str:
    """Return which backup is meant, in the words of the scripts. Raises UsageError."""
    if from_ is not None and at is not None:
        raise UsageError("--from and --at name two backups", remedy="give one of them")
    if at is not None:
        try:
            moment = datetime.fromisoformat(at)
            moment = (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            raise UsageError(f"--at {at!r} is no time", remedy="write it as 2026-01-31T18:05:00Z") from None
        # The clock of whoever made the backup may be ahead.
        if moment - datetime.now(UTC) > timedelta(days=1):
            raise UsageError(
                f"--at {at!r} is still to come",
                remedy="leave it out for the newest, or name a time that is over",
            )
        return moment.replace(microsecond=0, tzinfo=None).isoformat() + "Z"
    if from_ not in (None, NEWEST, BEFORE_RESTORE):
        raise UsageError(
            f"--from {from_!r} names no backup",
            remedy=f"it is `{NEWEST}` or `{BEFORE_RESTORE}`; a dump of another night is named by --at TIME",
        )
    return from_ or NEWEST


def known(what: str | None) -> None:
    """Raise UsageError where nothing of this name is backed up anywhere."""
    if what not in (None, *WHAT):
        raise UsageError(f"--what {what!r} is unknown", remedy=f"it is one of {', '.join(WHAT)}")


def of_stack(
    spec: "ChatSpec",
    outputs: Mapping[str, Any],
    *,
    what: str | None,
    when: str,
    even_if_smaller: bool,
    of_another_chat: bool = False,
    leave_stopped: bool = False,
) -> Restore:
    """Return the restore of a stack. Raises ConfigurationError where it has no backups of its own, or not of that."""
    kept = _kept(spec, outputs)
    known(what)
    wanted = what or ("all" if all(kept.values()) else next(one for one, there in kept.items() if there))
    lacking = [one for one, there in kept.items() if not there and wanted in (one, "all")]
    if lacking:
        raise ConfigurationError(
            f"this stack backs up no {' and no '.join(lacking)} of its own",
            remedy="S3 keeps old versions of deleted uploads (media.oldVersionDays)"
            if "uploads" in lacking
            else "leave --what out",
        )
    words = {
        "--even-if-smaller": even_if_smaller,
        "--of-another-chat": of_another_chat,
        "--leave-stopped": leave_stopped,
    }
    more = " ".join(word for word, said in words.items() if said)
    return _of(spec, outputs, "restore", {"WHAT": wanted, "WHEN": when, "MORE": more})


def drill_of(spec: "ChatSpec", outputs: Mapping[str, Any]) -> Restore:
    """Return a drill, now. Raises ConfigurationError where the stack makes no dumps of its own."""
    if not _kept(spec, outputs)["database"]:
        raise ConfigurationError(
            "a drill tries a dump of the database, and this stack makes none of its own",
            remedy="an upload of a backup is compared with its checksum when it is brought back",
        )
    return _of(spec, outputs, "drill", {"WHAT": "drill", "WHEN": "", "MORE": ""})


def _kept(spec: "ChatSpec", outputs: Mapping[str, Any], instead: str = "") -> dict[str, bool]:
    """Return what the stack backs up. Raises ConfigurationError where it is nothing, or is not deployed."""
    parts = spec.parts
    instead = instead or f"one made elsewhere comes back by: {parts.database.restoring(parts, outputs)}"
    if not isinstance(outputs.get("backupBucket"), str):
        if parts.dumped or parts.media.on_host:
            raise ConfigurationError(
                "nothing that makes backups of this stack is deployed", remedy=f"{COMMAND} up STACK"
            )
        raise ConfigurationError(
            "this stack makes no backups of its own",
            remedy=f"{instead}; `backup: {{dumps: true}}` makes dumps from now on",
        )
    return {"database": parts.dumped, "uploads": parts.media.on_host}


def backup_of(spec: "ChatSpec", outputs: Mapping[str, Any]) -> Restore:
    """Return a backup, now, of all that the stack backs up itself.

    Raises ConfigurationError where that is nothing, or the stack was deployed before it said how.
    """
    _kept(spec, outputs, spec.parts.database.saving(spec.parts, outputs))
    return _of(spec, outputs, "backup", {"WHAT": "backup", "WHEN": "", "MORE": ""})


def now() -> str:
    """Return a time by which a backup that has just ended is named, and none that is yet to come."""
    return when(None, (datetime.now(UTC) + BEYOND).isoformat())


def _of(spec: "ChatSpec", outputs: Mapping[str, Any], do: str, given: Mapping[str, str]) -> Restore:
    runtime = spec.parts.runtime
    job = "backup" if do == "backup" else "restore"
    variables = {**given, "DO": do, "BUCKET": str(outputs["backupBucket"]), "REGION": spec.region or ""}
    named = {
        "host": {},
        "tasks": {"CLUSTER": "cluster", "DEFINITION": f"{job}Task", "LOG_GROUP": "backupLogGroup"},
        "cluster": {"NAMESPACE": "namespace", "RELEASE": "helmRelease", "JOB": f"{job}Job"},
    }[runtime.dumps_in]
    for variable, output in named.items():
        if not isinstance(outputs.get(output), str):
            raise ConfigurationError(
                f"the stack has no output {output}", remedy="deploy it by this version first"
            )
        variables[variable] = outputs[output]
    if runtime.dumps_in == "cluster":
        variables["CONTEXT"] = getattr(runtime, "context", None) or ""
    return Restore(SCRIPTS / runtime.dumps_in, variables)
