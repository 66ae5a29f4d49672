"""One DigitalOcean droplet."""

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import AfterValidator

from components.runtime.host.sizes import DROPLET
from components.runtime.ssh_keys import FINGERPRINT, check_public_key
from stacks.egress import ways_out
from stacks.fields import EgressPorts
from stacks.judging import Finding, Note, Warning_, rule
from stacks.kinds.mail import MailKind
from stacks.kinds.runtime.digitalocean import BLOCKED_PORTS, REGION, TOKEN, tags
from stacks.kinds.runtime.host import SSH_KEY, HostRuntime, sizes

if TYPE_CHECKING:
    from components.runtime.droplet import DropletHost, DropletHostArgs
    from stacks.kinds.context import Context
    from stacks.profiles import Defaults
    from stacks.spec import Parts


def _key_or_fingerprint(text: str) -> str:
    if re.fullmatch(FINGERPRINT, text.lower()):
        return text.lower()
    if re.fullmatch(r"(MD5:|SHA256:).+", text):
        raise ValueError("DigitalOcean knows keys by their MD5 fingerprint, without `MD5:` before it")
    return check_public_key(text)


class DropletRuntime(HostRuntime):
    """One DigitalOcean droplet. What it fetches, and its backups, are on AWS."""

    credentials: ClassVar = TOKEN
    takes_tags: ClassVar = True
    blocked_ports: ClassVar = BLOCKED_PORTS
    # A firewall takes 50 rules of both ways (docs.digitalocean.com, Cloud Firewalls, "Limits").
    egress_room: ClassVar = 50 - 8
    all_sizes: ClassVar = DROPLET
    # Weekly backups cost this part of the droplet's price (digitalocean.com, "Droplet pricing").
    copies_share: ClassVar = 0.2
    example: ClassVar = {"sshKey": SSH_KEY, "region": "sgp1"}
    asks: ClassVar = {**HostRuntime.asks, "region": REGION}

    kind: Literal["droplet"]
    region: Literal["ams3", "atl1", "blr1", "fra1", "lon1", "nyc1", "nyc3", "sfo3", "sgp1", "syd1", "tor1"]
    """DigitalOcean's region."""
    ssh_key: Annotated[str, AfterValidator(_key_or_fingerprint)]
    """Public key of who may log in (`ssh-ed25519 AAAA…`). DigitalOcean holds each key once in an account: where it has
    the key already, give its MD5 fingerprint (`doctl compute ssh-key list`, or `ssh-keygen -E md5 -lf FILE` without
    `MD5:`). A key that a stack brings goes with that stack."""
    size: Literal["s-1vcpu-2gb", "s-2vcpu-2gb", "s-2vcpu-4gb", "s-4vcpu-8gb", "s-8vcpu-16gb"] | None = None
    """Size. The cheapest with enough memory for the number of users when left out. A disk does not shrink: for
    one with a smaller disk than the droplet was made with, count up `generation` too."""
    egress_ports: EgressPorts = []
    """Further TCP ports on the internet that the containers may reach, such as those of webhooks. What the parts name
    (mail, login, the database, settings) is open without it, and what the host itself needs."""

    def ways_out(
        self, parts: "Parts", defaults: "Defaults", uri_ports: Sequence[int]
    ) -> Iterator[tuple[int, str]]:
        """As the file says."""
        for port in self.egress_ports:
            yield port, "Listed in egressPorts"
        for port in parts.images.ports():
            yield port, "Images"

    def host(self, context: "Context") -> "DropletHost":
        """Make the droplet, its address and its volume."""
        from components.runtime.droplet import DropletHost

        spec, secrets = context.spec, context.secrets
        args: DropletHostArgs = {
            "host": spec.parts.chat.host,
            "aws_region": spec.region or "",
            "region": self.region,
            "size": sizes.host_size(self, spec.parts, spec.region).name,
            "disk_gb": sizes.disk_gb(self, spec.parts, spec.size),
            "public_key": self.ssh_key,
            "egress": [
                {"first_port": way.first, "last_port": way.last, "reason": way.reason}
                for way in ways_out(spec.parts, spec.defaults, secrets.database_ports, secrets.web_ports)
            ],
            "ssh_from": self.ssh_from,
            "backups": sizes.snapshots(self, spec.defaults),
            "environment": spec.defaults.environment,
            "generation": self.generation,
            "tags": tags(spec.tags),
            "protect": spec.defaults.protect,
            "retain": spec.defaults.protect,
        }
        if self.allow_from:
            args["allow_from"] = self.allow_from
        return DropletHost("host", args, context.opts)


@rule("Mail leaves the droplet")
def _mail(runtime: DropletRuntime, mail: MailKind) -> Iterator[Finding]:
    port = mail.smtp_port(runtime)
    if port in runtime.blocked_ports:
        yield Warning_(
            f"DigitalOcean blocks port {port} out of droplets in {runtime.region} and elsewhere: "
            "take the provider's port 2525, or 2587 at Amazon SES"
        )
    else:
        yield Note(f"by port {port}")
