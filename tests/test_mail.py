"""Mail: a domain that sends through Amazon SES, or any SMTP server."""

import json
import re
from typing import Any

import pulumi
import pytest
from recording import ACCOUNT, Answer, Recording, record

from components.mail.events import KEY_ADMINISTRATION
from components.mail.password import smtp_password
from components.mail.regions import SMTP_REGIONS, dkim_domain, smtp_host
from components.mail.sender import SesSender
from components.mail.ses import SesMail, SesMailArgs, set_name
from components.mail.smtp import smtp
from components.values import DnsZone

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
REGION = "ap-southeast-1"
PASSWORD = "BPFxvU6FSotUttFTKPPijavrWlByiD8MvThjbo1MuvNt"
ZONE: DnsZone = {"kind": "cloudflare", "name": "lovia.life", "id": "zone-1"}
SET = f"arn:aws:ses:{REGION}:{ACCOUNT}:configuration-set/mail"
IDENTITY = f"arn:aws:ses:{REGION}:{ACCOUNT}:identity/lovia.life"

OUTPUTS: dict[str, Answer] = {
    "ConfigurationSet": lambda args: {"arn": SET},
    "EmailIdentity": lambda args: {
        "arn": IDENTITY,
        "dkimSigningAttributes": {
            **args.inputs.pop("dkimSigningAttributes"),
            "tokens": ["token1", "token2", "token3"],
        },
    },
    "AccessKey": lambda args: {"secret": SECRET},
    "TopicPolicy": lambda args: {"arn": args.inputs["arn"]},
}


IDENTITY = "arn:aws:ses:ap-southeast-1:123456789012:identity/lovia.life"
SET = "arn:aws:ses:ap-southeast-1:123456789012:configuration-set/lovia-life"


def mail_args(**changes: Any) -> SesMailArgs:
    args: dict[str, Any] = {"domain": "lovia.life", "region": REGION, "zone": ZONE, **changes}
    return {key: value for key, value in args.items() if value is not None}  # type: ignore[return-value]


def mail(**changes: Any) -> Recording:
    def program() -> Any:
        made = SesMail("mail", mail_args(**changes))
        access = made.access
        assert access.username is not None
        assert access.password is not None
        return {
            "host": access.host,
            "port": access.port,
            "domain": access.domain,
            "username": access.username,
            "password": access.password,
            "secret": [
                pulumi.Output.from_input(access.username.is_secret()),
                pulumi.Output.from_input(access.password.is_secret()),
            ],
            "topic": made.topic_arn,
            "shown": repr(access),
        }

    return record(program, outputs=OUTPUTS)


def dns(made: Recording) -> set[tuple[str, str, str]]:
    return {
        (found.inputs["type"], found.inputs["name"], found.inputs["content"])
        for found in made.all("DnsRecord")
    }


# The password


@pytest.mark.parametrize(
    ("region", "password"),
    [
        ("us-east-1", "BLBM/9hSUELfq8Gw+rU1YcBjkOxGbhT2XG763xVLGWL9"),
        ("ap-southeast-1", PASSWORD),
        ("eu-west-1", "BMW5RDrXmmVs0lV7GpI4oLkHXpZ4stDsk6q91z1g38Pk"),
    ],
)
def test_the_smtp_password_is_the_one_that_ses_expects_in_that_region(region: str, password: str) -> None:
    assert smtp_password(SECRET, region) == password


# The regions


def test_a_region_without_smtp_is_refused_with_those_that_have_it() -> None:
    with pytest.raises(ValueError, match=r"no mail over SMTP in 'me-south-1'.*ap-southeast-1"):
        smtp_host("me-south-1")
    with pytest.raises(ValueError, match="no mail over SMTP in 'ap-southeast-3'"):
        SesMail("mail", mail_args(region="ap-southeast-3"))


def test_the_smtp_host_and_the_dkim_keys_are_those_of_the_region() -> None:
    assert smtp_host("us-east-1") == "email-smtp.us-east-1.amazonaws.com"
    assert dkim_domain("ap-southeast-1") == "dkim.amazonses.com"
    assert dkim_domain("ap-northeast-3") == "dkim.ap-northeast-3.amazonses.com"
    assert all(smtp_host(region) for region in SMTP_REGIONS)


