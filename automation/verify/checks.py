"""The checks, in their order. Each returns what was found, or raises `Failed` or `NotChecked`."""

import asyncio
import ipaddress
import json
import re
import secrets
import shutil
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import dns.asyncresolver
import dns.exception
import dns.resolver
import websockets
from websockets.asyncio.client import connect

from automation.verify.client import Chat, Refused, User
from automation.verify.expected import Expected
from automation.web import Failed, NotChecked, reason
from stacks.project import COMMAND

CERTIFICATE_DAYS: Final = 14
"""A certificate with fewer days left was not renewed: ACM renews 60 days before the end (ACM user guide, "Managed
certificate renewal"), Let's Encrypt's clients after two thirds of the life."""
BACKUP_HOURS: Final = 26
"""Backups are nightly; two hours for the run itself."""
UPLOAD_BYTES: Final = 4096
DDP: Final = json.dumps({"msg": "connect", "version": "1", "support": ["1", "pre2", "pre1"]})
"""First message of DDP, the protocol of Meteor."""
TOTP: Final = "totp"

Found = Callable[["Visit"], Awaitable[str]]


@dataclass
class Visit:
    """What the checks of one run share."""

    expected: Expected
    chat: Chat
    user: User | None = None
    room: str | None = None
    """Id of the room of its own."""
    room_name: str = ""
    own_session: bool = False
    """Whether the run logged in by itself, and so logs out."""


@dataclass(frozen=True)
class Check:
    """One question to a chat."""

    name: str
    title: str
    run: Found
    needs: tuple[str, ...] = ()
    """Names of the checks without which this one has no sense."""
    user: bool = False
    """It needs the credentials of a user."""
    when: Callable[[Expected], bool] = lambda _: True
    """Which chats are asked at all."""
    cleans: bool = False
    """It takes away what others made: it runs also after the time is up."""


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    return True


async def resolved(host: str) -> tuple[str, ...]:
    """Return the addresses of a name, as the DNS servers of this machine tell them; none where there is no name."""
    resolver = dns.asyncresolver.Resolver()
    found: list[str] = []
    for kind in ("A", "AAAA"):
        try:
            found += [str(one) for one in await resolver.resolve(host, kind)]
        except (dns.resolver.NoAnswer, dns.resolver.NXDOMAIN):
            continue
    return tuple(found)


