"""DNS and what Cloudflare does with it."""

import ipaddress
import re
from collections.abc import Mapping
from typing import Any

from policy import tokens as t
from policy.access import is_world
from policy.model import Stack
from policy.rule import (
    Needs,
    Probe,
    View,
    absent,
    as_number,
    expecting,
    is_in,
    not_false,
    not_true,
    present,
    true,
)
from policy.rules._make import ADVISORY, HIGH, LOW, MANDATORY, MEDIUM, Area
from policy.rules.cdn import HSTS_SECONDS
from policy.zone import RECORDS, entry_of, zone

_rule = Area("dns")

_DOCS = "https://developers.cloudflare.com/"
WANTED = {
    "ssl": ("strict",),
    "min_tls_version": ("1.2", "1.3"),
    "always_use_https": ("on",),
    "tls_1_3": ("on", "zrt"),
    "automatic_https_rewrites": ("on",),
    "websockets": ("on",),
}
"""Settings of a zone and the values that are safe for a proxied chat."""
WEAK = ("off", "flexible", "essentially_off")
"""Values by which a guard of Cloudflare is off, or as good as off."""
_ALL = re.compile(
    r"|true|not false|ssl or not ssl|[\w.]+ (ne|!=) (\"\"|0\.0\.0\.0)|[\w.]+ (ge|>=) 0"
    r"|[\w.]+ (contains|matches|~|(strict )?wildcard) r?\"[/*.^$]*\"|starts_with\([\w.]+, ?\"/?\"\)?"
    r"|ip\.src in \{[^}]*(0\.0\.0\.0|::)/0[^}]*\}",
    re.IGNORECASE,
)
"""Expressions of Cloudflare's rules that fit every request."""
_NEARLY_ALL = re.compile(
    r"ssl|(http\.(host|request\.method|request\.version|x_forwarded_for)|cf\.zone\.name) (?!ne |!=).+"
    r"|(lower|upper)\(http\.host\) (?!ne |!=).+|[\w.]+ (ne|!=) .+"
    r"|http\.request\.full_uri (strict )?wildcard r?\"[^/]*//[^/]*/\*\"",
    re.IGNORECASE,
)
"""Expressions that fit nearly every request to a site."""
NEVER_PROXIED = (".dkim.amazonses.com", ".acm-validations.aws", ".cloudfront.net", ".amazonses.com")


def _zone_setting(p: Probe) -> None:
    name = p.need("settingId")
    if name in WANTED:
        p.expect(
            "value", is_in(*WANTED[name]), "this value weakens TLS between users, Cloudflare and the chat"
        )
    elif name == "security_header":
        header = "value.strict_transport_security"
        p.expect(f"{header}.enabled", is_in(True), "browsers are not told to stay with TLS")
        p.expect(
            f"{header}.max_age",
            lambda seconds: seconds is None or as_number(seconds) >= HSTS_SECONDS,
            "browsers are told to stay with TLS for less than half a year",
        )


def _guards(p: Probe) -> None:
    if p.subject.type == t.RULESET:
        for rule in p.each("rules"):
            if rule.get("enabled") is not False:
                _ruleset_rule(rule)
    elif p.subject.type == t.ZONE_SETTING:
        if p.need("settingId") in {"security_level", "waf", "browser_check"}:
            p.expect("value", lambda value: value not in WEAK, "switches a guard off")
    elif p.subject.type == t.CF_FIREWALL_RULE:
        _firewall_rule(p)
    elif p.subject.type == t.CF_ACCESS_POLICY:
        if p.need("decision") != "deny" and absent(p.get("requires")):
            for group in p.each("includes"):
                if group.get("everyone") is not None:
                    group.fail("lets everybody in", "everyone")
    elif p.subject.type == t.ADDRESS_RULE:
        if p.need("mode") == "whitelist" and is_world(str(p.sure("configuration.value"))):
            p.fail("lets the whole internet past the firewall", "configuration.value")
    elif p.need("status") != "disabled":
        p.expect("actions.disableSecurity", not_true, "switches the firewall off")
        for key in ("ssl", "waf", "securityLevel"):
            p.expect(f"actions.{key}", lambda value: value not in WEAK, "switches a guard off")


def _firewall_rule(p: Probe) -> None:
    """Judge a rule of the older kind, whose expression stands in it or in a filter of its own."""
    action = p.get("action")
    mode = action.get("mode") if isinstance(action, dict) else p.need("action")
    if mode not in {"allow", "bypass", "skip"} or true(p.get("paused")):
        return
    given = p.at("filter")
    for filter_ in (p.other(one) for one in p.stack.meant(p.subject, "filter", t.CF_FILTER)):
        for body in (*filter_.each("bodies"), filter_):
            if _means_all(str(body.sure("expression") or "false")):
                p.fail("lets every request past the firewall", "filter")
    expression = given.sure("expression")
    if expression is not None and _means_all(str(expression)):
        given.fail("lets every request past the firewall", "expression")


