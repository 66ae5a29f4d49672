"""Mail by SES: proven sender, TLS, bounces seen, and a user who can do nothing else."""

import re

from policy import tokens as t
from policy.access import allowing, is_world
from policy.rule import Needs, Probe, expecting, is_in, present, true, unset_or
from policy.rules._make import ADVISORY, HIGH, LOW, MANDATORY, MEDIUM, Area
from policy.zone import RECORDS, Entry, entry_of, zone

_rule = Area("mail")

_DOCS = "https://docs.aws.amazon.com/ses/latest/dg/"
DKIM_TOKENS = 3


def _is_domain(p: Probe) -> bool:
    return "@" not in str(p.need("emailIdentity"))


def _key_length(p: Probe) -> None:
    if present(p.sure("dkimSigningAttributes.domainSigningPrivateKey")) or not _is_domain(p):
        return
    p.expect(
        "dkimSigningAttributes.nextSigningKeyLength",
        unset_or("RSA_2048_BIT"),
        "signs with a key that is too short",
    )


def _key_records(p: Probe) -> None:
    if not _is_domain(p):
        return
    domain = str(p.need("emailIdentity")).lower()
    found = [
        entry
        for entry in zone(p.stack).of("CNAME")
        if p.subject.urn in entry.sources or (entry.host or "").endswith(f"._domainkey.{domain}")
    ]
    if len(found) < DKIM_TOKENS:
        if any(entry.host is None for entry in zone(p.stack).of("CNAME")):
            p.unsure("(records).name")
        else:
            p.fail("its three DKIM records are not all in the stack: receivers cannot check the signature")
    for entry in found:
        if entry.subject.properties.get("proxied") is True:
            p.fail("the DKIM record is proxied, so nobody can read it", "proxied", entry.subject)


def _mail_from(p: Probe) -> None:
    if not _is_domain(p):
        return
    message = "bounces go to Amazon's own domain: SPF does not speak for this one"
    domain = str(p.need("emailIdentity")).lower()
    for side in p.partners(t.MAIL_FROM, "emailIdentity", message):
        other = p.other(side)
        other.expect(
            "mailFromDomain",
            lambda name: str(name).lower().endswith(f".{domain}"),
            "the MAIL FROM domain must be a subdomain of the identity",
        )


def _mail_from_records(p: Probe) -> None:
    domain = str(p.need("mailFromDomain"))
    exchangers = list(zone(p.stack).named("MX", domain))
    senders = list(zone(p.stack).named("TXT", domain))
    if not any(any(value.endswith(".amazonses.com") for value in entry.values or ()) for entry in exchangers):
        _missing(p, exchangers, "no MX record leads bounces to SES")
    if not any(any("include:amazonses.com" in value for value in entry.values or ()) for entry in senders):
        _missing(p, senders, "no SPF record lets SES send for this domain")


def _missing(p: Probe, entries: list[Entry], message: str) -> None:
    """Note that a record is missing, or that one may be it whose name or value is not known."""
    open_ = next((entry for entry in entries if entry.values is None), None)
    if open_ is not None:
        p.unsure(open_.field, open_.subject)
    else:
        p.fail(message, "mailFromDomain" if p.subject.type == t.MAIL_FROM else "")


SPF_LOOKUPS = 10
"""Most terms that lead to a question of DNS (RFC 7208, 4.6.4)."""
_ASKED = re.compile(r"^[+~?-]?(include:|a([:/]|$)|mx([:/]|$)|ptr|exists:)|^redirect=")


def _names_tell(p: Probe) -> None:
    """Judge records of mail by themselves: of a domain that SES sends for, another rule asks more."""
    if p.need("type") not in {"TXT", "CNAME"}:
        return
    entry = entry_of(p.stack, p.subject)
    if entry.host is None or entry.values is None:
        p.unsure("name" if entry.host is None else entry.field)
        return
    host = entry.host
    for value in entry.values:
        tags = _tags(value)
        if host.startswith("_dmarc.") and value.startswith("v=DMARC1") and not _strict(value):
            p.fail("receivers are not told to refuse what others send in its name", entry.field)
        if "._domainkey." in host and (tags.get("t") == "y" or tags.get("h") == "sha1"):
            p.fail("receivers take the signature for a test, or its hash for broken", entry.field)
        if (
            "._domainkey." in host
            and tags.get("k", "rsa") == "rsa"
            and 0 < len(tags.get("p", "")) < DKIM_LETTERS
        ):
            p.fail("the key is shorter than 1024 bits", entry.field)
        if value.startswith("v=spf1") and not re.search(
            r"(^|\s)([+~?-]?all|redirect=\S+)(\s|$)", value.lower()
        ):
            p.fail("says nothing of servers that it does not name", entry.field)


