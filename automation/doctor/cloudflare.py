"""What Cloudflare says: the token, the zone, and the records that are in it (developers.cloudflare.com/api)."""

from typing import Any, ClassVar, Final

from automation.doctor.needs import Visit
from automation.doctor.vendor import Refused, Vendor, trusted
from automation.web import Failed, NotChecked

API: Final = "https://api.cloudflare.com"
REMEDY: Final = (
    "make a token with Zone:Read and DNS:Edit of the zone (dash.cloudflare.com, My Profile, API Tokens), and set "
    "cloudflare:apiToken"
)


class Cloudflare(Vendor):
    """Cloudflare."""

    name: ClassVar = "Cloudflare"

    def words(self, found: dict[str, Any]) -> str:
        """Return what stands in `errors`."""
        told = found.get("errors")
        first = told[0] if isinstance(told, list) and told and isinstance(told[0], dict) else {}
        return str(first.get("message") or "without a reason")


async def _get(visit: Visit, path: str, **query: str) -> Any:
    token = visit.credentials.get("cloudflare:apiToken")
    async with Cloudflare(API, tls=trusted()) as site:
        site.session = {"Authorization": f"Bearer {token}"}
        site.hide(token)
        return await site.get(f"/client/v4/{path}", **query)


async def _zone(visit: Visit) -> dict[str, Any]:
    dns = visit.spec.parts.dns
    assert dns is not None  # noqa: S101 - the question is asked where there is one
    try:
        found = (await _get(visit, "zones", name=dns.zone))["result"]
    except Refused as error:
        # 403 with code 9109 or 10000, 400 with 6003: all of them are about the token.
        raise Failed(f"Cloudflare refuses the token: {error.said}", REMEDY) from None
    if not found:
        raise Failed(f"the token sees no zone {dns.zone}", f"is the zone in this account? Else {REMEDY}")
    return dict(found[0])


async def token(visit: Visit) -> str:
    """Say whether the token holds, and until when."""
    try:
        told = (await _get(visit, "user/tokens/verify"))["result"]
    except Refused as error:
        # A token that an account owns is not known there.
        if (await _zone(visit)).get("id"):
            return "the token is an account's, and reads the zone"
        raise Failed(f"Cloudflare refuses the token: {error.said}", REMEDY) from None
    if told.get("status") != "active":
        raise Failed(f"the token is {told.get('status')}", REMEDY)
    until = told.get("expires_on")
    return f"the token holds until {until}" if until else "the token holds, without an end"


async def zone(visit: Visit) -> str:
    """Say whether the zone is in use, and the token may change it."""
    found = await _zone(visit)
    name, given = found.get("name"), visit.spec.parts.dns and visit.spec.parts.dns.zone_id
    if given and given != found.get("id"):
        raise Failed(f"the id of {name} is {found.get('id')}", "correct `dns.zoneId`, or leave it out")
    may = found.get("permissions")
    if isinstance(may, list) and may and "#dns_records:edit" not in may:
        raise Failed(f"the token may not change records of {name}", REMEDY)
    if found.get("status") != "active":
        servers = ", ".join(found.get("name_servers") or ())
        raise Failed(
            f"the zone {name} is {found.get('status')}", f"let the registrar name its servers: {servers}"
        )
    return f"{name} is active"


async def records(visit: Visit) -> list[tuple[str, str, str]]:
    """Return name, type and content of what is in the zone."""
    own = (await _zone(visit))["id"]
    try:
        found = (await _get(visit, f"zones/{own}/dns_records", per_page="5000"))["result"]
    except Refused as error:
        raise NotChecked(f"the token may not read the records: {error.said}") from None
    return [(str(one["name"]), str(one["type"]), str(one.get("content", ""))) for one in found]
