"""A chat on loopback for tests: as much of the product's HTTP interface as `verify` asks, and ways to misbehave.

`ChatServer(chat, certificate)` serves by TLS with a certificate of an `Authority`; its file goes into `SSL_CERT_FILE`.
What the product answers is read from its API description (OpenAPI, August 2026) and, for `/api/info`, `/health` and
`/file-upload`, from its sources; `test_verify.py` holds the former against the description where that can be had.
"""

import asyncio
import contextlib
import email
import email.policy
import json
import secrets
import socket
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import trustme
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

Answerer = Callable[[Request], Awaitable[Response]]
PASSWORD = "canarychatpassword"
USER = "probe"
HEADERS = {"X-Content-Type-Options": "nosniff", "Strict-Transport-Security": "max-age=31536000"}


@dataclass
class Chat:
    """What the server keeps, and how it misbehaves."""

    release: str = "8.9.0"
    settings: dict[str, Any] = field(
        default_factory=lambda: {"Push_enable": True, "Accounts_RegistrationForm": "Disabled"}
    )
    mail: bool = True
    registered: bool = True
    headers: dict[str, str] = field(default_factory=lambda: dict(HEADERS))
    patch_shown: bool = False
    faults: dict[str, Answerer] = field(default_factory=dict)
    """What is answered instead, by the path's beginning."""
    websocket: str = "ddp"
    stored: Callable[[bytes], bytes] = bytes
    store: str = ""
    """Address of another server that uploads are fetched from."""
    tokens: set[str] = field(default_factory=set)
    rooms: dict[str, str] = field(default_factory=dict)
    messages: dict[str, dict[str, Any]] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    more: Callable[[Callable[[Answerer], Answerer]], list[Route]] = lambda _: []
    """Further routes, for who is logged in."""
    asked: list[str] = field(default_factory=list)
    seen: list[dict[str, str]] = field(default_factory=list)
    """Headers of each request."""


def _id() -> str:
    return secrets.token_hex(9)[:17]


def _now() -> str:
    return datetime.now(UTC).isoformat()