# The domain


def test_mail_is_signed_with_2048_bits() -> None:
    identity = mail().one("EmailIdentity").inputs
    assert identity["emailIdentity"] == "lovia.life"
    assert identity["dkimSigningAttributes"] == {"nextSigningKeyLength": "RSA_2048_BIT"}
    assert identity["configurationSetName"] == "lovia-life"


def test_no_two_domains_have_one_configuration_set() -> None:
    domains = ["lovia.life", "a-b.example.com", "a.b.example.com", "a-b-example.com", "a.b-example.com"]
    domains += [f"{'x' * 60}.{end}.example.com" for end in ("one", "two", "o-e", "o.e")]
    names = [set_name(domain) for domain in domains]
    assert names[0] == "lovia-life"
    assert len(set(names)) == len(domains)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name) for name in names)


def test_mail_leaves_over_tls_and_known_bad_addresses_are_left_out() -> None:
    configuration = mail().one("ConfigurationSet").inputs
    assert configuration["deliveryOptions"] == {"tlsPolicy": "REQUIRE"}
    assert configuration["reputationOptions"] == {"reputationMetricsEnabled": True}
    assert configuration["suppressionOptions"] == {"suppressedReasons": ["BOUNCE", "COMPLAINT"]}


def test_the_domain_has_every_record_that_receivers_look_for() -> None:
    assert dns(mail(dmarc_policy="quarantine")) == {
        ("CNAME", "token1._domainkey.lovia.life", "token1.dkim.amazonses.com"),
        ("CNAME", "token2._domainkey.lovia.life", "token2.dkim.amazonses.com"),
        ("CNAME", "token3._domainkey.lovia.life", "token3.dkim.amazonses.com"),
        ("MX", "bounce.lovia.life", "feedback-smtp.ap-southeast-1.amazonses.com"),
        ("TXT", "bounce.lovia.life", '"v=spf1 include:amazonses.com ~all"'),
        ("TXT", "_dmarc.lovia.life", '"v=DMARC1; p=quarantine"'),
    }


def test_no_record_of_mail_is_proxied_and_the_mx_has_its_priority() -> None:
    made = mail()
    assert all(found.inputs["proxied"] is False for found in made.all("DnsRecord"))
    assert made.one("DnsRecord", "mail-mail-from-mx").inputs["priority"] == 10


def test_bounces_return_to_a_name_of_their_own() -> None:
    made = mail(mail_from="returns")
    attributes = made.one("EmailIdentityMailFromAttributes").inputs
    assert attributes["mailFromDomain"] == "returns.lovia.life"
    assert attributes["behaviorOnMxFailure"] == "USE_DEFAULT_VALUE"
    assert ("MX", "returns.lovia.life", "feedback-smtp.ap-southeast-1.amazonses.com") in dns(made)


def test_a_domain_below_the_zone_gets_its_records_there() -> None:
    assert ("TXT", "_dmarc.chat.lovia.life", '"v=DMARC1; p=quarantine"') in dns(
        mail(domain="chat.lovia.life", dmarc_policy="quarantine")
    )


def test_dmarc_is_as_strict_as_told_and_reports_where_told() -> None:
    made = mail(dmarc_policy="reject", dmarc_reports="dmarc@lovia.life")
    assert ("TXT", "_dmarc.lovia.life", '"v=DMARC1; p=reject; rua=mailto:dmarc@lovia.life"') in dns(made)


def test_no_dmarc_record_is_made_that_nobody_asked_for() -> None:
    assert not [found for found in dns(mail()) if found[1].startswith("_dmarc.")]


def test_everything_of_ses_is_in_the_region_of_the_mail() -> None:
    made = mail(region="us-east-1")
    regional = [
        found for found in made.made if found.type.split(":")[1].split("/")[0] in ("sesv2", "sns", "kms")
    ]
    assert len(regional) == 7
    assert {found.inputs["region"] for found in regional} == {"us-east-1"}
    assert made.value["host"] == "email-smtp.us-east-1.amazonaws.com"
    assert made.value["password"] == smtp_password(SECRET, "us-east-1") != PASSWORD


