"""Calls of the product's API."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final
from urllib.parse import urljoin

import httpx

from automation.web import Answer, Failed, NotChecked, Site

REDIRECTS: Final = 5
FORBIDDEN: Final = ("unauthorized", "error-action-not-allowed")
"""What the product says where a permission lacks: with 400 or 401 before 9.0, with 403 from then on (its release
notes)."""


@dataclass(frozen=True)
class User:
    """A user of the chat: its name or e-mail with a password, or its id with a token."""

    name: str
    password: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)


class Chat(Site):
    """The chat's HTTP interface."""

    away: ClassVar = "is the chat running, and does a firewall let you in? Look at its log"
    broken: ClassVar = "try again; if it stays so, look at the log of what stands before the chat"
    slow_down: ClassVar = (
        "wait, and try again; if users see it too, look at the rate limiter in the chat's settings"
    )

    async def get(self, path: str, **query: str) -> Any:
        """Return the JSON that a GET gives."""
        return _json(self, path, await self.ask("GET", path, params=query))

    async def post(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Return the JSON that a POST gives."""
        return _json(self, path, await self.ask("POST", path, json=body))

    async def put(self, path: str, body: Mapping[str, Any]) -> Any:
        """Return the JSON that a PUT gives."""
        return _json(self, path, await self.ask("PUT", path, json=body))

    async def upload(
        self,
        path: str,
        name: str,
        content: bytes,
        *,
        field: str = "file",
        kind: str = "application/octet-stream",
        more: Mapping[str, str] | None = None,
    ) -> Any:
        """Return the JSON that a form with a file, and with further fields, gives."""
        files = {field: (name, content, kind)}
        return _json(self, path, await self.ask("POST", path, files=files, data=more))

    async def download(self, address: str) -> Answer:
        """Return what stands at an address of the chat, also where it redirects to a store.

        The session is sent to the chat alone.
        """
        url = urljoin(f"{self.url}/", address)
        for _ in range(REDIRECTS):
            own = (
                httpx.URL(url).host == httpx.URL(self.url).host
                and httpx.URL(url).port == httpx.URL(self.url).port
            )
            answer = await self._once("GET", url, self.session if own else {})
            if not answer.headers.get("location"):
                return answer
            url = urljoin(url, answer.headers["location"])
        raise Failed(f"more than {REDIRECTS} redirects", "look at the rules of what stands before the chat")


def _json(chat: Chat, path: str, answer: Answer) -> Any:
    """Return a successful answer's object; raise Failed, or NotChecked where the user lacks a permission."""
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError):
        found = None
    said = found if isinstance(found, dict) else {}
    code = str(said.get("errorType") or said.get("error") or said.get("message") or "")
    lacks = answer.status in {httpx.codes.BAD_REQUEST, httpx.codes.UNAUTHORIZED} and any(
        word in code for word in FORBIDDEN
    )
    if chat.session and isinstance(found, dict) and (lacks or answer.status == httpx.codes.FORBIDDEN):
        raise NotChecked(f"the user has no permission for {path}")
    if answer.status >= httpx.codes.INTERNAL_SERVER_ERROR:
        raise Failed(
            f"{path} answers {answer.status}" + (f": {chat.shown(code)}" if code else ""),
            "look at the log of the chat, and at that of what stands before it",
        )
    if not isinstance(found, dict):
        raise Failed(
            f"{path} answers {answer.status} with {chat.shown(answer.kind) or 'no type'} instead of JSON",
            f"something else answers in the chat's place: open {chat.url}{path} and look",
        )
    if (
        not httpx.codes.is_success(answer.status)
        or said.get("success") is False
        or said.get("status") == "error"
    ):
        raise Refused(answer.status, chat.shown(code), path)
    return found


class Refused(Failed):
    """The server refused a call in its own words."""

    def __init__(self, status: int, code: str, path: str) -> None:
        super().__init__(
            f"{path} is refused ({status}): {code or 'without a reason'}", "look at the chat's log"
        )
        self.status, self.code = status, code
