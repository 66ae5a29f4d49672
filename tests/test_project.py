"""The project itself: everything public is named by a test, generated files are fresh, nothing private is in it."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from stacks import files
from stacks.keys import keys as language_keys
from stacks.parts import Profile
from stacks.project import PACKAGES
from stacks.spec import Parts

ROOT = Path(__file__).parent.parent
TESTS = sorted((ROOT / "tests").glob("*.py"))
TEXT = "\n".join(path.read_text(encoding="utf-8") for path in TESTS)


def tracked() -> list[Path]:
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z"],  # noqa: S607
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this is no git checkout")
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def test_every_file_with_tests_is_collected() -> None:
    for path in TESTS:
        holds = re.search(r"^(async )?def test_", path.read_text(encoding="utf-8"), re.MULTILINE)
        assert bool(holds) == path.name.startswith("test_"), path.name


def test_every_test_is_named_by_a_sentence() -> None:
    names = re.findall(r"^def (test_\w+)", TEXT, re.MULTILINE)
    assert not [name for name in names if name.count("_") < 3]


def words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text))


def components() -> list[str]:
    """Every class that derives from `Component`, but those that others derive from."""
    bases = {
        node.name: {base.id for base in node.bases if isinstance(base, ast.Name)}
        for path in sorted((ROOT / "components").rglob("*.py"))
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef)
    }

    def is_component(name: str) -> bool:
        return name == "Component" or any(map(is_component, bases.get(name, ())))

    return [name for name in bases if is_component(name) and not any(name in each for each in bases.values())]


def test_every_component_is_named_by_a_test() -> None:
    assert sorted(set(components()) - words(TEXT)) == []


def keys() -> list[str]:
    return sorted({key.alias for key in language_keys() if key.attribute})


def test_every_key_of_a_stack_file_is_named_by_a_test_or_a_stack() -> None:
    stacks = "\n".join(files.find(name).read_text(encoding="utf-8") for name in files.names())
    assert sorted(set(keys()) - words(TEXT + stacks)) == []


def test_both_profiles_have_defaults() -> None:
    from stacks.profiles import DEFAULTS

    assert set(DEFAULTS) == set(Profile)
    assert Parts.model_fields


def test_the_readme_names_every_stack() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert not [name for name in files.names() if f"`{name}`" not in readme]


PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
RUN = PROJECT["project"]["dependencies"]
LOCKED = {
    "requirements": RUN,
    "requirements-dev": [*RUN, *PROJECT["dependency-groups"]["dev"]],
    "tools/build": PROJECT["build-system"]["requires"],
} | {
    f"tools/{path.stem}": re.findall(r"^[^#\s].*", path.read_text(encoding="utf-8"), re.MULTILINE)
    for path in (ROOT / "tools").glob("*.in")
    if path.stem != "build"
}


@pytest.mark.parametrize("name", LOCKED)
def test_requirements_are_pinned_exactly_and_locked_with_hashes(name: str) -> None:
    """`make lock` writes the lock files; a test cannot ask an index, but sees what is out of step."""
    lock = (ROOT / f"{name}.txt").read_text(encoding="utf-8")
    for line in LOCKED[name]:
        assert re.fullmatch(r"[A-Za-z0-9_.-]+==[0-9A-Za-z.]+", line), line
        assert re.search(rf"^{re.escape(line)} \\$", lock, re.MULTILINE | re.IGNORECASE), (
            f"run `make lock`: {line}"
        )
    for entry in re.split(r"\n(?=\S)", lock.strip()):
        assert re.match(
            r"[a-z0-9_.-]+==\S+( ; .+)? \\\n    --hash=sha256:[0-9a-f]{64}", entry, re.IGNORECASE
        ), entry


def test_what_the_program_imports_is_in_the_distribution_and_nothing_else() -> None:
    """Installed, it must neither lack a package nor put a name such as `tests` or `email` beside everybody's."""
    shipped = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"]
    own = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    imported = {
        name
        for package in shipped
        for path in (ROOT / package).rglob("*.py")
        for name in re.findall(r"^ *(?:from|import) (\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert imported & own == set(shipped) == set(PACKAGES) - sys.stdlib_module_names
    assert not [name for name in shipped if not (ROOT / name / "py.typed").is_file()]


def test_both_lock_files_agree() -> None:
    """The tests must run what is deployed."""
    run, dev = (
        set(
            re.findall(r"^([\w.-]+==[^ ]+)", (ROOT / f"{name}.txt").read_text(encoding="utf-8"), re.MULTILINE)
        )
        for name in ("requirements", "requirements-dev")
    )
    assert run <= dev


def test_workflow_actions_are_pinned_to_commits() -> None:
    for path in (ROOT / ".github").rglob("*.y*ml"):
        for line in re.findall(r"uses: *(.+)", path.read_text(encoding="utf-8")):
            assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line), f"{path.name}: {line}"


def test_no_path_of_a_machine_is_in_the_project() -> None:
    own = re.compile(r"(?<![\w.])/(?:work|root|home/\w+)/\w")
    for path in tracked():
        if path.suffix in {".py", ".md", ".yaml", ".yml", ".json", ".toml", ".sh", ""}:
            found = own.search(path.read_text(encoding="utf-8", errors="ignore"))
            assert found is None, f"{path.name}: {found and found.group()}"