# Undelivered mail


def test_undelivered_mail_is_reported() -> None:
    destination = mail().one("ConfigurationSetEventDestination").inputs["eventDestination"]
    assert destination["enabled"] is True
    assert set(destination["matchingEventTypes"]) == {"BOUNCE", "COMPLAINT", "REJECT", "DELIVERY_DELAY"}
    topic = f"arn:aws:sns:{REGION}:{ACCOUNT}:Topic/mail-events-topic"
    assert destination["snsDestination"]["topicArn"] == topic


def test_ses_is_told_of_the_topic_only_after_the_topic_lets_it_in() -> None:
    waits = mail().one("ConfigurationSetEventDestination").depends_on
    assert any("TopicPolicy" in urn for urn in waits)


def test_only_ses_for_this_configuration_set_may_publish_into_the_topic() -> None:
    (statement,) = mail().one("TopicPolicy").json("policy")["Statement"]
    assert statement["Principal"] == {"Service": ["ses.amazonaws.com"]}
    assert statement["Action"] == ["sns:Publish"]
    assert statement["Condition"] == {
        "StringEquals": {"aws:SourceAccount": ACCOUNT},
        "ArnEquals": {"aws:SourceArn": SET},
    }


def test_the_topic_is_encrypted_with_a_key_that_ses_may_use() -> None:
    made = mail()
    assert made.one("Topic").inputs["kmsMasterKeyId"].endswith("mail-events-key")
    key = made.one("Key")
    assert key.inputs["enableKeyRotation"] is True
    assert key.inputs["deletionWindowInDays"] == 30
    administration, events = key.json("policy")["Statement"]
    assert administration["Principal"] == {"AWS": [f"arn:aws:iam::{ACCOUNT}:root"]}
    assert set(administration["Action"]) == set(KEY_ADMINISTRATION) >= {"kms:PutKeyPolicy"}
    assert events["Principal"] == {"Service": ["ses.amazonaws.com"]}
    assert events["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]
    assert events["Condition"]["StringEquals"] == {"aws:SourceAccount": ACCOUNT}


def test_people_are_told_by_mail_where_addresses_are_given() -> None:
    assert not mail().all("TopicSubscription")
    told = mail(event_emails=["ops@lovia.life"]).one("TopicSubscription").inputs
    assert (told["protocol"], told["endpoint"]) == ("email", "ops@lovia.life")


def test_a_given_topic_is_used_and_none_is_made() -> None:
    made = mail(topic_arn="arn:aws:sns:ap-southeast-1:123456789012:ops")
    assert not made.all("Topic")
    assert not made.all("Key")
    assert made.value["topic"] == "arn:aws:sns:ap-southeast-1:123456789012:ops"


# The SMTP user


def test_the_smtp_user_may_send_from_the_domain_and_do_nothing_else() -> None:
    (statement,) = mail().one("UserPolicy").json("policy")["Statement"]
    assert statement["Effect"] == "Allow"
    assert statement["Action"] == ["ses:SendRawEmail"]
    assert statement["Resource"] == [IDENTITY, SET]
    assert statement["Condition"] == {"StringLike": {"ses:FromAddress": "*@lovia.life"}}


def test_one_from_address_is_the_only_one_where_it_is_given() -> None:
    (statement,) = mail(from_address="chat@lovia.life").one("UserPolicy").json("policy")["Statement"]
    assert statement["Condition"] == {"StringEquals": {"ses:FromAddress": "chat@lovia.life"}}


def test_access_is_the_derived_password_and_never_the_key_itself() -> None:
    made = mail()
    assert made.value["host"] == "email-smtp.ap-southeast-1.amazonaws.com"
    assert (made.value["port"], made.value["domain"]) == (587, "lovia.life")
    assert made.value["username"] == "mail-smtp-key-1-id"
    assert made.value["password"] == PASSWORD
    assert made.value["secret"] == [True, True]
    assert PASSWORD not in made.value["shown"]
    written = json.dumps([found.inputs for found in made.made])
    assert SECRET not in written
    assert PASSWORD not in written


def test_a_new_key_version_makes_a_key_beside_the_old_one() -> None:
    assert mail(key_version=2).one("AccessKey").name == "mail-smtp-key-2"


@pytest.mark.parametrize("port", [587, 465, 2587, 2465])
def test_every_port_of_ses_with_tls_can_be_had(port: int) -> None:
    assert mail(port=port).value["port"] == port


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"domain": "example.com"}, "example.com is not in the DNS zone lovia.life"),
        ({"domain": "notlovia.life"}, "notlovia.life is not in the DNS zone"),
        ({"mail_from": "a.b"}, "mail_from name 'a.b'"),
        ({"mail_from": ""}, "mail_from name ''"),
        ({"from_address": "chat@example.com"}, "chat@example.com is not in the mail domain lovia.life"),
        ({"dmarc_policy": "block"}, "DMARC policy is 'block'"),
        ({"dmarc_reports": "dmarc@lovia.life"}, "give dmarc_policy, too"),
        ({"port": 25}, "SES port is 25"),
        ({"region": "eu-south-1"}, "no mail over SMTP in 'eu-south-1'"),
        ({"topic_arn": "arn", "event_emails": ["a@b.c"]}, "cannot stand beside topic_arn"),
    ],
)
def test_wrong_mail_is_refused_by_name_before_anything_is_made(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        SesMail("mail", mail_args(**changes))


# A domain that is set up already


def sender(**changes: Any) -> Recording:
    args: Any = {"domain": "lovia.life", "region": REGION, "identity_arn": IDENTITY, **changes}

    def program() -> Any:
        made = SesSender("mail", args)
        return {"user": made.username.is_secret(), "host": made.access.host, "port": made.access.port}

    return record(program)


def test_beside_a_domain_that_is_set_up_already_a_user_is_made_and_nothing_else() -> None:
    made = sender(configuration_set_arn=SET)
    kinds = {one.type for one in made.made if one.type.startswith("aws:")}
    assert kinds == {"aws:iam/user:User", "aws:iam/userPolicy:UserPolicy", "aws:iam/accessKey:AccessKey"}
    assert not made.all("DnsRecord")


def test_who_sends_from_a_domain_that_is_set_up_already_may_send_from_it_only() -> None:
    [statement] = sender(configuration_set_arn=SET).one("UserPolicy").json("policy")["Statement"]
    assert statement["Action"] == ["ses:SendRawEmail"]
    assert statement["Resource"] == [IDENTITY, SET]
    assert statement["Condition"] == {"StringLike": {"ses:FromAddress": "*@lovia.life"}}


def test_a_region_without_smtp_is_refused_for_a_domain_that_is_set_up_already() -> None:
    with pytest.raises(ValueError, match="no mail over SMTP"):
        sender(region="eu-south-1")


# Any SMTP server


def test_a_given_smtp_servers_user_and_password_become_secret() -> None:
    def program() -> Any:
        access = smtp("smtp.example.com", 465, "example.com", "chat", "canary")
        assert access.username is not None
        assert access.password is not None
        return {
            "known": [access.host, access.port, access.domain, access.username, access.password],
            "secret": [
                pulumi.Output.from_input(access.username.is_secret()),
                pulumi.Output.from_input(access.password.is_secret()),
            ],
            "shown": repr(access),
        }

    value = record(program).value
    assert value["known"] == ["smtp.example.com", 465, "example.com", "chat", "canary"]
    assert value["secret"] == [True, True]
    assert "canary" not in value["shown"]


def test_a_relay_needs_no_user() -> None:
    access = smtp("relay.internal", 25, "example.com")
    assert access.username is None
    assert access.password is None


def test_half_of_the_smtp_credentials_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="the password is missing"):
        smtp("smtp.example.com", 465, "example.com", username="chat")
    with pytest.raises(ValueError, match="the username is missing"):
        smtp("smtp.example.com", 465, "example.com", password="x")


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_a_port_that_is_none_is_refused(port: int) -> None:
    with pytest.raises(ValueError, match=f"SMTP port is {port}"):
        smtp("smtp.example.com", port, "example.com")
