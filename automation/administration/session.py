"""An administrator's session by the product's API."""

import hashlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

import httpx

from automation.verify.checks import TOTP, log_in
from automation.verify.client import Chat, Refused, User
from automation.web import Failed, NotChecked

PAGE: Final = 100
"""Things in one answer: what `API_Upper_Count_Limit` allows by default."""
AROUND: Final = (
    "give a personal access token, made with `Ignore Two Factor Authentication` (My Account, Personal Access Tokens), "
    "in ROCKETCHAT_TOKEN with --user ID"
)


@asynccontextmanager
async def administrator(url: str, user: User) -> AsyncIterator[Chat]:
    """Log in, and out again. Raises Failed where that is refused."""
    async with Chat(url, tls=httpx.create_ssl_context()) as chat:
        chat.hide(user.password)
        chat.hide(user.token)
        own = await log_in(chat, user)
        if user.password is not None:
            # Sensitive calls ask for a second factor; the password is one where the user has no other.
            code = hashlib.sha256(user.password.encode()).hexdigest()
            chat.hide(code)
            chat.session |= {"x-2fa-code": code, "x-2fa-method": "password"}
        try:
            yield chat
        finally:
            if own:
                # What went wrong before is what is told; a session that stays ends by itself.
                with suppress(Failed, NotChecked):
                    await chat.post("/api/v1/logout")


async def post(chat: Chat, path: str, body: Mapping[str, Any]) -> Any:
    """Return what a POST gives; raise Failed with the way around a second factor."""
    try:
        return await chat.post(path, body)
    except Refused as error:
        if TOTP in error.code:
            raise Failed(f"{path} asks for a second factor", AROUND) from None
        raise


async def pages(chat: Chat, path: str, key: str, **query: str) -> list[dict[str, Any]]:
    """Return all pages of a list."""
    found: list[dict[str, Any]] = []
    while True:
        told = await chat.get(path, count=str(PAGE), offset=str(len(found)), **query)
        page = told.get(key)
        if not isinstance(page, list):
            raise Failed(
                f"{path} answers without {key}", "is it Rocket.Chat, of the stack's release, that answers?"
            )
        found += [one for one in page if isinstance(one, dict)]
        total = told.get("total")
        if not page or not isinstance(total, int) or len(found) >= total:
            return found
