"""A DigitalOcean droplet as a host of the chat."""

import re
from collections.abc import Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_digitalocean as digitalocean

from components.base import Component, one_of, only_if
from components.names import bounded
from components.network.app_group import EgressArgs
from components.runtime.host.agent import HostAgent, identity
from components.runtime.host.sizes import DROPLET
from components.runtime.ssh_keys import FINGERPRINT

IMAGE = "ubuntu-24-04-x64"
"""Fixes until 2029."""
WORLD = ("0.0.0.0/0", "::/0")
TEXT_LIMIT = 255
"""Characters of a tag, and of a project's description (API reference)."""
HOST_WAYS = (("tcp", "53"), ("udp", "53"), ("tcp", "80"), ("udp", "123"), ("tcp", "443"), ("icmp", None))
"""What the host itself needs on its way out: names, packages, the time, what it fetches and how large packets may be
(Ubuntu's apt sources are on port 80, its clock asks ntp.ubuntu.com)."""


class DropletHostArgs(TypedDict):
    host: str
    """Public name of the chat."""
    aws_region: str
    """AWS region of what the host fetches."""
    region: str
    """DigitalOcean's region, such as `sgp1`."""
    size: str
    """Such as `s-1vcpu-2gb`; see `components.runtime.host.sizes`. It can be changed without a new host,
    but not to one whose disk is smaller than the droplet's."""
    disk_gb: int
    """Size of the data volume in GB. It can grow, not shrink."""
    public_key: str
    """SSH public key of the user `root`; or its MD5 fingerprint where the account has it already, because an account
    holds each key once."""
    egress: Sequence[EgressArgs]
    """Ports on the internet that the containers may connect to; what the host itself needs is open besides."""
    allow_from: NotRequired[Sequence[str]]
    """IPv4 networks in CIDR form that may reach port 443; everybody when left out."""
    ssh_from: NotRequired[Sequence[str]]
    """Networks in CIDR form that may reach port 22; none when left out."""
    backups: NotRequired[bool]
    """Whether DigitalOcean backs up the system's disk every week (a fifth of the price). Default false."""
    environment: NotRequired[str]
    """Environment of the project: `Development` (the default), `Staging` or `Production`."""
    generation: NotRequired[int]
    """Count it up to replace the host; data volume and address stay. Default 1."""
    tags: NotRequired[Sequence[str]]
    """Tags: letters, digits, colons, hyphens and underscores, 255 at most."""
    protect: NotRequired[bool]
    """Whether Pulumi refuses to delete the data volume and the address. Default false."""
    retain: NotRequired[bool]
    """Whether the data volume stays when it leaves the stack. Default false."""


