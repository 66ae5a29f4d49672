"""Load balancers: TLS, headers, logs, health, stickiness, the firewall before them."""

from policy import tokens as t
from policy.model import SECRET, UNKNOWN, dig
from policy.product import owns
from policy.rule import (
    Needs,
    Probe,
    View,
    as_number,
    at_least,
    expecting,
    is_in,
    not_false,
    present,
    true,
    unset_or,
)
from policy.rules._make import ADVISORY, HIGH, LOW, MANDATORY, MEDIUM, PRODUCTION, REMEDIATE, Area

_rule = Area("balancer")

MOST_REQUESTS = 1_000_000
"""Requests of one address in five minutes: two hundred times what AWS's own examples take (5000)."""

HEALTH_PATHS = ("/health", "/api/info")
"""Paths that Rocket.Chat answers without a login while it serves.

Not /livez and /readyz: these answer 503 while MongoDB or the event loop is slow, and the balancer would end the task.
"""
IDLE_SECONDS = 300
SPOT_DRAIN_SECONDS = 120
"""A Spot task is gone two minutes after its notice."""
_ALB_DOCS = "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/"


def _redirect(p: Probe) -> None:
    if p.need("protocol") != "HTTP":
        return
    for position, action in enumerate(p.each("defaultActions")):
        if position > 0:
            break
        if action.expect("type", is_in("redirect"), "answers in clear instead of sending to HTTPS"):
            action.expect("redirect.protocol", is_in("HTTPS"), "redirects to something that is not HTTPS")
            action.expect("redirect.statusCode", is_in("HTTP_301", "HTTP_302"), "is not a redirect")


def _rules_not_in_clear(p: Probe) -> None:
    for listener in p.stack.meant(p.subject, "listenerArn", t.LISTENER):
        if listener.properties.get("protocol") != "HTTP":
            continue
        for action in p.each("actions"):
            action.expect("type", is_in("redirect", "fixed-response"), "forwards what came in clear")


def _tls_policy(p: Probe) -> None:
    if p.need("protocol") not in {"HTTPS", "TLS"}:
        return
    p.expect(
        "sslPolicy",
        lambda name: (
            isinstance(name, str)
            and name.startswith(("ELBSecurityPolicy-TLS13-1-2-", "ELBSecurityPolicy-TLS13-1-3-"))
            and "Ext" not in name
        ),
        "lets clients in with less than TLS 1.2, or with weak ciphers",
    )
    p.expect("certificateArn", present, "no certificate")


def _drop_headers(p: Probe) -> None:
    if p.get("loadBalancerType") in {None, "application"}:
        p.expect("dropInvalidHeaderFields", true, "passes malformed headers on")


def _mend_headers(properties: dict[str, object]) -> bool:
    if properties.get("loadBalancerType") in {None, "application"} and not true(
        properties.get("dropInvalidHeaderFields")
    ):
        properties["dropInvalidHeaderFields"] = True
        return True
    return False


def _access_logs(p: Probe) -> None:
    if p.expect("accessLogs.enabled", true, "no access log"):
        p.expect("accessLogs.bucket", present, "the access log has no bucket")


def _waf(p: Probe) -> None:
    if true(p.need("internal")):
        return
    message = "faces the internet without a web application firewall"
    for association in p.partners(t.WEB_ACL_ASSOCIATION, "resourceArn", message):
        for acl in p.stack.meant(association, "webAclArn", t.WEB_ACL):
            _judge_acl(p.other(acl))


