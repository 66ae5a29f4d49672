"""What stands in a DNS zone already, put there by somebody else."""

from collections.abc import Mapping

import pulumi

from stacks.spec import CloudflareDns, Dns


def dmarc_of_others(dns: Dns | None, domain: str, made: Mapping[str, pulumi.ProviderResource]) -> bool:
    """Whether the domain has a DMARC record that no stack of this program made; says so, and that it is left alone.

    Two records switch DMARC off (RFC 7489, 6.6.3), and Cloudflare takes both. Route 53 needs no look: it refuses a
    second set of texts at a name. A zone that cannot be read is told of, and holds up nothing.
    """
    if not isinstance(dns, CloudflareDns):
        return False
    # From their own modules: the package's attributes of these names are the modules, where it loads file by file.
    from pulumi_cloudflare import GetDnsRecordsNameArgs, GetZoneFilterArgs
    from pulumi_cloudflare.get_dns_records import get_dns_records
    from pulumi_cloudflare.get_zone import get_zone

    from components.mail.ses import DMARC_COMMENT

    host, options = f"_dmarc.{domain}", pulumi.InvokeOptions(provider=made[dns.kind])
    zone, name = GetZoneFilterArgs(name=dns.zone, match="all"), GetDnsRecordsNameArgs(exact=host)
    try:
        zone_id = dns.zone_id or get_zone(filter=zone, opts=options).zone_id
        found = get_dns_records(zone_id=zone_id, name=name, type="TXT", opts=options).results
    except Exception as error:  # noqa: BLE001 - the engine has no narrower one for a lookup that was refused
        pulumi.log.warn(
            f"whether {host} has a record already cannot be seen, so it is made; if receivers then find two, "
            f"set mail.dmarcPolicy to leave ({str(error).splitlines()[0] if str(error) else type(error).__name__})"
        )
        return False
    others = [
        one
        for one in found or ()
        if one.comment != DMARC_COMMENT and "v=DMARC1" in (one.content or "").strip('"')
    ]
    if others:
        pulumi.log.warn(
            f"{host} has a record already that this stack did not make; it is left alone "
            "(set mail.dmarcPolicy to leave, or remove that record)"
        )
    return bool(others)
