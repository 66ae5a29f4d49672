"""One Amazon Lightsail instance."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar, Literal

from components.runtime.host.document import QUIET_HOUR
from components.runtime.host.sizes import LIGHTSAIL, LIGHTSAIL_ZONES, HostSize, lightsail
from stacks.judging import Finding, rule
from stacks.kinds.runtime.host import SSH_KEY, HostRuntime, sizes
from stacks.problems import Problem

if TYPE_CHECKING:
    from components.runtime.lightsail import LightsailHost, LightsailHostArgs
    from stacks.kinds.context import Context

USER = "ubuntu"


class LightsailRuntime(HostRuntime):
    """One Amazon Lightsail instance."""

    # Its firewall holds back only what comes in (Lightsail guide, "Control instance traffic with firewalls").
    filters_egress: ClassVar = False
    all_sizes: ClassVar = LIGHTSAIL
    example: ClassVar = {"sshKey": SSH_KEY}

    kind: Literal["lightsail"]
    size: (
        Literal[
            "small_3_0",
            "medium_3_0",
            "large_3_0",
            "xlarge_3_0",
            "2xlarge_3_0",
            "small_3_1",
            "medium_3_1",
            "large_3_1",
            "xlarge_3_1",
            "2xlarge_3_1",
            "small_3_2",
            "medium_3_2",
            "large_3_2",
            "xlarge_3_2",
            "2xlarge_3_2",
        ]
        | None
    ) = None
    """Bundle; it ends in `_1` in Mumbai, in `_2` in Sydney. The cheapest with enough memory when left out."""
    zone: Literal["a", "b", "c", "d", "e", "f"] = "a"
    """Letter of the availability zone."""

    def offered(self, region: str | None) -> Mapping[str, HostSize]:
        """Bundles differ by region."""
        return lightsail(region or "")

    def authorized_keys(self) -> Mapping[str, str]:
        """Lightsail's own key pair would be another resource."""
        return {USER: self.ssh_key}

    def host(self, context: "Context") -> "LightsailHost":
        """Make the instance, its address and its disk."""
        from components.runtime.lightsail import LightsailHost

        spec = context.spec
        args: LightsailHostArgs = {
            "host": spec.parts.chat.host,
            "region": spec.region or "",
            "zone": self.zone,
            "size": sizes.host_size(self, spec.parts, spec.region).name,
            "disk_gb": sizes.disk_gb(self, spec.parts, spec.size),
            "ssh_from": self.ssh_from,
            "generation": self.generation,
            "protect": spec.defaults.protect,
            "retain": spec.defaults.protect,
            # A disk cannot grow: more users alone must not ask for another one.
            "keep_disk": self.disk_gb is None,
        }
        if self.allow_from:
            args["allow_from"] = self.allow_from
        if sizes.snapshots(self, spec.defaults):
            # Another hour than the dump's, and the restart's after fixes.
            args["snapshot_hour"] = (QUIET_HOUR + 4) % 24
        return LightsailHost("host", args, context.opts)


@rule("The region has what the Lightsail host needs")
def _lightsail(runtime: LightsailRuntime, region: str | None) -> Iterator[Finding]:
    if region is None:
        return
    if region not in LIGHTSAIL_ZONES:
        yield Problem("aws:region", f"{region} has no Lightsail", allowed=", ".join(LIGHTSAIL_ZONES))
        return
    bundles = lightsail(region)
    if runtime.size is not None and runtime.size not in bundles:
        yield Problem(
            "rocketchat:runtime.size",
            f"Lightsail has no bundle {runtime.size} in {region}",
            allowed=", ".join(bundles),
        )
    zones = LIGHTSAIL_ZONES[region]
    if runtime.zone not in zones:
        yield Problem(
            "rocketchat:runtime.zone",
            f"Lightsail has no zone {region}{runtime.zone}",
            allowed=", ".join(zones),
        )
