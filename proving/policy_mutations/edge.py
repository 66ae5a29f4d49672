"""What stands between users and the chat: balancers, CloudFront, firewalls, names, mail; and what hears of trouble."""

from collections.abc import Iterator
from typing import Final

from policy import tokens as t
from policy.model import Subject
from proving.policy_mutations.change import More, Mutation, Row, from_table, rows

_EVERY: Final = "0.0.0.0/0"
_HEADERS: Final = "securityHeadersConfig"


def _balancers() -> Iterator[Row | More]:
    for policy in (
        "ELBSecurityPolicy-2016-08",
        "ELBSecurityPolicy-TLS-1-0-2015-04",
        "ELBSecurityPolicy-TLS13-1-2-Ext1-2021-06",
        None,
    ):
        yield Row(f"policy {policy}", t.LISTENER, "sslPolicy", policy, "alb-tls-policy", "https")
    yield Row("no certificate", t.LISTENER, "certificateArn", None, "alb-tls-policy", "https")
    forward = [{"type": "forward", "targetGroupArn": "arn:aws:elasticloadbalancing:a"}]
    for what, actions in rows(
        ("forwards", forward),
        ("answers", [{"type": "fixed-response", "fixedResponse": {"statusCode": "200"}}]),
        (
            "redirects to HTTP",
            [{"type": "redirect", "redirect": {"protocol": "HTTP", "statusCode": "HTTP_301"}}],
        ),
    ):
        yield More(
            f"in clear {what}",
            t.LISTENER,
            {"port": 80, "protocol": "HTTP", "defaultActions": actions},
            "alb-http-redirect",
        )
    found = [{"type": "redirect", "redirect": {"protocol": "HTTPS", "port": "443", "statusCode": "HTTP_302"}}]
    yield More(
        "redirects with 302",
        t.LISTENER,
        {"port": 80, "protocol": "HTTP", "defaultActions": found},
        "alb-http-redirect",
        True,
    )
    for what, path, value, rule in rows(
        ("malformed headers", "dropInvalidHeaderFields", False, "alb-drop-invalid-headers"),
        ("malformed headers by default", "dropInvalidHeaderFields", None, "alb-drop-invalid-headers"),
        ("ambiguous requests", "desyncMitigationMode", "monitor", "alb-desync"),
        ("no log", "accessLogs", None, "alb-access-logs"),
        ("a log switched off", "accessLogs.enabled", False, "alb-access-logs"),
        ("easily deleted", "enableDeletionProtection", False, "alb-deletion-protection"),
        ("one zone", "subnets", ["subnet-1"], "net-alb-two-azs"),
        ("no group", "securityGroups", [], "net-alb-own-group"),
    ):
        yield Row(what, t.LOAD_BALANCER, path, value, rule)
    for what, path, value, rule in rows(
        ("another path", "healthCheck.path", "/", "tg-health"),
        ("any answer", "healthCheck.matcher", "200-499", "tg-health"),
        ("HTTP/2", "protocolVersion", "HTTP2", "tg-http1"),
    ):
        yield Row(what, t.TARGET_GROUP, path, value, rule)
    yield Row(
        "all hosts", t.LISTENER_RULE, "conditions", [{"pathPattern": {"values": ["/*"]}}], "alb-host-rule"
    )


def _firewalls() -> Iterator[Row | More]:
    for what, path, value in rows(
        ("counts by override", "rules.1.overrideAction", {"count": {}}),
        ("counts by action", "rules.0.action", {"count": {}}),
        ("a rate nobody reaches", "rules.0.statement.rateBasedStatement.limit", 2_000_000_000),
        (
            "a rate nobody reaches in a minute",
            "rules.0.statement.rateBasedStatement",
            {"limit": 10_000_000, "evaluationWindowSec": 60},
        ),
    ):
        yield Row(what, t.WEB_ACL, path, value, "waf-blocks", "cdn-waf-acl")
    yield Row("no rules", t.WEB_ACL, "rules", [], "alb-waf", "balancer-waf-acl")
    yield Row(
        "counts by override",
        t.WEB_ACL,
        "rules.0.overrideAction",
        {"count": {}},
        "waf-blocks",
        "balancer-waf-acl",
    )
    yield More(
        "internet without a firewall", t.LOAD_BALANCER, {"internal": False, "subnets": ["a", "b"]}, "alb-waf"
    )


