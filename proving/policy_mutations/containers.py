"""Containers on hosts, in tasks and in pods, and charts that make them: let out onto their host, or open to all."""

from collections.abc import Iterator
from typing import Any, Final

from policy import tokens as t
from policy.model import Subject
from proving.policy_mutations.change import DELETE, More, Mutation, Row, altered, from_table, rows

_COMPOSE: Final = "content.compose.services"
_TASK: Final = "containerDefinitions.0"
_POD: Final = "spec.template.spec"
_FIRST: Final = f"{_POD}.containers.0"


def _document(what: str, path: str, value: Any, rule: str, *, harmless: bool = False) -> Row:
    service = f"{_COMPOSE}.{path.partition('.')[0]}"
    return Row(what, t.BUCKET_OBJECT, f"{_COMPOSE}.{path}", value, rule, "chat-document", harmless, service)


def _hosts() -> Iterator[Row | More]:
    for service in ("rocketchat", "proxy", "mongodb"):
        for what, path, value in rows(
            ("privileged", "privileged", True),
            ("the host's network", "network_mode", "host"),
            ("the host's processes", "pid", "host"),
            ("the host's memory", "ipc", "host"),
            ("the host's names", "uts", "host"),
            ("the host's users", "userns_mode", "host"),
            ("root", "user", "0"),
            ("root and its group", "user", "0:0"),
            ("root by name", "user", "root"),
            ("all capabilities", "cap_add", ["ALL"]),
            ("SYS_ADMIN", "cap_add", ["SYS_ADMIN"]),
            ("CAP_SYS_PTRACE", "cap_add", ["CAP_SYS_PTRACE"]),
            ("NET_ADMIN", "cap_add", ["NET_ADMIN"]),
            ("no filter of system calls", "security_opt", ["seccomp:unconfined"]),
            ("no filter of system calls, with =", "security_opt", ["seccomp=unconfined"]),
            ("no AppArmor", "security_opt", ["apparmor:unconfined"]),
            ("the kernel's own paths", "security_opt", ["systempaths=unconfined"]),
            ("root's keys", "volumes", ["/root/.ssh:/keys:ro"]),
            ("a user's keys", "volumes", ["/home/ubuntu/.aws:/keys:ro"]),
            ("root's group", "group_add", ["0"]),
            ("Docker's group", "group_add", ["docker"]),
            ("a device", "devices", ["/dev/kmsg:/dev/kmsg"]),
            ("the Docker socket", "volumes", ["/var/run/docker.sock:/var/run/docker.sock"]),
            ("the Docker socket to read", "volumes", ["/var/run/docker.sock:/var/run/docker.sock:ro"]),
            ("the root of the host", "volumes", ["/:/host"]),
            ("the root of the host to read", "volumes", ["/:/host:ro"]),
            ("/etc", "volumes", ["/etc:/host/etc"]),
            ("/var/run", "volumes", ["/var/run:/var/run"]),
            ("/proc", "volumes", [{"type": "bind", "source": "/proc", "target": "/host/proc"}]),
        ):
            yield _document(f"{service}: {what}", f"{service}.{path}", value, "host-unprivileged")
        yield _document(f"{service}: any memory", f"{service}.mem_limit", DELETE, "host-memory-bounded")
        yield _document(
            f"{service}: another's name",
            f"{service}.extra_hosts",
            ["cloud.rocket.chat:203.0.113.9"],
            "host-names-true",
        )
        for what, value in rows(
            ("on all addresses", ["8080:8080"]),
            ("on all addresses, named", ["0.0.0.0:9000:9000"]),
            ("in IPv6", ["[::]:9000:9000"]),
            ("as an object", [{"target": 9000, "published": "9000"}]),
        ):
            yield _document(f"{service}: a port {what}", f"{service}.ports", value, "host-ports")
        for image in ("{0}:latest", "{0}", "{0}:stable"):
            name = {"rocketchat": "rocketchat/rocket.chat", "proxy": "caddy", "mongodb": "mongo"}[service]
            yield _document(
                f"{service}: {image.format('image')}",
                f"{service}.image",
                image.format(name),
                "host-images-pinned",
            )
        yield _document(
            f"{service}: another registry",
            f"{service}.image",
            "evil.example/x/y:1.0.0",
            "host-image-registry",
        )
        yield _document(f"{service}: no restart", f"{service}.restart", "no", "host-restart")
        yield _document(
            f"{service}: loopback", f"{service}.ports", ["127.0.0.1:9000:9000"], "host-ports", harmless=True
        )
        yield _document(
            f"{service}: a folder",
            f"{service}.volumes",
            ["/srv/chat/x:/data/db"],
            "host-unprivileged",
            harmless=True,
        )
    for what, value in rows(
        ("published", ["27017:27017"]),
        ("published at random", ["27017"]),
        ("on loopback", ["127.0.0.1:27017:27017"]),
        ("as an object", [{"target": 27017, "published": 27017}]),
    ):
        yield _document(f"database {what}", "mongodb.ports", value, "host-database-inside")
    yield _document(
        "database without a password", "mongodb.command", ["mongod", "--noauth"], "host-database-inside"
    )
    yield _document("database without files", "mongodb.volumes", [], "host-data-kept")
    for kind, path, rule in rows(
        (t.DO_DROPLET, "sshKeys", "do-droplet-keys"),
        (t.DO_DROPLET, "backups", "do-droplet-backups"),
        (t.LIGHTSAIL_INSTANCE, "addOn", "lightsail-snapshots"),
    ):
        yield Row(f"no {path}", kind, path, None, rule)
    yield Row("an old system", t.LIGHTSAIL_INSTANCE, "blueprintId", "ubuntu_18_04", "lightsail-lts")
    for kind in (t.DO_DROPLET, t.LIGHTSAIL_INSTANCE):
        yield Row(
            "logins by password",
            kind,
            "userData",
            lambda old: (
                old.replace("ssh_pwauth: false", "ssh_pwauth: true") + "\nPasswordAuthentication yes\n"
            ),
            "host-no-password-login",
        )
    yield More("without a firewall", t.DO_DROPLET, {"sshKeys": [1], "backups": True}, "do-droplet-firewall")


