"""What AWS charges for. How much of each is assumed; what has no price here costs too little to be seen.

Requests to KMS and Secrets Manager are such (0.03 and 0.05 dollars for 10 000), and what an account has free is not
taken off. Rules: the pricing pages of the services (aws.amazon.com/SERVICE/pricing).
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from clouds.costs import Bill, Charge, a_month, each_hour
from clouds.record import Nothing

FREE_NETWORK: Final = Nothing("free: networks, their routes and firewalls cost nothing")
FREE_SETTING: Final = Nothing("free: the bucket is charged")
ALARMS_ARE_FEW: Final = Nothing("free: the first 1000 e-mails of a month are, and alarms are fewer")
ADDRESS: Final = each_hour("public address", "aws.ipv4-hour")
TRUST_STORE: Final = each_hour("trust store", "aws.trust-store-hour")
KEY: Final = a_month("key", "aws.kms-key")
SECRET: Final = a_month("secret", "aws.secret")

_SPOT: Final = 0.3
"""What Spot costs of the price on demand: AWS promises up to 70 percent less, and has no list of it."""
_SERVICE: Final = "aws:ecs/service:Service"
_ALARM: Final = "aws:cloudwatch/metricAlarm:MetricAlarm"
_ENDPOINT: Final = "aws:ec2/vpcEndpoint:VpcEndpoint"


def _of(bill: Bill, token: str, key: str, value: object) -> Mapping[str, Any]:
    return next((one for one in bill.planned(token) if one.get(key) == value), {})


def containers(bill: Bill) -> Iterator[Charge]:
    """Fargate by vCPU and GB of memory, from the fewest containers to the most; Spot for its share of them."""
    family = str(bill["taskDefinition"]).rpartition("/")[2].partition(":")[0]
    task = _of(bill, "aws:ecs/taskDefinition:TaskDefinition", "family", family)
    cluster = str(bill["cluster"]).rpartition("/")[2]
    scaling = _of(
        bill,
        "aws:appautoscaling/target:Target",
        "resourceId",
        f"service/{cluster}/{bill['name']}",
    )
    wanted = float(bill["desiredCount"] or 1)
    count = bill.between(
        float(scaling.get("minCapacity") or wanted), float(scaling.get("maxCapacity") or wanted)
    )
    spot = count - _on_demand(bill["capacityProviderStrategies"] or (), count)
    paid = bill.hours * (count - spot * (1 - _SPOT))
    yield Charge("vCPU", "aws.fargate-vcpu-hour", paid * float(task.get("cpu") or 0) / 1024)
    yield Charge("memory", "aws.fargate-gb-hour", paid * float(task.get("memory") or 0) / 1024)
    if (bill["networkConfiguration"] or {}).get("assignPublicIp"):
        yield Charge("public addresses", "aws.ipv4-hour", bill.hours * count)


def runs(bill: Bill) -> Iterator[Charge]:
    """Containers that a schedule starts, by their hours; its starts cost nothing below 14 million a month."""
    target = bill["target"] or {}
    asked = target.get("ecsParameters") or {}
    family = str(asked.get("taskDefinitionArn")).rpartition("/")[2].partition(":")[0]
    task = _of(bill, "aws:ecs/taskDefinition:TaskDefinition", "family", family)
    # A minute to half an hour, every night; what runs less often costs less.
    hours = bill.between(1 / 60, 0.5) * 30
    yield Charge("vCPU", "aws.fargate-vcpu-hour", hours * float(task.get("cpu") or 0) / 1024)
    yield Charge("memory", "aws.fargate-gb-hour", hours * float(task.get("memory") or 0) / 1024)


def _on_demand(strategies: Any, count: float) -> float:
    """How many of the containers run on demand: the base, and the share of the rest by weight."""
    if not strategies:
        return count
    base = sum(float(one.get("base") or 0) for one in strategies if one["capacityProvider"] == "FARGATE")
    weights = {one["capacityProvider"]: float(one.get("weight") or 0) for one in strategies}
    total = sum(weights.values())
    rest = max(0.0, count - sum(float(one.get("base") or 0) for one in strategies))
    return min(count, base + (rest * weights.get("FARGATE", 0) / total if total else 0))


def insights(bill: Bill) -> Iterator[Charge]:
    """Container Insights: its metrics, for each service."""
    level = next((one["value"] for one in bill["settings"] or () if one["name"] == "containerInsights"), "")
    services = sum(1 for _ in bill.planned(_SERVICE))
    if level in {"enabled", "enhanced"}:
        price = "aws.insights-metric" if level == "enhanced" else "aws.metric"
        yield Charge("metrics", price, services * bill.assumed("metrics"))


def nat(bill: Bill) -> Iterator[Charge]:
    """A gateway and what goes through it: the logs, what is assumed beside them, and to a database elsewhere."""
    yield Charge("gateway", "aws.nat-hour", bill.hours)
    gateways = sum(1 for _ in bill.planned("aws:ec2/natGateway:NatGateway"))
    beside = list(bill.planned(_ENDPOINT))
    moved = bill.assumed("out-gb")
    moved += 0 if any(map(_leads_to_logs, beside)) else bill.logs_gb
    moved += 0 if any(map(_leads_to_database, beside)) else bill.database_traffic_gb
    yield Charge("traffic", "aws.nat-gb", moved / max(1, gateways))


def _leads_to_database(endpoint: Mapping[str, Any]) -> bool:
    return "vpce-svc" in str(endpoint.get("serviceName"))


def _leads_to_logs(endpoint: Mapping[str, Any]) -> bool:
    return str(endpoint.get("serviceName")).endswith(".logs")


def endpoint(bill: Bill) -> Iterator[Charge]:
    """Interface endpoints in each of their zones; gateways to S3 cost nothing."""
    if bill["vpcEndpointType"] == "Interface":
        yield Charge("endpoint", "aws.endpoint-hour", bill.hours * len(bill["subnetIds"] or (1,)))
        traffic = bill.database_traffic_gb if _leads_to_database(bill.inputs) else 0.0
        yield Charge("traffic", "aws.endpoint-gb", bill.logs_gb if _leads_to_logs(bill.inputs) else traffic)


def balancer(bill: Bill) -> Iterator[Charge]:
    """An application load balancer: hours, capacity units by traffic or connections, addresses, what it sends."""
    yield Charge("balancer", "aws.alb-hour", bill.hours)
    # A unit is 1 GB an hour or 3000 connections.
    units = max(bill.chat_gb / bill.hours, bill.assumed("users") / 3000) if bill.hours else 0
    yield Charge("capacity units", "aws.lcu-hour", bill.hours * units)
    if not bill["internal"]:
        yield Charge("public addresses", "aws.ipv4-hour", bill.hours * len(bill["subnets"] or ()))
        # What goes to CloudFront costs nothing (aws.amazon.com/cloudfront/pricing): it is charged there.
        if all(map(_is_before_bucket, bill.planned("aws:cloudfront/distribution:Distribution"))):
            yield Charge("traffic", "aws.out-gb", bill.chat_gb)


def _is_before_bucket(distribution: Mapping[str, Any]) -> bool:
    return any(one.get("originAccessControlId") for one in distribution.get("origins") or ())


def firewall(bill: Bill) -> Iterator[Charge]:
    """A web ACL, each of its rules and groups, and what it looks at."""
    yield Charge("web ACL", "aws.waf-acl", 1)
    yield Charge("rules", "aws.waf-rule", len(bill["rules"] or ()))
    yield Charge("requests", "aws.waf-requests", bill.requests / 1e6)


def distribution(bill: Bill) -> Iterator[Charge]:
    """What a CDN sends: all of the chat, or public files only where it stands before a bucket."""
    if _is_before_bucket(bill.inputs):
        yield Charge("traffic", "aws.cloudfront-gb", bill.assumed("public-gb"))
        return
    yield Charge("traffic", "aws.cloudfront-gb", bill.chat_gb)
    yield Charge("requests", "aws.cloudfront-requests", bill.requests / 10_000)


def log(bill: Bill) -> Iterator[Charge]:
    """What is written and kept. AWS's own logs are priced as others are; in bulk they cost less."""
    if bill.component == "Network":
        written = bill.chat_gb * bill.assumed("flow-mb") / 1000
    elif bill.component == "FargateDumps":
        # Of a container that runs for an hour at most, and not for a day.
        written = bill.assumed("log-mb") * bill.assumed("days") / 24 / 1000
    elif bill.component == "Firewall":
        # Only what is blocked or counted is kept: one request in a hundred, 2 KB each.
        written = bill.requests * 2 / 100 / 1e6
    elif bill.component == "AppCdn":
        written = bill.requests / 1e6
    else:
        written = bill.logs_gb
    yield Charge("written", "aws.logs-gb", written)
    days = float(bill["retentionInDays"] or 3650)
    yield Charge("kept", "aws.logs-kept-gb", written * days / 30)


