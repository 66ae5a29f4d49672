"""Sizes and prices of a host, from the number of users. Read by the rules and by the runtimes."""

from typing import TYPE_CHECKING

from components.runtime.host.document import BOT_MIB, DATABASE_MIB, PROXY_MIB, SYSTEM_MIB
from components.runtime.host.sizes import VOLUME_USD_PER_GB, HostSize, smallest
from rocketchat.sizing import Size, one_server_mib
from stacks.profiles import Defaults

if TYPE_CHECKING:
    from stacks.kinds.runtime.host import HostRuntime
    from stacks.spec import Parts

PROXY_DISK_GB = 8
"""Certificates and reserve; the least disk that Lightsail has."""
LEAST_GB = 2
"""Certificates, and what must stay free: ext4 keeps 5 percent for root, and MongoDB stops on a full disk."""
OPLOG_GB = 1
"""The least that MongoDB makes for itself: 990 MB (its manual, "Replica Set Oplog")."""
DATABASE_GB = 1
"""What is in the database of a small chat beside uploads. A restore holds it twice."""


def keeps_data(parts: "Parts") -> bool:
    """Whether anything is kept on the host that must be backed up."""
    return parts.database.on_host or parts.media.on_host


def beside_mib(parts: "Parts") -> int:
    """Return the memory in MiB that the host needs beside the chat itself: the limits of what runs there."""
    database = DATABASE_MIB if parts.database.on_host else 0
    return SYSTEM_MIB + PROXY_MIB + database + (BOT_MIB if parts.bot is not None else 0)


def advised_mib(parts: "Parts") -> int:
    """Return the memory in MiB that a host for so many users should have.

    What the vendor's table gives a server holds the system and the proxy; a database on the host comes on top.
    """
    server = one_server_mib(parts.chat.users, parts.chat.profile.value)
    return server + (DATABASE_MIB if parts.database.on_host else 0)


def host_size(runtime: "HostRuntime", parts: "Parts", region: str | None) -> HostSize:
    """Return the size of the host: the named one, else the cheapest with enough memory.

    `region` is AWS's. Raises ValueError where there is none.
    """
    if runtime.size is not None:
        return runtime.all_sizes[runtime.size]
    return smallest(runtime.offered(region), advised_mib(parts))


def disk_gb(runtime: "HostRuntime", parts: "Parts", size: Size) -> int:
    """Return the size of the data disk in GB."""
    if runtime.disk_gb is not None:
        return runtime.disk_gb
    database = size.disk_gb if parts.database.on_host else 0
    return max(PROXY_DISK_GB + database + _uploads_gb(parts, size), least_disk_gb(parts, size))


def least_disk_gb(parts: "Parts", size: Size) -> int:
    """Return the GB that uploads of one year, the database, its oplog and a restored copy need."""
    on_host = parts.database.on_host
    database = OPLOG_GB + 2 * DATABASE_GB if on_host else 0
    # In GridFS the uploads are part of the database, and of its copy.
    twice = on_host and parts.media.in_database
    return LEAST_GB + database + _uploads_gb(parts, size) * (2 if twice else 1)


def _uploads_gb(parts: "Parts", size: Size) -> int:
    in_database = parts.database.on_host and parts.media.in_database
    return size.media_gb if in_database or parts.media.on_host else 0


def snapshots(runtime: "HostRuntime", defaults: Defaults) -> bool:
    """Whether the provider copies the host."""
    return defaults.protect if runtime.snapshots is None else runtime.snapshots


def monthly_usd(
    runtime: "HostRuntime", parts: "Parts", size: Size, defaults: Defaults, region: str | None
) -> float:
    """Return the host's price for a month in US dollars: host, data disk and a droplet's backups, without tax.

    Lightsail's snapshots are priced by what they hold, and are not in it.
    """
    host = host_size(runtime, parts, region).usd
    copies = runtime.copies_share if snapshots(runtime, defaults) else 0
    return round(host * (1 + copies) + disk_gb(runtime, parts, size) * VOLUME_USD_PER_GB, 2)