def _tasks() -> Iterator[Row | More]:
    for what, path, value, rule in rows(
        ("root", "user", "0", "ecs-non-root"),
        ("root by name", "user", "root", "ecs-non-root"),
        ("root and its group", "user", "0:0", "ecs-non-root"),
        ("no user", "user", None, "ecs-non-root"),
        ("privileged", "privileged", True, "ecs-unprivileged"),
        ("SYS_PTRACE", "linuxParameters.capabilities.add", ["SYS_PTRACE"], "ecs-capabilities"),
        ("ALL", "linuxParameters.capabilities.add", ["ALL"], "ecs-capabilities"),
        ("no log", "logConfiguration", None, "ecs-logging"),
        ("no release", "image", "rocketchat/rocket.chat", "ecs-image-pinned"),
        ("latest", "image", "rocketchat/rocket.chat:latest", "ecs-image-pinned"),
        ("another registry", "image", "evil.example/rocketchat/rocket.chat:8.9.0", "ecs-image-registry"),
        ("a stranger's image", "image", "evil/rocket.chat:8.9.0", "ecs-image-registry"),
    ):
        yield Row(what, t.TASK_DEFINITION, f"{_TASK}.{path}", value, rule)
    for what, path, value, rule in rows(
        ("the host's network", "networkMode", "host", "ecs-no-host-modes"),
        ("a bridge", "networkMode", "bridge", "ecs-no-host-modes"),
        ("the host's processes", "pidMode", "host", "ecs-no-host-modes"),
        ("the host's memory", "ipcMode", "host", "ecs-no-host-modes"),
        ("a folder of the host", "volumes", [{"name": "a", "hostPath": "/"}], "ecs-volumes"),
        (
            "files in clear",
            "volumes",
            [
                {
                    "name": "a",
                    "efsVolumeConfiguration": {"fileSystemId": "fs-1", "transitEncryption": "DISABLED"},
                }
            ],
            "ecs-volumes",
        ),
        ("no role of its own", "taskRoleArn", None, "ecs-roles-separate"),
        ("too little memory", "memory", "512", "ecs-fargate-size"),
    ):
        yield Row(what, t.TASK_DEFINITION, path, value, rule)
    for what, path, value, rule in rows(
        ("a public address", "networkConfiguration.assignPublicIp", True, "net-ecs-no-public-ip"),
        ("shells", "enableExecuteCommand", True, "ecs-exec-off"),
        (
            "Spot alone",
            "capacityProviderStrategies",
            [{"capacityProvider": "FARGATE_SPOT", "weight": 1}],
            "ecs-spot-has-base",
        ),
        (
            "no rollback",
            "deploymentCircuitBreaker",
            {"enable": True, "rollback": False},
            "ecs-circuit-breaker",
        ),
        ("no time to start", "healthCheckGracePeriodSeconds", 10, "ecs-grace-period"),
    ):
        yield Row(what, t.SERVICE, path, value, rule, "rocketchat")
    yield Row(
        "no insights",
        t.CLUSTER,
        "settings",
        [{"name": "containerInsights", "value": "disabled"}],
        "ecs-container-insights",
    )


