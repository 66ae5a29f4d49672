"""What chats were ordered, and what is being done with each. Knows nothing of HTTP.

The desk keeps the answers of each order in a file. What was made of it, its outputs and its secrets are in the
backend's state only, so that a desk that is started anew goes on where the last one ended.
"""

import contextlib
import dataclasses
import json
import logging
import re
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar

from automation import (
    AutomationError,
    Backend,
    CancelledError,
    ChatStack,
    ConfigurationError,
    ConflictError,
    Event,
    Moved,
    Result,
    Started,
    open_stack,
)
from automation.new import Answers, fill, key_of, values
from stacks.problems import InvalidStack

T = TypeVar("T")
Status = Literal["ordered", "deployed", "interrupted", "failed", "deleted"]
KEPT_EVENTS = 5000
"""Events of one chat that are kept for those who ask: a production stack makes about 700 in one deployment."""
_NAME = re.compile(r"[a-z][a-z0-9-]{1,39}")
_SAMPLE = {"chat.host": "chat.example.com"}
"""An answer with which a form that is still empty is shown."""
_log = logging.getLogger(__name__)


class UnknownChatError(LookupError):
    """Nobody ordered a chat of this name."""


class WrongAnswersError(ValueError):
    """An order with mistakes; `problems` has all of them."""

    def __init__(self, problems: Sequence[Mapping[str, Any]]) -> None:
        self.problems = tuple(problems)
        super().__init__(f"mistakes in the order: {len(self.problems)}")


class Diary:
    """The numbered events of one chat; readers can wait for the next one."""

    def __init__(self) -> None:
        self._events: deque[dict[str, Any]] = deque(maxlen=KEPT_EVENTS)
        self._count = 0
        self._told = threading.Condition()

    def write(self, event: Event) -> None:
        """Take an event."""
        with self._told:
            self._count += 1
            told = {"number": self._count, "event": type(event).__name__.lower(), **dataclasses.asdict(event)}
            self._events.append(told)
            self._told.notify_all()

    def after(self, number: int, seconds: float = 0) -> list[dict[str, Any]]:
        """Return the events after a number; where there is none yet, wait for one."""
        with self._told:
            self._told.wait_for(lambda: self._count > number, timeout=seconds)
            return [event for event in self._events if event["number"] > number]


@dataclass
class Chat:
    """One order and what came of it."""

    name: str
    answers: Answers
    status: Status = "ordered"
    doing: str = ""
    """`previewing`, `deploying`, `comparing`, `deleting`, `looking`; empty when nothing is."""
    done: int = 0
    """Resources that the last operation is through with."""
    outputs: Mapping[str, Any] | None = field(default=None, repr=False)
    """None until they are known."""
    last: Result | None = None
    error: AutomationError | None = None
    diary: Diary = field(default_factory=Diary, repr=False)
    stack: ChatStack | None = field(default=None, repr=False)
    """Open while something is being done."""
    job: Future[None] | None = field(default=None, repr=False)

    def take(self, event: Event) -> None:
        """Take an event of the engine."""
        if isinstance(event, Started):
            self.done = 0
        elif isinstance(event, Moved) and event.state == "done":
            self.done += 1
        self.diary.write(event)

    def settle(self, seconds: float) -> None:
        """Wait for the end of what is done in the background."""
        if self.job is not None:
            wait([self.job], timeout=seconds)

    def to_json(self) -> dict[str, Any]:
        """Return the chat for the portal. Secret outputs print as `[secret]`."""
        return {
            "name": self.name,
            "status": self.doing or self.status,
            "answers": self.answers,
            "done": self.done,
            "outputs": json.loads(json.dumps(self.outputs, default=str)),
            "last": self.last and self.last.to_json(),
            "error": self.error and self.error.to_json(),
        }


