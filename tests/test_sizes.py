"""What numbers of users need, and what that costs alone."""

import json

import pytest

from command import cli
from rehearsal import sizes


def test_a_row_has_servers_host_and_database_with_what_each_costs() -> None:
    few, many = sizes.rows([100, 1000])
    # One server of 2 vCPU and 4 GB: 730 hours at 2 times 0.04048 and 4 times 0.004445 dollars; M20 at 0.20.
    assert few.fargate_usd == pytest.approx(730 * (2 * 0.04048 + 4 * 0.004445))
    assert (few.lightsail, few.lightsail_usd) == ("medium_3_0", 24)
    assert (few.droplet, few.droplet_usd) == ("s-2vcpu-4gb", 24)
    assert few.size.atlas_tier == "M20"
    assert few.atlas_usd == pytest.approx(146)
    assert many.fargate_usd == pytest.approx(3 * few.fargate_usd)
    assert (many.lightsail_usd, many.droplet_usd) == (None, None)


def test_the_command_takes_numbers_and_a_profile_and_refuses_what_no_size_is_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.main(["sizes", "40", "--profile", "trial", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["profile"] == "trial"
    assert [one["users"] for one in told["sizes"]] == [40]
    assert told["sizes"][0]["atlas"]["tier"] == "M10"
    assert cli.main(["sizes", "9000"]) == 2
    assert "more than the vendor's table covers" in capsys.readouterr().err
    assert cli.main(["sizes"]) == 0
    assert "5,000" in capsys.readouterr().out