def application(chat: Chat) -> Starlette:  # noqa: C901 - one branch for each route
    """Return the server's program."""

    def open_(answer: Answerer) -> Answerer:
        async def run(request: Request) -> Response:
            path = request.url.path
            chat.asked.append(f"{request.method} {path}")
            chat.seen.append(dict(request.headers))
            for beginning, fault in chat.faults.items():
                if path == beginning or (
                    beginning.endswith("/") and beginning != "/" and path.startswith(beginning)
                ):
                    return await fault(request)
            return await answer(request)

        return run

    def known(answer: Answerer) -> Answerer:
        async def run(request: Request) -> Response:
            if request.headers.get("x-auth-token") not in chat.tokens or not request.headers.get("x-user-id"):
                told = {"status": "error", "message": "You must be logged in to do this."}
                return JSONResponse(told, status_code=401)
            return await answer(request)

        return open_(run)

    async def page(_: Request) -> Response:
        return HTMLResponse("<!doctype html><title>Rocket.Chat</title>", headers=chat.headers)

    async def info(request: Request) -> Response:
        told: dict[str, Any] = {"version": chat.release.rpartition(".")[0], "success": True}
        if chat.patch_shown and request.headers.get("x-auth-token") in chat.tokens:
            told |= {"version": chat.release, "info": {"version": chat.release}}
        return JSONResponse(told)

    async def health(_: Request) -> Response:
        return Response("ok", media_type="text/plain")

    async def login(request: Request) -> Response:
        given = await request.json()
        if given.get("user") != USER or given.get("password") != PASSWORD:
            told = {"status": "error", "error": "Unauthorized", "message": "Unauthorized"}
            return JSONResponse(told, status_code=401)
        token = secrets.token_urlsafe(32)
        chat.tokens.add(token)
        return JSONResponse({"status": "success", "data": {"authToken": token, "userId": "probe-id"}})

    async def logout(request: Request) -> Response:
        chat.tokens.discard(request.headers["x-auth-token"])
        return JSONResponse({"status": "success", "data": {"message": "You've been logged out!"}})

    async def me(_: Request) -> Response:
        return JSONResponse({"_id": "probe-id", "username": USER, "success": True})

    async def create(request: Request) -> Response:
        name, room = (await request.json())["name"], _id()
        chat.rooms[room] = name
        group = {"_id": room, "name": name, "t": "p", "msgs": 0, "ro": False, "_updatedAt": _now()}
        return JSONResponse({"group": group, "success": True})

    async def delete(request: Request) -> Response:
        chat.rooms.pop((await request.json())["roomId"])
        return JSONResponse({"success": True})

    async def send(request: Request) -> Response:
        given = (await request.json())["message"]
        own = _id()
        made = {"_id": own, "rid": given["rid"], "msg": given["msg"], "ts": _now(), "_updatedAt": _now()}
        chat.messages[own] = made | {"u": {"_id": "probe-id", "username": USER, "name": USER}}
        return JSONResponse({"message": chat.messages[own], "success": True})

    async def read(request: Request) -> Response:
        found = chat.messages.get(request.query_params["msgId"])
        if found is None:
            return JSONResponse({"success": False}, status_code=400)
        return JSONResponse({"message": found, "success": True})

    async def unsend(request: Request) -> Response:
        given = await request.json()
        chat.messages.pop(given["msgId"])
        told = {"_id": given["msgId"], "ts": str(int(time.time() * 1000)), "success": True}
        return JSONResponse(told | {"message": {"_id": given["msgId"], "rid": given["roomId"], "u": {}}})

    async def upload(request: Request) -> Response:
        head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
        form = email.message_from_bytes(head + await request.body(), policy=email.policy.HTTP)
        (part,) = form.iter_parts()
        content = part.get_content()
        own = _id()
        chat.files[own] = chat.stored(content)
        return JSONResponse({"file": {"_id": own, "url": f"/file-upload/{own}/verify.bin"}, "success": True})

    async def confirm(request: Request) -> Response:
        if request.path_params["file"] not in chat.files:
            return JSONResponse({"success": False, "error": "invalid-file"}, status_code=400)
        message = {"_id": _id(), "rid": request.path_params["room"], "ts": _now(), "msg": ""}
        return JSONResponse({"message": message, "success": True})

    async def file(request: Request) -> Response:
        if chat.store:
            return RedirectResponse(
                chat.store + request.url.path + "?X-Amz-Signature=canary", status_code=302
            )
        return Response(chat.files[request.path_params["file"]], media_type="application/octet-stream")

    async def smtp(_: Request) -> Response:
        return JSONResponse({"isSMTPConfigured": chat.mail, "success": True})

    async def public(request: Request) -> Response:
        wanted = request.query_params["_id"]
        found = [{"_id": key, "value": value} for key, value in chat.settings.items() if key == wanted]
        return JSONResponse(
            {"settings": found, "count": len(found), "offset": 0, "total": 1, "success": True}
        )

    async def registration(_: Request) -> Response:
        status = {"workspaceRegistered": chat.registered, "workspaceId": "w", "uniqueId": "u", "token": ""}
        return JSONResponse({"registrationStatus": status, "success": True})

    async def websocket(socket: WebSocket) -> None:
        if chat.websocket == "refused":
            await socket.close()
            return
        await socket.accept()
        with contextlib.suppress(WebSocketDisconnect):
            hello = json.loads(await socket.receive_text())
            if chat.websocket == "silent":
                await socket.receive_text()
            elif chat.websocket == "closed":
                await socket.close()
            elif chat.websocket == "babble":
                await socket.send_text("hello")
            elif hello == {"msg": "connect", "version": "1", "support": ["1", "pre2", "pre1"]}:
                await socket.send_text('{"server_id":"0"}')
                await socket.send_text('{"msg":"connected","session":"s"}')
                await socket.receive_text()

    v1 = "/api/v1"
    return Starlette(
        routes=[
            *chat.more(known),
            Route("/", open_(page)),
            Route("/api/info", open_(info)),
            *(Route(path, open_(health)) for path in ("/health", "/readyz", "/livez")),
            Route(f"{v1}/login", open_(login), methods=["POST"]),
            Route(f"{v1}/logout", known(logout), methods=["POST"]),
            Route(f"{v1}/me", known(me)),
            Route(f"{v1}/groups.create", known(create), methods=["POST"]),
            Route(f"{v1}/groups.delete", known(delete), methods=["POST"]),
            Route(f"{v1}/chat.sendMessage", known(send), methods=["POST"]),
            Route(f"{v1}/chat.getMessage", known(read)),
            Route(f"{v1}/chat.delete", known(unsend), methods=["POST"]),
            Route(v1 + "/rooms.media/{room}", known(upload), methods=["POST"]),
            Route(v1 + "/rooms.mediaConfirm/{room}/{file}", known(confirm), methods=["POST"]),
            Route("/file-upload/{file}/{name}", (known if not chat.store else open_)(file)),
            Route(f"{v1}/smtp.check", known(smtp)),
            Route(f"{v1}/settings.public", open_(public)),
            Route(f"{v1}/cloud.registrationStatus", known(registration)),
            WebSocketRoute("/websocket", websocket),
        ]
    )


