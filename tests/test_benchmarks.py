"""What measures must run, and say what it has measured."""

import components  # noqa: F401 - before the SDKs, which it makes import one file at a time

# isort: split

import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from engine_marks import needs_engine
from pulumi.runtime.proto import provider_pb2

from clouds.ask import Cloud
from proving.benchmarks import engine, fleets
from rehearsal import server
from rehearsal.cloud import Kept, StandinCloud

STACK = "local"


def test_a_preview_is_held_against_the_empty_one_and_the_plan_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seconds = {"empty": 1.0, "plan": 3.0, "preview": 5.0, "policies": 7.5}
    monkeypatch.setattr(engine, "anew", lambda _, what: 2 * seconds[what])
    monkeypatch.setattr(engine, "previews", lambda _, runs: [seconds] * runs)
    assert engine.preview_table([STACK], 3).splitlines()[4:] == [
        f"| `{STACK}` | cold | 2.00 | 6.00 | 10.00 | 1.25 |  |",
        f"| `{STACK}` | warm | 1.00 | 3.00 | 5.00 | 1.25 | 2.50 s, 1.50 times |",
    ]


@needs_engine
def test_a_stack_is_measured_beside_a_program_that_makes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert all(engine.cold(STACK, what) > 0 for what in ("empty", "plan", "preview"))
    monkeypatch.setattr(engine, "OPERATIONS", ("up", "destroy"))
    (life,) = engine.lives(STACK, 1)
    assert all(empty > 0 and own > 0 for empty, own in life.values())


@needs_engine
def test_a_fleet_is_measured_before_and_after(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # Of its own: other tests make folders there at the same time.
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(fleets, "WARM", 1)
    found = fleets.one("small", 1)
    assert found["peak"] > 10
    assert found["before"].keys() == found["after"].keys()
    assert found["after"]["folders"] <= found["before"]["folders"]


def test_stand_ins_keep_nothing_of_what_was_destroyed_and_forget_the_oldest_engines(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cloud = StandinCloud()
    thing = Kept("urn", "random:index/randomId:RandomId", "name", "id", {}, {}, frozenset(), Cloud(), 0)
    cloud.create(thing)
    cloud.delete(thing.urn, thing.id)
    assert not cloud._things
    monkeypatch.setattr(server, "_CONNECTIONS", 2)
    provider: Any = server.Provider(cloud)
    for peer in ("one", "two", "one", "three"):
        provider.Configure(provider_pb2.ConfigureRequest(), SimpleNamespace(peer=lambda peer=peer: peer))
    assert list(provider._set_to) == ["one", "three"]
