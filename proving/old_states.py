"""States of earlier versions: whether today's program takes them over without making anything anew.

`python -m proving.old_states write` deploys every stack to stand-in clouds by the program of HEAD, or of another
commit (`--from`), and keeps the states below `tests/data/states/`. That is done at each release.
"""

import argparse
import gzip
import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from automation.stack import open_stack
from automation.state import State
from automation.values import REPLACING, Result
from clouds.ask import Cloud
from clouds.effects import holds_data, is_revision
from rehearsal import canaries
from rehearsal.backend import rehearsal_backend
from rehearsal.cloud import Kept, StandinCloud
from stacks import deploy, files
from stacks.engine import SIGNATURE, name_of
from stacks.masking import SECRET_MARK
from stacks.project import PRODUCT

FOLDER = PRODUCT / "tests" / "data" / "states"
_NOT_ANOTHER = frozenset({"random:index/randomPassword:RandomPassword", "aws:ssm/activation:Activation"})
"""A new password of the database, or another host, is not what an upgrade should bring."""
_WHEN = "2026-01-01T00:00:00Z"
"""When everything in a kept state was made: the same state must be the same file on another day."""

_DEPLOY = """
import json, sys
from automation import open_stack
for name in sys.argv[1:]:
    with open_stack(name, rehearse=True, policies=False) as stack:
        stack.up(preview=False)
        print(json.dumps([name, json.loads(stack.export_state().to_json())]), flush=True)
"""
"""Run by the program of the commit: it deploys stacks, and prints their states."""


FORMER: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    "lovia-doks": {
        "rocketchat:chat": {"host": "chat.lovia.life"},
        "rocketchat:mail": {"kind": "ses", "dmarcPolicy": "quarantine"},
    }
}
"""What a stack file said when its state was kept, where it says something else now that makes things anew."""

_USER_DATA = "its user data is another one, which both providers take for another host"
_ENROLMENT = "it is good for one host only"
_FOLLOWS = "it belongs to the host that goes"
WANTED: Mapping[str, Mapping[str, str]] = {
    "family-host": {
        "host-droplet (digitalocean:index/droplet:Droplet) is made anew": _USER_DATA,
        "host-agent-activation (aws:ssm/activation:Activation) is made anew": _ENROLMENT,
        "host-address (digitalocean:index/reservedIpAssignment:ReservedIpAssignment) is made anew": _FOLLOWS,
        "host-data (digitalocean:index/volumeAttachment:VolumeAttachment) is made anew": _FOLLOWS,
    },
    "soluvas-lightsail": {
        "host-instance (aws:lightsail/instance:Instance) is made anew": _USER_DATA,
        "host-agent-activation (aws:ssm/activation:Activation) is made anew": _ENROLMENT,
        "host-address (aws:lightsail/staticIpAttachment:StaticIpAttachment) is made anew": _FOLLOWS,
        "host-data (aws:lightsail/disk_attachment:Disk_attachment) is made anew": _FOLLOWS,
        "host-ports (aws:lightsail/instancePublicPorts:InstancePublicPorts) is made anew": _FOLLOWS,
        "host-key (aws:lightsail/keyPair:KeyPair) is deleted": "the document puts the key into place",
    },
}
"""What is made anew or deleted on purpose when a kept state is taken over, and why; all else of these stacks stays, and
nothing else is deleted. docs/changes.md says the same ("A host of an earlier version of this program")."""


@dataclass(frozen=True)
class KeptState:
    """The state of one stack, as a version of this project left it."""

    stack: str
    commit: str
    state: State = field(repr=False)


def path_of(stack: str, folder: Path = FOLDER) -> Path:
    """Return the file of a stack's kept state."""
    return folder / f"{stack}.json.gz"


def read(stack: str, folder: Path = FOLDER) -> KeptState:
    """Return the kept state of a stack. Raises FileNotFoundError where there is none."""
    found = json.loads(gzip.decompress(path_of(stack, folder).read_bytes()))
    return KeptState(stack, found["commit"], State(found["version"], found["deployment"]))


def write(stack: str, commit: str, state: State, folder: Path = FOLDER) -> bool:
    """Keep a state; return whether it is another one than before. Ciphertexts are no difference: they always differ."""
    tidy = _tidy(state.deployment)
    path = path_of(stack, folder)
    if path.is_file() and _comparable(read(stack, folder).state.deployment) == _comparable(tidy):
        return False
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(
        {"commit": commit, "version": state.version, "deployment": tidy},
        sort_keys=True,
        separators=(",", ":"),
    )
    path.write_bytes(gzip.compress(text.encode(), mtime=0))
    return True


def _tidy(value: Any) -> Any:
    if isinstance(value, list):
        return [_tidy(one) for one in value]
    if isinstance(value, Mapping):
        return {key: _WHEN if key in _TIMES else _tidy(one) for key, one in value.items()}
    return value


_TIMES = frozenset({"created", "modified", "time"})


def _comparable(value: Any) -> Any:
    if isinstance(value, list):
        return [_comparable(one) for one in value]
    if isinstance(value, Mapping):
        if SIGNATURE in value:
            return SECRET_MARK
        return {key: _comparable(one) for key, one in value.items() if key != "secrets_providers"}
    return value


