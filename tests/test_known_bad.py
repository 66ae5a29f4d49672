"""The list of what is known to be bad, against everything that this project pins, and against a stack's own choice."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from planning import values_of

from components.database.series import IMAGES
from rocketchat import known_bad
from stacks import files
from stacks.kinds.runtime.doks import DoksRuntime
from stacks.language import parse

ROOT = Path(__file__).parent.parent
IMAGE = re.compile(r'"((?:[a-z0-9.-]+/)*[a-z0-9._-]+:v?\d+\.\d+[\w.-]*)\\?"')
PLANNED_IMAGE = re.compile(r"\bimage\\?[\"']?: ?\\?[\"']?((?:[a-z0-9.-]+/)*[a-z0-9._-]+:v?\d+\.\d+[\w.-]*)")


def pins() -> Iterator[tuple[str, str, tuple[known_bad.Bad, ...]]]:
    """Everything that is pinned, where it stands, and what is known against it."""
    for folder in ("components", "rocketchat", "stacks"):
        for path in (ROOT / folder).rglob("*.py"):
            for image in IMAGE.findall(path.read_text(encoding="utf-8")):
                yield str(path), image, tuple(known_bad.find_image(image))
    for path in (ROOT / "tests" / "golden").glob("*.yaml"):
        for image in set(PLANNED_IMAGE.findall(path.read_text(encoding="utf-8"))):
            yield str(path), image, tuple(known_bad.find_image(image))
    for path in (ROOT / ".github").rglob("*.y*ml"):
        for name, version in re.findall(
            r"uses: *([\w./-]+)@\w+ # v([\w.]+)", path.read_text(encoding="utf-8")
        ):
            yield str(path), f"{name}@{version}", tuple(known_bad.find(name, version))
    for name in ("requirements.txt", "requirements-dev.txt", "tools/installer.txt"):
        for package, version in re.findall(r"^([\w.-]+)==([\w.]+)", (ROOT / name).read_text(), re.MULTILINE):
            yield name, f"{package}=={version}", tuple(known_bad.find(package, version))
    version = DoksRuntime.model_fields["version"].default
    yield "stacks/kinds/runtime/doks/__init__.py", f"doks {version}", tuple(known_bad.find("doks", version))


def test_nothing_that_is_pinned_is_known_to_be_bad() -> None:
    found = list(pins())
    images = {pin for _, pin, _ in found}
    assert set(IMAGES.values()) <= images
    for part in ("caddy:", "nats:", "hubot", "actions/checkout@", "pulumi==", "doks 1."):
        assert any(part in pin for pin in images), f"the pins are not found any more: {part}"
    wrong = [f"{where}: {pin}: {bad}" for where, pin, known in found for bad in known if not bad.ended]
    assert not wrong, wrong


def test_what_is_at_its_end_is_deployed_only_where_a_stack_asks_for_it() -> None:
    ended = {pin for where, pin, known in pins() if any(bad.ended for bad in known) and "golden" not in where}
    steps = {image for image in IMAGES.values() if not image.startswith(("mongo:7.0.", "mongo:8.0."))}
    assert ended == steps | {"rocketchat/hubot-rocketchat:v0.1.4"}


def test_every_entry_is_dated_and_has_a_source() -> None:
    raw = tomllib.loads((ROOT / "rocketchat" / "known-bad.toml").read_text())["bad"]
    for one in raw:
        assert one.keys() <= {"name", "from", "below", "ended", "since", "why", "source"}, one
        assert one["source"].startswith("https://"), one
        assert one["since"].year >= 2020, one
    assert len(known_bad.listed()) == len(raw)


@pytest.mark.parametrize(
    ("image", "bad"),
    [
        ("mongo:8.0.16", True),
        ("docker.io/library/mongo:8.0.16-noble", True),
        ("mongo:8.0.16@sha256:0123", True),
        ("mongo:8.0.32", False),
        ("mongo:7.0.26", True),
        ("mongo:8.2.2", True),
        ("mongo:latest", False),
        ("caddy:2.10.2-alpine", True),
        ("caddy:2.11.7-alpine", False),
        ("rocket.chat:6.0", True),
        ("rocketchat/rocket.chat:8.9.0", False),
        ("registry.example.com/mongo:5.0.1", False),
        ("bitnami/mongodb:latest", True),
    ],
)
def test_an_image_is_looked_up_by_its_name_and_its_number(image: str, bad: bool) -> None:
    assert bool([one for one in known_bad.find_image(image) if not one.ended]) == bad


def warnings(stack: str, **parts: Any) -> list[str]:
    values = values_of(stack)
    for key, changes in parts.items():
        values[f"rocketchat:{key}"] = {**values.get(f"rocketchat:{key}", {}), **changes}
    checks = parse(values, set(files.read(stack).secure), source="a test").checks
    title = "Nothing that the stack chooses is known to be bad"
    return [text for check in checks if check.title == title for text in check.warnings]


def test_the_plan_warns_of_what_the_stack_itself_chooses() -> None:
    for name in files.names():
        assert warnings(name) == [], name
    assert "CVE-2026-11933" in warnings("local", chat={"release": "7.13.2"}, database={"version": "6.0"})[0]
    assert "support ended" in warnings("local", database={"version": "8.2"})[0]
    assert "runtime.version 1.33.1-do.0" in warnings("lovia-doks", runtime={"version": "1.33.1-do.0"})[0]
