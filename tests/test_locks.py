"""This machine's own lock of a stack."""

import os
from pathlib import Path
from typing import Any, ClassVar

import pytest
from pulumi.automation import CommandResult
from pulumi.automation.errors import ConcurrentUpdateError

from automation import Backend, ConflictError, locks, recovery
from automation.locks import Waiting, held
from automation.stack import ChatStack


def test_a_lock_is_free_again_though_a_process_that_begins_has_its_open_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "LOCKS", tmp_path)
    at_once = Waiting.at_most("fail", 0)
    with held("chat", "file:///state", at_once, "recover"):
        (file,) = tmp_path.iterdir()
        (number,) = (one.name for one in Path("/proc/self/fd").iterdir() if one.resolve() == file)
        # As a fork of another thread has it, until it becomes a program.
        forked = os.dup(int(number))
        with (
            pytest.raises(ConflictError, match=f"process {os.getpid()} of this machine"),
            held("chat", "file:///state", at_once, "recover"),
        ):
            pass
    try:
        with held("chat", "file:///state", at_once, "recover"):
            pass
    finally:
        os.close(forked)


def test_a_lock_in_a_bucket_is_cleared_by_the_cli_where_that_is_asked_for() -> None:
    class Stack:
        """As much of a stack as clearing its locks needs."""

        name = "chat"
        backend = Backend(url="s3://state")
        ran: ClassVar[list[list[str]]] = []

        def run(self, arguments: list[str]) -> None:
            self.ran.append(arguments)

        def locks(self) -> tuple[locks.BackendLock, ...]:
            return ()

    stack: Any = Stack()
    assert recovery.clear_locks(stack, force=False) == ()
    assert stack.ran == []
    assert len(recovery.clear_locks(stack, force=True)) == 1
    assert stack.ran == [["cancel", "--yes"]]


@pytest.mark.parametrize(
    ("url", "forced"), [("s3://state", True), ("https://api.pulumi.com", True), ("file:///state", False)]
)
def test_who_meets_a_lock_is_told_how_to_clear_it_where_nobody_can_see_its_holder(
    url: str, forced: bool
) -> None:
    class Stack:
        """As much of a stack as an update that is refused needs."""

        name, recovering = "chat", "rocketchat recover chat"
        backend = Backend(url=url)

        def on_event(self, _: object) -> None:
            pass

        def _waiting(self) -> Waiting:
            return Waiting.at_most("fail", 0)

        def _once(self, *_: object) -> None:
            raise ConcurrentUpdateError(CommandResult("", "", 1))

        def locks(self) -> tuple[locks.BackendLock, ...]:
            return ()

    stack: Any = Stack()
    with pytest.raises(ConflictError) as caught:
        ChatStack._operate(stack, "up", print)
    assert caught.value.remedy.endswith("rocketchat recover chat --force-unlock") is forced