def deployed(commit: str, stacks: Sequence[str]) -> dict[str, State]:
    """Return the states that the program of a commit leaves of these stacks. Raises CalledProcessError."""
    archive = subprocess.run(  # noqa: S603
        ["git", "archive", commit],  # noqa: S607
        cwd=PRODUCT,
        check=True,
        capture_output=True,
    ).stdout
    with tempfile.TemporaryDirectory(prefix="rocketchat-") as folder:
        with tarfile.open(fileobj=io.BytesIO(archive)) as tree:
            tree.extractall(folder, filter="data")
        cache = Path(folder, ".cache")
        cache.mkdir(exist_ok=True)
        engine = PRODUCT / ".cache" / "engine"
        if engine.is_dir():
            (cache / "engine").symlink_to(engine)
        told = subprocess.run(  # noqa: S603
            [sys.executable, "-c", _DEPLOY, *stacks],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": folder},
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        ).stdout
    lines = [json.loads(line) for line in told.splitlines() if line.startswith("[")]
    return {name: State.from_json(json.dumps(state)) for name, state in lines}


# ------------------------------------------------------------------------------------------ taking it over


def upgrade(kept: KeptState, program: Callable[[], None] = deploy.run) -> list[str]:
    """Preview today's program on a kept state; return what it would make anew, lose, or only rename."""
    file = files.read(kept.stack)
    former = {key: {**file.values[key], **said} for key, said in FORMER.get(kept.stack, {}).items()}
    with (
        rehearsal_backend(cloud=_clouds(kept.state), program=program) as backend,
        open_stack(
            kept.stack,
            values={**file.values, **former},
            secrets=canaries.values(file.secure),
            backend=backend,
            policies=False,
        ) as stack,
    ):
        stack.import_state(kept.state)
        types = {one.type for one in kept.state.resources}
        return judge(stack.preview(), types, WANTED.get(kept.stack, {}))


def judge(result: Result, types: set[str], wanted: Mapping[str, str]) -> list[str]:
    """Return what is wrong with an upgrade, one sentence for each resource or type.

    Where something is `wanted`, all that is deleted is told, and what is wanted and does not happen, too.
    """
    found, happened = [], set()
    made: Counter[str] = Counter()
    gone: dict[str, list[str]] = {}
    for step in result.steps:
        if step.operation in REPLACING:
            if step.operation == "replace" and (step.type in _NOT_ANOTHER or not is_revision(step.type)):
                what = f"{step.name} ({step.type}) is made anew"
                happened.add(what)
                if what not in wanted:
                    found.append(f"{what}: {', '.join(step.changed) or 'its parent is'}")
        elif step.operation == "create":
            made[step.type] += 1
        elif step.operation == "delete":
            gone.setdefault(step.type, []).append(step.name)
            what = f"{step.name} ({step.type}) is deleted"
            happened.add(what)
            if holds_data(step.type, step.name, types):
                found.append(f"{step.name} ({step.type}) holds data and is deleted")
            elif wanted and what not in wanted:
                found.append(what)
    found += [
        f"{', '.join(names)} ({kind}): deleted, and others of that type are made; if these are the same under "
        "another name or parent, give them an alias (docs/changes.md, Another name)"
        for kind, names in gone.items()
        if made[kind]
    ]
    found += [f"{what} no more: take it out of WANTED" for what in wanted if what not in happened]
    return sorted(found)


def _clouds(state: State) -> StandinCloud:
    """Return clouds that have what a state says; secret values are not in them."""
    clouds = StandinCloud()
    for one in state.records:
        if one.get("custom") and one.get("id") and not str(one["type"]).startswith("pulumi:"):
            clouds.create(
                Kept(
                    urn=one["urn"],
                    type=one["type"],
                    name=name_of(str(one["urn"])),
                    id=one["id"],
                    inputs=one.get("inputs") or {},
                    outputs=one.get("outputs") or {},
                    secrets=frozenset(),
                    cloud=Cloud(),
                    generation=0,
                )
            )
    return clouds


def main(arguments: Sequence[str]) -> int:
    """Keep states, or judge today's program by them."""
    parser = argparse.ArgumentParser(prog="python -m proving.old_states", description=__doc__)
    parser.add_argument("command", choices=("write", "check"))
    parser.add_argument("stacks", nargs="*", help="all where none is named")
    parser.add_argument("--from", dest="commit", default="HEAD", help="whose program deploys (write)")
    given = parser.parse_args(arguments)
    names = given.stacks or files.names()
    if given.command == "check":
        wrong = {name: upgrade(read(name)) for name in names}
        for name, found in wrong.items():
            sys.stdout.write("".join(f"{name}: {one}\n" for one in found or ["nothing is made anew"]))
        return 1 if any(wrong.values()) else 0
    commit = subprocess.run(  # noqa: S603
        ["git", "rev-parse", "--short", given.commit],  # noqa: S607
        cwd=PRODUCT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    for name, state in deployed(commit, names).items():
        changed = write(name, commit, state)
        sys.stdout.write(f"{name}: {'kept' if changed else 'as it was kept before'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