def _items(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else []


def _limited_before(acl: View) -> bool:
    """Tell whether CloudFront's own firewall limits rates: behind it, all requests come from a few addresses."""
    stack = acl.run.stack
    return any(
        present(dig(rule, "statement.rateBasedStatement"))
        for cdn in stack.of(t.DISTRIBUTION)
        for before in stack.meant(cdn, "webAclId", t.WEB_ACL)
        if before is not acl.run.subject
        for rule in _items(before.properties.get("rules"))
    )


def _judge_acl(acl: View) -> None:
    if acl.get("rules") is UNKNOWN or acl.get("rules") == SECRET:
        acl.unsure("rules")
        return
    rules = list(acl.each("rules"))
    if not owns(acl.run.subject, acl.run.stack):
        if not rules:
            acl.fail("holds no rule", "rules")
        return
    managed = {str(rule.get("statement.managedRuleGroupStatement.name")) for rule in rules}
    for wanted in ("AWSManagedRulesCommonRuleSet", "AWSManagedRulesKnownBadInputsRuleSet"):
        if wanted not in managed:
            acl.fail(f"lacks {wanted}", "rules")
    if not any(present(rule.get("statement.rateBasedStatement")) for rule in rules) and not _limited_before(
        acl
    ):
        acl.fail("limits nobody's rate", "rules")
    for rule in rules:
        if rule.get("statement.managedRuleGroupStatement.name") != "AWSManagedRulesCommonRuleSet":
            continue
        overrides = list(rule.each("statement.managedRuleGroupStatement.ruleActionOverrides"))
        if not present(rule.get("overrideAction.count")) and not any(
            override.get("name") == "SizeRestrictions_BODY" and "count" in (override.get("actionToUse") or {})
            for override in overrides
        ):
            rule.fail("SizeRestrictions_BODY blocks uploads above 8 KB; it must only count")


def _counts(rule: View) -> bool:
    return any(dig(rule.value, f"{kind}.count") is not None for kind in ("overrideAction", "action"))


def _acl_blocks(p: Probe) -> None:
    rules = list(p.each("rules"))
    # What others try out by counting is theirs, so long as something stops.
    tried_out = not owns(p.subject, p.stack) and not all(map(_counts, rules))
    for rule in rules:
        if _counts(rule) and not tried_out:
            rule.fail("counts what it should stop")
        rate = rule.get("statement.rateBasedStatement")
        if not isinstance(rate, dict):
            continue
        window = as_number(rate.get("evaluationWindowSec"), 300)
        limit = rule.sure("statement.rateBasedStatement.limit")
        if limit is not None and as_number(limit) * 300 / window > MOST_REQUESTS:
            rule.fail("limits the rate to one that nobody reaches", "statement.rateBasedStatement.limit")


def _acl_logged(p: Probe) -> None:
    p.partners(t.WEB_ACL_LOGGING, "resourceArn", "what the firewall blocks is logged nowhere")


def _idle(p: Probe) -> None:
    if p.get("loadBalancerType") in {None, "application"}:
        p.expect(
            "idleTimeout", at_least(IDLE_SECONDS), "a slow upload is cut off after the default of a minute"
        )


def _health(p: Probe) -> None:
    if p.need("targetType") == "lambda":
        return
    p.expect("targetType", is_in("ip"), "containers with addresses of their own need target type ip")
    p.expect("healthCheck.path", is_in(*HEALTH_PATHS), "asks a path that does not tell the chat's health")
    p.expect("healthCheck.matcher", is_in("200"), "takes other answers than 200 for healthy")


def _sticky(p: Probe) -> None:
    services = [
        service
        for service in p.stack.of(t.SERVICE)
        if p.subject in p.stack.meant(service, "loadBalancers", t.TARGET_GROUP)
    ]
    many = False
    for service in services:
        count = service.properties.get("desiredCount")
        if count is UNKNOWN:
            p.unsure(f"({service.name}).desiredCount")
        many = many or (count is not UNKNOWN and as_number(count, 1) > 1)
    if many and p.expect(
        "stickiness.enabled", true, "several tasks without stickiness break the SockJS fallback"
    ):
        p.expect("stickiness.type", is_in("lb_cookie"), "the cookie must be the balancer's own")


def _drain(p: Probe) -> None:
    spot = any(
        "FARGATE_SPOT" in str(item.get("capacityProvider"))
        for service in p.stack.of(t.SERVICE)
        for item in service.properties.get("capacityProviderStrategies") or ()
        if isinstance(item, dict)
    )
    limit = SPOT_DRAIN_SECONDS - 1 if spot else 300
    p.expect(
        "deregistrationDelay",
        lambda seconds: as_number(seconds, 300) <= limit,
        "drains longer than a task lives after its Spot notice"
        if spot
        else "drains longer than five minutes",
    )


def _host_rule(p: Probe) -> None:
    conditions = p.get("conditions")
    if conditions is UNKNOWN:
        p.unsure("conditions")
    elif not any(present(view.get("hostHeader.values")) for view in p.each("conditions")):
        p.fail("answers for every host name; it must name the chat's", "conditions")


ALB_HTTP_REDIRECT = _rule(
    "alb-http-redirect",
    "Port 80 does nothing but send to HTTPS",
    MANDATORY,
    HIGH,
    (t.LISTENER,),
    _redirect,
    maps="ELB.1, part of ELB.18, part of CKV_AWS_2, CKV2_AWS_20, AWSGuard alb-http-to-https-redirection",
    fix="Make the default action a redirect to HTTPS.",
)
ALB_NO_CLEAR_FORWARD = _rule(
    "alb-no-clear-forward",
    "No rule of an HTTP listener forwards",
    MANDATORY,
    HIGH,
    (t.LISTENER_RULE,),
    _rules_not_in_clear,
    maps="part of ELB.1, part of CKV_AWS_2",
    needs=Needs.STACK,
    why="a listener's rule names the listener by an ARN, and whose ARN it is is known at the end",
    fix="Move the rule to the HTTPS listener.",
)
ALB_TLS_POLICY = _rule(
    "alb-tls-policy",
    "TLS 1.2 and newer only, with strong ciphers and a certificate",
    MANDATORY,
    HIGH,
    (t.LISTENER,),
    _tls_policy,
    maps="ELB.17, CKV_AWS_103, CKV2_AWS_74, P:elbv2_insecure_ssl_ciphers",
    fix="Set ssl_policy to ELBSecurityPolicy-TLS13-1-2-2021-06 or stricter, and the certificate.",
)
ALB_DROP_INVALID_HEADERS = _rule(
    "alb-drop-invalid-headers",
    "Malformed headers are dropped",
    REMEDIATE,
    MEDIUM,
    (t.LOAD_BALANCER,),
    _drop_headers,
    maps="ELB.4, CKV_AWS_131",
    fix="Set drop_invalid_header_fields.",
    remedy=_mend_headers,
)
ALB_DESYNC = _rule(
    "alb-desync",
    "Ambiguous requests are not passed on",
    MANDATORY,
    MEDIUM,
    (t.LOAD_BALANCER,),
    expecting("desyncMitigationMode", unset_or("defensive", "strictest"), "lets ambiguous requests through"),
    maps="ELB.12, CKV_AWS_328",
    fix="Leave desync_mitigation_mode at defensive, or set strictest.",
)
ALB_ACCESS_LOGS = _rule(
    "alb-access-logs",
    "The load balancer logs requests",
    PRODUCTION,
    MEDIUM,
    (t.LOAD_BALANCER,),
    _access_logs,
    maps="ELB.5, part of CIS4.10, CKV_AWS_91",
    fix="Give access_logs a bucket with SSE-S3 whose policy lets the log delivery service write.",
)
ALB_DELETION_PROTECTION = _rule(
    "alb-deletion-protection",
    "The load balancer cannot be deleted by mistake",
    PRODUCTION,
    MEDIUM,
    (t.LOAD_BALANCER,),
    expecting("enableDeletionProtection", true, "can be deleted by one wrong call"),
    maps="ELB.6, CKV_AWS_150",
    fix="Set enable_deletion_protection.",
)
ALB_WAF = _rule(
    "alb-waf",
    "A firewall for web applications stands before the load balancer",
    PRODUCTION,
    MEDIUM,
    (t.LOAD_BALANCER,),
    _waf,
    maps="ELB.16, WAF.10, CKV2_AWS_28, part of CKV2_AWS_76, part of CKV_AWS_192",
    needs=Needs.STACK,
    why="a firewall is joined to a balancer by ARNs, and whose ARNs they are is known at the end",
    fix="Associate a web ACL: common rules (SizeRestrictions_BODY counting), known bad inputs, a rate limit.",
)
WAF_BLOCKS = _rule(
    "waf-blocks",
    "The web firewall stops what it finds",
    PRODUCTION,
    MEDIUM,
    (t.WEB_ACL,),
    _acl_blocks,
    maps="practice firewall-blocks",
    fix="Take count out of the rule's action and override action, and set a rate that one address can reach.",
    link="https://docs.aws.amazon.com/waf/latest/developerguide/web-acl-rule-group-override-options.html",
)
WAF_LOGGED = _rule(
    "waf-logged",
    "The web firewall logs what it does",
    ADVISORY,
    LOW,
    (t.WEB_ACL,),
    _acl_logged,
    maps="WAF.11, CKV2_AWS_31",
    needs=Needs.STACK,
    fix="Add a WebAclLoggingConfiguration with a log group aws-waf-logs-….",
)
ALB_WEBSOCKET_IDLE = _rule(
    "alb-websocket-idle",
    "Idle connections live five minutes",
    ADVISORY,
    LOW,
    (t.LOAD_BALANCER,),
    _idle,
    maps="RC",
    fix="Set idle_timeout to 300 or more.",
    link=_ALB_DOCS + "edit-load-balancer-attributes.html",
    product=True,
)
TG_HEALTH = _rule(
    "tg-health",
    "Health is asked of a path that tells it",
    MANDATORY,
    MEDIUM,
    (t.TARGET_GROUP,),
    _health,
    maps="part of CKV_AWS_261, RC",
    fix="Ask /health or /api/info, and take only 200.",
    link=_ALB_DOCS + "target-group-health-checks.html",
    product=True,
)
TG_STICKY = _rule(
    "tg-sticky",
    "Several tasks share clients by cookie",
    MANDATORY,
    MEDIUM,
    (t.TARGET_GROUP,),
    _sticky,
    maps="RC",
    needs=Needs.STACK,
    why="how many tasks there are says the service, which is made after it",
    fix="Enable stickiness of type lb_cookie.",
    link=_ALB_DOCS + "sticky-sessions.html",
    product=True,
)
TG_DRAIN = _rule(
    "tg-drain",
    "Draining ends before the task does",
    ADVISORY,
    LOW,
    (t.TARGET_GROUP,),
    _drain,
    maps="AWS docs Fargate Spot",
    needs=Needs.STACK,
    fix="Set deregistration_delay below 120 with Spot.",
    link="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-capacity-providers.html",
    product=True,
)
TG_HTTP1 = _rule(
    "tg-http1",
    "Targets are spoken to in HTTP/1.1",
    MANDATORY,
    MEDIUM,
    (t.TARGET_GROUP,),
    expecting("protocolVersion", unset_or("HTTP1"), "WebSockets need HTTP/1.1 to the target"),
    maps="RC",
    fix="Leave protocol_version at HTTP1.",
    link=_ALB_DOCS + "load-balancer-target-groups.html",
    product=True,
)
ALB_HOST_RULE = _rule(
    "alb-host-rule",
    "A rule of the balancer names the host it answers for",
    MANDATORY,
    LOW,
    (t.LISTENER_RULE,),
    _host_rule,
    maps="original",
    fix="Add a host-header condition.",
    link=_ALB_DOCS + "rule-condition-types.html",
    product=True,
)
ALB_HTTP2 = _rule(
    "alb-http2",
    "Clients may use HTTP/2",
    ADVISORY,
    LOW,
    (t.LOAD_BALANCER,),
    expecting("enableHttp2", not_false, "clients are held to HTTP/1.1"),
    maps="practice http2",
    fix="Leave enable_http2 on.",
    link=_ALB_DOCS + "edit-load-balancer-attributes.html",
)