def _ruleset_rule(rule: View) -> None:
    action = rule.sure("action")
    if action == "execute":
        rule.expect(
            "actionParameters.overrides.enabled", not_false, "switches the rules off that it calls for"
        )
    elif action == "set_config":
        rule.expect("actionParameters.ssl", lambda mode: mode not in WEAK, "switches a guard off")
    if action not in {"skip", "allow", "bypass", "set_config"}:
        return
    expression = rule.sure("expression")
    if expression is None and rule.get("expression") is not None:
        return  # not known yet
    if _means_all(str(expression or "")):
        if action == "set_config":
            level = "actionParameters.securityLevel"
            rule.expect(level, lambda value: value not in WEAK, "switches a guard off")
        else:
            rule.fail("lets every request past the firewall", "expression")


def _means_all(expression: str) -> bool:
    """Tell whether an expression of a rule fits every request to a site, or nearly so.

    Nearly: it asks for the site's own name, for how it is spoken to, or for what a request is not.
    """
    text = _bare(" ".join(expression.split()))
    if _ALL.fullmatch(text) or _NEARLY_ALL.fullmatch(text):
        return True
    for word, enough in ((r"or|\|\|", any), (r"and|&&", all)):
        parts = _joined(text, word)
        if len(parts) > 1:
            return enough(map(_means_all, parts))
    negated = re.match(r"(?:not |!)(.*)", text)
    return negated is not None and not _means_all(negated[1])


def _joined(text: str, word: str) -> list[str]:
    """Return what a word joins outside of brackets and texts."""
    parts, depth, start = [], 0, 0
    for found in re.finditer(rf'"[^"]*"|[(){{}}]|(?<=[\s)])(?:{word})(?=[\s(])', text):
        if found[0] in "({":
            depth += 1
        elif found[0] in ")}":
            depth -= 1
        elif not found[0].startswith('"') and depth == 0:
            parts.append(text[start : found.start()])
            start = found.end()
    return [*parts, text[start:]]


def _bare(text: str) -> str:
    """Return an expression without the brackets around all of it."""
    text = text.strip()
    while text.startswith("(") and text.endswith(")"):
        depth = 0
        for position, mark in enumerate(text):
            depth += (mark == "(") - (mark == ")")
            if depth == 0 and position < len(text) - 1:
                return text
        text = text[1:-1].strip()
    return text


def _token(p: Probe) -> None:
    for given in p.each("policies"):
        if given.sure("effect") == "deny":
            continue
        resources = given.document("resources")
        if resources is not None and _reaches_all(resources.value):
            given.fail("reaches every zone, or every account", "resources")


def _reaches_all(resources: Any) -> bool:
    return isinstance(resources, Mapping) and any(
        str(key).endswith(".*") or _reaches_all(value) for key, value in resources.items()
    )


def _proxied_strict(p: Probe) -> None:
    if p.need("proxied") is not True:
        return
    for setting in p.stack.of(t.ZONE_SETTING):
        if setting.properties.get("settingId") == "ssl":
            return
    p.fail(
        "is proxied, and the stack does not say that Cloudflare must check the origin's certificate",
        "proxied",
    )


def _not_proxied(p: Probe) -> None:
    if p.need("proxied") is not True:
        return
    kind = p.need("type")
    content = str(p.sure("content") or "").rstrip(".")
    name = str(p.sure("name") or "")
    if kind in {"MX", "TXT", "CAA", "NS"}:
        p.fail("a record of this type cannot be proxied", "proxied")
    elif content.endswith(NEVER_PROXIED) or "_domainkey" in name or name.startswith("_"):
        p.fail("proves or leads to something that Cloudflare must not stand before", "proxied")


def _internal(p: Probe) -> None:
    entry = entry_of(p.stack, p.subject)
    if p.need("type") not in {"A", "AAAA"} or entry.field == "aliases":
        return
    if entry.values is None:
        p.unsure(entry.field)
    for value in entry.values or ():
        try:
            address = ipaddress.ip_address(value)
        except ValueError:
            p.fail("this is not an address", entry.field)
            continue
        documentation = any(address in net for net in _EXAMPLES if net.version == address.version)
        if (address.is_private and not documentation) or address.is_loopback or address.is_link_local:
            p.fail("tells the world an address of the inside", entry.field)