def _cdn() -> Iterator[Row | More]:
    for what, path, value, rule in rows(
        ("in clear too", "defaultCacheBehavior.viewerProtocolPolicy", "allow-all", "cdn-https-only"),
        ("old TLS", "viewerCertificate.minimumProtocolVersion", "TLSv1", "cdn-tls-min"),
        ("TLS of 2018", "viewerCertificate.minimumProtocolVersion", "TLSv1.1_2016", "cdn-tls-min"),
        (
            "the vendor's certificate",
            "viewerCertificate",
            {"cloudfrontDefaultCertificate": True},
            "cdn-tls-min",
        ),
        ("an address of its own", "viewerCertificate.sslSupportMethod", "vip", "cdn-tls-min"),
    ):
        yield Row(what, t.DISTRIBUTION, path, value, rule)
    behaviour = "defaultCacheBehavior"
    for what, path, value, rule in rows(
        (
            "caches answers",
            f"{behaviour}.cachePolicyId",
            "658327ea-f89d-4fab-a63d-7e88639e58f6",
            "cdn-app-no-cache",
        ),
        ("keeps headers back", f"{behaviour}.originRequestPolicyId", None, "cdn-app-no-cache"),
        ("takes no writes", f"{behaviour}.allowedMethods", ["GET", "HEAD"], "cdn-app-no-cache"),
        ("keeps all for a minute", f"{behaviour}.minTtl", 60, "cdn-min-ttl"),
        (
            "its origin in clear",
            "origins.0.customOriginConfig.originProtocolPolicy",
            "http-only",
            "cdn-origin-tls",
        ),
        (
            "its origin by choice",
            "origins.0.customOriginConfig.originProtocolPolicy",
            "match-viewer",
            "cdn-origin-tls",
        ),
        (
            "its origin by old TLS",
            "origins.0.customOriginConfig.originSslProtocols",
            ["TLSv1", "TLSv1.2"],
            "cdn-origin-tls",
        ),
    ):
        origin = "origins.0.customOriginConfig"
        for name in ("cdn-distribution", ""):
            yield Row(what, t.DISTRIBUTION, path, value, rule, name, where=origin)
    yield Row(
        "a bucket without control",
        t.DISTRIBUTION,
        "origins.0.originAccessControlId",
        None,
        "cdn-oac",
        "media",
    )
    for what, path, value in rows(
        ("never signs", "signingBehavior", "never"),
        ("may not sign", "signingBehavior", "no-override"),
    ):
        yield Row(what, t.ORIGIN_ACCESS, path, value, "cdn-oac-signs")
    for what, path, value in rows(
        ("no HSTS", f"{_HEADERS}.strictTransportSecurity", None),
        ("HSTS of an hour", f"{_HEADERS}.strictTransportSecurity.accessControlMaxAgeSec", 3600),
        ("HSTS of nothing", f"{_HEADERS}.strictTransportSecurity.accessControlMaxAgeSec", 0),
        ("types guessed", f"{_HEADERS}.contentTypeOptions", None),
        ("no headers", _HEADERS, None),
    ):
        for name in ("cdn-headers", "media"):
            yield Row(f"{what} ({name})", t.HEADERS_POLICY, path, value, "cdn-hsts", name)
    for what, path, value, rule in rows(
        ("validated by mail", "validationMethod", "EMAIL", "acm-dns-validated"),
        ("a short key", "keyAlgorithm", "RSA_1024", "acm-key"),
        (
            "kept out of the logs",
            "options",
            {"certificateTransparencyLoggingPreference": "DISABLED"},
            "acm-transparency",
        ),
    ):
        yield Row(what, t.CERTIFICATE, path, value, rule)


