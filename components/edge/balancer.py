"""The load balancer before the chat."""

import hashlib
from collections.abc import Sequence
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components.base import Component, one_of
from components.edge.firewall import Firewall
from components.iam import Statement, document
from components.names import AUTONAME_SUFFIX, bounded, slug
from components.network.app_group import WORLD
from components.values import BalancerPlace

FRONTS = ("internet", "cloudfront", "cloudfront-vpc")

CLOUDFRONT_PREFIX_LIST = "com.amazonaws.global.cloudfront.origin-facing"
"""AWS's list of the addresses that CloudFront speaks to origins from.

It counts as 55 of the 60 rules that a security group takes, so it can open one port only
(VPC user guide, "AWS-managed prefix lists").
"""

TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"
"""TLS 1.3 and 1.2, forward secrecy and authenticated ciphers only (ELB user guide, "Security policies")."""

IDLE_TIMEOUT_SECONDS = 300
"""A slow upload may pause for longer than the balancer's own default of 60 seconds."""

REQUESTS_PER_ADDRESS = 20_000
"""In five minutes, when the firewall is on: some hundred people who open the chat behind one office address.

A first visit makes about 150 requests (bundles, fonts, avatars).
"""

HSTS_SECONDS = 31_536_000
"""One year, the least that browsers' preload lists and scanners take as lasting."""

LOGS = "AWSLogs/"
"""Where the balancer's logs begin in their bucket (ELB user guide, "Access logs")."""


MOST_SOURCES = 30
"""Networks for which a security group's 60 rules have room (VPC user guide, "Amazon VPC quotas")."""

_NAME_LIMIT = 32
_BUCKET_NAME_LIMIT = 63


class LoadBalancerArgs(TypedDict):
    vpc_id: pulumi.Input[str]
    """VPC of the subnets."""
    subnet_ids: pulumi.Input[Sequence[str]]
    """Two subnets or more in different zones: public ones, but for `cloudfront-vpc`."""
    certificate_arn: pulumi.Input[str]
    """Certificate of the chat's host, in the balancer's region."""
    app_security_group_id: pulumi.Input[str]
    """Security group of the containers: the only place that the balancer may connect to."""
    app_ports: Sequence[int]
    """Ports of the containers that the balancer connects to."""
    front: NotRequired[str]
    """Who may connect.

    `internet` (default): everybody, on 443, and on 80 to be redirected.
    `cloudfront`: CloudFront's addresses only, on 443; the balancer still has public addresses, and other
    people's distributions could use it as their origin, unless its rules ask for a header
    (`AppCdn.origin_secret`, `FargateRuntime.required_header`).
    `cloudfront-vpc`: an internal balancer, reached through a VPC origin of CloudFront (`AppCdn.origin_arn`).
    """
    internal: NotRequired[bool]
    """With the front `internet`: give the balancer private addresses only, so that who connects must be in the VPC or
    in a network that is joined to it. The subnets are private ones then. Default no."""
    sources: NotRequired[Sequence[str]]
    """With the front `internet`: the IPv4 networks that may connect; everybody when left out. A security group takes
    60 rules, and each network needs two."""
    client_authorities: NotRequired[str]
    """With the front `internet`: certificates (PEM) of authorities. Port 443 then lets in only who shows a certificate
    of one of them, such as a proxy; everybody when left out."""
    deletion_protection: bool
    """Refuse to delete the balancer, and its log bucket while it holds logs."""
    idle_timeout_seconds: NotRequired[int]
    """Seconds without traffic after which a connection is closed, 1 to 4000; default 300."""
    log_retention_days: int
    """Days that access logs and the firewall's log are kept; a value that CloudWatch Logs takes."""
    waf: NotRequired[bool]
    """Put a web application firewall on the balancer; default no.

    It limits the rate per address only with the front `internet`, for behind CloudFront every visitor has
    CloudFront's address: there, put it on `AppCdn`.
    """


