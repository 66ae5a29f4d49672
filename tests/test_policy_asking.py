"""The pack answers the engine as the SDK would let it, only sooner."""

from collections.abc import Mapping
from typing import Any

import pulumi_policy.policy as sdk
import pytest
from policy_world import CONFIG, DELETE, UNKNOWN, changed
from pulumi.runtime import proto
from pulumi_policy import EnforcementLevel
from test_policy_pack import as_engine

from policy import asking
from policy.model import Subject
from policy.pack import NAME, policies
from rehearsal.wire import encode

NOBODYS = Subject(type="x:y:Z", name="nobodys", urn="urn:pulumi:s::p::x:y:Z::nobodys", properties={"a": 1})
"""No rule is about it."""
SUBJECTS = [
    NOBODYS,
    *changed(
        {
            "http defaultActions.0.type": "forward",
            "alb idleTimeout": 60,
            "https sslPolicy": UNKNOWN,
            "media-versions": DELETE,
            "deny": DELETE,
        }
    ),
]
SOME = SUBJECTS[5::6]
"""Another stack, with some of the same resources."""
Answers = list[bytes]


@pytest.fixture
def servicer(monkeypatch: pytest.MonkeyPatch) -> Any:
    kind: Any = sdk._PolicyAnalyzerServicer
    for name in ("Analyze", "AnalyzeStack"):
        monkeypatch.setattr(kind, name, getattr(kind, name))
    return kind


def question(kind: Any, subject: Subject, properties: Mapping[str, Any]) -> Any:
    asked = kind(type=subject.type, urn=subject.urn, name=subject.name)
    asked.properties.CopyFrom(encode(as_engine(properties)))
    asked.options.protect = subject.protect
    if subject.parent:
        asked.options.parent = subject.parent
    return asked


def answers(of: Any, subjects: list[Subject]) -> Answers:
    """Ask as the engine does: about each resource, then about the stack."""
    told = [of.Analyze(question(proto.AnalyzeRequest, one, one.properties), None) for one in subjects]
    whole = proto.AnalyzeStackRequest()
    for one in subjects:
        about = question(
            proto.AnalyzerResource, one, {**one.properties, **one.outputs, "id": one.id or UNKNOWN}
        )
        for key, urns in one.dependencies.items():
            about.propertyDependencies[key].urns.extend(urns)
        whole.resources.append(about)
    told.append(of.AnalyzeStack(whole, None))
    return [answer.SerializeToString(deterministic=True) for answer in told]


def made(servicer: Any, pack: list[Any]) -> Any:
    return servicer(NAME, "1.0.0", pack, EnforcementLevel.MANDATORY)


@pytest.mark.slow
def test_answers_are_the_very_same_and_each_resource_is_decoded_a_few_times_only(
    servicer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, slow_part = (answers(made(servicer, policies(CONFIG)), subjects) for subjects in (SUBJECTS, SOME))
    assert sum(b"http" in answer for answer in slow) > 1

    asked = asking.Asked()
    pack = policies(CONFIG, asked)
    asking.decode_once(pack, asked)
    decoded: list[object] = []
    decode: Any = vars(sdk)["deserialize_properties"]

    def counted(*args: object) -> object:
        decoded.append(args)
        return decode(*args)

    monkeypatch.setattr(sdk, "deserialize_properties", counted)
    quick = made(servicer, pack)
    assert answers(quick, SUBJECTS) == slow
    assert asked.earlier.keys() == {one.urn for one in SUBJECTS}
    assert len(decoded) < 20 * len(SUBJECTS) < len(SUBJECTS) * len(pack) / 10
    asked.forget()
    assert not asked.earlier
    assert answers(quick, SOME) == slow_part, "an earlier stack is remembered"


def test_where_the_sdk_keeps_its_policies_elsewhere_all_of_them_are_asked(
    servicer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert hasattr(made(servicer, policies(CONFIG)), asking._POLICIES), "slow: the SDK keeps them elsewhere"
    monkeypatch.setattr(asking, "_POLICIES", "elsewhere")
    asked = asking.Asked()
    pack = [one for one in policies(CONFIG, asked) if one.name in {"alb-http-redirect", "waivers"}]
    slow = answers(made(servicer, pack), SUBJECTS)
    asking.decode_once(pack, asked)
    assert answers(made(servicer, pack), SUBJECTS) == slow
