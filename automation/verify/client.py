"""Calls of the product's API: each has a time-out and a size, and a bad answer is told with what to do.

No text of a server is trusted: what is shown of it is one short line without control characters, and a credential
that it echoes is masked.
"""

import asyncio
import json
import re
import ssl
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Self
from urllib.parse import urljoin

import httpx

CALL_SECONDS: Final = 10.0
"""Seconds to connect, and without a byte."""
LARGEST_BYTES: Final = 4_000_000
SHOWN_CHARACTERS: Final = 160
TRIES: Final = 3
"""Calls of one thing where the server asks to slow down."""
REDIRECTS: Final = 5
FORBIDDEN: Final = ("unauthorized", "error-action-not-allowed")
"""What the product says where a permission lacks: with 400 or 401 before 9.0, with 403 from then on (its release
notes)."""


class Failed(Exception):  # noqa: N818 - what a check says
    """A check failed: what was found, and the remedy."""

    def __init__(self, found: str, remedy: str) -> None:
        super().__init__(found)
        self.found, self.remedy = found, remedy


class NotChecked(Exception):  # noqa: N818 - what a check says
    """A check could not be done, and why."""


@dataclass(frozen=True)
class User:
    """A test user: its name or e-mail with a password, or its id with a token."""

    name: str
    password: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Answer:
    """What a server answered."""

    status: int
    headers: httpx.Headers
    body: bytes

    @property
    def kind(self) -> str:
        """Media type."""
        return str(self.headers.get("content-type", "")).partition(";")[0].strip().lower()


class Chat:
    """The chat's HTTP interface."""

    def __init__(self, url: str, *, tls: ssl.SSLContext, call_seconds: float = CALL_SECONDS) -> None:
        self.url, self.tls, self.call_seconds = url, tls, call_seconds
        self.session: dict[str, str] = {}
        """Headers of who is logged in."""
        self._secrets: list[str] = []
        self._client = httpx.AsyncClient(
            verify=tls,
            timeout=call_seconds,
            follow_redirects=False,
            headers={"User-Agent": "rocketchat-verify", "Accept": "application/json, */*"},
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    def hide(self, secret: str | None) -> None:
        """Mask a credential in everything that is shown from now on."""
        if secret:
            self._secrets.append(secret)

    def shown(self, text: object) -> str:
        """Return a server's text as it may be shown."""
        line = str(text)
        for secret in self._secrets:
            line = line.replace(secret, "[secret]")
        line = " ".join("".join(c if c.isprintable() else " " for c in line).split())
        return line if len(line) <= SHOWN_CHARACTERS else f"{line[:SHOWN_CHARACTERS]}…"

    async def get(self, path: str, **query: str) -> Any:
        """Return the JSON that a GET gives."""
        return _json(self, path, await self.ask("GET", path, params=query))

    async def post(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Return the JSON that a POST gives."""
        return _json(self, path, await self.ask("POST", path, json=body))

    async def upload(self, path: str, name: str, content: bytes) -> Any:
        """Return the JSON that a form with a file gives."""
        files = {"file": (name, content, "application/octet-stream")}
        return _json(self, path, await self.ask("POST", path, files=files))

    async def ask(self, method: str, path: str, **more: Any) -> Answer:
        """Return an answer of any status but 429; wait and ask again where the server wants that.

        Raises Failed where there is no answer.
        """
        for _ in range(TRIES):
            answer = await self._once(method, self.url + path, self.session, **more)
            if answer.status != httpx.codes.TOO_MANY_REQUESTS:
                return answer
            seconds = _pause(answer)
            if seconds > self.call_seconds:
                break
            await asyncio.sleep(seconds)
        raise Failed(
            f"{path}: the server asks to slow down (429), for {seconds:.0f} s more",
            "wait, and verify again; if users see it too, look at the rate limiter in the chat's settings",
        )

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

    async def _once(self, method: str, url: str, session: Mapping[str, str], **more: Any) -> Answer:
        where = self.shown(httpx.URL(url).copy_with(query=None))
        with_ = _told(where)
        async with with_, self._client.stream(method, url, headers=dict(session), **more) as response:
            body = b""
            async for part in response.aiter_bytes():
                body += part
                if len(body) > LARGEST_BYTES:
                    raise Failed(
                        f"{where} answers with more than {LARGEST_BYTES:,} bytes", f"open {where} and look"
                    )
            return Answer(response.status_code, response.headers, body)


@asynccontextmanager
async def _told(where: str) -> AsyncIterator[None]:
    """Turn what HTTP raises into a failed check."""
    try:
        yield
    except httpx.TimeoutException as error:
        raise Failed(
            f"{where} does not answer in time ({type(error).__name__})",
            "is the chat running, and does a firewall let you in? Look at its log",
        ) from error
    except httpx.ConnectError as error:
        raise Failed(
            f"{where} cannot be reached: {reason(error)}", "is the chat running? Look at its log"
        ) from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Failed(
            f"{where}: the connection broke ({type(error).__name__}: {reason(error)})",
            "verify again; if it stays so, look at the log of what stands before the chat",
        ) from error


def reason(error: BaseException) -> str:
    """Return the innermost cause that has words, on one line."""
    found: BaseException | None = error
    said = ""
    while found is not None:
        if isinstance(found, ssl.SSLCertVerificationError):
            return str(found.verify_message)
        said = str(found) or said
        found = found.__cause__ or found.__context__
    return (
        " ".join(re.sub(r"\s*\(_ssl\.c:\d+\)", "", said).split())[:SHOWN_CHARACTERS] or type(error).__name__
    )


def _pause(answer: Answer) -> float:
    """Seconds that a 429 asks for: Retry-After, the product's own header (ms since 1970), or one."""
    after = str(answer.headers.get("retry-after", ""))
    if after.isdecimal():
        return float(after)
    reset = str(answer.headers.get("x-ratelimit-reset", ""))
    if reset.isdecimal():
        return max(0.0, float(reset) / 1000 - time.time())
    return 1.0


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
