"""The desk's door: JSON over HTTP, by Starlette and Uvicorn.

Every request needs the token. A page in somebody's browser can order nothing: the name that the request is sent to
must be the desk's own, and a page's origin one that was allowed.
"""

import hmac
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from automation import (
    AutomationError,
    CancelledError,
    ConflictError,
    PolicyError,
    ProviderError,
)
from examples.chat_desk.desk import Chat, Desk, UnknownChatError, WrongAnswersError

LARGEST = 64 * 1024
"""Bytes of a request's body."""
MOST_AT_ONCE = 32
"""Requests that are answered at a time; fewer than the threads that wait for the desk."""
LONGEST = 300.0
"""Seconds that a request may ask to wait."""
PULSE = 15
"""Seconds after which a silent event stream says that it is still there."""
SHORTEST_TOKEN = 20
LOCAL = ("127.0.0.1", "localhost")
STATUSES: Mapping[type[AutomationError], HTTPStatus] = {
    ConflictError: HTTPStatus.CONFLICT,
    PolicyError: HTTPStatus.UNPROCESSABLE_ENTITY,
    ProviderError: HTTPStatus.BAD_GATEWAY,
    CancelledError: HTTPStatus.CONFLICT,
}
"""The rest is the platform's own: no CLI, no login, no passphrase."""


def status_of(error: AutomationError) -> HTTPStatus:
    """Return the HTTP status that says the same."""
    found = (status for kind, status in STATUSES.items() if isinstance(error, kind))
    return next(found, HTTPStatus.INTERNAL_SERVER_ERROR)


def door(
    desk: Desk, token: str, *, hosts: Collection[str] = LOCAL, origins: Collection[str] = ()
) -> Starlette:
    """Return the application that serves a desk.

    Args:
        desk: what it serves.
        token: what `Authorization: Bearer` must hold; at least 20 characters.
        hosts: names by which the desk may be called, without a port.
        origins: origins of pages that may call it, such as `https://portal.example.com`.

    Raises:
        ValueError: The token is too short.
    """
    if len(token) < SHORTEST_TOKEN:
        raise ValueError(f"the token needs at least {SHORTEST_TOKEN} characters")
    app = Starlette(
        routes=ROUTES,
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=list(hosts), www_redirect=False),
            # Answers what browsers ask before a page's request, which has no token yet.
            Middleware(
                CORSMiddleware,
                allow_origins=list(origins),
                allow_methods=sorted({method for route in ROUTES for method in route.methods or ()}),
                allow_headers=["Authorization", "Content-Type", "Last-Event-ID", "Prefer"],
            ),
            Middleware(_Guard, token=token, origins=frozenset(origins)),
        ],
        exception_handlers={
            HTTPException: _refused,
            WrongAnswersError: _wrong_answers,
            UnknownChatError: _unknown,
            AutomationError: _failed,
        },
    )
    app.state.desk = desk
    return app


def server(app: Starlette, address: str = "127.0.0.1", port: int = 8080) -> uvicorn.Server:
    """Return a server for the application. It logs no request: a path may hold what somebody mistyped."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            host=address,
            port=port,
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            limit_concurrency=MOST_AT_ONCE,
            timeout_keep_alive=10,
            timeout_graceful_shutdown=1,
            h11_max_incomplete_event_size=16 * 1024,
        )
    )


class _Guard:
    """Lets in who has the token, and no page of another origin."""

    def __init__(self, app: ASGIApp, token: str, origins: frozenset[str]) -> None:
        self._app, self._token, self._origins = app, token.encode(), origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it."""
        if scope["type"] != "http":
            return
        headers = Request(scope).headers
        scheme, _, given = headers.get("authorization", "").partition(" ")
        origin = headers.get("origin")
        answer: Response | None = None
        if "transfer-encoding" in headers and "content-length" in headers:
            # RFC 9112, 6.3: a proxy may have read another length; what follows must not be taken for a request.
            answer = _sentence(HTTPStatus.BAD_REQUEST, "the body has two lengths")
            answer.headers["Connection"] = "close"
        elif origin is not None and origin not in self._origins:
            answer = _sentence(HTTPStatus.FORBIDDEN, "pages of this origin are not allowed to call the desk")
        elif scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), self._token):
            answer = _sentence(HTTPStatus.UNAUTHORIZED, "the token is missing or wrong")
            answer.headers["WWW-Authenticate"] = "Bearer"
        await (answer or self._app)(scope, receive, send)


# ------------------------------------------------------------------------------------------------- requests


async def questions(request: Request) -> Response:
    """GET /questions: what a form must ask for."""
    return JSONResponse({"questions": _desk(request).questions()})


async def chats(request: Request) -> Response:
    """GET /chats: all orders."""
    listed = [
        {"name": chat.name, "status": chat.doing or chat.status, "host": chat.answers["chat.host"]}
        for chat in _desk(request).chats()
    ]
    return JSONResponse({"chats": listed})


async def order(request: Request) -> Response:
    """POST /chats: order one."""
    asked = await _body(request)
    return await _begun(request, lambda desk: desk.order(str(asked.pop("name", "")), asked))


async def chat(request: Request) -> Response:
    """GET /chats/<name>: its status, progress and outputs."""
    return await _told(request, lambda desk: desk.looked_at(_name(request)))


async def change(request: Request) -> Response:
    """PUT /chats/<name>: change answers, or try again."""
    asked = await _body(request)
    return await _begun(request, lambda desk: desk.change(_name(request), asked))