DKIM_LETTERS = 200
"""A key of RSA with 1024 bits has 216 letters in Base64 (RFC 5280, SubjectPublicKeyInfo)."""


def _one_spf(p: Probe) -> None:
    if p.need("type") != "TXT":
        return
    entry = entry_of(p.stack, p.subject)
    if entry.values is None or entry.host is None:
        p.unsure(entry.field if entry.values is None else "name")
        return
    own = [value for value in entry.values if value.startswith("v=spf1")]
    if any({"all", "+all", "?all"} & set(value.lower().split()) for value in own):
        p.fail("lets everybody send for the domain", entry.field)
    for value in own:
        terms = value.lower().split()[1:]
        if any(is_world(term.lstrip("+").partition(":")[2]) for term in terms if ":" in term):
            p.fail("lets every address send for the domain", entry.field)
        asked = [term for term in terms if _ASKED.match(term)]
        if len(asked) > SPF_LOOKUPS:
            p.fail("asks for more records than receivers look up", entry.field)
    same = [
        value
        for other in zone(p.stack).named("TXT", entry.host)
        for value in other.values or ()
        if value.startswith("v=spf1")
    ]
    if own and len(same) > 1:
        p.fail("two SPF records on one name are none", entry.field)


def _dmarc(p: Probe) -> None:
    found = _dmarc_records(p)
    if found and not any(_strict(value) for entry in found for value in entry.values or ()):
        _missing(p, found, "the DMARC record does not tell receivers to refuse what others send in its name")


def _dmarc_made(p: Probe) -> None:
    found = _dmarc_records(p)
    if any(entry.host is not None for entry in found):
        return
    if found:
        p.unsure("name", found[0].subject)
    elif _is_domain(p):
        p.fail("no DMARC record is made here: see that the domain has one, as others may forge its mail")


def _dmarc_records(p: Probe) -> list[Entry]:
    """The records that may speak for an identity's domain: its own, and those of the domains above it."""
    if not _is_domain(p):
        return []
    parts = str(p.need("emailIdentity")).lower().split(".")
    names = ["_dmarc." + ".".join(parts[start:]) for start in range(max(1, len(parts) - 1))]
    return [entry for name in names for entry in zone(p.stack).named("TXT", name)]


def _tags(text: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in text.split(";"))
    return {key.strip().lower(): value.strip() for key, _, value in pairs}


def _strict(text: str) -> bool:
    tags = _tags(text)
    wanted = {"quarantine", "reject"}
    return (
        text.startswith("v=DMARC1")
        and tags.get("p", "").lower() in wanted
        and tags.get("sp", "reject").lower() in wanted
        and tags.get("pct", "100") == "100"
    )


def _set_events(p: Probe) -> None:
    message = "nobody hears of bounces and complaints"
    for side in p.partners(t.EVENT_DESTINATION, "configurationSetName", message):
        other = p.other(side)
        other.expect("eventDestination.enabled", true, "is declared and switched off")
        other.expect(
            "eventDestination.matchingEventTypes",
            lambda kinds: set(kinds or ()) >= {"BOUNCE", "COMPLAINT"},
            message,
        )


def _smtp_user(p: Probe) -> None:
    for statement in allowing(p):
        if not any(action.startswith("ses:") for action in statement.actions):
            continue
        if set(statement.actions) - {"ses:sendrawemail", "ses:sendemail"}:
            statement.view.fail("may do more than send mail", "Action")
        if any("*" in resource for resource in statement.resources):
            statement.view.fail("may send by every identity of the account", "Resource")
        if statement.sure and not statement.asked("ses:fromaddress"):
            statement.view.fail("may send in anybody's name", "Condition")