_CONTEXT: Final[tuple[tuple[str, str, Any, str], ...]] = (
    ("privileged", "privileged", True, "k8s-no-privileged"),
    ("escalation", "allowPrivilegeEscalation", True, "k8s-no-priv-esc"),
    ("escalation left open", "allowPrivilegeEscalation", None, "k8s-no-priv-esc"),
    ("root allowed", "runAsNonRoot", False, "k8s-non-root"),
    ("root", "runAsUser", 0, "k8s-non-root"),
    ("no filter of system calls", "seccompProfile", {"type": "Unconfined"}, "k8s-seccomp"),
    ("SYS_ADMIN", "capabilities", {"drop": ["ALL"], "add": ["SYS_ADMIN"]}, "k8s-drop-all"),
    ("rights kept", "capabilities", {}, "k8s-drop-all"),
    ("unmasked /proc", "procMount", "Unmasked", "k8s-kernel"),
    ("no AppArmor", "appArmorProfile", {"type": "Unconfined"}, "k8s-kernel"),
    ("another SELinux type", "seLinuxOptions", {"type": "spc_t"}, "k8s-kernel"),
    ("another SELinux user", "seLinuxOptions", {"user": "system_u"}, "k8s-kernel"),
    ("a process of a Windows host", "windowsOptions", {"hostProcess": True}, "k8s-kernel"),
)


