"""Releases: what each needs, and the way from one to another."""

import re
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rocketchat import releases
from rocketchat.releases import Role, UnknownRelease, UpgradeRefused, find

EVERY_LINE = releases.lines()
VERSIONS = tuple(f"{line}.{patch}" for line in EVERY_LINE for patch in (0, 3))


def number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def test_every_line_from_6_4_to_9_0_is_known() -> None:
    assert EVERY_LINE[0] == "6.4"
    assert EVERY_LINE[-1] == "9.0"
    assert {"6.13", "7.0", "7.13", "8.0", "8.9"} <= set(EVERY_LINE)
    assert len(EVERY_LINE) == len(set(EVERY_LINE)) == 35


def test_the_default_release_is_of_the_8_9_line_with_long_term_support_on_mongodb_8() -> None:
    release = find(releases.DEFAULT_RELEASE)
    assert release == releases.RECOMMENDED
    assert release.line == "8.9"
    assert release.lts
    assert release.supported_until == "2027-10"
    assert release.mongodb == ("8.0", "8.2")
    assert release.recommended_mongodb == "8.0"


@pytest.mark.parametrize(
    ("version", "mongodb"),
    [
        ("6.4.0", ("4.4", "5.0", "6.0")),
        ("6.13.1", ("4.4", "5.0", "6.0")),
        ("7.0.0", ("5.0", "6.0", "7.0")),
        ("7.12.9", ("5.0", "6.0", "7.0")),
        ("7.13.0", ("5.0", "6.0", "7.0", "8.0")),
        ("8.0.0", ("8.0", "8.2")),
        ("8.1.6", ("8.0", "8.2")),
        ("8.2.0", ("8.0", "8.2")),
        ("9.0.0", ("8.0", "8.2")),
    ],
)
def test_each_release_names_the_mongodb_versions_that_it_runs_on(
    version: str, mongodb: tuple[str, ...]
) -> None:
    assert find(version).mongodb == mongodb


@pytest.mark.parametrize("version", VERSIONS)
def test_the_facts_of_every_line_agree_with_one_another(version: str) -> None:
    release = find(version)
    assert release.version == version
    assert release.uid == 65533
    assert release.mongodb == tuple(sorted(release.mongodb))
    assert release.has_readyz == (number(version) >= (7, 11))
    assert release.probes.liveness == release.probes.balancer
    assert release.probes.liveness == "/health"
    assert release.recommended_mongodb in release.mongodb
    assert release.recommended_mongodb.endswith(".0")
    assert release.needs_stream_hub == (number(version) <= (7, 7, 0))
    assert bool(release.microservice_variables) == (number(version) < (8,))
    assert ("custom-oauth" in release.licensed_features) == (number(version) >= (9,))
    assert {"replicas", "microservices", "role-sync"} <= release.licensed_features


@pytest.mark.parametrize("version", VERSIONS)
def test_a_database_user_may_read_and_write_the_chats_database_and_nothing_else(version: str) -> None:
    assert find(version).database_roles("chat") == (Role("readWrite", "chat"),)


@pytest.mark.parametrize(
    "tag",
    [
        "latest",
        "develop",
        "8",
        "8.9",
        "8.4",
        "",
        "8.9.0-rc.1",
        "v8.9.0",
        "8.9.0 ",
        "08.9.0",
        "6.1\u0660.0",
        "8.9.0\n",
    ],
)
def test_a_moving_or_odd_tag_is_refused_with_the_recommended_one(tag: str) -> None:
    with pytest.raises(UnknownRelease, match=r"recommended: 8\.9\.0"):
        find(tag)


@pytest.mark.parametrize("version", ["6.3.9", "5.4.10", "6.14.0", "7.14.0", "8.10.0", "9.1.0", "10.0.0"])
def test_a_release_outside_the_known_lines_is_refused_with_the_range(version: str) -> None:
    with pytest.raises(UnknownRelease, match=r"6\.4 to 9\.0.*8\.9\.0"):
        find(version)


@given(st.text(max_size=30))
def test_no_text_makes_find_fail_otherwise_than_by_unknown_release(text: str) -> None:
    try:
        release = find(text)
    except UnknownRelease:
        return
    assert release.version == text


def test_a_mongodb_that_the_release_does_not_run_on_is_refused() -> None:
    releases.check_mongodb(find("8.9.0"), "8.0")
    releases.check_mongodb(find("8.9.0"), "8.0.4")
    releases.check_mongodb(find("8.9.0"), "8.2")
    for wrong in ("7.0", "6.0", "8.1", "8", "", "80"):
        with pytest.raises(releases.MongodbRefused, match=r"8\.9\.0 does not run on"):
            releases.check_mongodb(find("8.9.0"), wrong)


@pytest.mark.parametrize(
    ("old", "new"), [("8.9.0", "8.8.9"), ("8.9.1", "8.9.0"), ("9.0.0", "8.9.0"), ("7.13.0", "6.13.0")]
)
def test_a_downgrade_is_refused_and_the_way_back_is_a_backup(old: str, new: str) -> None:
    with pytest.raises(UpgradeRefused, match="backup"):
        releases.check_upgrade(old, new)


def test_skipping_a_major_is_refused_with_every_step_of_the_way() -> None:
    with pytest.raises(UpgradeRefused, match="skips a major") as refusal:
        releases.check_upgrade("6.4.0", "8.9.0")
    assert refusal.value.path == (
        "Rocket.Chat 6.13",
        "MongoDB 5.0",
        "Rocket.Chat 7.13",
        "MongoDB 6.0",
        "MongoDB 7.0",
        "MongoDB 8.0",
        "Rocket.Chat 8.9.0",
    )
    for step in refusal.value.path:
        assert step in str(refusal.value)


