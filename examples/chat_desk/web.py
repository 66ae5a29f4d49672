"""The desk's door: JSON over HTTP, with the standard library only.

There is no login in it. It listens on this machine; a portal elsewhere needs a proxy that knows who asks. A page in
somebody's browser cannot order anything: what changes something must be JSON, or be no simple request.
"""

import json
import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

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
LONGEST = 300.0
"""Seconds that a request may ask to wait."""
PULSE = 15.0
"""Seconds after which a silent event stream says that it is still there."""
STATUSES: Mapping[type[AutomationError], HTTPStatus] = {
    ConflictError: HTTPStatus.CONFLICT,
    PolicyError: HTTPStatus.UNPROCESSABLE_ENTITY,
    ProviderError: HTTPStatus.BAD_GATEWAY,
    CancelledError: HTTPStatus.CONFLICT,
}
"""The rest is the platform's own: no CLI, no login, no passphrase."""
Answer = tuple[HTTPStatus, Any]


class RequestError(Exception):
    """A request that cannot be understood."""

    def __init__(self, status: HTTPStatus, cause: str) -> None:
        self.status = status
        super().__init__(cause)


def status_of(error: AutomationError) -> HTTPStatus:
    """Return the HTTP status that says the same."""
    found = (status for kind, status in STATUSES.items() if isinstance(error, kind))
    return next(found, HTTPStatus.INTERNAL_SERVER_ERROR)


class Door(ThreadingHTTPServer):
    """Serves one desk."""

    daemon_threads = True

    def __init__(self, desk: Desk, address: str = "127.0.0.1", port: int = 8080) -> None:
        self.desk = desk
        super().__init__((address, port), Handler)


class Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    server: Door
    protocol_version = "HTTP/1.1"
    timeout = 60

    # ------------------------------------------------------------------------------------------- the answers

    def questions(self) -> Answer:
        """GET /questions: what a form must ask for."""
        return HTTPStatus.OK, {"questions": self.server.desk.questions()}

    def chats(self) -> Answer:
        """GET /chats: all orders."""
        listed = [
            {"name": chat.name, "status": chat.doing or chat.status, "host": chat.answers["chat.host"]}
            for chat in self.server.desk.chats()
        ]
        return HTTPStatus.OK, {"chats": listed}

    def order(self) -> Answer:
        """POST /chats: order one."""
        asked = self._body()
        return self._begun(self.server.desk.order(str(asked.pop("name", "")), asked))

    def chat(self, name: str) -> Answer:
        """GET /chats/<name>: its status, progress and outputs."""
        return HTTPStatus.OK, self.server.desk.looked_at(name).to_json()

    def change(self, name: str) -> Answer:
        """PUT /chats/<name>: change answers, or try again."""
        return self._begun(self.server.desk.change(name, self._body()))

    def delete(self, name: str) -> Answer:
        """DELETE /chats/<name>?confirm=<name>."""
        return self._begun(self.server.desk.delete(name, self._asked("confirm", "")))

    def preview(self, name: str) -> Answer:
        """POST /chats/<name>/preview: what a change would do."""
        return HTTPStatus.OK, self.server.desk.preview(name, self._body()).to_json()

    def cancel(self, name: str) -> Answer:
        """POST /chats/<name>/cancel."""
        self._body()
        return HTTPStatus.ACCEPTED, self.server.desk.cancel(name).to_json()

    def drift(self, name: str) -> Answer:
        """GET /chats/<name>/drift: what was changed behind our back."""
        return HTTPStatus.OK, self.server.desk.drift(name).to_json()

    def events(self, name: str) -> Answer | None:
        """GET /chats/<name>/events: after a number, waiting for some seconds; or as a stream of server-sent events."""
        diary = self.server.desk.chat(name).diary
        after = int(self._number("after", self.headers.get("Last-Event-ID", "0")))
        if "text/event-stream" not in self.headers.get("Accept", ""):
            told = diary.after(after, self._number("wait", "0"))
            return HTTPStatus.OK, {"events": told, "next": told[-1]["number"] if told else after}
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Connection", "close")
        self.end_headers()
        while True:
            told = diary.after(after, PULSE)
            lines = [
                f"id: {one['number']}\nevent: {one['event']}\ndata: {json.dumps(one)}\n\n" for one in told
            ]
            self.wfile.write("".join(lines or [": still here\n\n"]).encode())
            after = told[-1]["number"] if told else after

    # ---------------------------------------------------------------------------------------------- inside

    def _begun(self, chat: Chat) -> Answer:
        """Answer with what is being done; with `Prefer: wait=60`, with what came of it in that time."""
        wished = re.search(r"\bwait=(\d{1,4})\b", self.headers.get("Prefer", ""))
        if wished is not None:
            chat.settle(min(float(wished[1]), LONGEST))
        if chat.doing:
            return HTTPStatus.ACCEPTED, chat.to_json()
        return status_of(chat.error) if chat.error is not None else HTTPStatus.OK, chat.to_json()

    def _asked(self, key: str, default: str) -> str:
        return parse_qs(urlsplit(self.path).query).get(key, [default])[-1]

    def _number(self, key: str, default: str) -> float:
        asked = self._asked(key, default)
        if not re.fullmatch(r"\d{1,9}", asked):
            raise RequestError(HTTPStatus.BAD_REQUEST, f"{key} is {asked!r}; a number is wanted")
        return min(float(asked), LONGEST) if key == "wait" else float(asked)

    def _body(self) -> dict[str, Any]:
        if self.headers.get_content_type() != "application/json":
            raise RequestError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "the body must be application/json")
        length = self.headers.get("Content-Length", "")
        if not length.isdigit():
            raise RequestError(HTTPStatus.LENGTH_REQUIRED, "the body's length is missing")
        if int(length) > LARGEST:
            raise RequestError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"at most {LARGEST} bytes")
        try:
            read = json.loads(self.rfile.read(int(length)) or b"{}")
        except ValueError:
            raise RequestError(HTTPStatus.BAD_REQUEST, "the body is no JSON") from None
        if not isinstance(read, dict):
            raise RequestError(HTTPStatus.BAD_REQUEST, "the body must be a JSON object")
        return read

    def _answer(self) -> Answer | None:
        path = urlsplit(self.path).path
        allowed: list[str] = []
        for method, pattern, answer in ROUTES:
            found = re.fullmatch(pattern, path)
            if found is not None and method == self.command:
                return answer(self, *found.groups())
            if found is not None:
                allowed.append(method)
        if allowed:
            raise RequestError(HTTPStatus.METHOD_NOT_ALLOWED, f"{path} takes {', '.join(allowed)}")
        raise RequestError(HTTPStatus.NOT_FOUND, f"there is no {path}")

    def _handle(self) -> None:
        """Answer, whatever goes wrong, with JSON."""
        try:
            answer = self._answer()
        except WrongAnswersError as error:
            answer = (
                HTTPStatus.UNPROCESSABLE_ENTITY,
                {"error": "answers", "cause": str(error), "problems": error.problems},
            )
        except UnknownChatError as error:
            answer = (HTTPStatus.NOT_FOUND, {"error": "unknown", "cause": f"nobody ordered a chat {error}"})
        except RequestError as error:
            answer = (error.status, {"error": "request", "cause": str(error)})
            # What is left of the body would be read as the next request.
            self.close_connection = True
        except AutomationError as error:
            answer = (status_of(error), error.to_json())
        except ConnectionError:
            answer = None
        if answer is None:
            self.close_connection = True
            return
        status, told = answer
        text = json.dumps(told, default=str).encode() + b"\n"
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PUT = do_DELETE = _handle  # noqa: N815 - the names that http.server looks for

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's own signature
        """Log nothing: a request's path may hold what somebody mistyped."""


_CHAT = r"/chats/([^/]+)"
ROUTES: tuple[tuple[str, str, Callable[..., Answer | None]], ...] = (
    ("GET", "/questions", Handler.questions),
    ("GET", "/chats", Handler.chats),
    ("POST", "/chats", Handler.order),
    ("GET", _CHAT, Handler.chat),
    ("PUT", _CHAT, Handler.change),
    ("DELETE", _CHAT, Handler.delete),
    ("POST", f"{_CHAT}/preview", Handler.preview),
    ("POST", f"{_CHAT}/cancel", Handler.cancel),
    ("GET", f"{_CHAT}/drift", Handler.drift),
    ("GET", f"{_CHAT}/events", Handler.events),
)