def _networks() -> Iterator[Row | More]:
    for port in (20, 22, 23, 25, 445, 1433, 3306, 3389, 5432, 6379, 9200, 27017):
        opened = {"fromPort": port, "toPort": port, "ipProtocol": "tcp"}
        yield More(
            f"{port} to the world", t.INGRESS_RULE, {**opened, "cidrIpv4": _EVERY}, "net-sg-no-admin-ports"
        )
        yield More(
            f"{port} to the world in IPv6",
            t.INGRESS_RULE,
            {**opened, "cidrIpv6": "::/0"},
            "net-sg-no-admin-ports",
        )
        inline = {"fromPort": port, "toPort": port, "protocol": "tcp", "cidrBlocks": [_EVERY]}
        yield More(
            f"{port} to the world",
            t.SECURITY_GROUP,
            {"description": "a", "ingress": [inline]},
            "net-sg-no-admin-ports",
        )
        yield More(
            f"{port} to the world",
            t.SECURITY_GROUP_RULE,
            {"type": "ingress", **inline},
            "net-sg-no-admin-ports",
        )
        single = {"protocol": "tcp", "portRange": str(port), "sourceAddresses": [_EVERY]}
        yield Row(f"{port} to the world", t.DO_FIREWALL, "inboundRules.+", single, "net-do-firewall-scoped")
        info = {"fromPort": port, "toPort": port, "protocol": "tcp", "cidrs": [_EVERY]}
        yield Row(f"{port} to the world", t.LIGHTSAIL_PORTS, "portInfos.+", info, "net-lightsail-ports")
        acl = {
            "fromPort": port,
            "toPort": port,
            "protocol": "tcp",
            "cidrBlock": _EVERY,
            "ruleAction": "allow",
            "egress": False,
        }
        yield More(f"{port} to the world", t.NETWORK_ACL_RULE, acl, "net-acl-no-admin-ports")
    for what, opened in rows(
        ("all ports", {"ipProtocol": "-1"}),
        ("all ports of TCP", {"fromPort": 0, "toPort": 65535, "ipProtocol": "tcp"}),
        ("a range with SSH", {"fromPort": 20, "toPort": 443, "ipProtocol": "tcp"}),
    ):
        for cidr in (_EVERY, "128.0.0.0/1"):
            yield More(
                f"{what} to {cidr}", t.INGRESS_RULE, {**opened, "cidrIpv4": cidr}, "net-sg-no-admin-ports"
            )
    for what, kind, allowed in rows(
        ("everything", t.NETWORK_ACL_RULE, {"ruleAction": "allow", "protocol": "-1"}),
        ("all ports of TCP", t.NETWORK_ACL_RULE, {"ruleAction": "allow", "protocol": "tcp", "toPort": 65535}),
        ("everything", t.NETWORK_ACL, {"action": "allow", "protocol": "-1", "ruleNo": 100}),
        ("MySQL", t.NETWORK_ACL, {"action": "allow", "protocol": "6", "fromPort": 3306, "toPort": 3306}),
        ("everything", t.DEFAULT_NETWORK_ACL, {"action": "allow", "protocol": "-1", "ruleNo": 100}),
        ("SSH", t.DEFAULT_NETWORK_ACL, {"action": "allow", "protocol": "tcp", "fromPort": 22, "toPort": 22}),
    ):
        for family, cidr in (("cidrBlock", _EVERY), ("ipv6CidrBlock", "::/0")):
            entry = {**allowed, family: cidr}
            given = entry if kind == t.NETWORK_ACL_RULE else {"ingress": [entry]}
            yield More(f"{what} to {cidr}", kind, given, "net-acl-no-admin-ports")
    answers = {"action": "allow", "protocol": "tcp", "cidrBlock": _EVERY, "fromPort": 1024, "toPort": 65535}
    yield More("answers", t.NETWORK_ACL, {"ingress": [answers]}, "net-acl-no-admin-ports", True)
    for what, opened, rule in rows(
        ("everything", {"protocol": "-1", "cidrBlocks": [_EVERY]}, "net-sg-no-admin-ports"),
        (
            "the web",
            {"protocol": "tcp", "fromPort": 443, "toPort": 443, "cidrBlocks": [_EVERY]},
            "net-sg-world-only-80-443",
        ),
    ):
        yield More(f"{what} to the world", t.DEFAULT_SECURITY_GROUP, {"ingress": [opened]}, rule)
    for port in (8080, 3001, 81, 8443):
        opened = {"fromPort": port, "toPort": port, "ipProtocol": "tcp", "cidrIpv4": _EVERY}
        yield More(f"{port} to the world", t.INGRESS_RULE, opened, "net-sg-world-only-80-443")
    yield More(
        "443 to the world",
        t.INGRESS_RULE,
        {"fromPort": 443, "toPort": 443, "ipProtocol": "tcp", "cidrIpv4": _EVERY},
        "net-sg-no-admin-ports",
        True,
    )
    everything = {"protocol": "tcp", "portRange": "1-65535", "sourceAddresses": [_EVERY]}
    yield Row("all ports to the world", t.DO_FIREWALL, "inboundRules.+", everything, "net-do-firewall-scoped")
    for what, kind, path, value, rule in rows(
        ("public addresses", t.SUBNET, "mapPublicIpOnLaunch", True, "net-subnet-no-auto-public-ip"),
        ("accepted traffic only", t.FLOW_LOG, "trafficType", "ACCEPT", "net-flow-logs"),
        ("the world", t.ATLAS_ACCESS, "cidrBlock", _EVERY, "atlas-no-world-access"),
        ("half the world", t.ATLAS_ACCESS, "cidrBlock", "0.0.0.0/1", "atlas-no-world-access"),
    ):
        yield Row(what, kind, path, value, rule)


