"""Vendors on loopback: AWS, Atlas, Cloudflare, DigitalOcean and a registry, as `doctor` asks them.

The answers are those of the vendors' own API references, cut to what is read. A test replaces some by others.
"""

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

Body = Mapping[str, Any] | str | bytes


@dataclass(frozen=True)
class Said:
    """One answer: an object as JSON, other text as it is."""

    body: Body = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    kind: str = ""
    wait: float = 0


def error(code: str, status: int = 400) -> Said:
    """AWS's refusal, in the form of its JSON protocols."""
    return Said({"__type": code, "message": f"{code} as AWS says it"}, status, {"x-amzn-ErrorType": code})


def ec2(operation: str, inside: str) -> Said:
    """An answer of EC2."""
    return Said(
        f'<{operation}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">{inside}</{operation}Response>'
    )


def query(operation: str, inside: str) -> Said:
    """An answer of a service with AWS's query protocol."""
    return Said(f"<{operation}Response><{operation}Result>{inside}</{operation}Result></{operation}Response>")


def items(tag: str, *inside: str) -> str:
    """A list of EC2."""
    return f"<{tag}>{''.join(f'<item>{one}</item>' for one in inside)}</{tag}>"


def quota(value: float) -> Said:
    """A quota, with the metric that Service Quotas names for Fargate's."""
    metric = {
        "MetricNamespace": "AWS/Usage",
        "MetricName": "ResourceCount",
        "MetricDimensions": {"Service": "Fargate", "Resource": "vCPU", "Type": "Resource", "Class": "x"},
    }
    return Said({"Quota": {"Value": value, "UsageMetric": metric}})


def used(vcpus: float) -> Said:
    """What CloudWatch has counted."""
    return Said({"Label": "ResourceCount", "Datapoints": [{"Maximum": vcpus}]})


def zones(*names: str) -> Said:
    """The zones of Route 53, with ids Z1, Z2, …"""
    each = "".join(
        f"<HostedZone><Id>/hostedzone/Z{at}</Id><Name>{name}.</Name>"
        "<Config><PrivateZone>false</PrivateZone></Config></HostedZone>"
        for at, name in enumerate(names, 1)
    )
    return Said(
        f"<ListHostedZonesByNameResponse><HostedZones>{each}</HostedZones></ListHostedZonesByNameResponse>"
    )


