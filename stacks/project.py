"""Where the program is, and the project in which it is used: the checkout itself, or a company's own folder.

A project is a folder with a `Pulumi.yaml` whose name is this program's, because names of resources and keys of
stack files begin with it. `rocketchat init` makes one.
"""

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from stacks import PROJECT

FILE: Final = "Pulumi.yaml"
PRODUCT = Path(__file__).resolve().parent.parent
"""The folder of the program's packages: the checkout, or where it is installed."""


def find(start: Path, product: Path = PRODUCT) -> Path:
    """Return the project that a folder is in; else the checkout, where there is one; else the folder itself."""
    here = start.resolve()
    for folder in (here, *here.parents):
        if settings(folder).get("name") == PROJECT:
            return folder
    return product if settings(product) else here


def stack_files(project: Path) -> Path:
    """Return the folder of a project's stack files, as Pulumi finds it."""
    return project / str(settings(project).get("stackConfigDir") or ".")


def settings(folder: Path) -> Mapping[str, Any]:
    """Return what `Pulumi.yaml` says; nothing where it is missing or cannot be used (`unusable`)."""
    found = _read(folder)
    return found if isinstance(found, Mapping) else {}


def _read(folder: Path) -> Mapping[str, Any] | str:
    """Return what `Pulumi.yaml` says, or why it cannot be used; nothing where it is missing."""
    try:
        found = yaml.safe_load((folder / FILE).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        return f"it cannot be read: {error.strerror}"
    except UnicodeDecodeError:
        return "it is not UTF-8 text"
    except yaml.MarkedYAMLError as error:
        return (
            f"it is not YAML{'' if error.problem_mark is None else f' (line {error.problem_mark.line + 1})'}"
        )
    except (yaml.YAMLError, ValueError, RecursionError):
        return "it is not YAML"
    if not isinstance(found, dict) or not isinstance(found.get("name"), str):
        return "it has no `name:` that is text"
    return found if isinstance(found.get("stackConfigDir", ""), str) else "its `stackConfigDir` is no text"


def unusable(start: Path) -> str | None:
    """Return what is wrong with the `Pulumi.yaml` that Pulumi takes in a folder; None where none is there, too."""
    for folder in (start.resolve(), *start.resolve().parents):
        found = _read(folder)
        if found:
            return f"{folder / FILE}: {found}" if isinstance(found, str) else None
    return None


def another(start: Path) -> str | None:
    """Return the name of the project that a folder is in, where that is none of this program's."""
    here = start.resolve()
    names = [name for folder in (here, *here.parents) if (name := settings(folder).get("name"))]
    return None if not names or PROJECT in names else str(names[0])


def _here() -> Path:
    """Return the folder of this process; the program's own where somebody has deleted it."""
    try:
        return Path.cwd()
    except OSError:
        return PRODUCT


HERE = _here()
ROOT = find(HERE)
"""The project of this process: the program writes nothing outside of it."""
CHECKOUT = PRODUCT if settings(PRODUCT) else None
"""The program's own project, where it is not installed from a package."""
PACKAGES = (
    "automation",
    "clouds",
    "command",
    "components",
    "policy",
    "rehearsal",
    "reports",
    "rocketchat",
    "stacks",
)
"""The program's packages: a module of one of these names in a project's folder would be imported in its place."""


def hiding(project: Path) -> list[str]:
    """Return the modules of a project's folder that hide packages of the program."""
    if project == CHECKOUT:
        return []
    places = {name: (project / name / "__init__.py", project / f"{name}.py") for name in PACKAGES}
    return [str(path.relative_to(project)) for paths in places.values() for path in paths if path.is_file()]


def _command() -> str:
    """Return the program's command as it can be typed here."""
    beside = Path(sys.executable).with_name("rocketchat")
    if shutil.which("rocketchat") is not None or not beside.is_file():
        return "rocketchat"
    return str(beside.relative_to(HERE)) if beside.is_relative_to(HERE) else str(beside)


COMMAND = _command()
"""What people type: the console script, with its path where it is not on PATH."""


def making(stack: str) -> str:
    """Return the command that makes a stack: none of its secrets can be set before."""
    return f"pulumi stack init {stack}"


def before_secrets(stack: str) -> str:
    """Return what goes before the commands that set secrets of a stack that may not be made yet."""
    return f"before `pulumi config set`, where the stack is not made yet: {making(stack)}"