def _identity_policy(p: Probe) -> None:
    for statement in allowing(p):
        if statement.anybody:
            statement.view.fail("everybody may send in this name", "Principal")


SES_DKIM_2048 = _rule(
    "ses-dkim-2048",
    "Mail is signed with a long key",
    MANDATORY,
    MEDIUM,
    (t.EMAIL_IDENTITY,),
    _key_length,
    maps="part of P:ses_identity_dkim_enabled",
    fix="Set next_signing_key_length RSA_2048_BIT.",
    link="https://docs.aws.amazon.com/ses/latest/dg/send-email-authentication-dkim-easy.html",
)
SES_DKIM_RECORDS = _rule(
    "ses-dkim-records",
    "The three DKIM records are there",
    MANDATORY,
    HIGH,
    (t.EMAIL_IDENTITY,),
    _key_records,
    maps="AWS docs Easy DKIM, part of P:ses_identity_dkim_enabled",
    needs=Needs.STACK,
    why="the records of an identity are made after it",
    fix="Make three CNAMEs from the identity's tokens, not proxied.",
    link=_DOCS + "send-email-authentication-dkim-easy.html",
    product=True,
)
SES_MAIL_FROM = _rule(
    "ses-mail-from",
    "Bounces come back to one's own domain",
    MANDATORY,
    MEDIUM,
    (t.EMAIL_IDENTITY,),
    _mail_from,
    maps="AWS docs MAIL FROM",
    needs=Needs.EARLIER,
    sides=(t.MAIL_FROM,),
    why="the MAIL FROM domain of an identity is made after it",
    fix="Add EmailIdentityMailFromAttributes with a subdomain.",
    link=_DOCS + "mail-from.html",
    product=True,
)
SES_MAIL_FROM_RECORDS = _rule(
    "ses-mail-from-records",
    "The MAIL FROM domain has its MX and SPF",
    MANDATORY,
    HIGH,
    (t.MAIL_FROM,),
    _mail_from_records,
    maps="AWS docs MAIL FROM, part of P:zone_record_spf_exists",
    needs=Needs.STACK,
    why="the records of a MAIL FROM domain are made after it",
    fix="Make an MX 10 feedback-smtp.<region>.amazonses.com and a TXT v=spf1 include:amazonses.com -all.",
    link=_DOCS + "mail-from.html",
    product=True,
)
SES_MX_FAILURE = _rule(
    "ses-mx-failure",
    "What happens without the MX record is decided",
    ADVISORY,
    LOW,
    (t.MAIL_FROM,),
    expecting("behaviorOnMxFailure", present, "nobody has decided what happens when the record is missing"),
    maps="AWS docs MAIL FROM",
    fix="Set behavior_on_mx_failure.",
    link=_DOCS + "mail-from.html",
)
DNS_SPF_SINGLE = _rule(
    "dns-spf-single",
    "One SPF record a name, and not for everybody",
    MANDATORY,
    MEDIUM,
    RECORDS,
    _one_spf,
    maps="part of P:zone_record_spf_exists, practice RFC 7208",
    needs=Needs.EARLIER,
    fix="Join the records; end with -all or ~all.",
    link="https://www.rfc-editor.org/rfc/rfc7208#section-4.5",
)
DNS_MAIL_STRICT = _rule(
    "dns-mail-strict",
    "Records of mail say what receivers are to refuse",
    ADVISORY,
    LOW,
    RECORDS,
    _names_tell,
    maps="practice RFC 7489",
    needs=Needs.EARLIER,
    fix="Set p=quarantine or p=reject without pct and sp=none, -all in SPF, and a DKIM key of 2048 bits without t=y.",
    link="https://www.rfc-editor.org/rfc/rfc7489#section-6.3",
)
SES_DMARC = _rule(
    "ses-dmarc",
    "Receivers refuse what others send in this name",
    MANDATORY,
    MEDIUM,
    (t.EMAIL_IDENTITY,),
    _dmarc,
    maps="P:zone_record_dmarc_exists",
    needs=Needs.STACK,
    why="the records of an identity are made after it",
    fix="Make a TXT _dmarc.<domain> with v=DMARC1; p=quarantine or reject; rua=….",
    link=_DOCS + "send-email-authentication-dmarc.html",
)
SES_DMARC_MADE = _rule(
    "ses-dmarc-made",
    "The domain has a DMARC record",
    ADVISORY,
    MEDIUM,
    (t.EMAIL_IDENTITY,),
    _dmarc_made,
    maps="part of P:zone_record_dmarc_exists",
    needs=Needs.STACK,
    fix="Set mail.dmarcPolicy to quarantine where nobody else makes the record; a second one would switch DMARC off.",
    link=_DOCS + "send-email-authentication-dmarc.html",
)
SES_CONFIGURATION_SET = _rule(
    "ses-config-set",
    "Mail is sent by a configuration set",
    MANDATORY,
    MEDIUM,
    (t.EMAIL_IDENTITY,),
    expecting(
        "configurationSetName",
        present,
        "mail is sent by no configuration set: TLS and bounces are left to chance",
    ),
    maps="part of Config ses-sending-tls-required",
    fix="Name it in configuration_set_name.",
    link=_DOCS + "using-configuration-sets.html",
    product=True,
)
SES_TLS = _rule(
    "ses-tls-required",
    "Mail travels by TLS only",
    MANDATORY,
    HIGH,
    (t.CONFIGURATION_SET,),
    expecting("deliveryOptions.tlsPolicy", is_in("REQUIRE"), "sends in clear to who does not offer TLS"),
    maps="Config ses-sending-tls-required, CKV_AWS_365",
    fix="Set tls_policy REQUIRE.",
    link=_DOCS + "security-protocols.html",
)
SES_REPUTATION = _rule(
    "ses-reputation",
    "Bounces and complaints are counted",
    MANDATORY,
    LOW,
    (t.CONFIGURATION_SET,),
    expecting("reputationOptions.reputationMetricsEnabled", true, "bounces and complaints are not counted"),
    maps="AWS docs reputation",
    fix="Set reputation_metrics_enabled.",
    link=_DOCS + "monitor-sender-reputation.html",
    product=True,
)
SES_SUPPRESSION = _rule(
    "ses-suppression",
    "Who bounced or complained is not written to again",
    MANDATORY,
    MEDIUM,
    (t.CONFIGURATION_SET,),
    expecting(
        "suppressionOptions.suppressedReasons",
        lambda reasons: set(reasons or ()) >= {"BOUNCE", "COMPLAINT"},
        "writes again to who bounced or complained",
    ),
    maps="AWS docs suppression list",
    fix="Set suppressed_reasons BOUNCE and COMPLAINT.",
    link=_DOCS + "sending-email-suppression-list.html",
    product=True,
)
SES_EVENTS = _rule(
    "ses-events",
    "Somebody hears of bounces and complaints",
    ADVISORY,
    LOW,
    (t.CONFIGURATION_SET,),
    _set_events,
    maps="AWS docs event publishing",
    needs=Needs.STACK,
    fix="Add a ConfigurationSetEventDestination to SNS.",
    link=_DOCS + "monitor-using-event-publishing.html",
)
SES_SENDING = _rule(
    "ses-sending-on",
    "A configuration set may send",
    MANDATORY,
    LOW,
    (t.CONFIGURATION_SET,),
    expecting("sendingOptions.sendingEnabled", lambda on: on is not False, "sending is switched off"),
    maps="practice availability",
    fix="Leave sending_enabled on.",
    link=_DOCS + "using-configuration-sets.html",
    product=True,
)
SES_SMTP_USER_SCOPED = _rule(
    "ses-smtp-user-scoped",
    "The SMTP user can send from the chat's address and nothing else",
    MANDATORY,
    HIGH,
    (t.IAM_USER_POLICY, t.IAM_POLICY),
    _smtp_user,
    maps="AWS docs SES policies",
    fix="Allow ses:SendRawEmail on the identity and the configuration set, with ses:FromAddress.",
    link=_DOCS + "control-user-access.html",
    product=True,
)
SES_IDENTITY_PRIVATE = _rule(
    "ses-identity-policy-private",
    "Not everybody may send in this name",
    MANDATORY,
    HIGH,
    (t.IDENTITY_POLICY,),
    _identity_policy,
    maps="P:ses_identity_not_publicly_accessible",
    fix="Name the principals.",
    link=_DOCS + "sending-authorization-policies.html",
)