def _databases() -> Iterator[Row | More]:
    for what, path, value, rule in rows(
        ("old TLS", "advancedConfiguration.minimumEnabledTlsProtocol", "TLS1_0", "atlas-tls12"),
        ("no TLS named", "advancedConfiguration.minimumEnabledTlsProtocol", None, "atlas-tls12"),
        ("no backups", "backupEnabled", False, "atlas-backup"),
        ("no point in time", "pitEnabled", False, "atlas-point-in-time"),
        ("easily deleted", "terminationProtectionEnabled", False, "atlas-termination-protection"),
        ("backups go with it", "retainBackupsEnabled", False, "atlas-retain-backups"),
        ("paused", "paused", True, "atlas-not-paused"),
        (
            "a shared tier",
            "replicationSpecs.0.regionConfigs.0.electableSpecs.instanceSize",
            "M0",
            "atlas-tier",
        ),
        ("two members", "replicationSpecs.0.regionConfigs.0.electableSpecs.nodeCount", 2, "atlas-tier"),
        ("no version", "mongoDbMajorVersion", "4.4", "atlas-version-pinned"),
    ):
        yield Row(what, t.ATLAS_CLUSTER, path, value, rule)
    for role in ("atlasAdmin", "readWriteAnyDatabase", "dbAdminAnyDatabase", "readAnyDatabase", "backup"):
        yield Row(
            role,
            t.ATLAS_USER,
            "roles.+",
            {"roleName": role, "databaseName": "admin"},
            "atlas-user-least-priv",
        )
    for what, path, value, rule in rows(
        (
            "writes in admin",
            "roles.+",
            {"roleName": "readWrite", "databaseName": "admin"},
            "atlas-user-least-priv",
        ),
        ("all clusters", "scopes", [], "atlas-user-scoped"),
        ("a short password", "password", "hunter2", "atlas-password-source"),
        ("runs out", "deleteAfterDate", "2027-01-01T00:00:00Z", "atlas-user-kept"),
    ):
        yield Row(what, t.ATLAS_USER, path, value, rule)