class Authority:
    """An authority of the tests' own, and certificates of it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._ca = folder, trustme.CA()
        self.file = folder / "ca.pem"
        self._ca.cert_pem.write_to_path(str(self.file))

    def certificate(self, name: str, *, days: float = 90) -> Path:
        """Return a file with key and certificate, valid for so many days from now, or ended so long ago."""
        until = datetime.now(UTC) + timedelta(days=days)
        made = self._ca.issue_cert(name, not_before=until - timedelta(days=90), not_after=until)
        path = self.folder / f"{name}-{days}.pem"
        made.private_key_and_cert_chain_pem.write_to_path(str(path))
        return path


class ChatServer:
    """A chat that is served in a thread until the end of its `with`."""

    def __init__(self, chat: Chat, certificate: Path | None) -> None:
        self.chat = chat
        # With its protocol named, asyncio switches Nagle's algorithm off: 50 ms for each answer.
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.bind(("127.0.0.1", 0))
        scheme = "http" if certificate is None else "https"
        self.port: int = self._socket.getsockname()[1]
        self.url = f"{scheme}://localhost:{self.port}"
        config = uvicorn.Config(
            application(chat),
            log_level="critical",
            lifespan="off",
            ws="websockets-sansio",
            timeout_graceful_shutdown=1,
            ssl_keyfile=None if certificate is None else certificate,
            ssl_certfile=None if certificate is None else certificate,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        asyncio.run(self._server.serve(sockets=[self._socket]))

    def __enter__(self) -> Self:
        self._thread.start()
        end = time.monotonic() + 20
        while not self._server.started and time.monotonic() < end:
            time.sleep(0.01)
        assert self._server.started
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._server.force_exit = True
        self._thread.join(20)
        self._socket.close()
        assert not self._thread.is_alive()


def answering(status: int, body: object, headers: dict[str, str] | None = None) -> Answerer:
    """Answer always the same: an object as JSON, text as HTML."""

    async def run(_: Request) -> Response:
        if isinstance(body, str):
            return HTMLResponse(body, status_code=status, headers=headers)
        return JSONResponse(body, status_code=status, headers=headers)

    return run


async def dripping(_: Request) -> Response:
    """Answer a byte at a time, without end."""

    async def drops() -> AsyncIterator[bytes]:
        while True:
            yield b" "
            await asyncio.sleep(0.02)

    return StreamingResponse(drops(), media_type="application/json")


async def silent(_: Request) -> Response:
    """Take the request, and say nothing."""
    await asyncio.sleep(30)
    return Response()


async def endless(_: Request) -> Response:
    """Answer as much as is taken."""

    async def flood() -> AsyncIterator[bytes]:
        while True:
            yield b" " * 1_000_000
            await asyncio.sleep(0)

    return StreamingResponse(flood(), media_type="application/json")
