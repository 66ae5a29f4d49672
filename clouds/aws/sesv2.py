"""SES."""

from collections.abc import Iterator
from typing import Any

from clouds.ask import Ask
from clouds.aws import charges
from clouds.aws.calls import create, sent
from clouds.aws.common import BASE36, DOMAIN
from clouds.limits import formed, one_of
from clouds.record import (
    NO_DATA,
    UNNOTICED,
    Answers,
    Drawn,
    Lookup,
    Named,
    Nothing,
    Overwritten,
    Refused,
    Refuses,
    Resource,
    Role,
    one_name,
    replaced_by,
)

SES_NAME = formed(r"[A-Za-z0-9_-]{1,64}", "at most 64 letters, digits, hyphens and underscores")
"""SES API v2, CreateConfigurationSet and CreateConfigurationSetEventDestination."""


def _dkim(ask: Ask) -> dict[str, Any]:
    asked = ask["dkimSigningAttributes"] or {}
    own_key = "domainSigningSelector" in asked
    return {
        **asked,
        "currentSigningKeyLength": asked.get("nextSigningKeyLength") or "RSA_1024_BIT",
        "nextSigningKeyLength": asked.get("nextSigningKeyLength") or "RSA_1024_BIT",
        "signingAttributesOrigin": "EXTERNAL" if own_key else "AWS_SES",
        "status": "PENDING",
        "tokens": [] if own_key else [ask.letters(32, BASE36, str(at)) for at in range(3)],
    }


def _sent_by(ask: Ask) -> str:
    """The configuration set of an identity in this cloud; one made elsewhere is named after the domain."""
    for one in ask.world("aws:sesv2/emailIdentity:EmailIdentity"):
        if one.inputs["emailIdentity"] == ask["emailIdentity"]:
            return str(one.inputs.get("configurationSetName") or "")
    return str(ask["emailIdentity"]).replace(".", "-")


EMAIL_IDENTITY = Resource(
    "aws:sesv2/emailIdentity:EmailIdentity",
    "domain that mail is sent from, and its DKIM keys",
    answers=Answers(
        id="{emailIdentity}",
        outputs={
            "arn": "arn:{partition}:ses:{region}:{account}:identity/{emailIdentity}",
            "dkimSigningAttributes": _dkim,
            "identityType": lambda ask: "EMAIL_ADDRESS" if "@" in ask["emailIdentity"] else "DOMAIN",
            "verificationStatus": "PENDING",
            "verifiedForSendingStatus": False,
        },
    ),
    requests=sent(create("sesv2.CreateEmailIdentity")),
    refuses=Refuses(
        # SES API v2, CreateEmailIdentity.
        values={
            "emailIdentity": formed(rf"([^@\s]{{1,64}}@)?{DOMAIN}", "a domain or an e-mail address"),
        },
        once=(one_name("mail identity", "AlreadyExistsException", key="emailIdentity"),),
    ),
    again=Refused(),
    replaced=replaced_by("emailIdentity region"),
    import_id="{emailIdentity}",
    found=Named(),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=charges.mail,
    drawn=(Drawn(Role.MAIL, "E-mail", ("AWS {region}",), "Amazon SES"),),
)


EMAIL_IDENTITY_MAIL_FROM_ATTRIBUTES = Resource(
    "aws:sesv2/emailIdentityMailFromAttributes:EmailIdentityMailFromAttributes",
    "own domain of bounces",
    answers=Answers(id="{emailIdentity}"),
    requests=sent(create("sesv2.PutEmailIdentityMailFromAttributes")),
    refuses=Refuses(
        # SES API v2, PutEmailIdentityMailFromAttributes.
        values={
            "mailFromDomain": formed(DOMAIN, "a domain"),
        },
    ),
    again=Overwritten(),
    replaced=replaced_by("emailIdentity region"),
    import_id="{emailIdentity}",
    found=Named(),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=Nothing("free: each e-mail is charged"),
)


CONFIGURATION_SET = Resource(
    "aws:sesv2/configurationSet:ConfigurationSet",
    "rules of sending: TLS, reputation",
    answers=Answers(
        id="{configurationSetName}",
        outputs={
            "arn": "arn:{partition}:ses:{region}:{account}:configuration-set/{configurationSetName}",
        },
    ),
    requests=sent(create("sesv2.CreateConfigurationSet")),
    refuses=Refuses(
        values={"configurationSetName": SES_NAME},
        once=(one_name("configuration set", "AlreadyExistsException", key="configurationSetName"),),
    ),
    again=Refused(),
    replaced=replaced_by("configurationSetName region"),
    import_id="{configurationSetName}",
    found=Named(),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=Nothing("free: each e-mail is charged"),
)


def _destination(ask: Ask) -> Iterator[str]:
    """SES API v2, EventDestinationDefinition: a destination is one thing."""
    places = [key for key in ask["eventDestination"] or {} if key.endswith("Destination")]
    yield from (
        one_of(ask["eventDestination"] or {}, *places) if places else ["eventDestination leads nowhere"]
    )


CONFIGURATION_SET_EVENT_DESTINATION = Resource(
    "aws:sesv2/configurationSetEventDestination:ConfigurationSetEventDestination",
    "where bounces and complaints are reported",
    answers=Answers(id="{configurationSetName}|{eventDestinationName}"),
    requests=sent(create("sesv2.CreateConfigurationSetEventDestination")),
    refuses=Refuses(values={"eventDestinationName": SES_NAME}, together=_destination),
    again=Refused(),
    replaced=replaced_by("configurationSetName eventDestinationName region"),
    import_id="{configurationSetName}|{eventDestinationName}",
    found=Named(),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=Nothing("free: each e-mail is charged"),
)


GET_EMAIL_IDENTITY = Lookup(
    "aws:sesv2/getEmailIdentity:getEmailIdentity",
    outputs={
        "arn": "arn:{partition}:ses:{region}:{account}:identity/{emailIdentity}",
        "configurationSetName": _sent_by,
        "dkimSigningAttributes": lambda ask: [_dkim(ask)],
        "id": "{emailIdentity}",
        "identityType": "DOMAIN",
        "verificationStatus": "SUCCESS",
        "verifiedForSendingStatus": True,
    },
    defaults={
        "tags": {},
    },
)
