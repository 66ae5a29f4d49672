"""A vendor's interface: JSON over HTTPS, by a token or a key."""

import json
import ssl
from functools import cache
from typing import Any, ClassVar

import httpx

from automation.web import Answer, Failed, NotChecked, Site


@cache
def trusted() -> ssl.SSLContext:
    """Return the authorities that are trusted; reading them takes longer than a call."""
    return httpx.create_ssl_context()


class Refused(Exception):  # noqa: N818 - what the vendor does
    """The vendor refused a call, in its own words."""

    def __init__(self, status: int, said: str, body: Any) -> None:
        super().__init__(said)
        self.status, self.said, self.body = status, said, body


class Vendor(Site):
    """One vendor."""

    name: ClassVar[str]

    async def get(self, path: str, **query: str) -> Any:
        """Return the object that a GET gives.

        Raises Refused for what the vendor refuses, NotChecked where nobody knows.
        """
        try:
            answer = await self.ask("GET", path, params=query)
        except Failed as error:
            # What a vendor is silent about says nothing against the stack.
            raise NotChecked(f"{self.name}: {error.found}") from None
        return self._object(path, answer)

    def _object(self, path: str, answer: Answer) -> Any:
        try:
            found = json.loads(answer.body)
        except (ValueError, RecursionError):
            found = None
        if answer.status >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise NotChecked(f"{self.name} fails itself: {path} answers {answer.status}; try again")
        if not isinstance(found, dict):
            raise NotChecked(
                f"{path} answers {answer.status} with {self.shown(answer.kind) or 'no type'} instead of JSON: "
                f"is it {self.name} that answers, or a proxy between?"
            )
        if not httpx.codes.is_success(answer.status) or found.get("success") is False:
            raise Refused(answer.status, self.shown(self.words(found)), found)
        return found

    def words(self, found: dict[str, Any]) -> str:
        """Return what the vendor says in a refusal."""
        return str(found.get("message") or found.get("detail") or "without a reason")
