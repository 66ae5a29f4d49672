"""One failing and one unknown case for each rule; the passing one is the world as it is.

A case is a change of the world, the resources that the rule must then name, and the property that is made
unknown for the third case. A rule that asks only whether something exists has nothing that can be unknown.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from policy_world import CHAT_ENVIRONMENT, DELETE, SECURE_URI, UNKNOWN, USER_DATA, allow, doc, w

from policy import tokens as t
from policy.rows import aws, index

EXISTENCE: Final = None
"""The rule asks only whether a resource exists."""


@dataclass(frozen=True)
class Case:
    patch: Mapping[str, Any]
    unknown: str | Mapping[str, Any] | None
    names: frozenset[str]
    config: Mapping[str, Any] = field(default_factory=dict)


CASES: Final[dict[str, Case]] = {}
MORE: Final[list[tuple[str, Case]]] = []
"""Further failing cases of rules that have several ways to fail."""


def _case(
    patch: Mapping[str, Any], unknown: Any, names: str | None, config: Mapping[str, Any] | None
) -> Case:
    found = frozenset(names.split()) if names else frozenset({next(iter(patch)).split(" ")[0]})
    return Case(patch, unknown, found, config or {})


def C(  # noqa: N802 - reads as a table
    rule: str,
    patch: Mapping[str, Any],
    unknown: Any,
    names: str | None = None,
    config: Mapping[str, Any] | None = None,
) -> None:
    assert rule not in CASES
    CASES[rule] = _case(patch, unknown, names, config)


def also(
    rule: str, patch: Mapping[str, Any], names: str | None = None, config: Mapping[str, Any] | None = None
) -> None:
    MORE.append((rule, _case(patch, None, names, config)))


TASK: Final = "task containerDefinitions"
POD: Final = "deployment spec.template.spec"
HOST: Final = "light userData"
_POSITION: Final = {name: position for position, name in enumerate(CHAT_ENVIRONMENT)}


def env(name: str, value: str) -> dict[str, Any]:
    place = _POSITION.get(name, len(_POSITION))
    return {f"{TASK}.0.environment.{place}": {"name": name, "value": value}}


def setting(name: str, value: str) -> dict[str, Any]:
    return env(f"OVERWRITE_SETTING_{name}", value)


def compose(old: str, new: str) -> dict[str, Any]:
    assert old in USER_DATA, old
    return {HOST: USER_DATA.replace(old, new, 1)}


def policy(*statements: Mapping[str, Any]) -> dict[str, Any]:
    return {"role-policy policy": doc(*statements)}


EVERY = ["0.0.0.0/0"]

# Network
C("net-sg-no-admin-ports", {"in-80 fromPort": 20, "in-80 toPort": 30}, "in-80 fromPort")
also("net-sg-no-admin-ports", {"sg-app ingress": [{"protocol": "-1", "cidrBlocks": EVERY}]})
also(
    "net-sg-no-admin-ports",
    {
        "old": w(
            "old",
            t.SECURITY_GROUP_RULE,
            {"type": "ingress", "fromPort": 22, "toPort": 22, "protocol": "tcp", "ipv6CidrBlocks": ["::/0"]},
        )
    },
)
C("net-sg-world-only-80-443", {"in-80 fromPort": 8080, "in-80 toPort": 8080}, "in-80 cidrIpv4")
_WEB: Final = {"protocol": "tcp", "fromPort": 443, "toPort": 443, "cidrBlocks": EVERY}
also("net-sg-no-admin-ports", {"vpc-default ingress": [{"protocol": "-1", "cidrBlocks": EVERY}]})
also("net-sg-world-only-80-443", {"vpc-default ingress": [_WEB]})
also("net-sg-world-only-80-443", {"in-443 securityGroupId": "sg-app-id"})
C(
    "net-app-port-from-alb-only",
    {"in-app referencedSecurityGroupId": DELETE, "in-app cidrIpv4": "10.0.0.0/16"},
    "in-app fromPort",
)
also(
    "net-app-port-from-alb-only",
    {
        "in-app referencedSecurityGroupId": "other-id",
        "other": w("other", t.SECURITY_GROUP, {"description": "x"}),
    },
    "in-app",
)
also("net-app-port-from-alb-only", {"in-app cidrIpv4": "0.0.0.0/0"})
C("net-sg-described", {"in-app description": DELETE}, "sg-app description")
C("net-sg-single-style", {"sg-app ingress": [{"protocol": "tcp", "fromPort": 1, "toPort": 2}]}, EXISTENCE)
C("net-default-sg-closed", {"vpc-default": DELETE}, "vpc-default vpcId", "vpc")
also("net-default-sg-closed", {"in-80 securityGroupId": "vpc-default-id"})
also("net-default-sg-closed", {"vpc-default ingress": [{"protocol": "-1"}]})
C("net-flow-logs", {"vpc-flow": DELETE}, "vpc-flow vpcId", "vpc")
also("protect-stateful", {"atlas @.protect": False})
also("s3-no-force-destroy", {"space forceDestroy": True})
also("s3-encryption", {"media-key rules.0.applyServerSideEncryptionByDefault.sseAlgorithm": "none"})
also("cdn-alias-resolves", {"cdn aliases": []})
also(
    "cdn-cert-us-east-1",
    {"cdn viewerCertificate.acmCertificateArn": "arn:aws:acm:eu-west-1:123456789012:certificate/x"},
    "cdn",
)
also("net-flow-logs", {"vpc-flow trafficType": "ACCEPT"})
C("net-subnet-no-auto-public-ip", {"subnet-a mapPublicIpOnLaunch": True}, "subnet-a mapPublicIpOnLaunch")
C(
    "net-ecs-no-public-ip",
    {"service networkConfiguration.assignPublicIp": True},
    "service networkConfiguration",
)
C(
    "net-vpc-endpoints",
    {"endpoint serviceName": "com.amazonaws.ap-southeast-1.logs"},
    "endpoint serviceName",
    "vpc",
)
C(
    "net-vpc-endpoint-policy",
    {"endpoint policy": doc({"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"})},
    "endpoint policy",
)
also("net-vpc-endpoint-policy", {"endpoint policy": DELETE})
also("net-vpc-endpoint-policy", {"endpoint vpcEndpointType": "Interface"})
C("net-alb-two-azs", {"alb subnets": ["subnet-a-id"]}, "alb subnets")
also("net-alb-two-azs", {"alb subnets": ["subnet-a-id", "subnet-a-id"]})
C("net-egress-scoped", {"out-app ipProtocol": "-1"}, "out-app ipProtocol")
also("net-egress-scoped", {"droplet-wall outboundRules.0.portRange": "1-65535"})
also("net-egress-scoped", {"droplet-wall outboundRules.0.portRange": "0"})
C("net-lightsail-ports", {"light-ports portInfos.1.cidrs": EVERY}, "light-ports portInfos")
also("net-lightsail-ports", {"light-ports": DELETE}, "light")
also("net-lightsail-ports", {"light-ports portInfos.1.cidrs": DELETE})
C(
    "net-do-firewall-scoped",
    {"droplet-wall inboundRules.1.sourceAddresses": ["::/0"]},
    "droplet-wall inboundRules",
)
C("net-do-vpc", {"doks vpcUuid": DELETE}, "doks vpcUuid")
C("net-nat-count", {}, EXISTENCE, "vpc", {"maxNatGateways": 1})
C("net-nat-per-zone", {"nat-b": DELETE}, "subnet-a availabilityZone", "vpc")
C("net-alb-own-group", {"alb securityGroups": []}, "alb securityGroups")

# Balancer
C("alb-http-redirect", {"http defaultActions.0.type": "forward"}, "http defaultActions")
also("alb-http-redirect", {"http defaultActions.0.redirect.protocol": "HTTP"})
C("alb-no-clear-forward", {"http-rule actions.0.type": "forward"}, "http-rule actions")
C("alb-tls-policy", {"https sslPolicy": "ELBSecurityPolicy-2016-08"}, "https sslPolicy")
also("alb-tls-policy", {"https certificateArn": DELETE})
also("alb-tls-policy", {"https sslPolicy": "ELBSecurityPolicy-TLS13-1-2-Ext2-2021-06"})
C("alb-drop-invalid-headers", {"alb dropInvalidHeaderFields": DELETE}, "alb dropInvalidHeaderFields")
C("alb-desync", {"alb desyncMitigationMode": "monitor"}, "alb desyncMitigationMode")
C("alb-access-logs", {"alb accessLogs": DELETE}, "alb accessLogs")
also("alb-access-logs", {"alb accessLogs.bucket": ""})
C("alb-deletion-protection", {"alb enableDeletionProtection": False}, "alb enableDeletionProtection")
C("alb-waf", {"acl-alb": DELETE}, "acl-alb resourceArn", "alb")
also("alb-waf", {"acl rules.1": {"name": "other"}})
also("alb-waf", {"acl rules.2": {"name": "other"}})
also("alb-waf", {"acl rules.0.statement.managedRuleGroupStatement.ruleActionOverrides": []})
C("waf-blocks", {"acl rules.0.overrideAction": {"count": {}}}, "acl rules")
also("waf-blocks", {"acl rules.2.action": {"count": {}}})
also("waf-blocks", {"acl rules.2.statement.rateBasedStatement.limit": 2_000_000_000})
also("ses-dmarc", {"dmarc content": '"v=DMARC1; p=reject; pct=0"'}, "identity")
also("ses-dmarc", {"dmarc content": '"v=DMARC1; p=reject; sp=none"'}, "identity")
also("dns-spf-single", {"spf content": '"v=spf1 all"'})
also("dns-spf-single", {"spf content": '"v=spf1 +ALL"'})
also("bak-job-alerts", {"stopped state": "DISABLED"}, "nightly")
also(
    "net-lightsail-ports",
    {"light-ports portInfos": [{"protocol": "icmp", "fromPort": -1, "toPort": -1, "cidrs": ["0.0.0.0/0"]}]},
)
C("waf-logged", {"acl-log": DELETE}, "acl-log resourceArn", "acl")
C("alb-websocket-idle", {"alb idleTimeout": 60}, "alb idleTimeout")
C("tg-health", {"target healthCheck.path": "/"}, "target healthCheck")
also("tg-health", {"target targetType": "instance"})
also("tg-health", {"target healthCheck.matcher": "200-499"})
C("tg-sticky", {"target stickiness.enabled": False, "service desiredCount": 2}, "service desiredCount")
C("tg-drain", {"target deregistrationDelay": 300}, "target deregistrationDelay")
C("tg-http1", {"target protocolVersion": "HTTP2"}, "target protocolVersion")
C("alb-host-rule", {"http-rule conditions": [{"pathPattern": {"values": ["/"]}}]}, "http-rule conditions")
C("alb-http2", {"alb enableHttp2": False}, "alb enableHttp2")

# Compute
for name, value in (
    ("MONGO_URL", "mongodb+srv://user:hunter2@host/db"),
    ("GITHUB", "AKIAIOSFODNN7EXAMPLE"),
    ("BOT_PASSWORD", "hunter2"),
    ("ANYTHING", "[secret]"),
    ("KEY", "-----BEGIN RSA PRIVATE KEY-----\nx"),
):
    also("ecs-no-plaintext-secret", env(name, value))
C("ecs-no-plaintext-secret", env("ADMIN_PASS", "hunter2"), TASK)
C("ecs-secret-by-arn", {f"{TASK}.0.secrets.0.valueFrom": "plain"}, TASK)
C("ecs-no-secret-in-command", {f"{TASK}.0.command": ["sh", "-c", "run mongodb://a:b@c/d"]}, TASK)
C("ecs-no-secret-in-label", {f"{TASK}.0.dockerLabels": {"api_key": "0123abcd"}}, TASK)
C("ecs-non-root", {f"{TASK}.0.user": "0:0"}, TASK)
also("ecs-non-root", {f"{TASK}.0.user": DELETE})
C("ecs-unprivileged", {f"{TASK}.0.privileged": True}, TASK)
C("ecs-capabilities", {f"{TASK}.0.linuxParameters": {"capabilities": {"add": ["SYS_ADMIN"]}}}, TASK)
C("ecs-readonly-rootfs", {f"{TASK}.1.readonlyRootFilesystem": False}, TASK)
C("ecs-logging", {f"{TASK}.1.logConfiguration": DELETE}, TASK)
also("ecs-logging", {f"{TASK}.0.logConfiguration.options": {}})
C("ecs-no-host-modes", {"task networkMode": "host"}, "task networkMode")
also("ecs-no-host-modes", {"task pidMode": "host"})
also("ecs-no-host-modes", {"task ipcMode": "host"})
C(
    "ecs-roles-separate",
    {"task taskRoleArn": "arn:aws:iam:ap-southeast-1:123456789012:role/execution"},
    "task taskRoleArn",
)
also("ecs-roles-separate", {"task executionRoleArn": DELETE})
C("ecs-image-pinned", {f"{TASK}.1.image": "quay.io/jetstack/exporter:latest"}, TASK)
also("ecs-image-pinned", {f"{TASK}.1.image": "quay.io/jetstack/exporter"})
C("ecs-image-registry", {f"{TASK}.1.image": "evil.example/x:1"}, TASK)
C("ecs-fargate-size", {"task cpu": "512", "task memory": "8192"}, "task memory")
also("ecs-fargate-size", {"task cpu": "512", "task memory": "1024"})
C("ecs-volumes", {"task volumes.0.efsVolumeConfiguration": {"transitEncryption": "DISABLED"}}, "task volumes")
also("ecs-volumes", {"task volumes.0.hostPath": "/"})
C("ecs-platform-latest", {"service platformVersion": "1.3.0"}, "service platformVersion")
C("ecs-container-insights", {"cluster settings": []}, "cluster settings")
also("ecs-container-insights", {"cluster settings.0.value": "disabled"})
C("ecs-circuit-breaker", {"service deploymentCircuitBreaker": DELETE}, "service deploymentCircuitBreaker")
also("ecs-circuit-breaker", {"service deploymentCircuitBreaker.rollback": False})
C(
    "ecs-minimum-healthy",
    {"service deploymentMinimumHealthyPercent": 50},
    "service deploymentMinimumHealthyPercent",
)
C("ecs-spot-has-base", {"service capacityProviderStrategies.0.base": 0}, "service capacityProviderStrategies")
C("ecs-spot-stop-timeout", {f"{TASK}.0.stopTimeout": 30}, TASK)
C("ecs-grace-period", {"service healthCheckGracePeriodSeconds": 0}, "service healthCheckGracePeriodSeconds")
C(
    "ecs-exec-off",
    {"service enableExecuteCommand": True, "cluster configuration": {}},
    "service enableExecuteCommand",
    "cluster",
)
also("ecs-exec-off", {"service enableExecuteCommand": True, "service cluster": "other"})
C("ecs-autoscaling-bounds", {"scaling maxCapacity": 1000}, "scaling maxCapacity")
also("ecs-autoscaling-bounds", {"scaling minCapacity": 0})
C("ecs-tags-propagate", {"service propagateTags": DELETE}, "service propagateTags")
C("ecs-no-forced-deployment", {"service forceNewDeployment": True}, "service forceNewDeployment")

# Hosts
C("lightsail-snapshots", {"light addOn": DELETE}, "light addOn")
also("lightsail-snapshots", {"light addOn.status": "Disabled"})
C("lightsail-lts", {"light blueprintId": "ubuntu_18_04"}, "light blueprintId")
C("lightsail-key", {"light keyPairName": DELETE}, "light keyPairName")
OWN_KEY: Final = "rm -f /home/ubuntu/.ssh/authorized_keys"
for line in (f"# {OWN_KEY}", f"echo {OWN_KEY}", OWN_KEY.replace("ubuntu", "admin")):
    also("lightsail-key", {"light keyPairName": DELETE, HOST: f"#!/bin/sh\n{line}\n"})
C("lightsail-userdata-clean", compose("#!/bin/sh\n", "#!/bin/sh\nexport ADMIN_PASS=hunter2\n"), HOST)
also("lightsail-userdata-clean", compose("#!/bin/sh\n", "#!/bin/sh\ncurl https://a:b@c.example/\n"))
also("lightsail-userdata-clean", {HOST: "[secret]"})
# An enrolment may be secret, and nothing beside it.
ENROLS: Final = "#!/bin/sh\ncat >/etc/chat/activation <<'END'\nap-southeast-1 0123 a1b2\nEND\n"
also("lightsail-userdata-clean", {"light @.secrets": frozenset({"userData"})})
also(
    "lightsail-userdata-clean",
    {"light @.secrets": frozenset({"userData"}), HOST: f"{ENROLS}export ADMIN_PASS=hunter2\n"},
)
also(
    "lightsail-userdata-clean",
    {
        HOST: "#cloud-config\nwrite_files:\n- path: /x.env\n  encoding: b64\n"
        "  content: QURNSU5fUEFTUz1odW50ZXIyCg==\n"
    },
)
for _line in (
    "echo 'machine repo.example.org login chat password hunter2' >/root/.netrc",
    "cat >/root/.netrc <<'END'\nmachine repo.example.org\n  login chat\n  password hunter2\nEND",
    "cat >/root/.pgpass <<'END'\ndb.example.org:5432:chat:chat:hunter2\nEND",
    "cat >/root/.pgpass <<'END'\n*:*:*:chat:hun\\:ter2\nEND",
    'cat >/root/.docker/config.json <<\'END\'\n{"auths": {"a.example": {"auth": "Y2hhdDpodW50ZXIy"}}}\nEND',
):
    also("lightsail-userdata-clean", compose("#!/bin/sh\n", f"#!/bin/sh\n{_line}\n"))
also(
    "k8s-configmap-clean",
    {"config data": {"netrc": "machine repo.example.org login chat password hunter2"}},
)
C("ec2-imdsv2", {"host metadataOptions": DELETE}, "host metadataOptions")
C("ec2-disk-encrypted", {"host rootBlockDevice": {}}, "host rootBlockDevice")
C("ec2-no-public-ip", {"host associatePublicIpAddress": True}, "host associatePublicIpAddress")
C("ec2-userdata-keeps-host", {"host userDataReplaceOnChange": True}, "host userDataReplaceOnChange")
C("do-droplet-backups", {"droplet backups": False}, "droplet backups")
C("do-droplet-keys", {"droplet sshKeys": []}, "droplet sshKeys")
C("do-droplet-monitoring", {"droplet monitoring": DELETE}, "droplet monitoring")
C("host-ports", compose('"127.0.0.1:2019:2019"', '"2019:2019"'), HOST)
C("host-images-pinned", compose("caddy:2.10.0", "caddy"), HOST)
C("host-image-registry", compose("docker.io/library/caddy", "evil.example/caddy"), HOST)
C("host-restart", compose("restart: unless-stopped", "init: true"), HOST)
C(
    "host-unprivileged",
    compose("restart: unless-stopped", "restart: unless-stopped\n    privileged: true"),
    HOST,
)
also("host-unprivileged", compose('"data:/data/db"', '"data:/data/db", "/var/run/docker.sock:/x"'))
for _line in (
    "user: root",
    'user: "0:0"',
    "cap_add: [SYS_ADMIN]",
    "cap_add: [CAP_ALL]",
    'devices: ["/dev/sda:/dev/sda"]',
    "ipc: host",
    "userns_mode: host",
    'privileged: "true"',
):
    also("host-unprivileged", compose("restart: unless-stopped", f"restart: unless-stopped\n    {_line}"))
for _mount in ("/:/host", "/etc:/x:ro", "/var/run:/var/run", "/run/containerd/containerd.sock:/x"):
    also("host-unprivileged", compose('"data:/data/db"', f'"data:/data/db", "{_mount}"'))
also(
    "host-unprivileged",
    compose('["no-new-privileges:true"]', '["no-new-privileges:true", "seccomp:unconfined"]'),
)
C("host-data-kept", compose("data:/data/db", "data:/elsewhere"), HOST)
C(
    "host-database-inside",
    compose("image: mongo:8.0.4", 'image: mongo:8.0.4\n    ports: ["27017:27017"]'),
    HOST,
)
C("host-memory-bounded", compose("    mem_limit: 1g\n", ""), HOST)
also("host-memory-bounded", compose("mem_limit: 1g", "mem_limit: 0"))
C("host-names-true", compose("mem_limit: 1g", 'extra_hosts: ["cloud.rocket.chat:10.1.2.3"]'), HOST)
for _name in ('["mongo=10.1.2.3"]', '["login.example.org:203.0.113.9"]', '{mongo: "[fd00::7]"}'):
    also("host-names-true", compose("mem_limit: 1g", f"extra_hosts: {_name}"))
C("host-logs-bounded", compose("    logging: {options: {max-size: 10m}}\n", ""), HOST)
C("host-no-priv-esc", compose('    security_opt: ["no-new-privileges:true"]\n', ""), HOST)
C("host-upgrades", compose("unattended-upgrades", "cowsay"), HOST)
C("host-no-password-login", {HOST: "#cloud-config\nssh_pwauth: true\npackage_upgrade: true\n"}, HOST)

# Kubernetes
C("doks-version-pinned", {"doks version": "latest"}, "doks version")
C("doks-auto-upgrade", {"doks autoUpgrade": False}, "doks autoUpgrade")
C("doks-upgrade-window", {"doks maintenancePolicy": DELETE}, "doks surgeUpgrade")
also("doks-upgrade-window", {"doks surgeUpgrade": False})
C("doks-ha", {"doks ha": False}, "doks ha")
also("doks-ha", {"doks nodePool": {"nodeCount": 1}})
also("doks-ha", {"doks nodePool.minNodes": 1})
C("doks-control-plane-firewall", {"doks controlPlaneFirewall": DELETE}, "doks controlPlaneFirewall")
C("doks-autoscale-bounded", {"doks nodePool.maxNodes": 100}, "doks nodePool")
C("k8s-namespace-pss", {"namespace metadata.labels": {}}, "namespace metadata")
C("k8s-own-namespace", {"deployment metadata.namespace": "default"}, "deployment metadata")
also("k8s-own-namespace", {"release namespace": DELETE})
CONTEXT = f"{POD}.containers.0.securityContext"
C("k8s-no-privileged", {f"{CONTEXT}.privileged": True}, f"{CONTEXT}.privileged")
C("k8s-no-priv-esc", {f"{CONTEXT}.allowPrivilegeEscalation": DELETE}, f"{POD}.containers")
C("k8s-drop-all", {f"{CONTEXT}.capabilities.drop": ["NET_RAW"]}, f"{CONTEXT}.capabilities")
also("k8s-drop-all", {f"{CONTEXT}.capabilities.add": ["SYS_ADMIN"]})
C("k8s-non-root", {f"{CONTEXT}.runAsNonRoot": DELETE}, f"{CONTEXT}.runAsNonRoot")
also("k8s-non-root", {f"{CONTEXT}.runAsUser": 0})
C("k8s-seccomp", {f"{CONTEXT}.seccompProfile": DELETE}, f"{CONTEXT}.seccompProfile")
C("k8s-no-host", {f"{POD}.hostNetwork": True}, f"{POD}.hostNetwork")
also("k8s-no-host", {f"{POD}.volumes.0.hostPath": {"path": "/"}})
also("k8s-no-host", {f"{POD}.containers.0.ports.0.hostPort": 80})
C("k8s-own-processes", {f"{POD}.shareProcessNamespace": True}, f"{POD}.shareProcessNamespace")
C("k8s-no-root-group", {f"{POD}.securityContext.runAsGroup": 0}, f"{POD}.securityContext")
also("k8s-no-root-group", {f"{CONTEXT}.runAsGroup": 0})
also("k8s-no-root-group", {f"{POD}.securityContext.fsGroup": 0})
also("k8s-no-root-group", {f"{POD}.securityContext.supplementalGroups": [1000, 0]})
C(
    "k8s-readonly-rootfs",
    {"dump spec.jobTemplate.spec.template.spec.containers.0.securityContext.readOnlyRootFilesystem": DELETE},
    "dump spec",
)
C("k8s-resources", {f"{POD}.containers.0.resources.limits": {}}, f"{POD}.containers.0.resources")
C("k8s-probes", {f"{POD}.containers.0.readinessProbe": DELETE}, f"{POD}.containers.0.livenessProbe")
C(
    "k8s-image-pinned",
    {f"{POD}.containers.0.image": "docker.io/rocketchat/rocket.chat"},
    f"{POD}.containers.0.image",
)
C("k8s-image-registry", {f"{POD}.containers.0.image": "evil.example/x:1"}, f"{POD}.containers.0.image")
C("k8s-sa-token", {f"{POD}.automountServiceAccountToken": DELETE}, f"{POD}.automountServiceAccountToken")
C(
    "k8s-no-plaintext-secret",
    {f"{POD}.containers.0.env.0": {"name": "BOT_TOKEN", "value": "hunter2"}},
    f"{POD}.containers.0.env.0.value",
)
C("k8s-configmap-clean", {"config data": {"password": "hunter2"}}, "config data")
C("k8s-network-policy", {"deny": DELETE}, "deny metadata", "namespace")
also("k8s-network-policy", {"deny spec.podSelector": {"matchLabels": {"a": "b"}}}, "namespace")
C("k8s-rbac-no-wildcard", {"role-k8s rules.0.verbs": ["*"]}, "role-k8s rules.0.verbs")
also("k8s-rbac-no-wildcard", {"role-k8s rules.0.resources": ["secrets"]})
also("k8s-rbac-no-wildcard", {"role-k8s rules.0.verbs": ["escalate"]})
C("k8s-ingress-tls", {"ingress spec.tls": []}, "ingress spec.tls")
NGINX = "ingress metadata|annotations|nginx.ingress.kubernetes.io/"
C("k8s-ingress-body", {f"{NGINX}proxy-body-size": "64m"}, f"{NGINX}proxy-body-size", "ingress")
C("k8s-ingress-timeouts", {f"{NGINX}proxy-read-timeout": "60"}, f"{NGINX}proxy-read-timeout", "ingress")
C("k8s-ingress-no-snippets", {f"{NGINX}server-snippet": "x"}, "ingress metadata", "ingress")
C("k8s-network-policy-closed", {"deny spec.ingress": [{}]}, "deny spec")
also("k8s-network-policy-closed", {"deny spec.egress": [{}]})
also("k8s-network-policy", {"deny spec.ingress": [{"from": [{"namespaceSelector": {}}]}]}, "namespace")
C("k8s-external-ips", {"k8s-service spec.externalIPs": ["10.0.0.1"]}, "k8s-service spec")
C("k8s-kernel", {f"{POD}.containers.0.securityContext.procMount": "Unmasked"}, POD)
also("k8s-kernel", {f"{POD}.securityContext.sysctls": [{"name": "kernel.msgmax", "value": "1"}]})
also("k8s-kernel", {f"{POD}.containers.0.securityContext.appArmorProfile": {"type": "Unconfined"}})
C("k8s-binding-scoped", {"binding roleRef.name": "cluster-admin"}, "binding roleRef")
also("k8s-binding-scoped", {"binding subjects.0.name": "system:authenticated"})
C("helm-pods-contained", {"release values.securityContext": {"runAsNonRoot": False}}, "release values")
also("helm-pods-contained", {"release values.hostNetwork": True})
also("helm-pods-contained", {"release values.rbac": {"clusterRole": "cluster-admin"}})
also("helm-pods-contained", {"release values.rbac": {"rules": [{"verbs": ["*"], "resources": ["pods"]}]}})
C("helm-pods-apart", {"release values.shareProcessNamespace": True}, "release values")
also("helm-pods-apart", {"release values.securityContext.fsGroup": 0})
C("helm-chat-registry", {"release values.image.repository": "evil.example/x"}, "release values")
C("helm-chat-service", {"release values.service": {"type": "LoadBalancer"}}, "release values")
C("k8s-service-not-lb", {"k8s-service spec.type": "LoadBalancer"}, "k8s-service spec")
also("k8s-service-not-lb", {"k8s-service spec.type": "NodePort"})
C("k8s-pdb", {"deployment spec.replicas": 2, "budget-pods": DELETE}, "deployment spec.replicas")
also("k8s-pdb", {"budget-pods spec.maxUnavailable": 0, "deployment spec.replicas": 2})
C("helm-pinned", {"release version": DELETE}, "release version")
C("helm-source", {"release repositoryOpts.repo": "http://charts.example"}, "release repositoryOpts")
C("helm-atomic", {"release atomic": False, "release cleanupOnFail": False}, "release timeout")
also("helm-atomic", {"release timeout": 60})
C("helm-values-clean", {"release values.smtp": {"password": "hunter2"}}, "release values")
also("helm-values-clean", {"release values.extraEnv": [{"name": "SMTP_PASSWORD", "value": "hunter2"}]})
also("helm-values-clean", {"release values.externalMongodbUrl": "mongodb://a:b@c/d"})
C("helm-chat-resources", {"release values.resources": {}}, "release values")
C("helm-chat-probes", {"release values.livenessProbe.enabled": False}, "release values")
C("helm-chat-ingress", {"release values.ingress.tls": []}, "release values.ingress.tls")
C("helm-chat-user", {"release values.securityContext.runAsUser": 0}, "release values.securityContext")
C("helm-no-retired", {"release chart": "ingress-nginx"}, "release chart")
C(
    "cert-issuer-prod",
    {"issuer spec.acme.server": "https://acme-staging-v02.api.letsencrypt.org/directory"},
    "issuer spec",
)
also("cert-issuer-prod", {"issuer spec.acme.email": ""})
C("gateway-tls", {"gateway spec.listeners": [{"name": "http", "protocol": "HTTP"}]}, "gateway spec.listeners")
also("gateway-tls", {"gateway spec.listeners.0.tls": {}})

# Atlas
REGION = "atlas replicationSpecs.0.regionConfigs.0"
C("atlas-no-world-access", {"entry-a cidrBlock": "0.0.0.0/0"}, "entry-a cidrBlock")
also("atlas-no-world-access", {"entry-a cidrBlock": "128.0.0.0/4"})
C("atlas-access-narrow", {"entry-a cidrBlock": "203.0.112.0/22"}, "entry-a comment")
also("atlas-access-narrow", {"entry-a comment": ""})
C("atlas-user-kept", {"user deleteAfterDate": "2027-01-01"}, "user deleteAfterDate")
C("atlas-private-link", {"entry-a": DELETE, "entry-b": DELETE}, EXISTENCE, "atlas")
also("atlas-private-link", {"link": w("link", t.ATLAS_ENDPOINT, {"projectId": "p"})})
C("atlas-egress-agrees", {"entry-b": DELETE}, {"entry-b": DELETE, "ip-b @.outputs": {}}, "atlas")
C("atlas-user-least-priv", {"user roles.0.roleName": "atlasAdmin"}, "user roles")
also("atlas-user-least-priv", {"user roles.0.databaseName": "admin"})
C("atlas-user-scoped", {"user scopes": []}, "user scopes")
C("atlas-user-separate", {"user roles.1": {"roleName": "read", "databaseName": "other"}}, "user roles")
C("atlas-password-source", {"user password": "short"}, "user password")
also("atlas-password-source", {"user password": "abcdefghijklmnopqrstuvwx/+="})
C("atlas-user-home", {"user authDatabaseName": "chat"}, "user authDatabaseName")
C(
    "atlas-tls12",
    {"atlas advancedConfiguration.minimumEnabledTlsProtocol": "TLS1_1"},
    "atlas advancedConfiguration",
)
C("atlas-backup", {"atlas backupEnabled": False}, "atlas backupEnabled")
C("atlas-point-in-time", {"atlas pitEnabled": DELETE}, "atlas pitEnabled")
C("atlas-backup-schedule", {"schedule-atlas": DELETE}, "schedule-atlas clusterName", "atlas")
also("atlas-backup-schedule", {"schedule-atlas policyItemDaily": DELETE})
also("atlas-backup-schedule", {"schedule-atlas restoreWindowDays": 1})
C("atlas-backup-copy", {"schedule-atlas copySettings": []}, "schedule-atlas copySettings")
C("atlas-backup-compliance", {"compliance": DELETE}, EXISTENCE, "atlas")
C(
    "atlas-termination-protection",
    {"atlas terminationProtectionEnabled": False},
    "atlas terminationProtectionEnabled",
)
C("atlas-retain-backups", {"atlas retainBackupsEnabled": DELETE}, "atlas retainBackupsEnabled")
C("atlas-tier", {f"{REGION}.electableSpecs.instanceSize": "M0"}, f"{REGION}.electableSpecs.instanceSize")
also("atlas-tier", {f"{REGION}.electableSpecs.nodeCount": 2})
also("atlas-tier", {f"{REGION}.providerName": "TENANT"})
C(
    "atlas-not-flex",
    {"flex": w("flex", t.ATLAS_FLEX, {"name": "flex", "terminationProtectionEnabled": True})},
    EXISTENCE,
)
also("region-allowed", {f"{REGION}.regionName": "EU_WEST_1"})
C("atlas-js-off", {"atlas advancedConfiguration.javascriptEnabled": DELETE}, "atlas advancedConfiguration")
C(
    "atlas-autoscale-bounded",
    {f"{REGION}.autoScaling.computeMaxInstanceSize": DELETE},
    f"{REGION}.autoScaling.diskGbEnabled",
)
also("atlas-autoscale-bounded", {f"{REGION}.autoScaling.diskGbEnabled": False})
C("atlas-audit", {"audit": DELETE}, "audit enabled", "atlas")
also("atlas-audit", {"audit enabled": False})
C("atlas-encryption-cmk", {"atlas encryptionAtRestProvider": "NONE"}, "atlas encryptionAtRestProvider")
C("atlas-maintenance", {"maintenance": DELETE}, EXISTENCE, "atlas")
C("atlas-alerts", {"alert": DELETE}, "alert notifications", "atlas")
also("atlas-alerts", {"alert notifications": []})
C("atlas-default-alerts", {"project withDefaultAlertsSettings": False}, "project withDefaultAlertsSettings")
C("atlas-version-pinned", {"atlas mongoDbMajorVersion": DELETE}, "atlas mongoDbMajorVersion")
also("atlas-version-pinned", {"atlas versionReleaseSystem": "CONTINUOUS"})
C(
    "atlas-oplog-window",
    {"atlas advancedConfiguration.oplogMinRetentionHours": 1},
    "atlas advancedConfiguration",
)
C("atlas-not-paused", {"atlas paused": True}, "atlas paused")

# Storage
C("s3-bpa", {"media-block": DELETE}, "media-block bucket", "media")
C("s3-bpa-values", {"media-block blockPublicAcls": False}, "media-block blockPublicPolicy")
also("s3-bpa-values", {"media-block restrictPublicBuckets": DELETE})
C("s3-no-public-acl", {"media acl": "public-read"}, "media acl")
also(
    "s3-no-public-acl",
    {
        "acl-of": w(
            "acl-of",
            t.BUCKET_ACL,
            {
                "bucket": "media.example.org",
                "accessControlPolicy": {
                    "grants": [{"grantee": {"uri": "http://acs.amazonaws.com/groups/global/AllUsers"}}]
                },
            },
        )
    },
)
C("s3-acl-disabled", {"media-owner": DELETE}, "media-owner bucket", "media")
also("s3-acl-disabled", {"media-owner rule.objectOwnership": "ObjectWriter"})
C("s3-tls-only", {"media-policy": DELETE}, "media-policy policy", "media")
also("s3-tls-only", {"media-policy policy.Statement.0.Effect": "Allow"})
C(
    "s3-policy-no-star",
    {"media-policy policy": doc(allow(["s3:GetObject"], ["x"], Principal={"AWS": "*"}))},
    "media-policy policy",
)
C("s3-policy-no-not", {"cdn-read policy.Statement.0.NotPrincipal": {"AWS": "x"}}, "cdn-read policy")
C("s3-encryption", {"media-key": DELETE}, "media-key rules", "media")
C("s3-bucket-key", {"media-key rules.0.bucketKeyEnabled": False}, "media-key rules")
C("s3-versioning", {"media-versions": DELETE}, "media-versions versioningConfiguration", "media")
also("s3-versioning", {"media-versions versioningConfiguration.status": "Suspended"})
C("s3-lifecycle", {"media-life": DELETE}, "media-life rules", "media")
also("s3-lifecycle", {"media-life rules.0.abortIncompleteMultipartUpload": DELETE})
also("s3-lifecycle", {"media-life rules.0.noncurrentVersionExpiration": DELETE})
also("s3-lifecycle", {"logs-life rules.0.expiration": DELETE})
C("s3-access-logging", {"media-log": DELETE}, "media-log targetBucket", "media")
also("s3-access-logging", {"media-log targetBucket": "media.example.org"})
C("s3-cors-origin", {"media-cors corsRules.0.allowedOrigins": ["*"]}, "media-cors corsRules")
also("s3-cors-origin", {"media-cors corsRules.0.allowedOrigins": ["http://chat.example.org"]})
C(
    "s3-cors-methods",
    {"media-cors corsRules.0.allowedMethods": ["DELETE"]},
    "media-cors corsRules.0.allowedMethods",
)
C("s3-no-force-destroy", {"media forceDestroy": True}, "media forceDestroy")
also("s3-no-force-destroy", {"space forceDestroy": True})
C(
    "s3-backup-object-lock",
    {"backup objectLockEnabled": DELETE, "backup-lock": DELETE},
    {"backup objectLockEnabled": DELETE, "backup-lock bucket": UNKNOWN},
    "backup",
)
C("s3-object-lock-rule", {"backup-lock": DELETE}, "backup-lock bucket", "backup")
C("s3-replication", {"backup-copy": DELETE}, "backup-copy bucket", "backup")
C("s3-no-website", {"media website": {"indexDocument": "index.html"}}, "media website")
C("s3-object-clean", {"object content": "[secret]"}, "object serverSideEncryption")
also("s3-object-clean", {"object serverSideEncryption": "NONE"})
C("do-spaces-private", {"space acl": "public-read"}, "space acl")
also("do-spaces-private", {"space versioning": {"enabled": False}})
C("do-spaces-cors", {"space-cors corsRules.0.allowedOrigins": ["*"]}, "space-cors corsRules")

# CDN and certificates
DEFAULT = "cdn defaultCacheBehavior"
C("cdn-https-only", {f"{DEFAULT}.viewerProtocolPolicy": "allow-all"}, f"{DEFAULT}.viewerProtocolPolicy")
also("cdn-https-only", {"cdn orderedCacheBehaviors.0.viewerProtocolPolicy": "allow-all"})
C("cdn-tls-min", {"cdn viewerCertificate.minimumProtocolVersion": "TLSv1"}, "cdn viewerCertificate")
also("cdn-tls-min", {"cdn viewerCertificate": {"cloudfrontDefaultCertificate": True}})
C("cdn-oac", {"cdn origins.1.originAccessControlId": DELETE}, "cdn origins")
also("cdn-oac", {"cdn origins.1.s3OriginConfig.originAccessIdentity": "origin-access-identity/cloudfront/E1"})
C("cdn-oac-signs", {"oac signingBehavior": "never"}, "oac signingBehavior")
C("cdn-oac-bound", {"cdn-read policy.Statement.0.Condition": {}}, "cdn-read policy")
C(
    "cdn-origin-part",
    {"cdn-read policy.Statement.0.Resource": ["arn:aws:s3:::media.example.org/*"]},
    "cdn-read policy",
)
C("cdn-origin-tls", {"cdn origins.0.customOriginConfig.originProtocolPolicy": "http-only"}, "cdn origins")
also("cdn-origin-tls", {"cdn origins.0.customOriginConfig.originSslProtocols": ["TLSv1", "TLSv1.2"]})
C("cdn-logging", {"cdn loggingConfig": DELETE}, "cdn loggingConfig")
C("cdn-headers", {f"{DEFAULT}.responseHeadersPolicyId": DELETE}, f"{DEFAULT}.responseHeadersPolicyId")
C("cdn-waf", {"cdn webAclId": DELETE}, "cdn webAclId")
C("cdn-failover", {"cdn originGroups": []}, "cdn originGroups")
C("cdn-geo", {"cdn restrictions.geoRestriction.restrictionType": "none"}, "cdn restrictions")
C(
    "cdn-root-object",
    {"cdn defaultRootObject": DELETE, "cdn origins": [{"originId": "m", "originAccessControlId": "x"}]},
    {"cdn defaultRootObject": "UNKNOWN", "cdn origins": [{"originId": "m", "originAccessControlId": "x"}]},
)
C(
    "cdn-app-no-cache",
    {f"{DEFAULT}.cachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6"},
    f"{DEFAULT}.cachePolicyId",
)
also("cdn-app-no-cache", {f"{DEFAULT}.originRequestPolicyId": DELETE})
also("cdn-app-no-cache", {f"{DEFAULT}.allowedMethods": ["GET", "HEAD"]})
also("cdn-app-no-cache", {f"{DEFAULT}.forwardedValues": {"headers": ["Host"]}})
C("cdn-min-ttl", {f"{DEFAULT}.minTtl": 60}, f"{DEFAULT}.minTtl")
C("cdn-http2", {"cdn httpVersion": "http1.1"}, "cdn httpVersion")
C("cdn-price-class", {"cdn priceClass": "PriceClass_All"}, "cdn priceClass")
C("cdn-alias-resolves", {"cdn aliases": ["other.example.org"]}, "cdn aliases")
C("cdn-enabled", {"cdn enabled": False}, "cdn enabled")
C("cdn-cert-us-east-1", {"cert-us region": "ap-southeast-1"}, "cert-us region")
C("acm-dns-validated", {"cert validationMethod": "EMAIL"}, "cert validationMethod")
also("acm-dns-validated", {"cert-valid": DELETE}, "cert")
C("acm-validation-records", {"proof": DELETE}, "cert-valid validationRecordFqdns", "cert-valid cert-us-valid")
C("acm-key", {"cert keyAlgorithm": "RSA_1024"}, "cert keyAlgorithm")
C("acm-transparency", {"cert options.certificateTransparencyLoggingPreference": "DISABLED"}, "cert options")
C("acm-no-wildcard", {"cert domainName": "*.example.org"}, "cert domainName")
also("acm-no-wildcard", {"cert subjectAlternativeNames": ["*.example.org"]})

# IAM
POLICY = "role-policy policy"
C("iam-no-admin", policy(allow(["*"], ["*"])), POLICY)
also("iam-no-admin", {"role inlinePolicies": [{"name": "x", "policy": doc(allow(["*"], ["*"]))}]})
also("iam-no-admin", {POLICY: doc({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"})})
C(
    "iam-no-admin-attached",
    {"attached policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"},
    "attached policyArn",
)
also("iam-no-admin-attached", {"attached policyArn": "arn:aws:iam::aws:policy/SecretsManagerReadWrite"})
also(
    "iam-no-admin-attached",
    {
        "set": w(
            "set",
            t.PERMISSION_SET_ATTACHMENT,
            {"managedPolicyArn": "arn:aws:iam::aws:policy/PowerUserAccess"},
        )
    },
)
C("iam-reads-all", {"attached policyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}, "attached policyArn")
C("iam-no-service-star", policy(allow(["s3:*"], ["arn:aws:s3:::x"])), POLICY)
C("iam-no-action-pattern", policy(allow(["s3:Get*"], ["arn:aws:s3:::x"])), POLICY)
C("iam-resource-scoped", policy(allow(["sqs:SendMessage"], ["*"])), POLICY)
also("iam-resource-scoped", policy(allow(["cloudwatch:PutMetricData"], ["*"])))
C("iam-secrets-scoped", policy(allow(["secretsmanager:GetSecretValue"], ["*"])), POLICY)
C("iam-s3-media-minimal", policy(allow(["s3:DeleteBucket"], ["arn:aws:s3:::x"])), POLICY)
also("iam-s3-media-minimal", policy(allow(["s3:GetObject"], ["arn:aws:s3:::*"])))
also("iam-s3-media-minimal", policy(allow(["s3:DeleteObjectVersion"], ["arn:aws:s3:::x/*"])))
C("iam-kms-decrypt-scoped", policy(allow(["kms:Decrypt"], ["*"])), POLICY)
TRUST = "role assumeRolePolicy"
C("iam-trust-scoped", {TRUST: doc({"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"})}, TRUST)
also(
    "iam-trust-scoped",
    {
        TRUST: doc(
            {
                "Effect": "Allow",
                "Principal": {"Federated": "x"},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {"StringEquals": {"host:aud": "sts.amazonaws.com"}},
            }
        )
    },
)
C("iam-trust-deputy", {f"{TRUST}.Statement.0.Condition": {}}, TRUST)
C("iam-trust-account", {TRUST: doc({"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::1:root"}})}, TRUST)
C("iam-passrole-scoped", policy(allow(["iam:PassRole"], ["arn:aws:iam::1:role/x"])), POLICY)
also("iam-passrole-scoped", {f"{POLICY}.Statement.4.Resource": ["*"]})
HOSTLESS = dict.fromkeys(("light", "light-ports", "doks", "droplet", "release", "deployment"), DELETE)
C(
    "iam-role-over-user",
    {"smtp-policy policy": doc(allow(["s3:GetObject"], ["x"])), **HOSTLESS},
    {"smtp-policy policy": "UNKNOWN", **HOSTLESS},
    "smtp",
)
C("iam-user-no-console", {"login": w("login", t.IAM_LOGIN, {"user": "smtp"})}, EXISTENCE)
C(
    "iam-two-keys",
    {f"key-{n}": w(f"key-{n}", t.IAM_ACCESS_KEY, {"user": "smtp"}) for n in "ab"},
    EXISTENCE,
    "smtp",
)
C("iam-boundary", {"role permissionsBoundary": DELETE}, "role permissionsBoundary")
also("iam-boundary", {"role permissionsBoundary": "arn:aws:iam::aws:policy/AdministratorAccess"})
C(
    "iam-own-document",
    {
        **policy(allow(["s3:PutObject"], ["arn:aws:s3:::documents.example.org/*"])),
        "document key": "other.json",
    },
    POLICY,
    "role-policy",
)
C("iam-role-exclusive", {"role inlinePolicies": [{"name": "x", "policy": "{}"}]}, EXISTENCE)
also("iam-role-exclusive", {"role managedPolicyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"]})
C("kms-rotation", {"key enableKeyRotation": False}, "key enableKeyRotation")
C("kms-deletion-window", {"key deletionWindowInDays": 7}, "key deletionWindowInDays")
C("kms-policy-no-star", {"key policy.Statement.0.Principal": "*"}, "key policy")
EVERYBODY = {"Effect": "Allow", "Principal": "*", "Action": "secretsmanager:GetSecretValue", "Resource": "*"}
C("access-no-star", {"secret policy": doc(EVERYBODY)}, "secret policy")
STRANGER = {
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::999999999999:root"},
    "Action": "sns:Publish",
}
C("access-own-accounts", {"topic-policy policy": doc(STRANGER)}, "topic-policy policy")
C("kms-grant-scoped", {"grant granteePrincipal": "*"}, "grant granteePrincipal")
also("kms-grant-scoped", {"grant granteePrincipal": "arn:aws:iam::123456789012:root"})
also("kms-grant-scoped", {"grant granteePrincipal": "arn:aws:iam::999999999999:role/theirs"})
for _loose in ({"StringLike": {"aws:SourceAccount": "*"}}, {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::*"}}):
    also(
        "access-no-star",
        {
            "topic-policy policy": doc(
                {**EVERYBODY, "Principal": {"Service": "a.amazonaws.com"}, "Condition": _loose}
            )
        },
    )
for _canonical in ({"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"},):
    also("access-own-accounts", {"topic-policy policy": doc({**STRANGER, "Principal": _canonical})})
also("access-own-accounts", {"caller principal": "999999999999"})
also("access-no-star", {"vault": w("vault", t.VAULT_POLICY, {"policy": doc(EVERYBODY)})})
C("secret-recovery", {"secret recoveryWindowInDays": 0}, "secret recoveryWindowInDays")
C("secret-described", {"secret description": DELETE}, "secret description")
C("secret-own-key", {"secret kmsKeyId": DELETE}, "secret kmsKeyId")
C("secret-rotation", {"secret-turn": DELETE}, "secret-turn secretId", "secret")
C("ssm-secure-string", {"parameter type": "String"}, "parameter type")
C("iam-key-active", {"smtp-key status": "Inactive"}, "smtp-key status")

# Credentials
LAMBDA: Final = "aws:lambda/function:Function"
C(
    "secret-in-clear",
    {"f": w("f", LAMBDA, {"environment": {"variables": {"DB_PWD": "hunter2"}}})},
    {"f": w("f", LAMBDA, {"environment": {"variables": {"DB_PWD": UNKNOWN}}})},
)
also("secret-in-clear", {"sg-app description": "ask https://a:b@c.example"})
also(
    "secret-in-clear",
    {
        "app": w(
            "app", "digitalocean:index/app:App", {"spec": {"envs": [{"key": "API_KEY", "value": "hunter2"}]}}
        )
    },
)
for _run in (
    {"create": "curl -sS -u admin:S3cretPass https://x.example.org/hook"},
    {"update": "curl --user admin:S3cretPass https://x.example.org/hook"},
    {"delete": "curl -uadmin:S3cretPass https://x.example.org/hook"},
    {"create": "PGPASSWORD=hunter2 psql -c 'select 1'"},
    {"create": "x", "stdin": "password=hunter2"},
):
    also("secret-in-clear", {"run": w("run", "command:local:Command", _run)})
C("own-credential", {"rds password": "hunter2hunter2"}, "rds password")
_GIVEN: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    (t.RDS_CLUSTER, {"masterPassword": "Winter2024!"}),
    (t.CACHE, {"authToken": "ch4ngeme-ch4ngeme"}),
    (t.DOCUMENT_CLUSTER, {"masterPassword": "Passw0rd123456"}),
    ("aws:mq/broker:Broker", {"users": [{"username": "a", "password": "rabbit-rabbit"}]}),
    ("aws:dms/endpoint:Endpoint", {"kafkaSettings": {"saslPassword": "hunter2"}}),
    ("aws:elasticache/user:User", {"passwords": ["SuperSecretToken"]}),
    (
        t.SEARCH,
        {"advancedSecurityOptions": {"masterUserOptions": {"masterUserPassword": "Adm1n!"}}},
    ),
    ("command:remote:Command", {"create": "ls", "connection": {"host": "a", "password": "hunter22"}}),
    ("command:remote:Command", {"connection": {"host": "a", "proxy": {"host": "b", "password": "test"}}}),
)
for _kind, _given in _GIVEN:
    also("own-credential", {"given": w("given", _kind, _given)})
also(
    "own-credential",
    {"rds @.secrets": None, "rds password": "Winter2024!"},
)
also("own-credential", {"rds password": "q8fJz2Lw0vN5xTc7"})
C("secret-of-stack", {"sg-app description": f"for {SECURE_URI}"}, EXISTENCE)
also(
    "secret-of-stack",
    {
        "version": w("version", t.SECRET_VERSION, {"secretId": "s", "secretString": "Ab3dEf6hIj9lMn2p"}),
        "config data": {"note": "see Ab3dEf6hIj9lMn2p"},
    },
    "config",
)
C(
    "output-secret",
    {"root @.outputs": {"key": "mongodb://a:b@c/d"}},
    {"root @.secrets": None, "root @.outputs": {"key": "mongodb://a:b@c/d"}},
    "root",
)
for _output in (
    {"databasePassword": {"value": "hunter2"}},
    {"environment": "PORT=3000\nADMIN_PASS=hunter2\n"},
    {"netrc": "machine a.example login chat password hunter2"},
):
    also("output-secret", {"root @.outputs": _output})
C("provider-secret", {"provider token": "dop_v1_0123"}, "provider token")

C("do-droplet-firewall", {"droplet-wall dropletIds": []}, "droplet-wall dropletIds", "droplet")

# Services
C("db-encrypted", {"rds storageEncrypted": False}, "rds storageEncrypted")
C("db-private", {"rds publiclyAccessible": True}, "rds publiclyAccessible")
C("db-backups", {"rds backupRetentionPeriod": 1}, "rds backupRetentionPeriod")
C("db-kept", {"rds skipFinalSnapshot": True}, "rds deletionProtection")
C("db-tls", {"parameters parameters.0.value": "0"}, "parameters parameters")
C("cache-guarded", {"cache transitEncryptionEnabled": False}, "cache atRestEncryptionEnabled")
C("ecr-guarded", {"images imageTagMutability": "MUTABLE"}, "images imageTagMutability")
C("lambda-permission", {"caller sourceArn": DELETE}, "caller principal")
C("lambda-url", {"function-url authorizationType": "NONE"}, "function-url authorizationType")
C("lambda-runtime", {"function runtime": "python3.7"}, "function runtime")
C("efs-encrypted", {"files encrypted": DELETE}, "files encrypted")
C(
    "efs-private",
    {"files-policy policy": doc({**allow(["a"], ["*"]), "Principal": "*"})},
    "files-policy policy",
)
C("efs-access-point", {"folder rootDirectory": DELETE}, "folder rootDirectory")
C("ebs-encrypted", {"volume encrypted": False}, "volume encrypted")
C("ebs-encrypted-by-default", {"volumes enabled": False}, "volumes enabled")
C("ami-private", {"shared-image group": "all"}, "shared-image group")
C("snapshot-private", {"snapshot sharedAccounts": ["all"]}, "snapshot sharedAccounts")
_SHARED: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    (t.SNAPSHOT_PERMISSION, {"accountId": "all"}),
    (t.RDS_SNAPSHOT_COPY, {"sharedAccounts": ["all"]}),
    (t.RDS_CLUSTER_SNAPSHOT, {"sharedAccounts": ["all"]}),
    (t.RDS_CLUSTER_SNAPSHOT_COPY, {"sharedAccounts": ["all"]}),
    (t.SYSTEMS_DOCUMENT, {"permissions": {"type": "Share", "account_ids": "All"}}),
)
for _kind, _given in _SHARED:
    also("snapshot-private", {"given": w("given", _kind, _given)})
also("lambda-permission", {"layer": w("layer", t.LAYER_PERMISSION, {"principal": "*"})})
for _kind in (t.BROKER, t.REPLICATION_INSTANCE, t.NEPTUNE_INSTANCE):
    also("db-private", {"given": w("given", _kind, {"publiclyAccessible": True})})
C("api-authorized", {"route authorizationType": "NONE"}, "route authorizationType")
also("api-authorized", {"route authorizationType": DELETE})
also("api-authorized", {"method apiKeyRequired": False})
C("audit-on", {"trail enableLogging": False}, "trail enableLogging")
also("audit-on", {"watch": w("watch", t.DETECTOR, {"enable": False})})
also("audit-on", {"watch": w("watch", t.RECORDER, {"isEnabled": False})})
C("trail-validated", {"trail enableLogFileValidation": DELETE}, "trail enableLogFileValidation")
C("trail-all-regions", {"trail isMultiRegionTrail": False}, "trail isMultiRegionTrail")
C(
    "kafka-guarded",
    {"kafka encryptionInfo.encryptionInTransit.clientBroker": "TLS_PLAINTEXT"},
    "kafka encryptionInfo",
)
also("kafka-guarded", {"kafka encryptionInfo.encryptionInTransit.clientBroker": "PLAINTEXT"})
also("kafka-guarded", {"kafka encryptionInfo.encryptionInTransit.inCluster": False})
also("kafka-guarded", {"kafka clientAuthentication.unauthenticated": True})
_PUBLIC: Final = {"connectivityInfo": {"publicAccess": {"type": "SERVICE_PROVIDED_EIPS"}}}
also("kafka-guarded", {"kafka brokerNodeGroupInfo": _PUBLIC})
ALL_SEARCH: Final = doc({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "es:*", "Resource": "*"})
C("opensearch-policy", {"search accessPolicies": ALL_SEARCH}, "search accessPolicies")
for _kind in (t.SEARCH_POLICY, t.ELASTICSEARCH, t.ELASTICSEARCH_POLICY):
    also("opensearch-policy", {"given": w("given", _kind, {"accessPolicies": ALL_SEARCH})})
C("sqs-encrypted", {"jobs sqsManagedSseEnabled": False}, "jobs sqsManagedSseEnabled")
C("dynamodb-kept", {"table pointInTimeRecovery": DELETE}, "table deletionProtectionEnabled")
C("opensearch-encrypted", {"search encryptAtRest": DELETE}, "search encryptAtRest")
C(
    "eks-api-private",
    {"eks vpcConfig": {"publicAccessCidrs": ["0.0.0.0/0"]}},
    {"eks vpcConfig": {"publicAccessCidrs": UNKNOWN}},
)
C("net-acl-no-admin-ports", {"acl-rule ruleAction": "allow"}, "acl-rule egress")
also("net-acl-no-admin-ports", {"acl-rule ruleAction": "allow", "acl-rule protocol": "-1"})
also(
    "net-acl-no-admin-ports",
    {"acl-rule ruleAction": "allow", "acl-rule fromPort": 0, "acl-rule toPort": 65535},
)
_ALL: Final = {"action": "allow", "protocol": "-1", "cidrBlock": "0.0.0.0/0", "fromPort": 0, "toPort": 0}
for _kind in (t.NETWORK_ACL, t.DEFAULT_NETWORK_ACL):
    also("net-acl-no-admin-ports", {"acl": w("acl", _kind, {"ingress": [{**_ALL, "ruleNo": 100}]})})
C("iam-password-length", {"passwords minimumPasswordLength": 8}, "passwords minimumPasswordLength")
C("elb-tls", {"classic listeners.0.lbProtocol": "http"}, "classic listeners")
C("do-db-network", {"managed privateNetworkUuid": DELETE}, "managed privateNetworkUuid")
C(
    "do-db-firewall",
    {"managed-firewall rules": [{"type": "ip_addr", "value": "0.0.0.0/0"}]},
    "managed-firewall clusterId",
)
also("do-db-firewall", {"managed-firewall": DELETE}, "managed")
C("do-db-standby", {"managed nodeCount": 1}, "managed nodeCount")
C(
    "do-balancer-tls",
    {"public forwardingRules.0.entryProtocol": "http", "public redirectHttpToHttps": False},
    "public forwardingRules",
    "public",
)
C("do-app-database", {"platform-app spec.databases.0.production": False}, "platform-app spec")
C(
    "cdn-hsts",
    {"headers securityHeadersConfig.strictTransportSecurity": DELETE},
    "headers securityHeadersConfig",
)

# Mail
C(
    "ses-dkim-2048",
    {"identity dkimSigningAttributes.nextSigningKeyLength": "RSA_1024_BIT"},
    "identity dkimSigningAttributes",
)
C("ses-dkim-records", {"dkim-1": DELETE}, "identity emailIdentity", "identity")
also("ses-dkim-records", {"dkim-1 proxied": True})
C("ses-mail-from", {"bounces": DELETE}, "bounces mailFromDomain", "identity")
also("ses-mail-from", {"bounces mailFromDomain": "bounce.elsewhere.org"})
C("ses-mail-from-records", {"mx": DELETE}, "mx content", "bounces")
also("ses-mail-from-records", {"spf": DELETE}, "bounces")
C("ses-mx-failure", {"bounces behaviorOnMxFailure": DELETE}, "bounces behaviorOnMxFailure")
C("dns-spf-single", {"spf content": '"v=spf1 +all"'}, "spf type")
also(
    "dns-spf-single",
    {
        "spf-2": w(
            "spf-2", t.DNS_RECORD, {"type": "TXT", "name": "bounce.example.org", "content": '"v=spf1 -all"'}
        )
    },
    "spf spf-2",
)
C("ses-dmarc", {"dmarc content": '"v=DMARC1; p=none"'}, "dmarc content", "identity")
C("ses-dmarc-made", {"dmarc": DELETE}, "dmarc name", "identity")
C("ses-config-set", {"identity configurationSetName": DELETE}, "identity configurationSetName")
C("ses-tls-required", {"mail deliveryOptions.tlsPolicy": "OPTIONAL"}, "mail deliveryOptions")
C("ses-reputation", {"mail reputationOptions": {}}, "mail reputationOptions")
C("ses-suppression", {"mail suppressionOptions.suppressedReasons": ["BOUNCE"]}, "mail suppressionOptions")
C("ses-events", {"mail-events": DELETE}, "mail-events eventDestination", "mail")
also("ses-events", {"mail-events eventDestination.enabled": False})
C("ses-sending-on", {"mail sendingOptions.sendingEnabled": False}, "mail sendingOptions")
SMTP = "smtp-policy policy.Statement.0"
C("ses-smtp-user-scoped", {f"{SMTP}.Condition": {}}, "smtp-policy policy")
also("ses-smtp-user-scoped", {f"{SMTP}.Action": ["ses:SendRawEmail", "ses:DeleteIdentity"]})
also("ses-smtp-user-scoped", {f"{SMTP}.Resource": ["*"]})
C(
    "ses-identity-policy-private",
    {"identity-policy policy.Statement.0.Principal": "*"},
    "identity-policy policy",
)

# DNS
C("cf-ssl-strict", {"zone-ssl value": "flexible"}, "zone-ssl value")
also("cf-ssl-strict", {"zone-min_tls_version value": "1.0"})
SKIPPED: Final = {"action": "skip", "actionParameters": {"ruleset": "current"}}
C("cf-guards-on", {"ruleset rules.0": {**SKIPPED, "expression": "true"}}, "ruleset rules")
for _expression in (
    "",
    "(true)",
    '(http.host ne "")',
    'starts_with(http.request.uri.path, "/")',
    "a eq 1 or true",
):
    also("cf-guards-on", {"ruleset rules.0": {**SKIPPED, "expression": _expression}})
for _rule in (
    {"action": "execute", "expression": "true", "actionParameters": {"overrides": {"enabled": False}}},
    {"action": "set_config", "expression": "a eq 1", "actionParameters": {"ssl": "flexible"}},
    {"action": "set_config", "expression": "true", "actionParameters": {"securityLevel": "off"}},
):
    also("cf-guards-on", {"ruleset rules.0": _rule})
for _actions in (
    {"disableSecurity": True},
    {"ssl": "off"},
    {"waf": "off"},
    {"securityLevel": "essentially_off"},
):
    also("cf-guards-on", {"page-rule actions": _actions})
_WORLD: Final = {"mode": "whitelist", "configuration": {"target": "ip_range", "value": "0.0.0.0/0"}}
also("cf-guards-on", {"address": w("address", t.ADDRESS_RULE, _WORLD)})
C(
    "cf-token-scoped",
    {"cf-token policies.0.resources": '{"com.cloudflare.api.account.zone.*": "*"}'},
    "cf-token policies",
)
also("cf-token-scoped", {"cf-token policies.0.resources": {"com.cloudflare.api.account.*": "*"}})
also(
    "cf-token-scoped",
    {
        "cf-token policies.0.resources": {
            "com.cloudflare.api.account.0a": {"com.cloudflare.api.account.zone.*": "*"}
        }
    },
)
also(
    "cf-token-scoped",
    {
        "token": w(
            "token",
            t.ACCOUNT_TOKEN,
            {"policies": [{"effect": "allow", "resources": '{"com.cloudflare.api.account.*": "*"}'}]},
        )
    },
)
C("cf-proxied-strict", {"zone-ssl": DELETE}, "app proxied", "app")
C("cf-dnssec", {"dnssec status": "disabled"}, "dnssec status")
C("cf-caa", {"caa": DELETE}, EXISTENCE, "cert cert-us")
C("cf-caa-allows", {"caa data.value": "letsencrypt.org"}, "caa data", "cert cert-us")
C("cf-validation-not-proxied", {"proof proxied": True}, "proof proxied")
also("cf-validation-not-proxied", {"mx proxied": True})
also("cf-validation-not-proxied", {"name content": "d1.cloudfront.net", "name proxied": True})
C("cf-app-limited", {"ruleset": DELETE}, "app type", "app")
also("cf-app-limited", {"ruleset rules": []}, "app")
C("dns-no-internal", {"app content": "10.0.0.4"}, "app content")
C("dns-no-wildcard", {"name name": "*.example.org"}, "name name")
C("dns-no-dangling", {"name content": "gone.ap-southeast-1.elb.amazonaws.com"}, "name content")
R53_MX = w(
    "mx", t.ROUTE53_RECORD, {"type": "MX", "name": "bounce.example.org", "records": ["10 elsewhere.example."]}
)
also("ses-mail-from-records", {"mx": R53_MX}, "bounces")
also("dns-no-dangling", {"r53-alias aliases.0.name": "gone.ap-southeast-1.elb.amazonaws.com"})
also("dns-no-wildcard", {"r53 name": "*.example.org"})
also("dns-spf-single", {"r53 records": ["v=spf1 +all"]})
also("dns-no-internal", {"r53 type": "A", "r53 records": ["192.168.1.1"]})
C("dns-comment", {"name comment": DELETE}, "name comment")
C("dns-ttl", {"name ttl": 5}, "name ttl")

# Backup
C("bak-scheduled", {"atlas backupEnabled": False, "nightly": DELETE, "dump": DELETE}, "atlas backupEnabled")
C(
    "bak-cluster-scheduled",
    {"nightly": DELETE, "dump": DELETE},
    "members spec.template.spec.containers.0.image",
    "members",
)
C("bak-host-scheduled", compose("mongodump", "true"), HOST)
C("bak-second-place", {"nightly": DELETE, "dump": DELETE}, EXISTENCE, "atlas")
C("bak-dead-letters", {"nightly target.deadLetterConfig": DELETE}, "nightly target")
C("bak-retries", {"nightly state": "DISABLED"}, "nightly state")
also("bak-retries", {"nightly target.retryPolicy.maximumRetryAttempts": 0})
C("bak-time-zone", {"nightly scheduleExpressionTimezone": DELETE}, "nightly scheduleExpressionTimezone")
C("bak-job-alerts", {"stopped": DELETE}, "stopped eventPattern", "nightly")
C("bak-no-overlap", {"dump spec.concurrencyPolicy": "Allow"}, "dump spec.concurrencyPolicy")
also("bak-no-overlap", {"dump spec.jobTemplate.spec.activeDeadlineSeconds": DELETE})
also("bak-no-overlap", {"dump spec.suspend": True})
C("bak-cron-time-zone", {"dump spec.timeZone": DELETE}, "dump spec.timeZone")
C(
    "bak-cross-account-or-lock",
    {"backup objectLockEnabled": False, "backup-copy": DELETE},
    "backup objectLockEnabled",
)
also(
    "bak-cross-account-or-lock",
    {
        "backup objectLockEnabled": DELETE,
        "backup-copy": DELETE,
        "backup-lock rule": {"defaultRetention": {"mode": "GOVERNANCE", "days": 30}},
    },
)
C("bak-kept", {"schedule-atlas policyItemDaily.retentionValue": 1}, "schedule-atlas policyItemWeeklies")
C("bak-expiry", {"backup-life rules.0.expiration.days": 3}, "backup-life rules")

# Observability
C("log-retention", {"log retentionInDays": 7}, "log retentionInDays")
also("log-retention", {"log retentionInDays": DELETE})
C("log-retention-year", {"log retentionInDays": 30}, "log retentionInDays")
C("log-own-key", {"log kmsKeyId": DELETE}, "log kmsKeyId")
C("alarm-balancer", {"alarm-0": DELETE}, "alarm-0 metricName", "alb")
C("alarm-targets", {"alarm-1": DELETE}, "alarm-1 metricName", "target")
C("alarm-service", {"alarm-2": DELETE}, "alarm-2 metricName", "service")
also("alarm-service", {"alarm-3": DELETE}, "service")
C("alarm-tasks", {"alarm-4": DELETE}, "alarm-4 metricName", "service")
C("alarm-mail", {"alarm-5": DELETE}, "alarm-5 metricName", "mail")
also("alarm-mail", {"alarm-6": DELETE}, "mail")
C("alarm-heard", {"alarm-0 alarmActions": []}, "alarm-0 alarmActions")
C("alarm-missing-data", {"alarm-0 treatMissingData": DELETE}, "alarm-0 treatMissingData")
C("alarm-enabled", {"alarm-0 actionsEnabled": False}, "alarm-0 actionsEnabled")
C("sns-encrypted", {"topic kmsMasterKeyId": DELETE}, "topic kmsMasterKeyId")
also("sns-encrypted", {"topic kmsMasterKeyId": "alias/aws/sns"})
C("sns-private", {"topic-policy policy.Statement.0.Principal": "*"}, "topic-policy policy")
C("sns-heard", {"topic-mail": DELETE}, "topic-mail topic", "topic")
C("webhook-https", {"topic-mail protocol": "http"}, "topic-mail protocol")
C("events-https", {"hook invocationEndpoint": "http://x.example.org/"}, "hook invocationEndpoint")
C(
    "webhook-secret",
    {"hook invocationEndpoint": "https://chat.example.org/hooks/abc/def"},
    "hook invocationEndpoint",
)

# Operations
C("tag-required", {"vpc tags": {"Project": "rocketchat"}}, "vpc tags")
C("protect-stateful", {"media @.protect": False}, EXISTENCE)
C("cost-budget", {"budget": DELETE}, "budget notifications", "cluster light")
also("cost-budget", {"budget notifications": []}, "cluster light")
C("cost-within-budget", {"budget limitAmount": "1"}, "budget limitAmount")
also("cost-within-budget", {"budget limitAmount": "12", "budget timeUnit": "ANNUALLY"})
C("cost-budget-real", {"budget limitAmount": "0"}, "budget limitAmount")
C("cost-instance-size", {"host instanceType": "m7g.16xlarge"}, "host instanceType")
C("region-allowed", {"media region": "eu-west-1"}, "media region")
C("bot-own-account", {"bot containerDefinitions.0.secrets": []}, "bot containerDefinitions")
also("bot-own-account", {f"{POD}.containers.0.name": "bot"})
also("bot-own-account", {"bot containerDefinitions.0.environment.1.value": "admin"})
also("bot-own-account", {"bot containerDefinitions.0.environment.0.value": "http://chat.example.org"})

# Rocket.Chat
C("rc-hardened", setting("LDAP_Encryption", "plain"), TASK)
also("rc-hardened", env("NODE_OPTIONS", "--inspect=0.0.0.0"))
C("rc-root-url-https", env("ROOT_URL", "http://chat.example.org"), TASK)
also("rc-root-url-https", env("ROOT_URL", "https://chat.example.org/"))
also("rc-root-url-https", env("ROOT_URL", "https://elsewhere.example.org"))
also("rc-root-url-https", {f"{TASK}.0.environment.0": {"name": "X", "value": ""}})
also("rc-root-url-https", {"release values.host": "elsewhere.example.org"})
also("rc-root-url-https", {f"{one} domainName": "media.example.org" for one in ("cert", "cert-us")}, "task")
C("rc-registration-closed", setting("Accounts_RegistrationForm", "Public"), TASK)
also("rc-registration-closed", compose('OVERWRITE_SETTING_Accounts_RegistrationForm: "Disabled"', 'X: "y"'))
also(
    "rc-registration-closed",
    {f"{POD}.containers.0.env.6": {"name": "Accounts_RegistrationForm", "value": "Public"}},
)
also(
    "rc-registration-closed",
    {"release values.extraEnv": "- name: OVERWRITE_SETTING_Accounts_RegistrationForm\n  value: Public\n"},
)
also(
    "rc-registration-closed",
    {
        f"{POD}.containers.0.env.6": {"name": "X", "value": ""},
        f"{POD}.containers.0.envFrom.1": {"configMapRef": {"name": "chat-config"}},
        "config data": {"Accounts_RegistrationForm": "Public"},
    },
    "deployment",
)
CHAT = "document content.compose.services.rocketchat"
also("rc-registration-closed", {f"{CHAT}.environment.OVERWRITE_SETTING_Accounts_RegistrationForm": "Public"})
also("rc-secrets-stored", {f"{CHAT}.environment.ADMIN_PASS": "hunter2"})
also(
    "rc-mongo-url",
    {"document-secret secretString.environments.rocketchat.MONGO_URL": "mongodb://a:b@c/d"},
    "document",
)
also("host-unprivileged", {f"{CHAT}.privileged": True})
also("host-images-pinned", {f"{CHAT}.image": "rocketchat/rocket.chat"})
also("protect-stateful", {"disk @.protect": False})
C("rc-setup-wizard-done", setting("Show_Setup_Wizard", "pending"), TASK)
also("rc-setup-wizard-done", {f"{TASK}.0.secrets.1.name": "OTHER"})
C("rc-secrets-stored", env("MONGO_URL", "mongodb+srv://a:hunter2@host/db"), TASK)
also("rc-secrets-stored", compose('ADMIN_PASS: "${ADMIN_PASS}"', 'ADMIN_PASS: "hunter2"'))
C("rc-admin-name", env("ADMIN_USERNAME", "admin"), TASK)
also("rc-admin-name", env("ADMIN_USERNAME", "here"), "task")
C("rc-files-protected", setting("FileUpload_ProtectFiles", "false"), TASK)
also("rc-files-protected", setting("FileUpload_Restrict_to_room_members", "false"))
C("rc-files-no-acl", setting("FileUpload_S3_Acl", "public-read"), TASK)
C("rc-files-tls", setting("FileUpload_S3_BucketURL", "http://s3.example.org"), TASK)
C("rc-file-links-short", setting("FileUpload_S3_URLExpiryTimeSpan", "86400"), TASK)
C("rc-no-scripted-pictures", setting("FileUpload_MediaTypeBlackList", "text/html"), TASK)
C("rc-jwt-files", setting("FileUpload_Enable_json_web_token_for_files", "false"), TASK)
also("rc-jwt-files", {f"{TASK}.0.secrets.3.name": "OTHER"})
C("rc-no-anon", setting("Accounts_AllowAnonymousRead", "true"), TASK)
also("rc-no-anon", setting("Accounts_AllowAnonymousWrite", "true"))
C("rc-2fa", setting("Accounts_TwoFactorAuthentication_Enabled", "false"), TASK)
C("rc-lockout", setting("Block_Multiple_Failed_Logins_Enabled", "false"), TASK)
C("rc-lockout-said", {f"{TASK}.0.environment.7": {"name": "X", "value": ""}}, TASK)
C("rc-forwarded-count", env("HTTP_FORWARDED_COUNT", "0"), TASK)
also("rc-forwarded-count", env("HTTP_FORWARDED_COUNT", "4"))
also("rc-forwarded-count", {f"{TASK}.0.environment.2": {"name": "X", "value": ""}})
C("rc-browser-hardening", setting("Enable_CSP", "false"), TASK)
also("rc-browser-hardening", setting("Iframe_Restrict_Access", "false"))
C("rc-valid-certificates", setting("Allow_Invalid_SelfSigned_Certs", "true"), TASK)
also("rc-valid-certificates", env("NODE_TLS_REJECT_UNAUTHORIZED", "0"))
C("rc-cors", setting("API_Enable_CORS", "true"), TASK)
C("rc-no-force-ssl", setting("Force_SSL", "true"), TASK)
C("rc-smtp-tls", setting("SMTP_IgnoreTLS", "true"), TASK)
also("rc-smtp-tls", {f"{TASK}.0.environment.9": {"name": "X", "value": ""}})
C("rc-mail-url", {f"{TASK}.0.environment.8": {"name": "MAIL_URL", "value": "smtp://host"}}, TASK)
C("rc-no-test-mode", env("TEST_MODE", "true"), TASK)
C("rc-mongo-url", {f"{TASK}.0.secrets.0.name": "OTHER"}, TASK)
for uri in (
    "mongodb://a:b@one.example,two.example/db?tls=true",
    "mongodb://a:b@one.example/db?replicaSet=rs0",
    "mongodb+srv://a:b@one.example/db?retryWrites=false",
    "mongodb+srv://a:b@one.example/db?tlsInsecure=true",
    "postgres://a:b@c/d",
    "mongodb+srv://us:er#1:b@one.example/db",
):
    also("rc-mongo-url", {"secrets stringData|mongo-uri": uri}, "deployment release")
C("rc-rate-limits", setting("API_Enable_Rate_Limiter", "false"), TASK)
also("rc-rate-limits", setting("DDP_Rate_Limit_IP_Enabled", "false"))
also("rc-rate-limits", setting("DDP_Rate_Limit_User_Enabled", "false"))
C("rc-no-troubleshooting", setting("Troubleshoot_Disable_Notifications", "true"), TASK)
C("rc-licensed-replicas", {"service desiredCount": 2}, "service desiredCount", "task")
also("rc-licensed-replicas", {"release values.microservices": {}})
also("rc-licensed-replicas", {"deployment spec.replicas": 3})
# Switches
CLOSED: Final = "publicAccessBlockConfiguration"
C("switch-open", {f"files-point {CLOSED}": {"blockPublicAcls": False}}, f"files-point {CLOSED}")
also(
    "switch-open",
    {
        "net": w(
            "net",
            aws("opensearch", "ServerlessSecurityPolicy")[0],
            {"type": "network", "policy": '[{"AllowFromPublic": true}]'},
        )
    },
)
also("switch-open", {"notebook directInternetAccess": "Enabled"})
also("switch-guard", {"notebook rootAccess": DELETE})
C("switch-tls", {"search domainEndpointOptions.tlsSecurityPolicy": DELETE}, "search domainEndpointOptions")
C("kept-encrypted", {"copied encrypted": DELETE}, "copied encrypted")
C("atlas-key-no-owner", {"atlas-key roleNames": ["ORG_OWNER"]}, "atlas-key roleNames")
C(
    "s3-files-kept",
    {"media-life rules.+": {"id": "short", "status": "Enabled", "expiration": {"days": 30}}},
    "media-life rules",
)
also("switch-open", {"copy": w("copy", aws("s3", "ObjectCopy")[0], {"acl": "public-read"})})
also(
    "cors-with-credentials",
    {
        "r2": w(
            "r2",
            index("cloudflare", "R2BucketCors")[0],
            {"rules": [{"allowed": {"origins": ["*"], "methods": ["GET", "PUT"]}}]},
        )
    },
)
also("provider-secret", {"provider apiEndpoint": "http://api.example.org"})
also("provider-secret", {"provider insecure": True})
C("dns-mail-strict", {"dmarc content": "v=DMARC1; p=none"}, "dmarc content")
PORTS: Final[dict[str, Any]] = {
    "metadata": {"name": "db"},
    "spec": {"type": "NodePort", "ports": [{"port": 27017}]},
}
C(
    "k8s-ports-inside",
    {"db": w("db", t.K8S_SERVICE, PORTS)},
    {"db": w("db", t.K8S_SERVICE, {"spec": UNKNOWN})},
)


def balancer(note: str, value: str) -> dict[str, Any]:
    """Return a database behind a balancer that has this annotation."""
    metadata = {"name": "db", "annotations": {note: value}}
    return {
        "db": w(
            "db",
            t.K8S_SERVICE,
            {**PORTS, "metadata": metadata, "spec": {**PORTS["spec"], "type": "LoadBalancer"}},
        )
    }


also("k8s-ports-inside", balancer("service.beta.kubernetes.io/aws-load-balancer-scheme", "internet-facing"))
also("k8s-ports-inside", balancer("service.beta.kubernetes.io/aws-load-balancer-internal", "false"))
MAKER: Final = {"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["create"]}]}
C(
    "k8s-rbac-makers",
    {"maker": w("maker", t.CLUSTER_ROLE, MAKER)},
    {"maker": w("maker", t.CLUSTER_ROLE, {"rules": UNKNOWN})},
)
for _value in ("1000", "-1", "often"):
    also("rc-hardened", setting("Block_Multiple_Failed_Logins_Attempts_Until_Block_by_User", _value))
also("rc-hardened", setting("Block_Multiple_Failed_Logins_By_Ip", "false"))
also("rc-hardened", setting("Accounts_LoginExpiration", "3650"))
also("rc-hardened", setting("Accounts_Registration_Users_Default_Roles", "user,admin"))
also("rc-hardened", setting("SAML_Custom_Default_default_user_role", "admin"))
also("rc-hardened", setting("SAML_Custom_Default_signature_validation_type", "None"))
also("rc-hardened", setting("Push_gateway", "http://push.example.org"))
also("rc-hardened", setting("FileUpload_MaxFileSize", "-1"))
also("rc-hardened", setting("SAML_Custom_Default_entry_point", "http://idp.example.org"))
for _spf in ("v=spf1 ip4:0.0.0.0/1 ip4:128.0.0.0/1 -all", "v=spf1 " + "include:a.example.org " * 11 + "-all"):
    also(
        "dns-spf-single",
        {
            "more-spf": w(
                "more-spf", t.DNS_RECORD, {"name": "other.example.org", "type": "TXT", "content": _spf}
            )
        },
    )
C("kept-safe", {"vault-of-files backupPolicy.status": "DISABLED"}, "vault-of-files backupPolicy")
C("kept-patched", {"rds autoMinorVersionUpgrade": False}, "rds autoMinorVersionUpgrade")
C("kept-logged", {"search logPublishingOptions": DELETE}, "search logPublishingOptions")
C("cache-backups", {"cache snapshotRetentionLimit": 0}, "cache snapshotRetentionLimit")
for _global in aws("docdb", "GlobalCluster"):
    also("db-encrypted", {"world": w("world", _global, {})})
    also("db-kept", {"world": w("world", _global, {"deletionProtection": False})})
C("switch-guard", {"key bypassPolicyLockoutSafetyCheck": True}, "key bypassPolicyLockoutSafetyCheck")
C(
    "switch-wide",
    {"token": w("token", t.K8S_SECRET, {"type": "kubernetes.io/service-account-token"})},
    {"token": w("token", t.K8S_SECRET, {"type": UNKNOWN})},
)
C("helm-guards-on", {"release values.redis": {"auth": {"enabled": False}}}, "release values")
COOKIES: Final = {"allowOrigins": ["*"], "allowCredentials": True}
C(
    "cors-with-credentials",
    {"function-url cors": COOKIES},
    {"function-url cors": {**COOKIES, "allowCredentials": UNKNOWN}},
)

C("rc-no-bundled-mongodb", {"release values.mongodb": {}}, "release values")
C("rc-image-pinned", {f"{TASK}.0.image": "rocketchat/rocket.chat:latest"}, TASK)
also("rc-image-pinned", {"release values.image": {}})
C("rc-no-dead-cdn", setting("FileUpload_S3_CDN", "https://cdn.example.org"), TASK)
C("rc-bucket-used", setting("FileUpload_Storage_Type", "GridFS"), TASK)

# Second forms of what is wrong
_closed: tuple[dict[str, Any], ...] = ({"self": False}, {"securityGroups": []})
for _sources in _closed:
    also(
        "net-app-port-from-alb-only",
        {"sg-app ingress": [{"protocol": "tcp", "fromPort": 3000, "toPort": 3000, **_sources}]},
        "sg-app",
    )
also("net-app-port-from-alb-only", {"in-app cidrIpv4": "10.0.0.0/16"})
also("net-sg-described", {"sg-app description": "Managed by Pulumi"})
also("net-sg-described", {"sg-app ingress": [{"protocol": "tcp", "fromPort": 1, "toPort": 2}]})
for _everybody in (["*"], {"AWS": "*"}, {"AWS": ["*"]}):
    also(
        "net-vpc-endpoint-policy",
        {"endpoint policy": doc({**allow(["*"], ["*"]), "Principal": _everybody})},
    )
also("net-alb-own-group", {"alb loadBalancerType": DELETE, "alb securityGroups": DELETE})
also("alb-drop-invalid-headers", {"alb loadBalancerType": DELETE, "alb dropInvalidHeaderFields": DELETE})
also("alb-websocket-idle", {"alb loadBalancerType": DELETE, "alb idleTimeout": DELETE})
also("bak-retries", {"nightly state": "DISABLED"})
also("ecs-grace-period", {"service healthCheckGracePeriodSeconds": DELETE})