class DropletHost(Component):
    """A droplet that fetches what it runs, with a fixed address and a data volume that outlives it.

    Produces: a `HostAgent`, an SSH key unless the account has it, a VPC, the droplet, a reserved address and a volume
    with their assignments, a firewall (in: 80 to the world, 443 to it or to `allow_from`, 22 to `ssh_from`; out:
    `egress`), and a project around them.
    """

    address: pulumi.Output[str]
    """Public IPv4 address that visitors come to."""
    egress_address: pulumi.Output[str]
    """Public IPv4 address that connections leave from: the droplet's own, because a reserved one takes in only."""
    bucket: pulumi.Output[str]
    """Bucket that the host looks into."""
    role_name: pulumi.Output[str]
    """Role of the host."""
    activation_id: pulumi.Output[str]
    """Enrolment of the host in Systems Manager."""
    created_at: pulumi.Output[str]
    """When this host was made; another one has another time."""

    def __init__(self, name: str, args: DropletHostArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        one_of("the size of the droplet", args["size"], list(DROPLET))
        super().__init__("DropletHost", name, args, opts)
        region, protect = args["region"], args.get("protect")
        tags = list(args.get("tags", ()))
        agent = HostAgent(
            f"{name}-agent",
            {
                "region": args["aws_region"],
                "host": args["host"],
                "identity": identity(
                    "droplet", IMAGE, region, args["public_key"], int(args.get("generation", 1))
                ),
            },
            self.child(),
        )
        fingerprint = self._fingerprint(name, args["public_key"])
        vpc = digitalocean.Vpc(f"{name}-vpc", region=region, opts=self.child())
        droplet = digitalocean.Droplet(
            f"{name}-droplet",
            image=IMAGE,
            region=region,
            size=args["size"],
            # The disk of a larger size would keep it from ever becoming smaller again.
            resize_disk=False,
            ssh_keys=[fingerprint],
            user_data=agent.cloud_config,
            vpc_uuid=vpc.id,
            monitoring=True,
            backups=bool(args.get("backups", False)),
            graceful_shutdown=True,
            tags=tags,
            # The volume and the address can be with one host only.
            opts=self.child(delete_before_replace=True, hooks=_fits(name, args)),
        )
        # As a number, which the assignments take.
        droplet_id = droplet.id.apply(int)
        reserved = digitalocean.ReservedIp(f"{name}-address", region=region, opts=self.child(protect=protect))
        digitalocean.ReservedIpAssignment(
            f"{name}-address",
            ip_address=reserved.ip_address,
            droplet_id=droplet_id,
            opts=self.child(delete_before_replace=True),
        )
        volume = digitalocean.Volume(
            f"{name}-data",
            region=region,
            size=args["disk_gb"],
            description=bounded(f"Data of {args['host']}", TEXT_LIMIT),
            tags=tags,
            opts=self.child(
                protect=protect,
                retain_on_delete=args.get("retain"),
                # To change it the provider would make another volume.
                ignore_changes=["description"],
            ),
        )
        digitalocean.VolumeAttachment(
            f"{name}-data",
            volume_id=volume.id,
            droplet_id=droplet_id,
            opts=self.child(delete_before_replace=True),
        )
        self._firewall(name, droplet_id, args)
        digitalocean.Project(
            f"{name}-project",
            description=bounded(f"The chat {args['host']}", TEXT_LIMIT),
            purpose="Web Application",
            environment=args.get("environment", "Development"),
            resources=[droplet.droplet_urn, volume.volume_urn, reserved.reserved_ip_urn],
            opts=self.child(),
        )
        self.address = reserved.ip_address
        self.egress_address = droplet.ipv4_address
        self.bucket = agent.bucket
        self.role_name = agent.role_name
        self.activation_id = agent.activation_id
        self.created_at = droplet.created_at
        # Fails for a host that cannot enrol.
        self.register(managed_nodes=agent.enrolled(droplet.created_at))

    def _fingerprint(self, name: str, key: str) -> pulumi.Input[str]:
        if re.fullmatch(FINGERPRINT, key):
            return key
        return digitalocean.SshKey(f"{name}-key", public_key=key, opts=self.child()).fingerprint

    def _firewall(self, name: str, droplet_id: pulumi.Input[int], args: DropletHostArgs) -> None:
        sources = {"80": WORLD, "443": args.get("allow_from") or WORLD, "22": args.get("ssh_from", ())}
        inbound = [
            digitalocean.FirewallInboundRuleArgs(
                protocol="tcp", port_range=port, source_addresses=list(networks)
            )
            for port, networks in sources.items()
            if networks
        ]
        digitalocean.Firewall(
            f"{name}-firewall",
            droplet_ids=[droplet_id],
            inbound_rules=inbound,
            outbound_rules=[
                digitalocean.FirewallOutboundRuleArgs(
                    protocol=protocol,
                    port_range=ports,
                    destination_addresses=list(WORLD),
                )
                for protocol, ports in dict.fromkeys((*HOST_WAYS, *map(_way, args["egress"])))
            ],
            opts=self.child(),
        )


def _fits(name: str, args: DropletHostArgs) -> pulumi.ResourceHookBinding:
    """Return a hook that refuses a size whose disk is smaller than the droplet's.

    DigitalOcean would do so only when the droplet is switched off already.
    """
    size, generation = DROPLET[args["size"]], int(args.get("generation", 1))

    def check(given: pulumi.ResourceHookArgs) -> None:
        disk = (given.old_outputs or {}).get("disk")
        if isinstance(disk, int | float) and disk > size.disk_gb:
            raise ValueError(
                f"the droplet has a disk of {disk:g} GB, and {size.name} has {size.disk_gb}: disks do not shrink. Set "
                f"`generation: {generation + 1}` in rocketchat:runtime too, for a new host with the same data and "
                "address; or keep the size (`size`)"
            )

    return only_if(f"{name}-disk", check)


def _way(way: EgressArgs) -> tuple[str, str]:
    first, last = int(way["first_port"]), int(way.get("last_port", way["first_port"]))
    return "tcp", str(first) if first == last else f"{first}-{last}"