def test_a_very_old_server_climbs_through_the_last_release_of_each_major() -> None:
    path = releases.upgrade_path("1.0.0", "9.0.0")
    assert [step for step in path if step.startswith("Rocket.Chat")] == [
        f"Rocket.Chat {line}" for line in ("1.3", "2.4", "3.18", "4.8", "5.4", "6.13", "7.13", "8.9", "9.0.0")
    ]


def test_a_7_that_no_mongodb_bridges_to_8_is_sent_over_7_13() -> None:
    with pytest.raises(UpgradeRefused, match=r"no MongoDB runs both.*Rocket\.Chat 7\.13, then MongoDB 6\.0"):
        releases.check_upgrade("7.4.0", "8.9.0")
    releases.check_upgrade("7.13.2", "8.9.0")
    assert releases.upgrade_path("7.13.2", "8.9.0")[-2:] == ("MongoDB 8.0", "Rocket.Chat 8.9.0")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("8.9.0", "8.9.0"),
        ("8.9.0", "8.9.4"),
        ("8.1.0", "8.9.0"),
        ("8.9.3", "9.0.0"),
        ("6.4.0", "6.13.0"),
        ("6.13.0", "7.13.0"),
        ("7.13.0", "8.1.0"),
    ],
)
def test_steps_within_a_major_and_to_the_next_are_taken(old: str, new: str) -> None:
    releases.check_upgrade(old, new)


def test_nothing_is_to_be_climbed_where_the_release_stays() -> None:
    assert releases.upgrade_path("8.9.0", "8.9.0") == ()


@given(st.sampled_from(VERSIONS), st.sampled_from(VERSIONS))
def test_a_step_is_refused_exactly_when_it_goes_down_skips_a_major_or_no_mongodb_fits(
    old: str, new: str
) -> None:
    crossing = number(new)[0] - number(old)[0]
    fits = bool(set(find(old).mongodb) & set(find(new).mongodb))
    allowed = number(new) >= number(old) and crossing <= 1 and (crossing == 0 or fits)
    try:
        releases.check_upgrade(old, new)
    except UpgradeRefused:
        assert not allowed
    else:
        assert allowed


@given(st.sampled_from(VERSIONS), st.sampled_from(VERSIONS))
def test_every_path_ends_at_the_wanted_release_and_never_goes_down(old: str, new: str) -> None:
    path = releases.upgrade_path(old, new)
    if number(old) >= number(new):
        assert path == ()
        return
    assert path[-1] == f"Rocket.Chat {new}"
    for product in ("Rocket.Chat ", "MongoDB "):
        steps = [number(step.removeprefix(product)) for step in path if step.startswith(product)]
        assert steps == sorted(steps)


def test_the_product_knowledge_imports_no_cloud_and_does_not_load_the_catalogue() -> None:
    code = (
        "import sys; from rocketchat import environment, releases, services, settings, sizing;"
        "heavy = {'pulumi', 'pydantic', 'boto3', 'botocore', 'yaml'} & set(sys.modules);"
        "assert not heavy, heavy;"
        "assert settings.catalogue.cache_info().currsize == 0"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stderr


def test_a_line_means_its_newest_known_patch_and_an_exact_release_itself() -> None:
    assert releases.resolve("8.5") == "8.5.5"
    assert releases.resolve("8.5.1") == "8.5.1"
    assert releases.resolve("8.7") == "8.7"
    assert releases.resolve("latest") == "latest"


def test_the_newest_patches_are_releases_of_their_lines_as_of_a_day() -> None:
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", releases.PATCHES_KNOWN_ON)
    named = [line for line in EVERY_LINE if releases.resolve(line) != line]
    assert {"8.5", "8.6", "8.9", "9.0"} <= set(named)
    for line in named:
        assert find(releases.resolve(line)).line == line
        assert releases.newest_patch(find(releases.resolve(line))) is None


def test_an_older_patch_is_told_of_the_newest_and_whether_it_is_for_safety() -> None:
    assert releases.newest_patch(find("8.5.1")) == releases.Patch("8.5.5", security=True)
    assert releases.newest_patch(find("8.5.5")) is None
    assert releases.newest_patch(find("8.5.6")) is None
    # Read on the pages of those releases: each closes holes.
    for line in ("7.10", "7.11", "7.12", "7.13", "8.0", "8.1", "8.2", "8.3", "8.4", "8.5", "8.6", "8.8"):
        newest = releases.newest_patch(find(f"{line}.0"))
        assert newest is not None
        assert newest.security, line
    assert releases.newest_patch(find("8.7.0")) is None
    assert [one for one in ("8.5.5", "8.5.6", "8.7.99") if releases.is_unheard_of(find(one))] == ["8.5.6"]
    assert releases.newest_patch(releases.RECOMMENDED) is None


def test_a_release_that_lacks_what_older_lines_have_mended_is_told_so() -> None:
    assert releases.behind(find("8.9.0")) == "8.8.2, 8.6.4 and 8.5.5"
    for version in ("8.9.1", "8.8.2", "9.0.0"):
        assert releases.behind(find(version)) is None
    for named in re.findall(r"[\d.]+\d", releases.behind(find("8.9.0")) or ""):
        assert releases.newest_patch(find(named)) is None


@pytest.mark.parametrize(
    ("version", "returns"),
    [("6.4.0", False), ("6.5.0", True), ("8.6.4", True), ("8.7.0", False), ("9.0.0", False)],
)
def test_the_wizard_comes_back_from_6_5_to_8_6(version: str, returns: bool) -> None:
    assert find(version).wizard_returns == returns