def _network(address: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """Return the neighbourhood of an address: a CDN answers each question with other addresses of one."""
    return ipaddress.ip_network(f"{address}/{48 if ':' in address else 24}", strict=False)


async def _dns(visit: Visit) -> str:
    expected = visit.expected
    if _is_address(expected.host):
        raise NotChecked(f"{expected.host} needs no DNS")
    remedy = f"look at the record of {expected.host} in its zone; `{COMMAND} drift {expected.stack}` tells what differs"
    try:
        found = await resolved(expected.host)
        if not found:
            raise Failed(f"{expected.host} leads nowhere: DNS has no address for it", remedy)
        listed = ", ".join(found)
        if expected.address is None:
            return f"{expected.host} leads to {listed} (not compared: {expected.no_address})"
        wanted = expected.address.rstrip(".")
        own = (wanted,) if _is_address(wanted) else await resolved(wanted)
    except (dns.exception.DNSException, OSError) as error:
        raise Failed(
            f"DNS does not answer for {expected.host}: {reason(error)}",
            "does this machine reach a DNS server? If so, are the zone's name servers those of the registrar?",
        ) from error
    if not own:
        raise Failed(
            f"the stack is at {wanted}, and DNS has no address for that",
            f"`{COMMAND} refresh {expected.stack}`",
        )
    near = {_network(one) for one in own} if own != (wanted,) else set()
    if set(found) & set(own) or any(_network(one) in near for one in found):
        return f"{expected.host} leads to {listed}, which is the stack's {wanted}"
    raise Failed(f"{expected.host} leads to {listed}, and the stack is at {wanted}", remedy)


async def _tls(visit: Visit) -> str:
    expected = visit.expected
    if not expected.encrypted:
        raise NotChecked("the chat is reached without TLS, as the stack says")
    where = f"{expected.host}:{expected.port}"
    remedy = (
        f"`{COMMAND} plan {expected.stack}` shows what makes the certificate (ACM, Let's Encrypt, cert-manager): look "
        "why it was not renewed, and whether DNS leads there"
    )
    try:
        _, writer = await asyncio.wait_for(
            asyncio.open_connection(
                expected.host, expected.port, ssl=visit.chat.tls, server_hostname=expected.host
            ),
            visit.chat.call_seconds,
        )
    except ssl.SSLCertVerificationError as error:
        raise Failed(f"the certificate is not valid: {reason(error)}", remedy) from error
    except ssl.SSLError as error:
        raise Failed(f"{where} does not speak TLS as it should: {reason(error)}", remedy) from error
    except TimeoutError as error:
        raise Failed(f"{where} does not answer", "does a firewall let you in to this port?") from error
    except OSError as error:
        raise Failed(
            f"{where} cannot be reached: {reason(error)}", "is the chat running? Look at its log"
        ) from error
    certificate = writer.get_extra_info("ssl_object").getpeercert()
    version = writer.get_extra_info("ssl_object").version()
    writer.transport.abort()
    until = datetime.fromtimestamp(ssl.cert_time_to_seconds(certificate["notAfter"]), UTC)
    days = (until - datetime.now(UTC)).days
    said = f"{version}, the certificate is valid for {days} more days (until {until:%Y-%m-%d})"
    if days < CERTIFICATE_DAYS:
        raise Failed(said, remedy)
    return said


PRODUCT_HEADERS: Final = ("X-Content-Type-Options",)
"""Which the chat itself adds to its pages (apps/meteor/app/cors/server/cors.ts)."""


async def _headers(visit: Visit) -> str:
    answer = await visit.chat.ask("GET", "/")
    if answer.status != 200 or answer.kind != "text/html":
        raise Failed(
            f"the chat's page answers {answer.status} with {visit.chat.shown(answer.kind) or 'no type'}, not with HTML",
            f"open {visit.expected.url} and look what answers there",
        )
    wanted = dict.fromkeys((*visit.expected.headers, *PRODUCT_HEADERS))
    wrong = [name for name in wanted if not answer.headers.get(name)]
    hsts = re.search(r"max-age=\"?(\d+)", answer.headers.get("Strict-Transport-Security", ""), re.IGNORECASE)
    if "Strict-Transport-Security" in wanted and (hsts is None or int(hsts[1]) == 0):
        wrong = [
            *(name for name in wrong if name != "Strict-Transport-Security"),
            "Strict-Transport-Security",
        ]
    if wrong:
        raise Failed(
            f"missing, or switched off: {', '.join(wrong)}",
            f"`{COMMAND} drift {visit.expected.stack}` tells what was changed before the chat",
        )
    return f"{', '.join(wanted)} as promised"


async def _api(visit: Visit) -> str:
    found = await visit.chat.get("/api/info")
    version = found.get("version")
    if not isinstance(version, str):
        raise Failed(
            "/api/info names no version",
            f"open {visit.expected.url}/api/info: is it Rocket.Chat that answers?",
        )
    return f"Rocket.Chat {visit.chat.shown(version)} answers"


async def _health(visit: Visit) -> str:
    paths = visit.expected.probes
    for path in paths:
        answer = await visit.chat.ask("GET", path)
        if answer.status != 200:
            checks = ""
            try:
                told = json.loads(answer.body)
                checks = f": {visit.chat.shown(json.dumps(told['checks']))}" if "checks" in told else ""
            except (ValueError, TypeError):
                pass
            raise Failed(
                f"{path} answers {answer.status}{checks}",
                "look at the chat's log, at the database, and at processor and memory of the servers",
            )
    return f"{' and '.join(paths)} answer 200"


async def _release(visit: Visit) -> str:
    """Without a permission the chat tells major and minor only."""
    found = await visit.chat.get("/api/info")
    info = found.get("info")
    told = str((info.get("version") if isinstance(info, dict) else None) or found.get("version") or "")
    wanted = visit.expected.release
    exact = told.count(".") >= 2
    if told != (wanted if exact else ".".join(wanted.split(".")[:2])):
        raise Failed(
            f"{visit.chat.shown(told)} runs, and the stack's release is {wanted}",
            f"a deployment may be under way, or was rolled back; else `{COMMAND} up {visit.expected.stack}`",
        )
    return f"{told}, as the stack says" + (
        "" if exact else " (the patch is shown to users with the permission view-statistics)"
    )


async def _websocket(visit: Visit) -> str:
    url = f"{re.sub('^http', 'ws', visit.expected.url)}/websocket"
    remedy = (
        "what stands before the chat must let WebSockets through (HTTP/1.1, the Upgrade header) to /websocket"
    )
    try:
        async with connect(
            url,
            ssl=visit.chat.tls if visit.expected.encrypted else None,
            open_timeout=visit.chat.call_seconds,
            close_timeout=1,
            max_size=1_000_000,
            user_agent_header="rocketchat-verify",
        ) as socket:
            await socket.send(DDP)
            async with asyncio.timeout(visit.chat.call_seconds):
                async for message in socket:
                    told = json.loads(message)
                    if isinstance(told, dict) and told.get("msg") == "connected":
                        return "it opens and speaks DDP"
                    if isinstance(told, dict) and told.get("msg") == "failed":
                        raise Failed("DDP version 1 is refused", remedy)
        raise Failed("it opens, and is closed before DDP connects", remedy)
    except ValueError as error:
        raise Failed("it opens, and what comes is not DDP", remedy) from error
    except TimeoutError as error:
        raise Failed("it does not open, or does not answer DDP, in time", remedy) from error
    except websockets.InvalidStatus as error:
        raise Failed(f"it is refused with {error.response.status_code}", remedy) from error
    except (websockets.WebSocketException, OSError) as error:
        raise Failed(f"it does not open: {visit.chat.shown(reason(error))}", remedy) from error


async def _login(visit: Visit) -> str:
    if visit.user is None:
        raise NotChecked("no user was given")
    visit.own_session = await log_in(visit.chat, visit.user)
    if not visit.own_session:
        me = await visit.chat.get("/api/v1/me")
        return f"the token is that of {visit.chat.shown(me.get('username'))}"
    return f"{visit.chat.shown(visit.user.name)} can log in"


async def log_in(chat: Chat, user: User) -> bool:
    """Begin a session; return whether it is one of our own, which is to be ended. Raises Failed."""
    if user.token is not None:
        chat.session = {"X-Auth-Token": user.token, "X-User-Id": user.name}
        try:
            await chat.get("/api/v1/me")
        except Refused as error:
            chat.session = {}
            raise Failed(
                f"the token is refused: {error.code}",
                "give the user's id (not its name) with a personal access token that is not deleted",
            ) from error
        except (Failed, NotChecked):
            chat.session = {}
            raise
        return False
    try:
        found = await chat.post("/api/v1/login", {"user": user.name, "password": user.password})
    except Refused as error:
        if TOTP in error.code:
            raise Failed(
                "the user has a second factor",
                "give a personal access token of it in ROCKETCHAT_TOKEN, with the user's id; or a user without one",
            ) from error
        raise Failed(
            f"refused: {error.code or 'without a reason'}",
            "is the password right, and the login form on? After some failures the chat blocks an address for minutes",
        ) from error
    data = found.get("data")
    token, name = (data.get("authToken"), data.get("userId")) if isinstance(data, dict) else (None, None)
    if not isinstance(token, str) or not isinstance(name, str):
        raise Failed("the answer has no token", f"open {chat.url}: is it Rocket.Chat that answers?")
    chat.hide(token)
    chat.session = {"X-Auth-Token": token, "X-User-Id": name}
    return True


async def _room(visit: Visit) -> str:
    visit.room_name = f"verify-{secrets.token_hex(6)}"
    body = {"name": visit.room_name, "extraData": {"encrypted": False}}
    found = await visit.chat.post("/api/v1/groups.create", body)
    visit.room = _id(found.get("group"), "/api/v1/groups.create")
    return f"the private room {visit.room_name} was made"


def _id(found: object, path: str) -> str:
    made = found.get("_id") if isinstance(found, dict) else None
    if not isinstance(made, str) or not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", made):
        raise Failed(
            f"{path} answers without an id", "is it Rocket.Chat, of the stack's release, that answers?"
        )
    return made


async def _message(visit: Visit) -> str:
    chat, said = visit.chat, f"rocketchat verify {secrets.token_hex(8)}"
    sent = await chat.post("/api/v1/chat.sendMessage", {"message": {"rid": visit.room, "msg": said}})
    own = _id(sent.get("message"), "/api/v1/chat.sendMessage")
    read = (await chat.get("/api/v1/chat.getMessage", msgId=own)).get("message")
    if not isinstance(read, dict) or read.get("msg") != said:
        raise Failed(
            "what was read is not what was sent",
            "look at the chat's log and at its apps, which may change it",
        )
    try:
        await chat.post("/api/v1/chat.delete", {"roomId": visit.room, "msgId": own})
    except (Refused, NotChecked) as error:
        return f"sent and read; it goes with its room, as the chat does not let this user delete it ({_why(error)})"
    try:
        left = (await chat.get("/api/v1/chat.getMessage", msgId=own)).get("message")
    except Refused:
        left = None
    # With "keep history" on, a deleted message stays as one of the type rm.
    if isinstance(left, dict) and left.get("msg") == said:
        raise Failed("it is still there after it was deleted", "look at the chat's log")
    return "sent, read and deleted"


def _why(error: Exception) -> str:
    return getattr(error, "code", "") or str(error)


def file_content() -> bytes:
    """Return bytes that only a store that keeps them unchanged gives back."""
    return secrets.token_bytes(UPLOAD_BYTES)


async def _upload(visit: Visit) -> str:
    chat, content = visit.chat, file_content()
    remedy = (
        "look at the store of uploads, its credentials and free space, and at what stands before the chat"
    )
    try:
        kept = (await chat.upload(f"/api/v1/rooms.media/{visit.room}", "verify.bin", content)).get("file")
        own = _id(kept, "/api/v1/rooms.media")
        await chat.post(f"/api/v1/rooms.mediaConfirm/{visit.room}/{own}", {})
    except Refused as error:
        raise Failed(
            f"refused: {error.code or error.found}",
            "may files of application/octet-stream be uploaded (the settings under File Upload)? Else "
            + remedy,
        ) from error
    address = kept.get("url")
    if not isinstance(address, str):
        raise Failed("the answer names no address of the file", "look at the chat's log")
    answer = await chat.download(address)
    if answer.status != 200:
        raise Failed(f"the download answers {answer.status}", remedy)
    if answer.body != content:
        raise Failed(
            f"{len(content)} bytes were sent, and other {len(answer.body)} bytes came back"
            if len(answer.body) != len(content)
            else f"{len(content)} bytes were sent, and as many others came back",
            remedy,
        )
    return f"{len(content)} bytes came back as they were sent"


def _switch(on: bool) -> str:
    return "on" if on else "off"


async def _mail(visit: Visit) -> str:
    found = await visit.chat.get("/api/v1/smtp.check")
    on, wanted = found.get("isSMTPConfigured") is True, visit.expected.mail
    if on != wanted:
        raise Failed(
            f"mail is {_switch(on)} in the chat, and {_switch(wanted)} in the stack", _in_the_chat(visit)
        )
    return "on (none was sent)" if on else "off, as the stack says"


async def _settings(visit: Visit, name: str) -> Any:
    found = await visit.chat.get("/api/v1/settings.public", _id=name)
    listed = found.get("settings")
    values = {
        one.get("_id"): one.get("value")
        for one in (listed if isinstance(listed, list) else ())
        if isinstance(one, dict)
    }
    if name not in values:
        raise NotChecked(f"the chat does not tell the setting {name} here")
    return values[name]


def _in_the_chat(visit: Visit) -> str:
    return (
        f"somebody may have changed it in the chat until its next start: restart it, or change the stack file and "
        f"`{COMMAND} up {visit.expected.stack}`"
    )


async def _push(visit: Visit) -> str:
    on = bool(await _settings(visit, "Push_enable"))
    if on != visit.expected.push:
        raise Failed(
            f"push is {_switch(on)} in the chat, and {_switch(visit.expected.push)} in the stack",
            _in_the_chat(visit),
        )
    return "on" if on else "off, as the stack says"


async def _registration(visit: Visit) -> str:
    found = (await visit.chat.get("/api/v1/cloud.registrationStatus")).get("registrationStatus")
    on = isinstance(found, dict) and found.get("workspaceRegistered") is True
    if visit.expected.registered and not on:
        raise Failed(
            "the workspace is not registered, and push to the stores' apps waits for it",
            "as administrator: Workspace, Subscription; or give the secret registrationToken and "
            f"`{COMMAND} up {visit.expected.stack}`",
        )
    return "the workspace is registered" if on else "the workspace is not registered, and need not be"


async def _accounts(visit: Visit) -> str:
    found, wanted = await _settings(visit, "Accounts_RegistrationForm"), visit.expected.accounts
    if found != wanted:
        raise Failed(
            f"the form to register is {visit.chat.shown(found)!r} in the chat, and {wanted!r} in the stack",
            _in_the_chat(visit),
        )
    return f"the form to register is {wanted!r}, as the stack says"


async def bots_status(chat: Chat, username: str) -> str | None:
    """Return what the chat says that its bot is, such as `online`; None where it has no such account."""
    try:
        found = (await chat.get("/api/v1/users.info", username=username)).get("user")
    except Refused:
        return None
    return chat.shown(found.get("status")) if isinstance(found, dict) else None


async def _bot(visit: Visit) -> str:
    username = visit.expected.bot or ""
    found = await bots_status(visit.chat, username)
    configure = f"`{COMMAND} configure {visit.expected.stack} --user NAME`"
    if found is None:
        raise Failed(f"the chat has no account {username}", f"{configure} makes it")
    if found == "offline":
        raise Failed(
            f"{username} is offline: the bot does not run, or could not log in",
            f"{configure} gives the account the stack's password, and says how the bot is restarted",
        )
    return f"{username} is {found}"


async def _backups(visit: Visit) -> str:
    bucket, keys = visit.expected.backup_bucket, visit.expected.backups
    if bucket is None or not keys:
        raise NotChecked("the stack makes no backups of its own; Atlas tells its snapshots in its console")
    aws = shutil.which("aws")
    if aws is None:
        raise NotChecked(f"AWS's command line is not installed, to look into {bucket}")
    ages = [await _age(aws, bucket, key) for key in keys]
    oldest = max(ages)
    said = f"the newest backups are {', '.join(f'{age / timedelta(hours=1):.0f} h' for age in ages)} old"
    if oldest > timedelta(hours=BACKUP_HOURS):
        raise Failed(said, "look at the log of the backup, and whether the runtime was on at its hour")
    return said


async def _age(aws: str, bucket: str, key: str) -> timedelta:
    """Return how old an object is, by the caller's own credentials. The check's time ends the program, too."""
    command = (aws, "s3api", "head-object", "--bucket", bucket, "--key", key)
    process = await asyncio.create_subprocess_exec(
        *command,
        *("--query", "LastModified", "--output", "text"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        out, wrong = await process.communicate()
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    said = wrong.decode(errors="replace").strip()
    if process.returncode and "(404)" in said:
        raise Failed(
            f"there is no {key} in {bucket}", "was there a night since the first deployment? Look at its log"
        )
    if process.returncode:
        raise NotChecked(f"AWS's command line cannot look into {bucket}: {said.rpartition(chr(10))[2]}")
    try:
        made = datetime.fromisoformat(out.decode(errors="replace").strip())
    except ValueError:
        raise NotChecked(f"AWS's command line does not tell when {key} was made") from None
    return datetime.now(UTC) - (made if made.tzinfo else made.replace(tzinfo=UTC))


async def _leave(visit: Visit) -> str:
    """Remove the room and end the session."""
    wrong = []
    if visit.room is not None:
        try:
            await visit.chat.post("/api/v1/groups.delete", {"roomId": visit.room})
        except (Failed, NotChecked) as error:
            wrong.append(f"the room {visit.room_name} is left ({_why(error)})")
    if visit.own_session:
        try:
            await visit.chat.post("/api/v1/logout")
        except (Failed, NotChecked) as error:
            wrong.append(f"the session is left ({_why(error)})")
    if wrong:
        raise Failed(
            "; ".join(wrong), "delete the room in the chat; sessions end by themselves, or under My Account"
        )
    return "the room is deleted" + (" and the session ended" if visit.own_session else "")


CHECKS: Final[Sequence[Check]] = (
    Check("dns", "DNS", _dns),
    Check("tls", "TLS", _tls, needs=("dns",)),
    Check("headers", "Headers", _headers, needs=("tls",)),
    Check("api", "API", _api, needs=("tls",)),
    Check("health", "Health", _health, needs=("tls",)),
    Check("websocket", "WebSocket", _websocket, needs=("tls",)),
    Check("login", "Login", _login, needs=("api",), user=True),
    Check("release", "Release", _release, needs=("api",)),
    Check("room", "Room", _room, needs=("login",), user=True),
    Check("message", "Message", _message, needs=("room",), user=True),
    Check("upload", "Upload", _upload, needs=("room",), user=True),
    Check("mail", "Mail", _mail, needs=("login",), user=True),
    Check("push", "Push", _push, needs=("api",)),
    Check("registration", "Registration", _registration, needs=("login",), user=True),
    Check("accounts", "Accounts", _accounts, needs=("api",)),
    Check("bot", "Bot", _bot, needs=("login",), user=True, when=lambda expected: expected.bot is not None),
    Check("backups", "Backups", _backups),
    Check("leave", "Tidied up", _leave, needs=("login",), user=True, cleans=True),
)