_EXAMPLES = tuple(
    ipaddress.ip_network(net)
    for net in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
)


def _dangling(p: Probe) -> None:
    entry = entry_of(p.stack, p.subject)
    if p.need("type") != "CNAME" and entry.field != "aliases":
        return
    if entry.sources:
        return
    if entry.values is None:
        p.unsure(entry.field)
    shared = p.stack.has(t.LISTENER_RULE) and not p.stack.has(t.LISTENER)
    for value in entry.values or ():
        if shared and value.endswith(_BALANCER):
            continue  # that of the listener of others that the stack adds its rule to
        if value.endswith(_OWNABLE) and value not in _made(p.stack):
            p.fail(
                "leads to something that the stack does not make: whoever makes it takes the name over",
                entry.field,
            )


_OWNABLE = (".amazonaws.com", ".cloudfront.net", ".ondigitalocean.app", ".digitaloceanspaces.com")
"""Ends of names that anybody can get from a vendor once they are free."""
_BALANCER = ".elb.amazonaws.com"


def _made(stack: Stack) -> set[str]:
    """Return the host names of what the stack makes, read once."""
    found = stack.memo.get("made")
    if not isinstance(found, set):
        keys = ("dnsName", "domainName", "bucketRegionalDomainName", "bucketDomainName")
        values = (subject.outputs.get(key) for subject in stack.subjects for key in keys)
        found = {value.lower() for value in values if isinstance(value, str)}
        stack.memo["made"] = found
    return found


def _caa(p: Probe) -> None:
    if not zone(p.stack).of("CAA"):
        p.fail("any authority may make a certificate for this name")


def _caa_allows(p: Probe) -> None:
    entries = zone(p.stack).of("CAA")
    if any("amazon" in value for entry in entries for value in entry.values or ()):
        return
    open_ = next((entry for entry in entries if entry.values is None), None)
    if open_ is not None:
        p.unsure(open_.field, open_.subject)
    elif entries:
        p.fail("the CAA records of the stack do not let Amazon make this certificate")


def _app_proxied(p: Probe) -> None:
    rules = str([ruleset.properties.get("rules") for ruleset in p.stack.of(t.RULESET)])
    if p.need("proxied") is True and p.need("type") in {"A", "AAAA", "CNAME"}:
        if not p.stack.has(t.RULESET):
            p.fail("is proxied without a firewall's rules: logins can be tried without a limit", "proxied")
        elif "/api/v1/login" not in rules and "ratelimit" not in rules:
            p.fail("no rule limits how often a login may be tried", "proxied")