def _names() -> Iterator[Row | More]:
    for what, content, name in rows(
        ("an address of the inside", "10.0.0.1", "a"),
        ("loopback", "127.0.0.1", "a"),
        ("metadata", "169.254.169.254", "a"),
    ):
        yield More(
            what,
            t.DNS_RECORD,
            {"name": f"{name}.example.org", "type": "A", "content": content, "ttl": 1},
            "dns-no-internal",
        )
        yield More(
            what,
            t.ROUTE53_RECORD,
            {"name": f"{name}.example.org", "type": "A", "records": [content]},
            "dns-no-internal",
        )
    for what, text in rows(
        ("everybody may send", "v=spf1 +all"),
        ("everybody may send, in short", "v=spf1 include:a.example all"),
        ("nobody is told", "v=spf1 ?all"),
    ):
        yield More(
            what,
            t.DNS_RECORD,
            {"name": "b.example.org", "type": "TXT", "content": text, "ttl": 1},
            "dns-spf-single",
        )
    for setting, value in rows(
        ("ssl", "flexible"),
        ("ssl", "off"),
        ("ssl", "full"),
        ("min_tls_version", "1.0"),
        ("min_tls_version", "1.1"),
        ("always_use_https", "off"),
        ("tls_1_3", "off"),
        ("automatic_https_rewrites", "off"),
    ):
        yield More(
            f"{setting} {value}", t.ZONE_SETTING, {"settingId": setting, "value": value}, "cf-ssl-strict"
        )
    for what, header in rows(
        ("no HSTS", {"enabled": False}),
        ("HSTS of a day", {"enabled": True, "max_age": 86400}),
    ):
        value = {"strict_transport_security": header}
        yield More(what, t.ZONE_SETTING, {"settingId": "security_header", "value": value}, "cf-ssl-strict")


def _mail() -> Iterator[Row | More]:
    for what, kind, path, value, rule in rows(
        ("in clear", t.CONFIGURATION_SET, "deliveryOptions.tlsPolicy", "OPTIONAL", "ses-tls-required"),
        (
            "uncounted",
            t.CONFIGURATION_SET,
            "reputationOptions.reputationMetricsEnabled",
            False,
            "ses-reputation",
        ),
        ("writes again", t.CONFIGURATION_SET, "suppressionOptions.suppressedReasons", [], "ses-suppression"),
        ("switched off", t.CONFIGURATION_SET, "sendingOptions", {"sendingEnabled": False}, "ses-sending-on"),
        (
            "a short key",
            t.EMAIL_IDENTITY,
            "dkimSigningAttributes.nextSigningKeyLength",
            "RSA_1024_BIT",
            "ses-dkim-2048",
        ),
        ("no configuration set", t.EMAIL_IDENTITY, "configurationSetName", None, "ses-config-set"),
        ("another domain", t.MAIL_FROM, "mailFromDomain", "a.example.net", "ses-mail-from"),
    ):
        yield Row(what, kind, path, value, rule)


def _alarms() -> Iterator[Row | More]:
    for what, kind, path, value, rule in rows(
        ("heard by nobody", t.ALARM, "alarmActions", [], "alarm-heard"),
        ("switched off", t.ALARM, "actionsEnabled", False, "alarm-enabled"),
        ("unencrypted", t.TOPIC, "kmsMasterKeyId", None, "sns-encrypted"),
        ("a key that nobody may publish with", t.TOPIC, "kmsMasterKeyId", "alias/aws/sns", "sns-encrypted"),
        ("in clear", t.SUBSCRIPTION, "protocol", "http", "webhook-https"),
        ("for ever", t.LOG_GROUP, "retentionInDays", None, "log-retention"),
        ("a day", t.LOG_GROUP, "retentionInDays", 1, "log-retention"),
        ("never rotated", t.KMS_KEY, "enableKeyRotation", False, "kms-rotation"),
        ("gone in a week", t.KMS_KEY, "deletionWindowInDays", 7, "kms-deletion-window"),
        ("gone at once", t.SECRET, "recoveryWindowInDays", 0, "secret-recovery"),
        ("of nothing", t.BUDGET, "limitAmount", "0", "cost-budget-real"),
    ):
        yield Row(what, kind, path, value, rule)


def edge(stack: str, plain: tuple[Subject, ...]) -> Iterator[Mutation]:
    """Give the changes of this module."""
    tables: tuple[tuple[str, Iterator[Row | More]], ...] = (
        ("TLS and balancers", _balancers()),
        ("firewalls", _firewalls()),
        ("CloudFront and certificates", _cdn()),
        ("networks", _networks()),
        ("Atlas", _databases()),
        ("DNS", _names()),
        ("mail", _mail()),
        ("alarms, logs and keys", _alarms()),
    )
    for group, table in tables:
        yield from from_table(group, stack, plain, table)
