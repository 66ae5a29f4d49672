"""What DigitalOcean charges for (docs.digitalocean.com, the "Pricing" page of each product).

Traffic is in a droplet's price as far as a chat needs it: 4 TB with the smallest that has 4 GB of memory.
"""

from collections.abc import Iterator
from typing import Final

from clouds.costs import Bill, Charge

_WEEKLY, _DAILY = 0.2, 0.3
"""What backups cost of a droplet's price."""
_INCLUDED_GB: Final = 250
_INCLUDED_OUT_GB: Final = 1024
_NAT_OUT_GB: Final = 100
"""What each size of a NAT gateway lets out without a further charge ("VPC Pricing")."""


def host(bill: Bill) -> Iterator[Charge]:
    """A droplet by its size, and its backups, which cost a share of it."""
    price = f"digitalocean.droplet.{bill['size']}"
    yield Charge("host", price, 1)
    if bill["backups"]:
        plan = (bill["backupPolicy"] or {}).get("plan")
        yield Charge("backups", price, _DAILY if plan == "daily" else _WEEKLY)


def disk(bill: Bill) -> Iterator[Charge]:
    """A volume by its size, used or not."""
    yield Charge("volume", "digitalocean.volume-gb", float(bill["size"] or 0))


def cluster(bill: Bill) -> Iterator[Charge]:
    """The nodes, from the fewest to the most, and a control plane that is highly available."""
    pool = bill["nodePool"] or {}
    fixed = float(pool.get("nodeCount") or pool.get("minNodes") or 1)
    most = float(pool.get("maxNodes") or fixed) if pool.get("autoScale") else fixed
    least = float(pool.get("minNodes") or fixed) if pool.get("autoScale") else fixed
    yield Charge("nodes", f"digitalocean.droplet.{pool.get('size')}", bill.between(least, most))
    if bill["ha"]:
        yield Charge("control plane", "digitalocean.control-plane", 1)


def nat(bill: Bill) -> Iterator[Charge]:
    """A gateway by its size, and what leaves through it beyond what is in that: to a database elsewhere, too."""
    size = float(bill["size"] or 1)
    yield Charge("gateway", "digitalocean.nat", size)
    in_cluster = bill.has("kubernetes:apps/v1:StatefulSet")
    moved = bill.assumed("out-gb") + (0 if in_cluster else bill.database_traffic_gb)
    yield Charge("more traffic", "digitalocean.nat-out-gb", max(0.0, moved - size * _NAT_OUT_GB))


def uptime_check(_bill: Bill) -> Iterator[Charge]:
    """One check; an account's first is free, and may be taken."""
    yield Charge("check from outside", "digitalocean.uptime-check", 1)


def bucket(bill: Bill) -> Iterator[Charge]:
    """Spaces: a month for all buckets together, and what goes beyond what is in that."""
    buckets = sum(1 for _ in bill.planned("digitalocean:index/spacesBucket:SpacesBucket"))
    yield Charge("Spaces", "digitalocean.spaces", 1 / max(1, buckets))
    yield Charge("more storage", "digitalocean.spaces-gb", max(0.0, bill.kept_uploads_gb - _INCLUDED_GB))
    more = max(0.0, bill.downloads_gb - _INCLUDED_OUT_GB)
    yield Charge("more traffic", "digitalocean.spaces-out-gb", more)
