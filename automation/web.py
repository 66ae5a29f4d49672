"""HTTP calls of others' interfaces: each has a time-out and a size, and a bad answer is told with what to do.

No text of a server is trusted: what is shown of it is one short line without control characters, and a credential
that it echoes is masked.
"""

import asyncio
import re
import ssl
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, ClassVar, Final, Self

import httpx

CALL_SECONDS: Final = 10.0
"""Seconds to connect, and without a byte."""
LARGEST_BYTES: Final = 4_000_000
SHOWN_CHARACTERS: Final = 160
TRIES: Final = 3
"""Calls of one thing where the server asks to slow down."""


class Failed(Exception):  # noqa: N818 - what a check says
    """A check failed: what was found, and the remedy."""

    def __init__(self, found: str, remedy: str) -> None:
        super().__init__(found)
        self.found, self.remedy = found, remedy


class NotChecked(Exception):  # noqa: N818 - what a check says
    """A check could not be done, and why."""


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

    @property
    def date(self) -> float | None:
        """The server's clock, in seconds since 1970; None where it does not tell."""
        try:
            return parsedate_to_datetime(str(self.headers["date"])).timestamp()
        except (KeyError, ValueError):
            return None


class Site:
    """A server, by its address."""

    away: ClassVar[str] = "does this machine reach it? Look at its firewall and proxy"
    """What to do where there is no answer."""
    broken: ClassVar[str] = "try again; if it stays so, look at what stands between here and there"
    slow_down: ClassVar[str] = "wait, and try again"
    """What to do where it asks to slow down for longer than is waited here."""
    agent: ClassVar[str] = "rocketchat"

    def __init__(
        self,
        url: str,
        *,
        tls: ssl.SSLContext,
        call_seconds: float = CALL_SECONDS,
        auth: httpx.Auth | None = None,
    ) -> None:
        self.url, self.tls, self.call_seconds = url, tls, call_seconds
        self.session: dict[str, str] = {}
        """Headers of who is logged in."""
        self._secrets: list[str] = []
        self._client = httpx.AsyncClient(
            verify=tls,
            timeout=call_seconds,
            follow_redirects=False,
            auth=auth,
            headers={"User-Agent": self.agent, "Accept": "application/json, */*"},
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
        return in_one_line(line)

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
        raise Failed(f"{path}: the server asks to slow down (429), for {seconds:.0f} s more", self.slow_down)

    async def _once(self, method: str, url: str, session: Mapping[str, str], **more: Any) -> Answer:
        where = self.shown(httpx.URL(url).copy_with(query=None))
        with_ = self._told(where)
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
    async def _told(self, where: str) -> AsyncIterator[None]:
        """Turn what HTTP raises into a failed check."""
        try:
            yield
        except httpx.TimeoutException as error:
            raise Failed(f"{where} does not answer in time ({type(error).__name__})", self.away) from error
        except httpx.ConnectError as error:
            raise Failed(f"{where} cannot be reached: {reason(error)}", self.away) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Failed(
                f"{where}: the connection broke ({type(error).__name__}: {reason(error)})", self.broken
            ) from error


def in_one_line(text: str) -> str:
    """Return a text without control characters, cut to what is shown."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= SHOWN_CHARACTERS else f"{line[:SHOWN_CHARACTERS]}…"


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