CLOUDFLARE = (t.DNS_RECORD,)
CF_SSL_STRICT = _rule(
    "cf-ssl-strict",
    "Cloudflare speaks modern TLS and checks the origin",
    MANDATORY,
    HIGH,
    (t.ZONE_SETTING,),
    _zone_setting,
    maps="P:zone_ssl_strict, P:zone_min_tls_version_secure, P:zone_https_redirect_enabled, P:zone_tls_1_3_enabled, "
    "P:zone_hsts_enabled",
    fix="Set ssl strict, min_tls_version 1.2, always_use_https on, tls_1_3 on, websockets on.",
    link=_DOCS + "ssl/origin-configuration/ssl-modes/full-strict/",
)
CF_GUARDS_ON = _rule(
    "cf-guards-on",
    "No rule of Cloudflare lets everything past its firewall, or everybody in",
    MANDATORY,
    HIGH,
    (t.RULESET, t.PAGE_RULE, t.ADDRESS_RULE, t.ZONE_SETTING, t.CF_FIREWALL_RULE, t.CF_ACCESS_POLICY),
    _guards,
    maps="part of P:zone_waf_enabled",
    fix="Name paths or addresses in the expression, beside the host; leave security, ssl and managed rules on.",
    needs=Needs.EARLIER,
    link=_DOCS + "waf/custom-rules/skip/",
)
CF_TOKEN_SCOPED = _rule(
    "cf-token-scoped",
    "A token of Cloudflare is for named zones and accounts",
    MANDATORY,
    HIGH,
    (t.API_TOKEN, t.ACCOUNT_TOKEN),
    _token,
    maps="practice least-privilege",
    fix="List the zones, as `com.cloudflare.api.account.zone.<id>`.",
    link=_DOCS + "fundamentals/api/how-to/restrict-tokens/",
)
CF_PROXIED_STRICT = _rule(
    "cf-proxied-strict",
    "A proxied chat says how Cloudflare speaks to it",
    ADVISORY,
    MEDIUM,
    CLOUDFLARE,
    _proxied_strict,
    maps="part of P:zone_ssl_strict",
    needs=Needs.STACK,
    fix="Add a ZoneSetting ssl strict.",
    link=_DOCS + "ssl/origin-configuration/ssl-modes/full-strict/",
    product=True,
)
CF_DNSSEC = _rule(
    "cf-dnssec",
    "Answers of the zone are signed",
    ADVISORY,
    LOW,
    (t.ZONE_DNSSEC,),
    expecting("status", is_in("active"), "DNSSEC is not active"),
    maps="P:zone_dnssec_enabled",
    fix="Set status active, and the DS record at the registrar.",
    link=_DOCS + "dns/dnssec/",
)
CF_CAA = _rule(
    "cf-caa",
    "Only named authorities make certificates",
    ADVISORY,
    LOW,
    (t.CERTIFICATE,),
    _caa,
    maps="P:zone_record_caa_exists",
    needs=Needs.STACK,
    fix="Add CAA records for amazon.com and letsencrypt.org.",
    link=_DOCS + "ssl/edge-certificates/caa-records/",
)
CF_CAA_ALLOWS = _rule(
    "cf-caa-allows",
    "The named authorities hold the one that is used",
    MANDATORY,
    MEDIUM,
    (t.CERTIFICATE,),
    _caa_allows,
    maps="part of P:zone_record_caa_exists",
    needs=Needs.STACK,
    why="another record may allow the certificate",
    fix="Add amazon.com to the CAA records.",
    link="https://docs.aws.amazon.com/acm/latest/userguide/setup-caa.html",
)
CF_VALIDATION_NOT_PROXIED = _rule(
    "cf-validation-not-proxied",
    "Records that prove something are not proxied",
    MANDATORY,
    HIGH,
    CLOUDFLARE,
    _not_proxied,
    maps="original",
    fix="Set proxied to false.",
    link=_DOCS + "dns/proxy-status/",
)
CF_APP_PROXIED = _rule(
    "cf-app-limited",
    "Where Cloudflare stands before the chat, it limits logins",
    ADVISORY,
    MEDIUM,
    CLOUDFLARE,
    _app_proxied,
    maps="part of P:zone_waf_enabled, P:zone_rate_limiting_enabled",
    needs=Needs.STACK,
    fix="Add a Ruleset with a rate limit on /api/v1/login.",
    link=_DOCS + "waf/rate-limiting-rules/",
    product=True,
)
DNS_NO_INTERNAL = _rule(
    "dns-no-internal",
    "No record tells an address of the inside",
    MANDATORY,
    MEDIUM,
    RECORDS,
    _internal,
    maps="P:dns_record_no_internal_ip",
    fix="Point to the public address, or keep the record inside.",
    link=_DOCS + "dns/manage-dns-records/",
)
DNS_NO_WILDCARD = _rule(
    "dns-no-wildcard",
    "Records name single hosts",
    MANDATORY,
    MEDIUM,
    RECORDS,
    expecting("name", lambda name: "*" not in str(name), "answers for names that nobody uses"),
    maps="P:dns_record_no_wildcard",
    fix="Make one record for each name.",
    link=_DOCS + "dns/manage-dns-records/",
    product=True,
)
DNS_NO_DANGLING = _rule(
    "dns-no-dangling",
    "Records lead to what the stack makes",
    MANDATORY,
    HIGH,
    RECORDS,
    _dangling,
    maps="P:dns_record_cname_target_valid",
    needs=Needs.STACK,
    why="that the stack makes what a record leads to is told by references, and those come at the end",
    fix="Take the target from the resource's output.",
    link=_DOCS + "dns/manage-dns-records/",
    product=True,
)
DNS_COMMENT = _rule(
    "dns-comment",
    "Records say whose they are",
    ADVISORY,
    LOW,
    CLOUDFLARE,
    expecting("comment", present, "nobody will know whose record this is"),
    maps="practice tagging",
    fix="Give a comment.",
    link=_DOCS + "dns/manage-dns-records/reference/record-attributes/",
    product=True,
)
DNS_TTL = _rule(
    "dns-ttl",
    "Times to live are ones that Cloudflare takes",
    MANDATORY,
    LOW,
    CLOUDFLARE,
    expecting(
        "ttl",
        lambda seconds: seconds in (1, 1.0) or 60 <= float(seconds or 0) <= 86400,
        "Cloudflare takes 1, or 60 to 86400 seconds",
    ),
    maps="practice correctness",
    fix="Use 1 (automatic), or 60 to 86400.",
    link=_DOCS + "dns/manage-dns-records/reference/ttl/",
)
