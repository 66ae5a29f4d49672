"""What DigitalOcean says: the account, its limits, sizes, images and versions of Kubernetes.

docs.digitalocean.com/reference/api. Limits are those of the account: droplets (nodes of clusters among them), volumes
and reserved addresses.
"""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Final

import httpx

from automation.doctor.needs import Made, Visit, number, room
from automation.doctor.vendor import Refused, Vendor, trusted
from automation.web import Failed, NotChecked
from clouds.dns import full_name

API: Final = "https://api.digitalocean.com"
DROPLET: Final = "digitalocean:index/droplet:Droplet"
CLUSTER: Final = "digitalocean:index/kubernetesCluster:KubernetesCluster"
VOLUME: Final = "digitalocean:index/volume:Volume"
ADDRESS: Final = "digitalocean:index/reservedIp:ReservedIp"
MORE: Final = "ask for more: cloud.digitalocean.com, Settings, Team, Request limit increase"


class DigitalOcean(Vendor):
    """DigitalOcean."""

    name: ClassVar = "DigitalOcean"


async def _get(visit: Visit, path: str, **query: str) -> Any:
    token = visit.credentials.get("digitalocean:token")
    async with DigitalOcean(API, tls=trusted()) as site:
        site.session = {"Authorization": f"Bearer {token}"}
        site.hide(token)
        try:
            return await site.get(f"/v2/{path}", **query)
        except Refused as error:
            if error.status == httpx.codes.UNAUTHORIZED:
                raise Failed(
                    f"DigitalOcean refuses the token: {error.said}",
                    "make one with full access (cloud.digitalocean.com, API), and set digitalocean:token",
                ) from None
            if error.status == httpx.codes.FORBIDDEN:
                raise NotChecked(f"the token may not read {path}: {error.said}") from None
            raise


async def account(visit: Visit) -> str:
    """Say whether the account may make anything."""
    told = (await _get(visit, "account"))["account"]
    if told.get("status") != "active":
        raise Failed(
            f"the account is {told.get('status')}: {told.get('status_message') or 'without a reason'}",
            "look at cloud.digitalocean.com, Billing",
        )
    return "the account is active"


def nodes(made: Sequence[Made]) -> float:
    """Count droplets, with the nodes that clusters grow to."""
    pools = [one.inputs.get("nodePool") or {} for one in made if one.type == CLUSTER]
    return number(DROPLET)(made) + sum(
        int(pool.get("maxNodes") or pool.get("nodeCount") or 0) for pool in pools
    )


async def droplets(visit: Visit) -> str:
    """Say whether there is room for the host, or the nodes at the most."""
    return await _limit(visit, "droplet_limit", "droplets", nodes)


async def volumes(visit: Visit) -> str:
    """Say whether there is room for the disk."""
    return await _limit(visit, "volume_limit", "volumes", number(VOLUME))


async def addresses(visit: Visit) -> str:
    """Say whether there is room for the address."""
    return await _limit(visit, "reserved_ip_limit", "reserved_ips", number(ADDRESS))


async def _limit(visit: Visit, key: str, path: str, counted: Callable[[Sequence[Made]], float]) -> str:
    limit = (await _get(visit, "account"))["account"].get(key)
    if not isinstance(limit, int):
        raise NotChecked(f"DigitalOcean does not tell the {key}")
    used = (await _get(visit, path, per_page="1"))["meta"]["total"]
    return room(visit, limit, used, visit.more(counted), MORE)


async def records(visit: Visit, domain: str) -> list[tuple[str, str, str]]:
    """Return the whole name, the type and the content of each record of a domain."""
    try:
        told = (await _get(visit, f"domains/{domain}/records", per_page="200"))["domain_records"]
    except Refused as error:
        if error.status == httpx.codes.NOT_FOUND:
            raise NotChecked(f"DigitalOcean has no domain {domain}") from None
        raise
    return [(full_name(one["name"], domain), one["type"], one["data"]) for one in told]


async def sizes(visit: Visit) -> str:
    """Say whether the sizes are to be had in the region."""
    wanted = [(str(one.inputs.get("size")), str(one.inputs.get("region"))) for one in visit.of(DROPLET)]
    wanted += [
        (str((one.inputs.get("nodePool") or {}).get("size")), str(one.inputs.get("region")))
        for one in visit.of(CLUSTER)
    ]
    told = (await _get(visit, "sizes", per_page="200"))["sizes"]
    offered = {one["slug"]: one for one in told if one.get("available")}
    for size, region in wanted:
        if size not in offered or region not in offered[size].get("regions", ()):
            near = [
                slug
                for slug, one in offered.items()
                if region in one.get("regions", ()) and slug[:2] == size[:2]
            ]
            raise Failed(
                f"{region} has no {size} to give at present",
                f"choose another size ({', '.join(near[:4]) or 'none of this family there'}) or another region",
            )
    return f"{', '.join(f'{size} in {region}' for size, region in wanted)}: offered"


async def images(visit: Visit) -> str:
    """Say whether the system of the host is there."""
    names = sorted({str(one.inputs.get("image")) for one in visit.of(DROPLET)})
    for name in names:
        try:
            await _get(visit, f"images/{name}")
        except Refused as error:
            raise Failed(
                f"DigitalOcean has no image {name}: {error.said}", "take a newer version of this program"
            ) from None
    return f"{', '.join(names)}: there"


async def versions(visit: Visit) -> str:
    """Say whether clusters of the version are still made in the region."""
    told = (await _get(visit, "kubernetes/options"))["options"]
    offered, regions = (
        [one["slug"] for one in told["versions"]],
        [one["slug"] for one in told["regions"]],
    )
    found = []
    for one in visit.of(CLUSTER):
        version, region = str(one.inputs.get("version")), str(one.inputs.get("region"))
        if visit.new(CLUSTER) and version not in offered:
            raise Failed(
                f"DigitalOcean makes no clusters of Kubernetes {version} any more",
                f"choose another `runtime.version`: {', '.join(offered)}",
            )
        if region not in regions:
            raise Failed(f"DigitalOcean makes no clusters in {region}", f"choose one of {', '.join(regions)}")
        found.append(f"{version} in {region}")
    return f"{', '.join(found)}: offered"