def alarm(bill: Bill) -> Iterator[Charge]:
    """Each metric that an alarm looks at, and the metric itself where the stack reports it and no service of AWS."""
    asked = [one for one in bill["metricQueries"] or () if one.get("metric")]
    yield Charge("metrics", "aws.alarm-metric", max(1, len(asked)))
    if bill["namespace"] and not str(bill["namespace"]).startswith("AWS/"):
        which = (bill["namespace"], bill["metricName"])
        alike = [
            one for one in bill.planned(_ALARM) if (one.get("namespace"), one.get("metricName")) == which
        ]
        yield Charge("reported metric", "aws.metric", 1 / max(1, len(alike)))


def dashboard(_bill: Bill) -> Iterator[Charge]:
    """One dashboard; an account's first three are free, and may be taken."""
    yield Charge("dashboard", "aws.dashboard", 1)


def health_check(_bill: Bill) -> Iterator[Charge]:
    """A check by HTTPS: less where the balancer is of the same account, more where the chat is elsewhere."""
    yield Charge("check by HTTPS", "aws.health-check", 1)


def bucket(bill: Bill) -> Iterator[Charge]:
    """What is kept in a bucket, by what it is for: uploads, backups, logs of requests, or some documents."""
    puts = gets = out = 0.0
    if bill.component in {"HostConfig", "DumpBucket"}:
        # The backups of a host have its uploads, too, where they are on it.
        uploads = bill.component == "HostConfig" and not bill.has("rocketchat:index:MediaStore")
        stored = bill.database_gb * bill.assumed("backups") + (bill.kept_uploads_gb if uploads else 0)
        puts = bill.assumed("days") * 10
    elif bill.component == "LoadBalancer":
        # 0.5 KB for a request; a file in each five minutes.
        stored, puts = bill.requests * 12 / 2 / 1e6, bill.hours * 12
    elif bill.component == "HostAgent":
        stored, gets = 0.001, bill.hours * 2
    else:
        files = bill.uploads_gb * 1000
        stored, puts, gets, out = (
            bill.kept_uploads_gb,
            files,
            files * bill.assumed("downloads"),
            bill.downloads_gb,
        )
    yield Charge("stored", "aws.s3-gb", stored)
    yield Charge("writes", "aws.s3-put", puts / 1000)
    yield Charge("reads", "aws.s3-get", gets / 1000)
    yield Charge("traffic", "aws.out-gb", out)


