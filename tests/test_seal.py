"""The seal: another place for the data is another seal, and a protected one cannot be made anew."""

import pytest
from recording import record

from components.seal import Seal
from rehearsal import standins


@pytest.mark.parametrize("protect", [False, True])
def test_a_seal_is_made_anew_when_a_place_changes_and_is_protected_as_asked(protect: bool) -> None:
    def program() -> None:
        Seal("data", {"places": {"database": "atlas", "name": "chat"}, "protect": protect})

    recorded = record(program)
    (made,) = recorded.all("RandomId")
    assert made.protect is protect
    after = {**made.inputs, "keepers": {"database": "atlas", "name": "other"}}
    assert standins.replacing("random:index/randomId:RandomId", made.inputs, after) == ["keepers"]