def _pods() -> Iterator[Row | More]:
    for what, key, value, rule in _CONTEXT:
        yield Row(what, t.STATEFUL_SET, f"{_FIRST}.securityContext.{key}", value, rule)
        pod = {"containers": [{"name": "a", "image": "a:1.0.0", "securityContext": {key: value}}]}
        for kind in (t.DEPLOYMENT, t.DAEMON_SET, t.REPLICA_SET, t.JOB):
            yield More(
                what, kind, {"metadata": {"namespace": "a"}, "spec": {"template": {"spec": pod}}}, rule
            )
        yield More(what, t.POD, {"metadata": {"namespace": "a"}, "spec": pod}, rule)
        yield More(what, t.CRON_JOB, {"spec": {"jobTemplate": {"spec": {"template": {"spec": pod}}}}}, rule)
        first = {"initContainers": pod["containers"], "containers": []}
        yield More(f"{what} at first", t.DEPLOYMENT, {"spec": {"template": {"spec": first}}}, rule)
    for what, path, value, rule in rows(
        ("the host's network", "hostNetwork", True, "k8s-no-host"),
        ("the host's processes", "hostPID", True, "k8s-no-host"),
        ("the host's memory", "hostIPC", True, "k8s-no-host"),
        ("a folder of the host", "volumes.+", {"name": "a", "hostPath": {"path": "/"}}, "k8s-no-host"),
        ("a port of the host", "containers.0.ports", [{"containerPort": 1, "hostPort": 80}], "k8s-no-host"),
        ("a sysctl", "securityContext.sysctls", [{"name": "kernel.msgmax", "value": "1"}], "k8s-kernel"),
        ("an account's key", "automountServiceAccountToken", True, "k8s-sa-token"),
        ("no bound", "containers.0.resources", {}, "k8s-resources"),
        ("no probe", "containers.0.readinessProbe", None, "k8s-probes"),
        ("processes of one another", "shareProcessNamespace", True, "k8s-own-processes"),
        ("root's group", "securityContext.runAsGroup", 0, "k8s-no-root-group"),
        ("root's group besides", "securityContext.supplementalGroups", [0], "k8s-no-root-group"),
        ("latest", "containers.0.image", "mongo:latest", "k8s-image-pinned"),
        ("another registry", "containers.0.image", "evil.example/mongo:8.0.0", "k8s-image-registry"),
    ):
        yield Row(what, t.STATEFUL_SET, f"{_POD}.{path}", value, rule)
    yield Row(
        "no AppArmor by annotation",
        t.STATEFUL_SET,
        "spec|template|metadata|annotations",
        {"container.apparmor.security.beta.kubernetes.io/mongodb": "unconfined"},
        "k8s-kernel",
    )
    safe = [{"name": "net.ipv4.tcp_keepalive_time", "value": "60"}]
    yield Row(
        "a safe sysctl", t.STATEFUL_SET, f"{_POD}.securityContext.sysctls", safe, "k8s-kernel", harmless=True
    )


