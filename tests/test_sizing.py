"""How many users need how much."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rocketchat import sizing
from rocketchat.sizing import PRODUCTION, TRIAL, Size, TooManyUsers, size

USERS = st.integers(1, sizing.MOST_USERS)
TIERS = ("M10", "M20", "M30", "M40", "M50")


def test_a_trial_is_the_smallest_row_of_the_vendor_s_table_whatever_the_users() -> None:
    assert size(25, TRIAL) == Size(1, 1024, 2048, "M10", "M20", 10, 2)
    assert size(4000, TRIAL).cpu_units == 1024


def test_production_below_500_users_is_the_table_s_second_row() -> None:
    for users in (1, 25, 200, 499):
        made = size(users)
        assert (made.instances, made.cpu_units, made.memory_mib) == (1, 2048, 4096)
        assert (made.atlas_tier, made.disk_gb) == ("M20", 20)


def test_the_third_row_spreads_4_to_16_processors_over_servers_of_two() -> None:
    assert size(500).instances * size(500).cpu_units == 4 * 1024
    assert size(5000).instances * size(5000).cpu_units == 16 * 1024
    assert (size(500).atlas_tier, size(5000).atlas_tier) == ("M20", "M40")
    assert (size(500).disk_gb, size(5000).disk_gb) == (20, 80)


def test_uploads_take_5_mb_for_each_user_and_month() -> None:
    assert size(200).media_gb == 12


@given(USERS, st.sampled_from(sizing.PROFILES))
def test_every_size_is_one_that_fargate_has_and_never_too_small(users: int, profile: str) -> None:
    made = size(users, profile)
    least = (2048, 4096) if profile == PRODUCTION else (1024, 2048)
    assert sizing.fits_fargate(made.cpu_units, made.memory_mib)
    assert (made.cpu_units, made.memory_mib) >= least
    assert made.instances >= 1
    assert TIERS.index(made.atlas_tier) < TIERS.index(made.atlas_max_tier)


@given(USERS, USERS)
def test_more_users_never_get_less(one: int, other: int) -> None:
    small, large = size(min(one, other)), size(max(one, other))
    assert small.instances <= large.instances
    assert small.disk_gb <= large.disk_gb
    assert small.media_gb <= large.media_gb
    assert TIERS.index(small.atlas_tier) <= TIERS.index(large.atlas_tier)
    assert TIERS.index(small.atlas_max_tier) <= TIERS.index(large.atlas_max_tier)


@pytest.mark.parametrize("profile", sizing.PROFILES)
def test_more_than_5000_users_are_refused_with_advice(profile: str) -> None:
    size(5000, profile)
    with pytest.raises(TooManyUsers, match="Ask the vendor"):
        size(5001, profile)


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="one user"):
        size(0)
    with pytest.raises(ValueError, match="trial, production"):
        size(10, "staging")


def test_fargate_s_table_has_its_published_corners() -> None:
    for cpu, least, most, count in (
        (256, 512, 2048, 3),
        (512, 1024, 4096, 4),
        (1024, 2048, 8192, 7),
        (2048, 4096, 16384, 13),
        (4096, 8192, 30720, 23),
        (8192, 16384, 61440, 12),
        (16384, 32768, 122880, 12),
    ):
        sizes = sizing.FARGATE_SIZES[cpu]
        assert (sizes[0], sizes[-1], len(sizes)) == (least, most, count)
    assert not sizing.fits_fargate(1024, 1024)
    assert not sizing.fits_fargate(1000, 2048)


@given(st.integers(1, 16384), st.integers(1, 122880))
def test_the_task_size_is_valid_and_holds_what_was_asked(cpu: int, memory: int) -> None:
    made = sizing.task_size(cpu, memory)
    assert sizing.fits_fargate(*made)
    assert made[0] >= cpu
    assert made[1] >= memory


def test_a_task_larger_than_fargate_s_largest_is_refused() -> None:
    assert sizing.task_size(1, 1) == (256, 512)
    assert sizing.task_size(256, 4096) == (512, 4096)
    with pytest.raises(ValueError, match="Fargate has no task"):
        sizing.task_size(16384, 122881)
