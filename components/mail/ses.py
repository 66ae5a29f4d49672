"""Sending mail through Amazon SES."""

import re
from collections.abc import Sequence
from operator import itemgetter
from typing import NotRequired, TypedDict
from urllib.parse import quote

import pulumi
import pulumi_aws as aws

from components.base import Component, one_of
from components.edge import dns
from components.mail.events import MailEvents
from components.mail.regions import dkim_domain, smtp_host
from components.mail.user import smtp_user
from components.names import bounded, slug
from components.values import DnsZone, MailAccess

PORTS = (587, 465, 2587, 2465)
"""587 and 2587 begin in the clear and turn to TLS, 465 and 2465 are TLS from the start."""

DKIM_TOKENS = 3
"""SES always gives three, so that it can change keys by itself."""

MAIL_FROM_PRIORITY = 10

EVENTS = ("BOUNCE", "COMPLAINT", "REJECT", "DELIVERY_DELAY")

DMARC_POLICIES = ("quarantine", "reject", "none")

DMARC_COMMENT = "What to do with forged mail"
"""Of the DMARC records made here, where the zone keeps comments: by it they are known again."""

SET_NAME_LIMIT = 64
"""Characters of a configuration set's name: letters, digits, hyphens, underscores (API, `CreateConfigurationSet`)."""


def set_name(domain: str) -> str:
    """Return the name of a domain's configuration set, which no other domain has: `a-b.com` is not `a.b.com`."""
    return bounded(domain.replace(".", "_") if "-" in domain else slug(domain), SET_NAME_LIMIT)


_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


class SesMailArgs(TypedDict):
    """The domain that mail comes from, and what happens to mail that does not arrive."""

    domain: str
    """Domain of the From address, such as `lovia.life`. One stack of an account and region makes it."""
    region: str
    """AWS region that the mail leaves from; it must have SES's SMTP."""
    zone: DnsZone
    """DNS zone that the domain is in."""
    from_address: NotRequired[str]
    """The only address that may stand in From; any address of the domain when left out."""
    mail_from: NotRequired[str]
    """Name under the domain that bounces return to; used for nothing else. Default `bounce`."""
    dmarc_policy: NotRequired[str]
    """What receivers do with forged mail: `quarantine`, `reject` or `none`. The DMARC record speaks for everybody who
    sends in the domain's name, and a second one switches DMARC off; so none is made when this is left out."""
    dmarc_reports: NotRequired[str]
    """Address that receives the daily DMARC reports; none are asked for when left out."""
    topic_arn: NotRequired[pulumi.Input[str]]
    """ARN of a topic for bounces and complaints, which SES may publish into; one is made when left out."""
    event_emails: NotRequired[Sequence[pulumi.Input[str]]]
    """Addresses told of bounces and complaints by the topic made here."""
    port: NotRequired[int]
    """SMTP port: 587 (the default), 465, 2587 or 2465."""
    key_version: NotRequired[int]
    """Count it up to have a new SMTP password made before the old one goes. Default 1."""