async def delete(request: Request) -> Response:
    """DELETE /chats/<name>?confirm=<name>."""
    confirm = request.query_params.get("confirm", "")
    return await _begun(request, lambda desk: desk.delete(_name(request), confirm))


async def preview(request: Request) -> Response:
    """POST /chats/<name>/preview: what a change would do."""
    asked = await _body(request)
    return await _told(request, lambda desk: desk.preview(_name(request), asked))


async def cancel(request: Request) -> Response:
    """POST /chats/<name>/cancel."""
    await _body(request)
    return await _told(request, lambda desk: desk.cancel(_name(request)), HTTPStatus.ACCEPTED)


async def drift(request: Request) -> Response:
    """GET /chats/<name>/drift: what was changed outside of the desk."""
    return await _told(request, lambda desk: desk.drift(_name(request)))


async def events(request: Request) -> Response:
    """GET /chats/<name>/events: after a number, waiting for some seconds; or as a stream of server-sent events."""
    diary = _desk(request).chat(_name(request)).diary
    after = _number(request, "after", request.headers.get("last-event-id", "0"))
    if "text/event-stream" not in request.headers.get("accept", ""):
        wait = min(float(_number(request, "wait", "0")), LONGEST)
        told = await run_in_threadpool(diary.after, after, wait)
        return JSONResponse({"events": told, "next": told[-1]["number"] if told else after})

    async def stream() -> AsyncIterator[str]:
        last, silent = after, 0
        while True:
            told = await run_in_threadpool(diary.after, last, 1)
            silent = 0 if told else silent + 1
            for one in told:
                yield f"id: {one['number']}\nevent: {one['event']}\ndata: {json.dumps(one)}\n\n"
                last = one["number"]
            if silent == PULSE:
                silent = 0
                yield ": still here\n\n"

    return StreamingResponse(stream(), media_type="text/event-stream", headers={"Cache-Control": "no-store"})


def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


def _name(request: Request) -> str:
    return str(request.path_params["name"])


async def _told(request: Request, ask: Callable[[Desk], Any], status: HTTPStatus = HTTPStatus.OK) -> Response:
    """Answer with what the desk says; it may take its time, in a thread."""
    return _json(status, (await run_in_threadpool(ask, _desk(request))).to_json())


async def _begun(request: Request, begin: Callable[[Desk], Chat]) -> Response:
    """Answer with what is being done; with `Prefer: wait=60`, with what came of it in that time."""
    begun = await run_in_threadpool(begin, _desk(request))
    wished = re.search(r"\bwait=(\d{1,4})\b", request.headers.get("prefer", ""))
    if wished is not None:
        await run_in_threadpool(begun.settle, min(float(wished[1]), LONGEST))
    if begun.doing:
        return _json(HTTPStatus.ACCEPTED, begun.to_json())
    return _json(status_of(begun.error) if begun.error is not None else HTTPStatus.OK, begun.to_json())


def _number(request: Request, key: str, default: str) -> int:
    asked = request.query_params.get(key, default)
    if not re.fullmatch(r"[0-9]{1,9}", asked):
        raise HTTPException(HTTPStatus.BAD_REQUEST, f"{key} must be a number")
    return int(asked)


async def _body(request: Request) -> dict[str, Any]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "the body must be application/json")
    read = bytearray()
    async for chunk in request.stream():
        read += chunk
        if len(read) > LARGEST:
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"at most {LARGEST} bytes")
    try:
        found = json.loads(read or b"{}")
    except (ValueError, RecursionError):
        raise HTTPException(HTTPStatus.BAD_REQUEST, "the body is not JSON") from None
    if not isinstance(found, dict):
        raise HTTPException(HTTPStatus.BAD_REQUEST, "the body must be a JSON object")
    return found


# ---------------------------------------------------------------------------------------------------- errors


def _json(status: HTTPStatus, told: Any) -> Response:
    return Response(json.dumps(told, default=str), status, media_type="application/json")


def _sentence(status: HTTPStatus, cause: str) -> Response:
    return _json(status, {"error": "request", "cause": cause})


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for it
    path = urlsplit(str(request.url)).path
    cause = f"there is no {path}" if error.status_code == HTTPStatus.NOT_FOUND else error.detail
    answer = _sentence(HTTPStatus(error.status_code), cause)
    answer.headers.update(error.headers or {})
    return answer


async def _wrong_answers(_: Request, error: Exception) -> Response:
    problems = getattr(error, "problems", [])
    told = {"error": "answers", "cause": str(error), "problems": problems}
    return _json(HTTPStatus.UNPROCESSABLE_ENTITY, told)


async def _unknown(_: Request, error: Exception) -> Response:
    return _json(HTTPStatus.NOT_FOUND, {"error": "unknown", "cause": f"nobody ordered a chat {error}"})


async def _failed(_: Request, error: Exception) -> Response:
    assert isinstance(error, AutomationError)  # noqa: S101 - registered for it
    return _json(status_of(error), error.to_json())


def _route(method: str, path: str, answer: Callable[[Request], Awaitable[Response]]) -> Route:
    return Route(path, answer, methods=[method])


_CHAT = "/chats/{name}"
ROUTES = (
    _route("GET", "/questions", questions),
    _route("GET", "/chats", chats),
    _route("POST", "/chats", order),
    _route("GET", _CHAT, chat),
    _route("PUT", _CHAT, change),
    _route("DELETE", _CHAT, delete),
    _route("POST", f"{_CHAT}/preview", preview),
    _route("POST", f"{_CHAT}/cancel", cancel),
    _route("GET", f"{_CHAT}/drift", drift),
    _route("GET", f"{_CHAT}/events", events),
)