class LoadBalancer(Component):
    """An application load balancer with an HTTPS listener that answers 404 until host rules are added.

    Produces: the balancer; its security group with its rules; the HTTPS listener, and with the front
    `internet` an HTTP one that redirects; a private bucket for access logs (encrypted with S3's own keys, the
    only kind that balancers can write to) with its policy and life cycle; with `waf` a Firewall.
    """

    arn: pulumi.Output[str]
    """ARN of the balancer."""
    arn_suffix: pulumi.Output[str]
    """`app/<name>/<id>`, the dimension of CloudWatch's metrics."""
    dns_name: pulumi.Output[str]
    """The balancer's own name, which the chat's name points to."""
    zone_id: pulumi.Output[str]
    """Route 53's hosted-zone id of the balancer, for alias records."""
    listener_arn: pulumi.Output[str]
    """ARN of the HTTPS listener, for host rules."""
    security_group_id: pulumi.Output[str]
    """Security group of the balancer."""
    log_bucket: pulumi.Output[str]
    """Name of the bucket of the access logs."""

    def __init__(self, name: str, args: LoadBalancerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        front = one_of("the balancer's front", args.get("front", FRONTS[0]), FRONTS)
        idle = int(args.get("idle_timeout_seconds", IDLE_TIMEOUT_SECONDS))
        if not 1 <= idle <= 4000:
            raise ValueError(f"the balancer's idle_timeout_seconds is {idle}; it must be from 1 to 4000")
        if not args["app_ports"]:
            raise ValueError("the balancer's app_ports is empty; give the port of the containers")
        sources = list(dict.fromkeys(args.get("sources", ())))
        if len(sources) > MOST_SOURCES:
            raise ValueError(f"the balancer's sources are {len(sources)}; it takes {MOST_SOURCES}")
        authorities = args.get("client_authorities")
        if front != "internet" and (sources or authorities or args.get("internal", False)):
            raise ValueError(
                f"sources, client_authorities and internal are of the front internet, and the balancer's is {front}"
            )
        super().__init__("LoadBalancer", name, args, opts)
        self._name = name

        group = aws.ec2.SecurityGroup(
            f"{name}-balancer",
            description="Load balancer of the chat",
            vpc_id=args["vpc_id"],
            opts=self.child(),
        )
        self._open(front, group, sources)
        for port in args["app_ports"]:
            aws.vpc.SecurityGroupEgressRule(
                f"{name}-balancer-app-{port}",
                security_group_id=group.id,
                description="To the containers of the chat",
                ip_protocol="tcp",
                from_port=port,
                to_port=port,
                referenced_security_group_id=args["app_security_group_id"],
                opts=self.child(),
            )
        bucket, policy = self._log_bucket(group, args)
        balancer = aws.lb.LoadBalancer(
            bounded(f"{name}-alb", _NAME_LIMIT - AUTONAME_SUFFIX),
            load_balancer_type="application",
            internal=front == "cloudfront-vpc" or args.get("internal", False),
            subnets=args["subnet_ids"],
            security_groups=[group.id],
            drop_invalid_header_fields=True,
            desync_mitigation_mode="defensive",
            idle_timeout=idle,
            enable_deletion_protection=args["deletion_protection"],
            access_logs=aws.lb.LoadBalancerAccessLogsArgs(bucket=bucket.bucket, enabled=True),
            # A balancer cannot move to another network, which its group shows; the provider would try it in place.
            opts=self.child(depends_on=[policy], replace_on_changes=["securityGroups"]),
        )
        listener = aws.lb.Listener(
            f"{name}-https",
            load_balancer_arn=balancer.arn,
            port=443,
            protocol="HTTPS",
            ssl_policy=TLS_POLICY,
            certificate_arn=args["certificate_arn"],
            mutual_authentication=None if authorities is None else self._known(authorities, bucket),
            default_actions=[
                aws.lb.ListenerDefaultActionArgs(
                    type="fixed-response",
                    fixed_response=aws.lb.ListenerDefaultActionFixedResponseArgs(
                        content_type="text/plain", message_body="Not found", status_code="404"
                    ),
                )
            ],
            routing_http_response_server_enabled=False,
            routing_http_response_strict_transport_security_header_value=f"max-age={HSTS_SECONDS}",
            # Left out, `mutual_authentication` stays as it is; so the port is opened anew, and there is one 443.
            opts=self.child(
                delete_before_replace=True,
                replacement_trigger="everybody" if authorities is None else "known clients",
            ),
        )
        if front == "internet":
            self._redirect(balancer)
        if args.get("waf", False):
            self._shield(front, balancer, args["log_retention_days"])

        self.arn = balancer.arn
        self.arn_suffix = balancer.arn_suffix
        self.dns_name = balancer.dns_name
        self.zone_id = balancer.zone_id
        self.listener_arn = listener.arn
        self.security_group_id = group.id
        self.log_bucket = bucket.bucket
        self.register()

    @property
    def place(self) -> BalancerPlace:
        """What a runtime needs to know of the balancer."""
        return BalancerPlace(
            listener_arn=self.listener_arn,
            security_group_id=self.security_group_id,
            dns_name=self.dns_name,
            zone_id=self.zone_id,
            arn=self.arn,
            arn_suffix=self.arn_suffix,
        )

    def _open(self, front: str, group: "aws.ec2.SecurityGroup", sources: Sequence[str]) -> None:
        if front == "internet":
            for source in sources or [WORLD]:
                who, ending = (
                    ("everybody", "") if source == WORLD else ("a listed network", f"-{slug(source)}")
                )
                for role, port, reason in (
                    ("http", 80, f"HTTP from {who}, to be redirected"),
                    ("https", 443, f"HTTPS from {who}"),
                ):
                    aws.vpc.SecurityGroupIngressRule(
                        f"{self._name}-balancer-{role}{ending}",
                        security_group_id=group.id,
                        description=reason,
                        ip_protocol="tcp",
                        from_port=port,
                        to_port=port,
                        cidr_ipv4=source,
                        opts=self.child(),
                    )
            return
        addresses = aws.ec2.get_managed_prefix_list_output(
            name=CLOUDFRONT_PREFIX_LIST, opts=pulumi.InvokeOptions(parent=self)
        )
        aws.vpc.SecurityGroupIngressRule(
            f"{self._name}-balancer-https",
            security_group_id=group.id,
            description="HTTPS from CloudFront",
            ip_protocol="tcp",
            from_port=443,
            to_port=443,
            prefix_list_id=addresses.id,
            opts=self.child(),
        )

    def _known(self, authorities: str, bucket: "aws.s3.Bucket") -> "aws.lb.ListenerMutualAuthenticationArgs":
        bundle = aws.s3.BucketObjectv2(
            f"{self._name}-balancer-clients",
            bucket=bucket.bucket,
            # Another bundle has another name, by which the trust store reads it again.
            key=f"clients/{hashlib.sha256(authorities.encode()).hexdigest()[:16]}.pem",
            content=authorities,
            content_type="application/x-pem-file",
            opts=self.child(),
        )
        store = aws.lb.TrustStore(
            bounded(f"{self._name}-clients", _NAME_LIMIT - AUTONAME_SUFFIX),
            ca_certificates_bundle_s3_bucket=bundle.bucket,
            ca_certificates_bundle_s3_key=bundle.key,
            opts=self.child(),
        )
        return aws.lb.ListenerMutualAuthenticationArgs(mode="verify", trust_store_arn=store.arn)

    def _redirect(self, balancer: "aws.lb.LoadBalancer") -> None:
        aws.lb.Listener(
            f"{self._name}-http",
            load_balancer_arn=balancer.arn,
            port=80,
            protocol="HTTP",
            default_actions=[
                aws.lb.ListenerDefaultActionArgs(
                    type="redirect",
                    redirect=aws.lb.ListenerDefaultActionRedirectArgs(
                        protocol="HTTPS", port="443", status_code="HTTP_301"
                    ),
                )
            ],
            opts=self.child(),
        )

    def _shield(self, front: str, balancer: "aws.lb.LoadBalancer", retention_days: int) -> None:
        name = f"{self._name}-waf"
        if front == "internet":
            firewall = Firewall(
                name,
                {
                    "scope": "REGIONAL",
                    "rate_limit": REQUESTS_PER_ADDRESS,
                    "log_retention_days": retention_days,
                },
                self.child(),
            )
        else:
            firewall = Firewall(
                name, {"scope": "REGIONAL", "log_retention_days": retention_days}, self.child()
            )
        aws.wafv2.WebAclAssociation(
            name,
            resource_arn=balancer.arn,
            web_acl_arn=firewall.arn,
            # To take the old one away takes whatever ACL stands before the balancer (DisassociateWebACL).
            opts=self.child(delete_before_replace=True),
        )

    def _log_bucket(
        self, group: "aws.ec2.SecurityGroup", args: LoadBalancerArgs
    ) -> tuple["aws.s3.Bucket", "aws.s3.BucketPolicy"]:
        bucket = aws.s3.Bucket(
            bounded(f"{self._name}-balancer-logs", _BUCKET_NAME_LIMIT - AUTONAME_SUFFIX),
            force_destroy=not args["deletion_protection"],
            opts=self.child(),
        )
        block = aws.s3.BucketPublicAccessBlock(
            f"{self._name}-balancer-logs",
            bucket=bucket.bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=self.child(),
        )
        aws.s3.BucketOwnershipControls(
            f"{self._name}-balancer-logs",
            bucket=bucket.bucket,
            rule=aws.s3.BucketOwnershipControlsRuleArgs(object_ownership="BucketOwnerEnforced"),
            opts=self.child(),
        )
        aws.s3.BucketServerSideEncryptionConfiguration(
            f"{self._name}-balancer-logs",
            bucket=bucket.bucket,
            rules=[
                aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
                    apply_server_side_encryption_by_default=(
                        aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
                            sse_algorithm="AES256"
                        )
                    )
                )
            ],
            opts=self.child(),
        )
        versioning = aws.s3.BucketVersioning(
            f"{self._name}-balancer-logs",
            bucket=bucket.bucket,
            versioning_configuration=aws.s3.BucketVersioningVersioningConfigurationArgs(status="Enabled"),
            opts=self.child(),
        )
        aws.s3.BucketLifecycleConfiguration(
            f"{self._name}-balancer-logs",
            bucket=bucket.bucket,
            rules=[
                aws.s3.BucketLifecycleConfigurationRuleArgs(
                    id="expire",
                    status="Enabled",
                    filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(
                        prefix=LOGS if "client_authorities" in args else ""
                    ),
                    expiration=aws.s3.BucketLifecycleConfigurationRuleExpirationArgs(
                        days=args["log_retention_days"]
                    ),
                    noncurrent_version_expiration=(
                        aws.s3.BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs(
                            noncurrent_days=1
                        )
                    ),
                    abort_incomplete_multipart_upload=(
                        aws.s3.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs(
                            days_after_initiation=1
                        )
                    ),
                )
            ],
            opts=self.child(depends_on=[versioning]),
        )
        policy = aws.s3.BucketPolicy(
            f"{self._name}-balancer-logs",
            bucket=bucket.bucket,
            policy=document(
                # The account in the path is what binds this to our own balancers. A condition on the source
                # is not in AWS's documented policy, and balancers were seen not to send it.
                Statement(
                    "WriteLogs",
                    ["s3:PutObject"],
                    [pulumi.Output.concat(bucket.arn, "/AWSLogs/", group.owner_id, "/*")],
                    principals={"Service": ["logdelivery.elasticloadbalancing.amazonaws.com"]},
                ),
                Statement(
                    "TlsOnly",
                    ["s3:*"],
                    [bucket.arn, pulumi.Output.concat(bucket.arn, "/*")],
                    effect="Deny",
                    principals="*",
                    conditions={"Bool": {"aws:SecureTransport": "false"}},
                ),
            ),
            opts=self.child(depends_on=[block]),
        )
        return bucket, policy


