"""Rotation: what each generated secret is for, whether the running system takes a new one over, and who is refused."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from engine_marks import needs_engine
from planning import planned, values_of

from automation import ConflictError, open_stack
from automation.rotation import GENERATED, KINDS, kind_of
from rehearsal.plan import Plan
from stacks import files

ROOT = Path(__file__).parent.parent
FIRST_ONLY = {"credentials-administrator", "database-root", "database-keyfile"} | {
    "database-credentials-root",
    "database-credentials-keyfile",
}


@cache
def plans() -> list[Plan]:
    found = [planned(values_of(name), set(files.read(name).secure)) for name in files.names()]
    spaces = values_of("services-helm")
    spaces["rocketchat:media"] = {"kind": "spaces", "bucket": "uploads-of-the-chat", "region": "sgp1"}
    spaces["rocketchat:accounts"] = {"registration": "secret-url"}
    secure = {
        *files.read("services-helm").secure,
        "digitalocean:spacesAccessId",
        "digitalocean:spacesSecretKey",
    }
    dumped = values_of("lovia-doks")
    dumped["rocketchat:backup"] = {"dumps": True}
    return [
        *found,
        planned(spaces, secure),
        planned(in_production()),
        planned(dumped, set(files.read("lovia-doks").secure)),
    ]


@pytest.mark.slow
def test_every_generated_secret_is_of_one_kind_and_every_kind_is_generated_somewhere() -> None:
    names = {made.name for plan in plans() for made in plan.resources if made.type in GENERATED}
    for name in names:
        assert len([kind for kind in KINDS if re.fullmatch(kind.names, name)]) == 1, name
    for kind in KINDS:
        assert any(re.fullmatch(kind.names, name) for name in names), kind.names
    assert {name for name in names if not kind_of(name).offered} == FIRST_ONLY


def test_every_type_that_makes_a_secret_is_known() -> None:
    made = set()
    for path in (ROOT / "components").rglob("*.py"):
        made |= set(re.findall(r"\b(RandomPassword|AccessKey|SpacesKey)\($", path.read_text(), re.MULTILINE))
    assert made == {kind.rpartition(":")[2] for kind in GENERATED}


@pytest.mark.slow
def test_what_is_read_at_the_first_start_only_is_protected_in_production() -> None:
    for plan in plans():
        production = any(made.protect for made in plan.resources)
        for made in plan.resources:
            if made.type in GENERATED:
                assert made.protect == (production and made.name in FIRST_ONLY), (plan.stack, made.name)


@pytest.mark.slow
def test_the_outputs_say_that_the_password_is_of_the_first_start() -> None:
    for plan in plans():
        assert ("adminPassword" in plan.outputs) == ("adminPasswordNote" in plan.outputs)
        assert "first start" in plan.outputs.get("adminPasswordNote", "first start")


def in_production() -> dict[str, Any]:
    """The values of a database in the cluster, whose data are protected."""
    kept = values_of("local")
    kept["rocketchat:chat"]["profile"] = "production"
    kept["aws:region"] = "eu-central-1"
    kept["rocketchat:runtime"]["ingress"] = {"kind": "class", "name": "traefik", "issuer": "letsencrypt"}
    return kept


@needs_engine
def test_what_would_lock_people_out_is_refused_with_what_to_do_instead() -> None:
    with open_stack("any", values=in_production(), rehearse=True, policies=False) as stack:
        stack.up(preview=False)
        before = stack.export_state()
        for name in ("credentials-administrator", "database-root", "database-keyfile"):
            with pytest.raises(ConflictError, match=f"{name} cannot be rotated") as refusal:
                stack.rotate(name)
            assert refusal.value.remedy == kind_of(name).instead
        with pytest.raises(ConflictError, match="is given and not generated") as refusal:
            stack.rotate("Accounts_OAuth_Github_secret")
        assert "pulumi config set --secret rocketchat:Accounts_OAuth_Github_secret --stack" in str(
            refusal.value
        )
        with pytest.raises(ConflictError, match="generates no secret 'mongodbUri'"):
            stack.rotate("mongodbUri")
        assert stack.export_state().records == before.records
        stack.rotate("database-backup")
        rotated = stack.rotate("database-chat")
        assert {"database-chat", "database-secret"} <= {urn.rpartition("::")[2] for urn in rotated.replaced}
        assert any(step.name == "database-set" for step in rotated.steps), "MongoDB is told of it"