class SesMail(Component):
    """A domain that sends through Amazon SES: signed, aligned, over TLS, with bounces reported.

    A new account is in SES's sandbox until AWS lifts that on request; until then mail reaches verified
    addresses only.

    Produces: configuration set with event destination (and a topic unless one is given), the identity with
    2048-bit DKIM, its custom MAIL FROM, the DNS records of all that, and an IAM user who may send from the
    domain and do nothing else.
    """

    identity_arn: pulumi.Output[str]
    """ARN of the domain's identity."""
    configuration_set_name: pulumi.Output[str]
    """Name of the configuration set."""
    topic_arn: pulumi.Output[str]
    """ARN of the topic that bounces and complaints are reported to."""
    username: pulumi.Output[str]
    """SMTP user (secret)."""
    password: pulumi.Output[str]
    """SMTP password (secret)."""

    def __init__(self, name: str, args: SesMailArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        _check(args)
        super().__init__("SesMail", name, args, opts)
        domain, region = args["domain"], args["region"]
        self._access_host = smtp_host(region)
        self._port = args.get("port", PORTS[0])
        self._domain = domain
        configuration = aws.sesv2.ConfigurationSet(
            f"{name}-set",
            region=region,
            configuration_set_name=set_name(domain),
            delivery_options=aws.sesv2.ConfigurationSetDeliveryOptionsArgs(tls_policy="REQUIRE"),
            reputation_options=aws.sesv2.ConfigurationSetReputationOptionsArgs(
                reputation_metrics_enabled=True
            ),
            sending_options=aws.sesv2.ConfigurationSetSendingOptionsArgs(sending_enabled=True),
            suppression_options=aws.sesv2.ConfigurationSetSuppressionOptionsArgs(
                suppressed_reasons=["BOUNCE", "COMPLAINT"]
            ),
            opts=self.child(),
        )
        self.configuration_set_name = configuration.configuration_set_name
        identity = aws.sesv2.EmailIdentity(
            f"{name}-identity",
            region=region,
            email_identity=domain,
            configuration_set_name=self.configuration_set_name,
            dkim_signing_attributes=aws.sesv2.EmailIdentityDkimSigningAttributesArgs(
                next_signing_key_length="RSA_2048_BIT"
            ),
            opts=self.child(),
        )
        self.identity_arn = identity.arn
        self._sign(name, args, identity)
        self._return_path(name, args, identity)
        if "dmarc_policy" in args:
            dns.record(
                f"{name}-dmarc",
                args["zone"],
                dns.Record(
                    type="TXT",
                    host=f"_dmarc.{domain}",
                    value=dmarc(args),
                    comment=DMARC_COMMENT,
                ),
                self.child(),
            )
        self.topic_arn = self._events(name, args, configuration)
        self.username, self.password = smtp_user(
            name,
            region=region,
            sender=args.get("from_address", f"*@{domain}"),
            arns=[identity.arn, configuration.arn],
            version=args.get("key_version", 1),
            opts=self.child(),
        )
        self.register()

    @property
    def access(self) -> MailAccess:
        """How the chat sends mail; user and password are secret."""
        return MailAccess(
            host=self._access_host,
            port=self._port,
            domain=self._domain,
            username=self.username,
            password=self.password,
        )

    def _sign(self, name: str, args: SesMailArgs, identity: "aws.sesv2.EmailIdentity") -> None:
        keys = dkim_domain(args["region"])
        tokens = identity.dkim_signing_attributes.apply(lambda given: list(given.tokens or ()))
        for index in range(DKIM_TOKENS):
            token = tokens.apply(itemgetter(index))
            dns.record(
                f"{name}-dkim-{index + 1}",
                args["zone"],
                dns.Record(
                    type="CNAME",
                    host=pulumi.Output.concat(token, "._domainkey.", args["domain"]),
                    value=pulumi.Output.concat(token, ".", keys),
                    comment="DKIM key of Amazon SES",
                ),
                self.child(),
            )

    def _return_path(self, name: str, args: SesMailArgs, identity: "aws.sesv2.EmailIdentity") -> None:
        mail_from = f"{args.get('mail_from', 'bounce')}.{args['domain']}"
        aws.sesv2.EmailIdentityMailFromAttributes(
            f"{name}-mail-from",
            region=args["region"],
            email_identity=identity.email_identity,
            mail_from_domain=mail_from,
            # Better sent under Amazon's own return path than not at all, while the MX record is not seen.
            behavior_on_mx_failure="USE_DEFAULT_VALUE",
            opts=self.child(),
        )
        dns.record(
            f"{name}-mail-from-mx",
            args["zone"],
            dns.Record(
                type="MX",
                host=mail_from,
                value=f"feedback-smtp.{args['region']}.amazonses.com",
                priority=MAIL_FROM_PRIORITY,
                comment="Bounces return to Amazon SES",
            ),
            self.child(),
        )
        dns.record(
            f"{name}-mail-from-spf",
            args["zone"],
            dns.Record(
                type="TXT",
                host=mail_from,
                value="v=spf1 include:amazonses.com ~all",
                comment="Amazon SES may send with this return path",
            ),
            self.child(),
        )

    def _events(
        self, name: str, args: SesMailArgs, configuration: "aws.sesv2.ConfigurationSet"
    ) -> pulumi.Output[str]:
        if "topic_arn" in args:
            topic_arn = pulumi.Output.from_input(args["topic_arn"])
        else:
            topic_arn = MailEvents(
                f"{name}-events",
                {
                    "region": args["region"],
                    "configuration_set_arn": configuration.arn,
                    "emails": args.get("event_emails", ()),
                },
                self.child(),
            ).topic_arn
        aws.sesv2.ConfigurationSetEventDestination(
            f"{name}-event-destination",
            region=args["region"],
            configuration_set_name=configuration.configuration_set_name,
            event_destination_name="undelivered",
            event_destination=aws.sesv2.ConfigurationSetEventDestinationEventDestinationArgs(
                enabled=True,
                matching_event_types=list(EVENTS),
                sns_destination=aws.sesv2.ConfigurationSetEventDestinationEventDestinationSnsDestinationArgs(
                    topic_arn=topic_arn
                ),
            ),
            opts=self.child(),
        )
        return topic_arn


def dmarc(args: SesMailArgs) -> str:
    """Return the text of the DMARC record that is asked for."""
    policy = f"v=DMARC1; p={args['dmarc_policy']}"
    if "dmarc_reports" not in args:
        return policy
    # In an address `#` and `?` mean something else, and `!` and `,` in DMARC (RFC 7489, 6.2).
    return f"{policy}; rua=mailto:{quote(args['dmarc_reports'], safe='@')}"


def _check(args: SesMailArgs) -> None:
    smtp_host(args["region"])
    domain, zone = args["domain"], args["zone"]["name"]
    if domain != zone and not domain.endswith(f".{zone}"):
        raise ValueError(f"the mail domain {domain} is not in the DNS zone {zone}, where its records must be")
    if not _LABEL.fullmatch(args.get("mail_from", "bounce")):
        raise ValueError(
            f"the mail_from name {args.get('mail_from')!r} must be one label under the domain, such as bounce"
        )
    if "from_address" in args and args["from_address"].rpartition("@")[2] != domain:
        raise ValueError(f"the From address {args['from_address']} is not in the mail domain {domain}")
    if "dmarc_policy" in args:
        one_of("the DMARC policy", args["dmarc_policy"], DMARC_POLICIES)
    elif "dmarc_reports" in args:
        raise ValueError("dmarc_reports are asked for in the DMARC record; give dmarc_policy, too")
    if args.get("port", PORTS[0]) not in PORTS:
        raise ValueError(
            f"the SES port is {args.get('port')}; it must be one of {', '.join(map(str, PORTS))}"
        )
    if "topic_arn" in args and "event_emails" in args:
        raise ValueError("event_emails subscribe to the topic made here; they cannot stand beside topic_arn")
