"""A Lightsail instance as a host of the chat."""

from collections.abc import Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components.base import Component, one_of
from components.runtime.host.agent import HostAgent, identity
from components.runtime.host.sizes import LIGHTSAIL_ZONES, lightsail

BLUEPRINT = "ubuntu_24_04"
"""Fixes until 2029."""
DISK_PATH = "/dev/xvdf"
LEAST_DISK_GB = 8


class LightsailHostArgs(TypedDict):
    host: str
    """Public name of the chat."""
    region: str
    """AWS region, such as `ap-southeast-1`."""
    zone: NotRequired[str]
    """Letter of the availability zone. Default `a`."""
    size: str
    """Bundle, such as `medium_3_0`; see `components.runtime.host.sizes`."""
    disk_gb: int
    """Size of the data disk in GB, 8 at least. A disk cannot be changed later."""
    allow_from: NotRequired[Sequence[str]]
    """IPv4 networks in CIDR form that may reach port 443; everybody when left out."""
    ssh_from: NotRequired[Sequence[str]]
    """Networks in CIDR form that may reach port 22; none when left out."""
    snapshot_hour: NotRequired[int]
    """Hour of day, UTC, of the daily snapshot; none are taken when left out."""
    generation: NotRequired[int]
    """Count it up to replace the host; data disk and address stay. Default 1."""
    protect: NotRequired[bool]
    """Whether Pulumi refuses to delete the data disk and the address. Default false."""
    retain: NotRequired[bool]
    """Whether the data disk stays in AWS when it leaves the stack. Default false."""
    keep_disk: NotRequired[bool]
    """Whether the disk stays as it is when `disk_gb` changes; else a new and empty one is made. Default false."""


class LightsailHost(Component):
    """An instance that fetches what it runs, with a fixed address and a data disk that outlives it.

    Its document says who may log in (`HostConfigArgs.authorized_keys`, user `ubuntu`): Lightsail's own key pairs take
    RSA only (API_ImportKeyPair).

    Produces: a `HostAgent`, the instance, a static address and a disk with their attachments, and
    the instance's open ports: 80 to the world, 443 to it or to `allow_from`, 22 to `ssh_from`.
    """

    address: pulumi.Output[str]
    """Public IPv4 address that visitors come to."""
    egress_address: pulumi.Output[str]
    """Public IPv4 address that connections leave from: the same one."""
    bucket: pulumi.Output[str]
    """Bucket that the host looks into."""
    role_name: pulumi.Output[str]
    """Role of the host."""
    activation_id: pulumi.Output[str]
    """Enrolment of the host in Systems Manager."""
    created_at: pulumi.Output[str]
    """When this host was made; another one has another time."""

    def __init__(
        self, name: str, args: LightsailHostArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        region = args["region"]
        one_of("the region of the Lightsail host", region, list(LIGHTSAIL_ZONES))
        one_of("the size of the Lightsail host", args["size"], list(lightsail(region)))
        one_of(f"the zone in {region}", args.get("zone", "a"), list(LIGHTSAIL_ZONES[region]))
        if args["disk_gb"] < LEAST_DISK_GB:
            raise ValueError(f"a Lightsail disk has {LEAST_DISK_GB} GB at least, not {args['disk_gb']}")
        super().__init__("LightsailHost", name, args, opts)
        zone = f"{args['region']}{args.get('zone', 'a')}"
        protect = args.get("protect")
        agent = HostAgent(
            f"{name}-agent",
            {
                "region": args["region"],
                "host": args["host"],
                "identity": identity(
                    "lightsail",
                    BLUEPRINT,
                    zone,
                    args["size"],
                    int(args.get("generation", 1)),
                ),
            },
            self.child(),
        )
        snapshot = args.get("snapshot_hour")
        instance = aws.lightsail.Instance(
            f"{name}-instance",
            availability_zone=zone,
            blueprint_id=BLUEPRINT,
            bundle_id=args["size"],
            user_data=agent.launch_script,
            ip_address_type="dualstack",
            add_on=None
            if snapshot is None
            else aws.lightsail.InstanceAddOnArgs(
                type="AutoSnapshot", status="Enabled", snapshot_time=f"{snapshot:02}:00"
            ),
            # The disk and the address can be with one host only.
            opts=self.child(delete_before_replace=True),
        )
        self._ports(name, instance.name, args)
        static = aws.lightsail.StaticIp(f"{name}-address", opts=self.child(protect=protect))
        aws.lightsail.StaticIpAttachment(
            f"{name}-address",
            static_ip_name=static.name,
            instance_name=instance.name,
            opts=self.child(delete_before_replace=True),
        )
        disk = aws.lightsail.Disk(
            f"{name}-data",
            availability_zone=zone,
            size_in_gb=args["disk_gb"],
            opts=self.child(
                protect=protect,
                retain_on_delete=args.get("retain"),
                ignore_changes=["sizeInGb"] if args.get("keep_disk", False) else None,
            ),
        )
        aws.lightsail.Disk_attachment(
            f"{name}-data",
            disk_name=disk.name,
            instance_name=instance.name,
            disk_path=DISK_PATH,
            opts=self.child(delete_before_replace=True),
        )
        self.address = static.ip_address
        self.egress_address = static.ip_address
        self.bucket = agent.bucket
        self.role_name = agent.role_name
        self.activation_id = agent.activation_id
        self.created_at = instance.created_at
        # Fails for a host that cannot enrol.
        self.register(managed_nodes=agent.enrolled(instance.created_at))

    def _ports(self, name: str, instance_name: pulumi.Input[str], args: LightsailHostArgs) -> None:
        # This list is the whole list: what is not in it is closed, 22 included.
        world = (["0.0.0.0/0"], ["::/0"])
        allow_from, ssh_from = list(args.get("allow_from", ())), list(args.get("ssh_from", ()))
        sources = {80: world, 443: (allow_from, None) if allow_from else world, 22: (ssh_from, None)}
        ports = [
            aws.lightsail.InstancePublicPortsPortInfoArgs(
                protocol="tcp", from_port=port, to_port=port, cidrs=cidrs, ipv6_cidrs=ipv6_cidrs
            )
            for port, (cidrs, ipv6_cidrs) in sources.items()
            if cidrs
        ]
        aws.lightsail.InstancePublicPorts(
            f"{name}-ports",
            instance_name=instance_name,
            port_infos=ports,
            # Other ports are another resource, and deleting the old one closes its ports, of whomever they are.
            opts=self.child(delete_before_replace=True),
        )