ROUTE53 = "/2013-04-01"
ATLAS = "/api/atlas/v2"
WELL: Mapping[str, Said] = {
    "GetCallerIdentity": query("GetCallerIdentity", "<Account>123456789012</Account>"),
    "GetServiceQuota": quota(20),
    "GetMetricStatistics": used(2),
    "DescribeVpcs": ec2("DescribeVpcs", items("vpcSet", "<vpcId>vpc-1</vpcId>")),
    "DescribeInternetGateways": ec2("DescribeInternetGateways", items("internetGatewaySet")),
    "DescribeAddresses": ec2("DescribeAddresses", items("addressesSet", "<publicIp>192.0.2.1</publicIp>")),
    "DescribeNatGateways": ec2(
        "DescribeNatGateways", items("natGatewaySet", "<subnetId>subnet-1</subnetId>")
    ),
    "DescribeSubnets": ec2(
        "DescribeSubnets",
        items(
            "subnetSet", "<subnetId>subnet-1</subnetId><availabilityZone>ap-southeast-1a</availabilityZone>"
        ),
    ),
    f"{ROUTE53}/hostedzonesbyname": zones("example.com"),
    f"{ROUTE53}/hostedzone/Z1/rrset": Said("<ListResourceRecordSetsResponse/>"),
    "AssumeRole": query(
        "AssumeRole",
        "<Credentials><AccessKeyId>ASIAOFTHEROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey>"
        "<SessionToken>t</SessionToken><Expiration>2036-01-01T00:00:00Z</Expiration></Credentials>",
    ),
    "DescribeLoadBalancers": query("DescribeLoadBalancers", "<LoadBalancers></LoadBalancers>"),
    "/2020-05-31/distribution": Said("<DistributionList><Quantity>0</Quantity></DistributionList>"),
    "/v2/email/account": Said(
        {"ProductionAccessEnabled": True, "SendingEnabled": True, "SendQuota": {"Max24HourSend": 50000}}
    ),
    "/v2/email/identities/lovia.life": error("NotFoundException", 404),
    "/v2/email/identities/soluvas.com": error("NotFoundException", 404),
    "/media-chat.lovia.life": Said(status=404),
    "/media-chat.soluvas.com": Said(status=404),
    "GetBundles": Said({"bundles": [{"bundleId": "medium_3_0", "isActive": True}]}),
    "GetBlueprints": Said({"blueprints": [{"blueprintId": "ubuntu_24_04"}]}),
    "GetRegions": Said(
        {"regions": [{"name": "ap-southeast-1", "availabilityZones": [{"zoneName": "ap-southeast-1a"}]}]}
    ),
    "GetInstances": Said({"instances": []}),
    "GetStaticIps": Said({"staticIps": [{"name": "one"}]}),
    f"{ATLAS}/orgs/5f0c1d2e3b4a59687f6e5d4c": Said({"name": "Lovia"}),
    f"{ATLAS}/orgs/5f0c1d2e3b4a59687f6e5d4c/groups": Said({"totalCount": 3, "results": [{"id": "g1"}]}),
    f"{ATLAS}/groups/g1/clusters/provider/regions": Said(
        {"results": [{"instanceSizes": [{"name": "M20", "availableRegions": [{"name": "AP_SOUTHEAST_1"}]}]}]}
    ),
    f"{ATLAS}/groups/5f0c1d2e3b4a59687f6e5d4d/clusters/lovia-sg": Said(
        {"mongoDBVersion": "8.0.32", "stateName": "IDLE", "paused": False}
    ),
    f"{ATLAS}/groups/5f0c1d2e3b4a59687f6e5d4d/accessList": Said({"totalCount": 2}),
    "/client/v4/user/tokens/verify": Said({"success": True, "result": {"status": "active"}}),
    "/client/v4/zones": Said(
        {
            "success": True,
            "result": [
                {"id": "z1", "name": "a zone", "status": "active", "permissions": ["#dns_records:edit"]}
            ],
        }
    ),
    "/client/v4/zones/z1/dns_records": Said({"success": True, "result": []}),
    "/v2/account": Said(
        {"account": {"status": "active", "droplet_limit": 25, "volume_limit": 10, "reserved_ip_limit": 3}}
    ),
    "/v2/droplets": Said({"droplets": [], "meta": {"total": 2}}),
    "/v2/volumes": Said({"volumes": [], "meta": {"total": 0}}),
    "/v2/reserved_ips": Said({"reserved_ips": [], "meta": {"total": 0}}),
    "/v2/sizes": Said(
        {"sizes": [{"slug": "s-2vcpu-4gb", "available": True, "regions": ["sgp1"]}], "meta": {"total": 1}}
    ),
    "/v2/images/ubuntu-24-04-x64": Said({"image": {"slug": "ubuntu-24-04-x64"}}),
    "/v2/kubernetes/options": Said(
        {"options": {"versions": [{"slug": "1.36.3-do.1"}], "regions": [{"slug": "sgp1"}], "sizes": []}}
    ),
    "/token": Said({"token": "canaryimage"}),
}
"""Of an account with room for everything."""


class Vendors:
    """All of them at one address, until the end of its `with`."""

    def __init__(self) -> None:
        self.answers: dict[str, Said] = dict(WELL)
        self.asked: list[str] = []
        self.methods: set[str] = set()
        self.skew = 0.0
        """Seconds that their clocks are before this machine's."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=lambda: self._server.serve_forever(poll_interval=0.02))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, key: str, token: str) -> Said:
        """Return what is said to a call."""
        self.asked.append(key)
        if key.startswith("/v2/") and "/manifests/" in key and key not in self.answers:
            if token != "Bearer canaryimage":
                challenge = f'Bearer realm="{self.url}/token",service="registry"'
                return Said(status=401, headers={"WWW-Authenticate": challenge})
            return Said(headers={"Docker-Content-Digest": "sha256:0"})
        if key.startswith(ATLAS) and "Digest" not in token:
            challenge = (
                'Digest realm="MMS Public API", domain="", nonce="n", algorithm=MD5, qop="auth", stale=false'
            )
            return Said(status=401, headers={"WWW-Authenticate": challenge})
        return self.answers.get(key, Said({"message": f"no answer to {key}"}, 404))


def _handler(vendors: Vendors) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode("latin-1")
            target = self.headers.get("X-Amz-Target", "")
            vendors.methods.add(self.command)
            if "/operation/" in path:
                key = path.rpartition("/")[2]
            elif target:
                key = target.rpartition(".")[2]
            elif body.startswith("Action="):
                key = body.partition("&")[0].removeprefix("Action=")
            else:
                key = path
            said = vendors.answer(key, self.headers.get("Authorization", ""))
            time.sleep(said.wait)
            content = said.body if isinstance(said.body, bytes) else b""
            if isinstance(said.body, str):
                content = said.body.encode()
            elif isinstance(said.body, Mapping):
                content = json.dumps(said.body).encode()
            kind = "application/json" if isinstance(said.body, Mapping) else "text/xml"
            self.send_response_only(said.status)
            sent = {"Content-Type": said.kind or kind, "Content-Length": str(len(content)), **said.headers}
            sent.setdefault("Date", formatdate(time.time() + vendors.skew, usegmt=True))
            for name, value in sent.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_POST = do_HEAD = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    return Handler
