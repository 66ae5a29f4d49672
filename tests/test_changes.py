"""What a branch changes in every stack: two versions side by side, and as Markdown."""

import copy
import subprocess
from pathlib import Path
from typing import Any

import pytest

from automation.errors import UsageError
from rehearsal.cost import Range
from reports import changes, versions
from reports.versions import Version

STATE = "urn:pulumi:toy::rocketchat::"
BUCKET, SUBNET = "aws:s3/bucket:Bucket", "aws:ec2/subnet:Subnet"


def resource(token: str, name: str, **inputs: Any) -> dict[str, Any]:
    return {
        "type": token,
        "name": name,
        "urn": f"{STATE}{token}::{name}",
        "parent": "",
        "inputs": inputs,
        "outputs": {},
        "options": {},
        "protect": False,
        "secretPaths": [],
    }


def version(
    *resources: dict[str, Any], usd: float = 10, findings: tuple[dict[str, Any], ...] = ()
) -> Version:
    total = {"low": usd, "high": usd * 2}
    return Version(
        {"toy": {"resources": list(resources)}},
        {"toy": {"total": total, "components": {"one": total}, "unpriced": []}},
        {"toy": {"findings": list(findings)}},
    )


FOUND = {
    "rule": "s3-closed",
    "urn": "u",
    "path": "p",
    "name": "media",
    "blocking": True,
    "message": "is open | to <all>",
    "fix": "Close it.",
}
BASE = version(resource(BUCKET, "media-bucket", bucket="one"), resource(SUBNET, "a", cidrBlock="10.0.0.0/24"))


def test_what_is_made_removed_changed_and_made_anew_is_told_apart_with_the_data_that_go() -> None:
    now = version(
        resource(BUCKET, "media-bucket", bucket="two"),
        resource(SUBNET, "b", cidrBlock="10.0.0.0/24"),
    )
    [found] = changes.compare(BASE, now)
    assert found.made == [f"b ({SUBNET})"]
    assert found.removed == [f"a ({SUBNET})"]
    assert found.replaced == [f"media-bucket ({BUCKET})"]
    assert found.changed == []
    assert len(found.lost) == 1
    assert "media-bucket" in found.lost[0]
    assert "**DATA:** toy: media-bucket" in changes.markdown([found], "main")


def test_a_changed_tag_is_a_change_in_its_place() -> None:
    now = copy.deepcopy(BASE)
    now.plans["toy"]["resources"][1]["inputs"]["tags"] = {"a": "b"}
    [found] = changes.compare(BASE, now)
    assert (found.changed, found.replaced, found.lost) == ([f"a ({SUBNET})"], [], [])
    assert any("tags" in line for line in found.lines)


def test_cost_and_findings_are_told_by_what_is_more() -> None:
    now = version(*BASE.plans["toy"]["resources"], usd=25, findings=(FOUND,))
    [found] = changes.compare(BASE, now)
    assert (found.before, found.now) == (Range(10, 20), Range(25, 50))
    assert found.blocking
    text = changes.markdown([found], "main")
    assert "| toy | as before | 10–20 → 25–50 (+15 to +30) | **1 new that block** |" in text  # noqa: RUF001
    assert "is open \\| to &lt;all>" in text
    [back] = changes.compare(now, BASE)
    assert (back.found, [one["rule"] for one in back.mended]) == ([], ["s3-closed"])


def test_stacks_that_come_go_stay_or_cannot_be_planned_are_told_so() -> None:
    nothing = Version()
    assert [one.state for one in changes.compare(nothing, BASE)] == ["added"]
    assert [one.state for one in changes.compare(BASE, nothing)] == ["removed"]
    assert changes.compare(BASE, BASE)[0].quiet
    assert changes.markdown(changes.compare(BASE, BASE), "main").startswith("### Nothing changes in any of 1")
    assert "| toy | added | 10–20 | none |" in changes.markdown(changes.compare(nothing, BASE), "main")  # noqa: RUF001
    [wrong] = changes.compare(BASE, Version(wrong={"toy": "toy has 1 mistake:\n  chat.users: too many"}))
    assert wrong.state == "cannot be planned: toy has 1 mistake:\n  chat.users: too many"
    assert "| toy | cannot be planned: toy has 1 mistake |  |  |" in changes.markdown([wrong], "main")


def test_findings_are_not_new_where_the_version_before_tells_of_none() -> None:
    now = version(*BASE.plans["toy"]["resources"], findings=(FOUND,))
    [found] = changes.compare(Version(BASE.plans), now)
    assert (found.found, found.blocking) == ([], False)
    [added] = changes.compare(Version(), now)
    assert added.blocking


def _git(folder: Path, *arguments: str) -> None:
    known = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *known, *arguments], cwd=folder, check=True, capture_output=True)  # noqa: S603, S607


def test_a_project_is_looked_at_as_it_was_and_nothing_of_it_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "stacks").mkdir()
    stack = tmp_path / "stacks" / "Pulumi.one.yaml"
    stack.write_text("config: {}\n", encoding="utf-8")
    _git(tmp_path, "init", "-q")
    _git(tmp_path, "add", ".")
    _git(tmp_path, "commit", "-qm", "one")
    stack.rename(stack.with_name("Pulumi.two.yaml"))
    monkeypatch.setattr(versions, "ROOT", tmp_path)
    with versions.checked_out("HEAD") as folder:
        assert versions.names(folder) == ["one"]
        assert versions.names(tmp_path) == ["two"]
    assert not folder.exists()
    for wrong in ("nonsense", "--all", "HEAD:stacks"):
        with pytest.raises(UsageError, match="no commit, branch or tag"), versions.checked_out(wrong):
            pass