def mail(bill: Bill) -> Iterator[Charge]:
    """Each e-mail that is sent."""
    yield Charge("e-mails", "aws.ses-email", bill.assumed("users") * bill.assumed("emails"))


def queries(bill: Bill) -> Iterator[Charge]:
    """Queries of an address of the chat; those of an alias cost nothing, nor does a record."""
    if bill["type"] in {"A", "AAAA"} and not bill["aliases"]:
        asked = bill.assumed("users") * bill.assumed("dns-queries") * bill.assumed("days")
        yield Charge("queries", "aws.dns-queries", asked / 1e6)


def instance(bill: Bill) -> Iterator[Charge]:
    """A bundle with its traffic, and the host's daily snapshots."""
    yield Charge("host", f"aws.lightsail.{str(bill['bundleId']).rpartition('_')[0]}", 1)
    if (bill["addOn"] or {}).get("status") == "Enabled":
        disks = sum(float(one.get("sizeInGb") or 0) for one in bill.planned("aws:lightsail/disk:Disk"))
        copied = bill.assumed("host-gb") + disks
        yield Charge("snapshots", "aws.lightsail-snapshot-gb", copied * bill.assumed("copies"))


def disk(bill: Bill) -> Iterator[Charge]:
    """A disk by its size, used or not."""
    yield Charge("disk", "aws.lightsail-disk-gb", float(bill["sizeInGb"] or 0))