def _cluster() -> Iterator[Row | More]:
    enforce = "metadata|labels|pod-security.kubernetes.io/enforce"
    for what, value in (("privileged", "privileged"), ("nothing", None)):
        yield Row(f"{what} enforced", t.NAMESPACE, enforce, value, "k8s-namespace-pss", "namespace")
    yield Row(
        "baseline enforced", t.NAMESPACE, enforce, "baseline", "k8s-namespace-pss", "namespace", harmless=True
    )
    for what, ingress in rows(
        ("{}", [{}]),
        ("from nobody in particular", [{"from": []}]),
        ("from all namespaces", [{"from": [{"namespaceSelector": {}}]}]),
        ("from everywhere", [{"from": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}]),
    ):
        yield Row(
            f"the denial lets in {what}",
            t.NETWORK_POLICY,
            "spec.ingress",
            ingress,
            "k8s-network-policy-closed",
            "deny",
        )
        yield Row(
            f"another policy lets in {what}",
            t.NETWORK_POLICY,
            "spec.ingress",
            ingress,
            "k8s-network-policy-closed",
            "traffic",
        )
    yield Row(
        "the denial is about some pods",
        t.NETWORK_POLICY,
        "spec.podSelector",
        {"matchLabels": {"a": "b"}},
        "k8s-network-policy",
        "namespace-deny",
    )
    yield Row(
        "the denial is about egress",
        t.NETWORK_POLICY,
        "spec.policyTypes",
        ["Egress"],
        "k8s-network-policy",
        "namespace-deny",
    )
    yield Row(
        "everything may be reached",
        t.NETWORK_POLICY,
        "spec.egress",
        [{}],
        "k8s-network-policy-closed",
        "traffic",
    )
    for kind in (t.CLUSTER_ROLE_BINDING, t.ROLE_BINDING):
        account = {"kind": "ServiceAccount", "name": "chat", "namespace": "rocketchat"}
        for what, role, subject, harmless in rows(
            ("cluster-admin", "cluster-admin", account, False),
            ("everybody", "view", {"kind": "Group", "name": "system:authenticated"}, False),
            ("strangers", "view", {"kind": "User", "name": "system:anonymous"}, False),
            ("the default account", "reader", {"kind": "ServiceAccount", "name": "default"}, False),
            ("an account", "reader", account, True),
        ):
            yield More(
                what, kind, {"roleRef": {"name": role}, "subjects": [subject]}, "k8s-binding-scoped", harmless
            )
    for kind in (t.CLUSTER_ROLE, t.K8S_ROLE):
        for what, rule in rows(
            ("all verbs", {"apiGroups": [""], "resources": ["pods"], "verbs": ["*"]}),
            ("all resources", {"apiGroups": [""], "resources": ["*"], "verbs": ["get"]}),
            ("all groups", {"apiGroups": ["*"], "resources": ["pods"], "verbs": ["get"]}),
            ("all addresses", {"nonResourceURLs": ["*"], "verbs": ["get"]}),
            ("secrets", {"apiGroups": [""], "resources": ["secrets"], "verbs": ["list"]}),
            ("each secret", {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}),
            (
                "escalation",
                {"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["roles"], "verbs": ["escalate"]},
            ),
            ("impersonation", {"apiGroups": [""], "resources": ["users"], "verbs": ["impersonate"]}),
            ("shells", {"apiGroups": [""], "resources": ["pods/exec"], "verbs": ["create"]}),
            ("tokens", {"apiGroups": [""], "resources": ["serviceaccounts/token"], "verbs": ["create"]}),
            ("kubelets", {"apiGroups": [""], "resources": ["nodes/proxy"], "verbs": ["get"]}),
            ("bindings", {"apiGroups": [""], "resources": ["clusterrolebindings"], "verbs": ["create"]}),
            (
                "webhooks",
                {"apiGroups": [""], "resources": ["mutatingwebhookconfigurations"], "verbs": ["update"]},
            ),
        ):
            yield More(what, kind, {"rules": [rule]}, "k8s-rbac-no-wildcard")
        named = {"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["a"], "verbs": ["get"]}
        yield More("a named secret", kind, {"rules": [named]}, "k8s-rbac-no-wildcard", harmless=True)
    yield Row("a load balancer", t.K8S_SERVICE, "spec.type", "LoadBalancer", "k8s-service-not-lb")
    yield Row("a port of nodes", t.K8S_SERVICE, "spec.type", "NodePort", "k8s-service-not-lb")
    yield Row("an address of others", t.K8S_SERVICE, "spec.externalIPs", ["10.0.0.1"], "k8s-external-ips")
    listener = {"name": "http", "protocol": "HTTP", "port": 80}
    yield Row("no TLS", t.GATEWAY, "spec.listeners", [listener], "gateway-tls")
    yield Row(
        "no certificate", t.GATEWAY, "spec.listeners", [{"protocol": "HTTPS", "port": 443}], "gateway-tls"
    )
    for what, spec, annotations, rule in rows(
        ("no TLS", {}, {}, "k8s-ingress-tls"),
        (
            "no redirect",
            {"tls": [{}]},
            {"nginx.ingress.kubernetes.io/ssl-redirect": "false"},
            "k8s-ingress-tls",
        ),
        (
            "a snippet",
            {"tls": [{}]},
            {"nginx.ingress.kubernetes.io/server-snippet": "a"},
            "k8s-ingress-no-snippets",
        ),
    ):
        yield More(what, t.INGRESS, {"metadata": {"annotations": annotations}, "spec": spec}, rule)
    yield Row(
        "of the staging server",
        t.CLUSTER_ISSUER,
        "spec.acme.server",
        "https://acme-staging-v02.api.letsencrypt.org/directory",
        "cert-issuer-prod",
    )
    for what, path, value, rule in rows(
        ("no version", "version", "latest", "doks-version-pinned"),
        ("no window", "maintenancePolicy", None, "doks-upgrade-window"),
        ("no spare node", "surgeUpgrade", False, "doks-upgrade-window"),
        ("one control plane", "ha", False, "doks-ha"),
    ):
        yield Row(what, t.DO_CLUSTER, path, value, rule)


def _charts() -> Iterator[Row | More]:
    for context in ("securityContext", "containerSecurityContext"):
        for what, key, value in rows(
            ("privileged", "privileged", True),
            ("escalation", "allowPrivilegeEscalation", True),
            ("root allowed", "runAsNonRoot", False),
            ("root", "runAsUser", 0),
            ("SYS_ADMIN", "capabilities", {"drop": ["ALL"], "add": ["SYS_ADMIN"]}),
            ("rights kept", "capabilities", {"drop": []}),
            ("no filter of system calls", "seccompProfile", {"type": "Unconfined"}),
            ("unmasked /proc", "procMount", "Unmasked"),
            ("no AppArmor", "appArmorProfile", {"type": "Unconfined"}),
            ("a sysctl", "sysctls", [{"name": "kernel.msgmax", "value": "1"}]),
        ):
            yield Row(
                f"{what} in {context}",
                t.RELEASE,
                f"values.{context}.{key}",
                value,
                "helm-pods-contained",
                "chat",
            )
            inner = {context: {key: value}}
            yield Row(
                f"{what} in a service's {context}",
                t.RELEASE,
                "values.extra",
                inner,
                "helm-pods-contained",
                "chat",
            )
            chart = {"chart": "redis", "version": "1.0.0", "values": {"master": inner}}
            yield More(f"{what} in another chart's {context}", t.RELEASE, chart, "helm-pods-contained")
    for what, path, value, rule in rows(
        ("the host's network", "hostNetwork", True, "helm-pods-contained"),
        (
            "a folder of the host",
            "extraVolumes",
            [{"name": "a", "hostPath": {"path": "/"}}],
            "helm-pods-contained",
        ),
        ("another registry", "image.repository", "evil.example/rocket.chat", "helm-chat-registry"),
        ("another registry by its key", "image.registry", "evil.example", "helm-chat-registry"),
        ("no release", "image.tag", "latest", "rc-image-pinned"),
        ("a load balancer", "service.type", "LoadBalancer", "helm-chat-service"),
        ("a port of nodes", "service.type", "NodePort", "helm-chat-service"),
        ("no memory", "resources", {}, "helm-chat-resources"),
        ("no probe", "livenessProbe.enabled", False, "helm-chat-probes"),
        ("no readiness", "readinessProbe.enabled", False, "helm-chat-probes"),
        ("ingress without TLS", "ingress", {"enabled": True}, "helm-chat-ingress"),
        ("its own MongoDB", "mongodb.enabled", True, "rc-no-bundled-mongodb"),
    ):
        yield Row(what, t.RELEASE, f"values.{path}", value, rule, "chat")
    snippet = {
        "enabled": True,
        "tls": [{}],
        "annotations": {"nginx.ingress.kubernetes.io/configuration-snippet": "a"},
    }
    yield Row("a snippet", t.RELEASE, "values.ingress", snippet, "helm-chat-ingress", "chat")
    for what, path, value, rule in rows(
        ("no version", "version", None, "helm-pinned"),
        ("without TLS", "repositoryOpts", {"repo": "http://charts.example.org"}, "helm-source"),
        ("in the default namespace", "namespace", "default", "k8s-own-namespace"),
    ):
        yield Row(what, t.RELEASE, path, value, rule, "chat")


def hosts(stack: str, plain: tuple[Subject, ...]) -> Iterator[Mutation]:
    """Give containers of hosts and tasks."""
    yield from from_table("containers of hosts", stack, plain, _hosts())
    yield from from_table("containers of tasks", stack, plain, _tasks())


def kubernetes(stack: str, plain: tuple[Subject, ...]) -> Iterator[Mutation]:
    """Give pods, what they are reached by, and charts."""
    for table in (_pods(), _cluster(), _charts()):
        yield from from_table("Kubernetes and charts", stack, plain, table)
    for position, one in enumerate(plain):
        if one.type == t.RELEASE and "chat" in one.name:
            half = altered(plain, position, atomic=False, cleanupOnFail=False)
            yield Mutation("Kubernetes and charts", "Release: half made", stack, half, ("helm-atomic",))
