"""What AWS has beside its quotas: bundles of Lightsail, the mail of SES, names of buckets."""

from botocore.exceptions import ClientError

from automation.doctor.amazon import LOG_IN, Aws, code
from automation.doctor.needs import Visit
from automation.web import Failed, NotChecked

SANDBOX = "https://docs.aws.amazon.com/ses/latest/dg/request-production-access.html"


def _aws(visit: Visit) -> Aws:
    assert visit.aws is not None  # noqa: S101 - these are asked after that for the account
    return visit.aws


def account(visit: Visit) -> str:
    """Say whose credentials these are; not those of another account than the stack was made in."""
    told = _aws(visit).identity()
    if visit.account not in (None, told["Account"]):
        raise Failed(
            f"the credentials are those of {told['Account']}, and the stack is in {visit.account}", LOG_IN
        )
    return f"account {told['Account']}, region {_aws(visit).region}"


def bundles(visit: Visit) -> str:
    """Say whether Lightsail offers the size, the system and the zone."""
    aws = _aws(visit)
    found = []
    for one in visit.of("aws:lightsail/instance:Instance"):
        bundle, system, zone = (
            str(one.inputs[key]) for key in ("bundleId", "blueprintId", "availabilityZone")
        )
        offered = {each["bundleId"]: each for each in aws.call("lightsail", "GetBundles")["bundles"]}
        if bundle not in offered or not offered[bundle].get("isActive", True):
            raise Failed(f"{aws.region} does not offer the bundle {bundle}", "choose another `runtime.size`")
        if system not in {
            each["blueprintId"] for each in aws.call("lightsail", "GetBlueprints")["blueprints"]
        }:
            raise Failed(
                f"{aws.region} does not offer the system {system}", "take a newer version of this program"
            )
        regions = aws.call("lightsail", "GetRegions", includeAvailabilityZones=True)["regions"]
        zones = [
            each["zoneName"]
            for region in regions
            if region["name"] == aws.region
            for each in region.get("availabilityZones", ())
            if each.get("state", "available") == "available"
        ]
        if zone not in zones:
            raise Failed(
                f"Lightsail has no zone {zone}; it has {', '.join(zones) or 'none there'}",
                "choose another `runtime.zone`, or another `aws:region`",
            )
        found.append(f"{bundle} with {system} in {zone}")
    return f"{', '.join(found)}: offered"


def _mail_region(visit: Visit) -> str:
    return getattr(visit.spec.parts.mail, "region", None) or _aws(visit).region


def sandbox(visit: Visit) -> str:
    """Say whether SES sends mail to everybody."""
    region = _mail_region(visit)
    told = _aws(visit).call("sesv2", "GetAccount", region=region)
    if not told.get("ProductionAccessEnabled"):
        raise Failed(
            f"SES is in its sandbox in {region}: mail goes to verified addresses only",
            f"ask for production access, which takes a day: {SANDBOX}",
        )
    if not told.get("SendingEnabled", True) or told.get("EnforcementStatus", "HEALTHY") == "SHUTDOWN":
        raise Failed(
            f"SES sends nothing in {region}: AWS has stopped it ({told.get('EnforcementStatus', 'paused')})",
            "read AWS's mail about it, and answer in the SES console, Account dashboard",
        )
    daily = (told.get("SendQuota") or {}).get("Max24HourSend")
    return f"out of the sandbox in {region}" + (f", {daily:g} mails a day" if daily else "")


def identity(visit: Visit) -> str:
    """Say whether SES has the domain already, where it is to be made; or has verified it, where it must be there."""
    domain, region = str(getattr(visit.spec.parts.mail, "domain", "")), _mail_region(visit)
    makes, new = (
        visit.of("aws:sesv2/emailIdentity:EmailIdentity"),
        visit.new("aws:sesv2/emailIdentity:EmailIdentity"),
    )
    try:
        told = _aws(visit).call("sesv2", "GetEmailIdentity", region=region, EmailIdentity=domain)
    except ClientError as error:
        if code(error) != "NotFoundException":
            raise
        if makes:
            return f"{domain} is not in SES yet, and will be made"
        raise Failed(
            f"{domain} is not in SES in {region}", "set it up there; or let this stack do it: `kind: ses`"
        ) from None
    if new and not visit.state_unknown:
        raise Failed(
            f"{domain} is in SES in {region} already, and would be refused a second time",
            "use what is there: `kind: ses-existing`",
        )
    if new:
        raise NotChecked(f"{domain} is in SES already, perhaps by this stack ({visit.state_unknown})")
    if not told.get("VerifiedForSendingStatus"):
        raise Failed(f"SES has not verified {domain} in {region}", "look at the records for DKIM in its zone")
    return f"{domain} is verified"


def buckets(visit: Visit) -> str:
    """Say whether the names of buckets are free: they are one world for all accounts."""
    names = [
        str(one.inputs["bucket"]) for one in visit.new("aws:s3/bucket:Bucket") if one.inputs.get("bucket")
    ]
    if not names:
        return "no name was chosen that somebody else could have"
    for name in names:
        try:
            _aws(visit).call("s3", "HeadBucket", Bucket=name)
        except ClientError as error:
            if code(error) in {"404", "NoSuchBucket"}:
                continue
            if code(error) not in {"301", "PermanentRedirect"}:
                raise
        except NotChecked as error:
            if "may not call" not in str(error):
                raise
            # 403 is what the owner of another bucket of that name lets be said.
            raise Failed(
                f"the bucket {name} is somebody else's, or closed to these credentials", "choose another name"
            ) from None
        if visit.state_unknown:
            raise NotChecked(f"the bucket {name} is there, perhaps by this stack ({visit.state_unknown})")
        raise Failed(
            f"the bucket {name} is there already, and not by this stack",
            "choose another name; or, where an earlier deployment left it and it may go, empty and delete it",
        )
    return f"{', '.join(names)}: free"