def existing_balancer(
    listener_arn: str, vpc_id: pulumi.Input[str], opts: pulumi.InvokeOptions | None = None
) -> BalancerPlace:
    """Look up the balancer of an existing HTTPS listener, to which the runtime will add its host rule.

    Nothing of it is changed but that rule; its own security group must let it connect to the containers.
    Fails when the listener does not speak HTTPS, or the balancer has no security group or is in another VPC.
    """
    listener = aws.lb.get_listener_output(arn=listener_arn, opts=opts)

    def balancer_of(found: "aws.lb.GetListenerResult") -> str:
        if found.protocol != "HTTPS":
            raise pulumi.RunError(
                f"the listener {listener_arn} speaks {found.protocol}; give the balancer's HTTPS listener"
            )
        return found.load_balancer_arn

    balancer = aws.lb.get_load_balancer_output(arn=listener.apply(balancer_of), opts=opts)

    def first_group(known: Sequence[Any]) -> str:
        found: aws.lb.GetLoadBalancerResult = known[0]
        if found.vpc_id and found.vpc_id != known[1]:
            raise pulumi.RunError(
                f"the load balancer {found.name} is in {found.vpc_id}, and the containers in {known[1]}, where it "
                "cannot reach them"
            )
        if not found.security_groups:
            raise pulumi.RunError(
                f"the load balancer {found.name} has no security group, so the containers cannot let it in"
            )
        return min(found.security_groups)

    return BalancerPlace(
        listener_arn=pulumi.Output.from_input(listener_arn),
        security_group_id=pulumi.Output.all(balancer, vpc_id).apply(first_group),
        dns_name=balancer.dns_name,
        zone_id=balancer.zone_id,
        arn=balancer.arn,
        arn_suffix=balancer.arn_suffix,
    )
