"""What is left when a cloud fails, loses an answer, or the engine is killed; and that it can always be gone on with."""

import automation_world as world  # before the SDKs

# isort: split

import pytest

import automation
from automation import CancelledError, ConflictError, ProviderError, open_stack
from rehearsal.faults import KILLED, UNANSWERED, Fault, Faults
from rehearsal.testing import needs_engine

NAMES = ["data", "net", "password"]
NAMES_IN_CLOUDS = {"data", "net"}
"""A password of `random` is in the state only: made twice, it is nowhere twice."""


def names(backend: automation.Backend) -> list[str]:
    assert backend.cloud is not None
    return sorted(thing.name for thing in backend.cloud.things() if thing.name in NAMES_IN_CLOUDS)


@needs_engine
@pytest.mark.parametrize("fault", [fault for fault in Fault if fault is not Fault.DIE])
@pytest.mark.filterwarnings("ignore:Error in event stream:UserWarning")
def test_after_a_fault_at_every_resource_the_next_up_ends_as_if_nothing_had_happened(fault: Fault) -> None:
    with (
        automation.rehearsal(program=world.program) as backend,
        open_stack(
            "faulty", values=world.VALUES, secrets=world.SECRETS, backend=backend, policies=False
        ) as stack,
    ):
        assert backend.cloud is not None
        spared: set[str] = set()
        while len(spared) < len(NAMES):
            # Whatever is under way at once fails at once, so that nothing is made without having failed first.
            faults = backend.cloud.faults = Faults(
                fault, spared=frozenset(spared), width=len(NAMES), kill=stack.kill
            )
            with pytest.raises(CancelledError if fault in KILLED else ProviderError) as failed:
                stack.up(preview=False)
            assert faults.struck
            spared |= set(faults.struck)
            assert world.SECRET not in str(failed.value)
            backend.cloud.faults = None
            pending = stack.pending()
            if fault in UNANSWERED | KILLED:
                assert set(faults.struck) <= {one.urn for one in pending}
                assert "recover" in failed.value.remedy
                with pytest.raises(ConflictError, match="was interrupted"):
                    stack.up(preview=False)
            else:
                assert not pending
            recovered = stack.recover()
            assert recovered.done, recovered.because
            assert bool(recovered.unlocked) == (fault in KILLED)
            assert not stack.pending()
        done = stack.up(preview=False)
        assert not done.replaced
        assert names(backend) == sorted(NAMES_IN_CLOUDS)
        assert {one.name for one in stack.export_state().resources} >= set(NAMES)
        assert all(thing.ready for thing in backend.cloud.things())
        assert stack.preview().changed == 0


@needs_engine
def test_a_person_decides_where_it_is_not_known_what_was_left_behind() -> None:
    with (
        automation.rehearsal(program=world.program) as backend,
        open_stack(
            "faulty", values=world.VALUES, secrets=world.SECRETS, backend=backend, policies=False
        ) as stack,
    ):
        assert backend.cloud is not None
        stack.up(preview=False)
        with pytest.raises(ConflictError, match="nothing is pending of urn:x"):
            stack.recover(adopt={"urn:x": "vpc-1"})
