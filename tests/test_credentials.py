"""Generated secrets: one for each name, long, plain to quote, and secret."""

from typing import Any

import pulumi
import pytest
from recording import record

from components.credentials import LENGTH, Credentials


def program() -> None:
    made = Credentials("credentials", {"names": ["administrator", "file-token"]})
    pulumi.export("one", made.value("administrator"))
    with pytest.raises(KeyError):
        made.value("nobody")


def test_every_name_gets_a_password_of_its_own_without_signs_that_need_quoting() -> None:
    recorded = record(program)
    made: list[Any] = recorded.all("RandomPassword")
    assert sorted(resource.name for resource in made) == [
        "credentials-administrator",
        "credentials-file-token",
    ]
    assert all(
        resource.inputs["length"] == LENGTH and resource.inputs["special"] is False for resource in made
    )
    assert LENGTH >= 24