class Desk:
    """Takes orders, and works on at most `parallel` of them at a time.

    Args:
        folder: where the orders are kept.
        backend: where the stacks' state is kept, and which clouds they are made in.
        given: answers that the platform has decided for all, by the keys of `automation.new`.
        parallel: chats at a time.
        policies: judge each chat by the policy pack.
    """

    def __init__(
        self,
        folder: Path,
        backend: Backend,
        *,
        given: Mapping[str, str] | None = None,
        parallel: int = 2,
        policies: bool = True,
    ) -> None:
        self._folder = folder / "orders"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._backend = backend
        self._given = dict(given or {})
        self._policies = policies
        self._pool = ThreadPoolExecutor(max_workers=parallel, thread_name_prefix="desk")
        self._lock = threading.Lock()
        self._chats: dict[str, Chat] = {}
        for path in self._folder.glob("*.json"):
            self._chats[path.stem] = Chat(path.stem, **json.loads(path.read_text(encoding="utf-8")))

    def close(self) -> None:
        """Begin nothing more, and let what runs finish the steps that it is at."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        for chat in self.chats():
            if chat.stack is not None:
                with contextlib.suppress(AutomationError):
                    chat.stack.cancel()
        self._pool.shutdown()

    # ---------------------------------------------------------------------------------------------- asking

    def questions(self) -> list[dict[str, Any]]:
        """Return what a portal's form asks for at first, without what the platform has decided for all."""
        return [
            {"key": question.key, "text": question.text, "choices": list(question.choices or ())}
            for question in fill({**_SAMPLE, **self._given}).asked
            if question.key not in self._given
        ]

    def chats(self) -> list[Chat]:
        """Return all orders by name."""
        with self._lock:
            return [chat for _, chat in sorted(self._chats.items())]

    def chat(self, name: str) -> Chat:
        """Return one order. Raises UnknownChatError."""
        with self._lock:
            if name not in self._chats:
                raise UnknownChatError(name)
            return self._chats[name]

    def looked_at(self, name: str) -> Chat:
        """Return one order with its outputs, which after a restart are read from the state."""
        chat = self.chat(name)
        if chat.outputs is None and not chat.doing and chat.status != "deleted":
            # Where somebody works on it at this moment, they come with the result.
            with contextlib.suppress(ConflictError):
                chat.outputs = self._at_once(chat, "looking", ChatStack.outputs)
        return chat

    # -------------------------------------------------------------------------------------------- ordering

    def order(self, name: str, answers: Mapping[str, Any]) -> Chat:
        """Check and preview an order, then deploy it in the background.

        Raises WrongAnswersError for mistakes, and AutomationError for what the preview finds; of an order that is
        refused nothing is left.
        """
        chat = Chat(name, self._answered(name, answers))
        with self._lock:
            there = self._chats.get(name)
            if there is not None and there.status != "deleted":
                raise ConflictError(f"a chat {name} is ordered already", remedy="change that one, with PUT")
            self._chats[name] = chat
        try:
            chat.last = self._at_once(chat, "previewing", _tried)
        except BaseException:
            with self._lock:
                del self._chats[name]
            raise
        self._begin(chat, "deploying", _deployed)
        return chat

    def change(self, name: str, answers: Mapping[str, Any]) -> Chat:
        """Preview a chat with these answers changed, then deploy it. With none, a chat that failed is tried again."""
        chat = self.chat(name)
        full = self._answered(name, {**chat.answers, **answers})
        chat.last = self._at_once(chat, "previewing", ChatStack.preview, full)
        chat.answers = full
        self._begin(chat, "deploying", _deployed)
        return chat

    def preview(self, name: str, answers: Mapping[str, Any]) -> Result:
        """Say what a change of these answers would do."""
        chat = self.chat(name)
        full = self._answered(name, {**chat.answers, **answers})
        return self._at_once(chat, "previewing", ChatStack.preview, full)

    def drift(self, name: str) -> Result:
        """Say what was changed behind our back."""
        return self._at_once(self.chat(name), "comparing", ChatStack.drift)

    def delete(self, name: str, confirm: str) -> Chat:
        """Delete a chat in the background. One whose data is protected fails, as it should."""
        chat = self.chat(name)
        if confirm != name:
            raise ConflictError(
                f"the name that confirms it, {confirm!r}, is not the chat's: {name}",
                remedy=f"add ?confirm={name}",
            )

        def gone(stack: ChatStack) -> tuple[Status, Result]:
            result = stack.destroy(confirm=confirm)
            stack.run(["stack", "rm", "--yes"])
            return "deleted", result

        self._begin(chat, "deleting", gone)
        return chat

    def cancel(self, name: str) -> Chat:
        """Stop what is done with a chat; the steps that are begun are finished."""
        chat = self.chat(name)
        if chat.stack is None:
            raise ConflictError(f"nothing is being done with {name} at the moment")
        chat.stack.cancel()
        return chat

    # ---------------------------------------------------------------------------------------------- inside

    def _answered(self, name: str, answers: Mapping[str, Any]) -> Answers:
        """Return the answers to all questions. Raises WrongAnswersError with everything that is wrong."""
        problems = []
        if not _NAME.fullmatch(name):
            problems.append({"key": "name", "message": "2 to 40 lower-case letters, digits and hyphens"})
        for key, answer in answers.items():
            if self._given.get(key, str(answer)) != str(answer):
                problems.append({"key": key, "message": "this is decided by the platform for all chats"})
        filled = fill({**{key: str(answer) for key, answer in answers.items()}, **self._given})
        problems += [
            {"key": question.key, "message": f"{question.text}: {mistake}"}
            for question, mistake in filled.mistakes
        ]
        if problems:
            raise WrongAnswersError(problems)
        # What the platform has decided counts only where it is asked.
        asked = {question.key for question in filled.asked}
        return {key: answer for key, answer in filled.answers.items() if key in answers or key in asked}

    @contextlib.contextmanager
    def _opened(self, chat: Chat, answers: Answers) -> Iterator[ChatStack]:
        try:
            opened = open_stack(
                chat.name,
                values=values(answers),
                backend=self._backend,
                policies=self._policies,
                on_event=chat.take,
            )
        except (ConfigurationError, InvalidStack) as error:
            if not error.problems:
                raise
            told = [{"key": key_of(one.path), **dataclasses.asdict(one)} for one in error.problems]
            raise WrongAnswersError(told) from None
        with opened as chat.stack:
            try:
                yield opened
            finally:
                chat.stack = None

    def _claim(self, chat: Chat, what: str) -> None:
        with self._lock:
            if chat.doing:
                raise ConflictError(
                    f"{chat.name} is busy: {chat.doing}", remedy="wait for its end, or cancel it"
                )
            chat.doing = what

    def _at_once(
        self, chat: Chat, what: str, operation: Callable[[ChatStack], T], answers: Answers | None = None
    ) -> T:
        """Do something when it is its turn, and wait for its end."""

        def work() -> T:
            with self._opened(chat, answers or chat.answers) as stack:
                return operation(stack)

        self._claim(chat, what)
        try:
            return self._pool.submit(work).result()
        finally:
            chat.doing = ""

    def _begin(self, chat: Chat, what: str, operation: Callable[[ChatStack], tuple[Status, Result]]) -> None:
        """Do something in the background. Until it has ended well, the order says that it was interrupted."""
        self._claim(chat, what)
        chat.error, before = None, chat.status
        self._settled(chat, "interrupted")
        chat.job = self._pool.submit(self._work, chat, operation, before)

    def _work(
        self, chat: Chat, operation: Callable[[ChatStack], tuple[Status, Result]], before: Status
    ) -> None:
        status: Status = "failed"
        try:
            with self._opened(chat, chat.answers) as stack:
                status, chat.last = operation(stack)
            chat.outputs = chat.last.outputs
        except CancelledError as error:
            status, chat.error = "interrupted", error
        except ConflictError as error:
            # It was refused before anything was done.
            status, chat.error = before, error
        except AutomationError as error:
            chat.error = error
        except Exception:  # noqa: BLE001 - nobody waits for a thread of the pool: it is told here, or never
            _log.exception("a mistake in the desk, at the chat %s", chat.name)
            chat.error = AutomationError("a mistake in the desk", remedy="its log says more")
        finally:
            self._settled(chat, status)
            chat.doing = ""

    def _settled(self, chat: Chat, status: Status) -> None:
        chat.status = status
        path = self._folder / f"{chat.name}.json"
        if status == "deleted":
            path.unlink()
            return
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps({"answers": chat.answers, "status": status}), encoding="utf-8")
        fresh.replace(path)


def _tried(stack: ChatStack) -> Result:
    """Preview a new stack; where that fails, nothing is left of it. Somebody else's is not touched."""
    if stack.export_state().resources:
        raise ConflictError(f"the backend has a stack {stack.name}, which nobody ordered here")
    try:
        return stack.preview()
    except AutomationError:
        stack.run(["stack", "rm", "--yes"])
        raise


def _deployed(stack: ChatStack) -> tuple[Status, Result]:
    # It was previewed when it was ordered.
    return "deployed", stack.up(preview=False)
