"""`init`: a project in a company's own folder, of which this program is a dependency."""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

from automation import writing
from rocketchat import __version__
from stacks import PROJECT, schema
from stacks.project import CHECKOUT, PRODUCT

DISTRIBUTION = "rocketchat-pulumi"
_FILES = {
    "Pulumi.yaml": """\
# The name is part of the name of every resource in the state: leave it.
name: {project}
description: Rocket.Chat, the open-source team chat
runtime:
  name: python
  options:
    toolchain: pip
    virtualenv: .venv
stackConfigDir: stacks
""",
    "__main__.py": '''\
"""Rocket.Chat as the stack files of this folder say."""

from stacks.deploy import run

run()
''',
    "requirements.txt": """\
# An exact version: versions of providers are part of a stack's state.
{requirement}
""",
    ".gitignore": """\
.venv/
.cache/
__pycache__/
""",
    "policy/PulumiPolicy.yaml": """\
# `pulumi up --policy-pack policy` uses this; `{name} up` does so by itself.
name: {project}
description: Security and reliability rules for Rocket.Chat deployments.
runtime:
  name: python
  options:
    virtualenv: ../.venv
""",
    "policy/__main__.py": '''\
"""The policy pack, with the configuration beside this file."""

from policy.pack import serve

serve()
''',
    "policy/config.yaml": """\
# How each stack is judged. What stands under `default` holds for all of them; a stack's own keys, under its name below
# `stacks:`, replace it, and its waivers are added. A waiver names rule, resource, reason and the last day on which it
# holds, for example:
#
# stacks:
#   production:
#     waivers:
#       - rule: net-flow-logs
#         resource: network-vpc
#         reason: Flow logs are written by the organization's own account.
#         expires: 2027-06-30
default: {{}}
""",
    ".github/workflows/rocketchat.yaml": """\
# Judges every stack of this folder when it changes. No account and no secret is needed.
name: rocketchat
on:
  push:
    branches: [main]
  pull_request:
permissions:
  contents: read
jobs:
  judge:
    runs-on: ubuntu-24.04
    timeout-minutes: 15
    steps:
      - uses: actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0
      - uses: actions/setup-python@e797f83bcb11b83ae66e0230d6156d7c80228e7c # v6.0.0
        with:
          python-version: "3.13"
          cache: pip
      - run: pip install --requirement requirements.txt
      - run: rocketchat list
      - run: rocketchat policy --sarif policies.sarif --junit policies.xml
""",
    "README.md": """\
# Rocket.Chat

Stack files are in `stacks/`, the configuration of the policy pack is `policy/config.yaml`. Set up once:

```sh
python3 -m venv .venv
.venv/bin/pip install --requirement requirements.txt
source .venv/bin/activate
```

| command | what it does |
|---|---|
| `rocketchat list` | lists the stacks |
| `rocketchat new NAME` | makes another one |
| `rocketchat plan STACK` | shows what it would make, without any account |
| `rocketchat policy` | judges all stacks by the policy pack |
| `rocketchat rehearse STACK` | runs its full lifecycle against stand-in clouds |
| `rocketchat up STACK` | deploys it; `pulumi up --stack STACK --policy-pack policy` does, too |
""",
}


def write(folder: Path) -> list[Path]:
    """Write the files of a project, but its stacks; return their paths.

    Raises FileExistsError, before anything is written, where one of them is there already.
    """
    texts = {
        name: text.format(project=PROJECT, name=PROJECT, requirement=_commented(requirement()))
        for name, text in _FILES.items()
    }
    texts["stacks/stack.schema.json"] = schema.text()
    paths = {folder / name: text for name, text in texts.items()}
    for path in paths:
        if path.exists():
            raise FileExistsError(None, "exists", str(path))
    try:
        for path, text in paths.items():
            writing.write(path, text)
    except BaseException:
        # Half a project could neither be used nor be made again.
        for path in paths:
            path.unlink(missing_ok=True)
        raise
    return list(paths)


def requirement() -> str:
    """Return this program as a line of requirements.txt, as it is installed here."""
    try:
        told = metadata.distribution(DISTRIBUTION).read_text("direct_url.json")
    except metadata.PackageNotFoundError:
        told = json.dumps({"url": PRODUCT.as_uri()})
    if told is None:
        return f"{DISTRIBUTION}=={__version__}"
    origin = json.loads(told)
    url, version = origin["url"], origin.get("vcs_info")
    return f"{DISTRIBUTION} @ " + (f"{version['vcs']}+{url}@{version['commit_id']}" if version else url)


LOCAL = "names a folder of this machine: before others or CI install from it, write the address that they install from"
"""What is said of this program where it was installed from a folder."""


def local(line: str) -> bool:
    """Return whether a line of requirements.txt can be installed on this machine only."""
    return " @ file:" in line


def _commented(line: str) -> str:
    return f"# This line {LOCAL}.\n{line}" if local(line) else line


def new(folder: Path, arguments: Sequence[str], *, as_json: bool) -> tuple[int, str]:
    """Run `new` in the project; return its exit status, and what it printed as JSON."""
    paths = [str(PRODUCT)] if CHECKOUT else []
    search = os.pathsep.join([*paths, *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "command", "new", *arguments, *(["--json"] if as_json else [])],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": search},
        stdout=subprocess.PIPE if as_json else None,
        text=True,
        encoding="utf-8",
        check=False,
    )
    return done.returncode, done.stdout or ""


def set_up(folder: Path) -> list[str]:
    """Return the commands that install what the project needs."""
    install = ".venv/bin/pip install --requirement requirements.txt"
    return [
        f"  cd {shlex.quote(str(folder))}",
        "  python3 -m venv .venv",
        f"  {install}",
        "  source .venv/bin/activate",
    ]
