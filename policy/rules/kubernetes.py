"""Kubernetes: the cluster, what runs in it, how it is reached."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from policy import tokens as t
from policy.access import is_world
from policy.chats import is_chat_chart, secret_values
from policy.credentials import found, holds_credential, in_command, in_text, looks_like_one
from policy.documents import WORKLOADS, is_chat_image, is_pinned, pod, pod_containers
from policy.model import UNKNOWN, dig
from policy.rule import (
    Needs,
    Probe,
    View,
    Where,
    absent,
    as_number,
    at_least,
    expecting,
    is_in,
    not_true,
    present,
    true,
    unset_or,
)
from policy.rules._make import (
    ADVISORY,
    CRITICAL,
    HIGH,
    LOW,
    MANDATORY,
    MEDIUM,
    PRODUCTION,
    Area,
)
from policy.rules.compute import allowed_image
from policy.rules.network import ADMIN_PORTS

_rule = Area("kubernetes")

_K8S = "https://kubernetes.io/docs/concepts/"
_PSS = _K8S + "security/pod-security-standards/"
_DO = "https://docs.digitalocean.com/products/kubernetes/"
_HELM = "https://www.pulumi.com/registry/packages/kubernetes/api-docs/helm/v3/release/"
LASTING = (t.DEPLOYMENT, t.STATEFUL_SET, t.DAEMON_SET)
CHARTS = (t.RELEASE, t.CHART)
ENFORCE = "pod-security.kubernetes.io/enforce"
SMALL_BODY = 100 * 1024 * 1024
"""Bytes: the product's own limit of an upload (`FileUpload_MaxFileSize`)."""
SLOW_SECONDS = 3600
_UNITS = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}
WAYS_IN = ("ingress", "traefik", "gateway", "nginx")


def _upgrade_window(p: Probe) -> None:
    p.expect("maintenancePolicy.startTime", present, "is upgraded at any hour")
    p.expect("surgeUpgrade", true, "loses a node while it is upgraded")


def _high_availability(p: Probe) -> None:
    p.expect("ha", true, "its control plane has one member (and this cannot be switched on and off later)")
    if true(p.get("nodePool.autoScale")):
        p.expect("nodePool.minNodes", at_least(2), "may shrink to one node")
    else:
        p.expect("nodePool.nodeCount", at_least(2), "one node only")


def _autoscale(p: Probe) -> None:
    if true(p.need("nodePool.autoScale")):
        p.expect(
            "nodePool.maxNodes", lambda number: 1 <= as_number(number, 0) <= 20, "may grow without a bound"
        )


def _own_namespace(p: Probe) -> None:
    path = "namespace" if p.subject.type in CHARTS else "metadata.namespace"
    p.expect(path, lambda name: present(name) and name != "default", "stands in the default namespace")


def _security(p: Probe, key: str) -> list[tuple[View, Any, Any]]:
    made = pod(p)
    if made is None:
        return []
    outer = made.get(f"securityContext.{key}")
    return [(container, container.get(f"securityContext.{key}"), outer) for container in pod_containers(p)]


def _privileged(p: Probe) -> None:
    for container in pod_containers(p):
        container.expect("securityContext.privileged", not_true, "is privileged")


def _escalation(p: Probe) -> None:
    for container in pod_containers(p):
        container.expect(
            "securityContext.allowPrivilegeEscalation",
            lambda on: on is False,
            "may gain more rights than it was given",
        )


def _capabilities(p: Probe) -> None:
    for container in pod_containers(p):
        container.expect(
            "securityContext.capabilities.drop",
            lambda names: "ALL" in (names or ()),
            "keeps rights of the kernel",
        )
        container.expect(
            "securityContext.capabilities.add",
            lambda names: set(names or ()) <= {"NET_BIND_SERVICE"},
            "adds rights of the kernel",
        )


def _non_root(p: Probe) -> None:
    users = _security(p, "runAsUser")
    for (container, own, outer), (_, uid, outer_uid) in zip(_security(p, "runAsNonRoot"), users, strict=True):
        if UNKNOWN in (own, outer, uid, outer_uid):
            container.unsure("securityContext.runAsNonRoot")
            continue
        chosen = own if own is not None else outer
        number = uid if uid is not None else outer_uid
        if not true(chosen):
            container.fail("may run as root", "securityContext.runAsNonRoot")
        elif number is not None and as_number(number, 1) == 0:
            container.fail("runs as root", "securityContext.runAsUser")


def _seccomp(p: Probe) -> None:
    for container, own, outer in _security(p, "seccompProfile.type"):
        if own is UNKNOWN or (own is None and outer is UNKNOWN):
            container.unsure("securityContext.seccompProfile.type")
        elif (own or outer) not in {"RuntimeDefault", "Localhost"}:
            container.fail("may make any call of the kernel", "securityContext.seccompProfile.type")


def _host(p: Probe) -> None:
    made = pod(p)
    if made is None:
        return
    for key in ("hostNetwork", "hostPID", "hostIPC"):
        made.expect(key, not_true, "shares this with its host")
    for volume in made.each("volumes"):
        volume.expect("hostPath", absent, "reaches into its host")
    for container in pod_containers(p):
        for port in container.each("ports"):
            port.expect("hostPort", lambda number: number in (None, 0), "takes a port of its host")


SAFE_SYSCTLS = frozenset(
    (
        "kernel.shm_rmid_forced",
        "net.ipv4.ip_local_port_range",
        "net.ipv4.ip_unprivileged_port_start",
        "net.ipv4.tcp_syncookies",
        "net.ipv4.ping_group_range",
        "net.ipv4.ip_local_reserved_ports",
        "net.ipv4.tcp_keepalive_time",
        "net.ipv4.tcp_fin_timeout",
        "net.ipv4.tcp_keepalive_intvl",
        "net.ipv4.tcp_keepalive_probes",
    )
)
"""What the Pod Security Standards' baseline lets pods set of the kernel."""
SELINUX_TYPES = (None, "", "container_t", "container_init_t", "container_kvm_t", "container_engine_t")


def _kernel(p: Probe) -> None:
    made = pod(p)
    if made is None:
        return
    for sysctl in made.each("securityContext.sysctls"):
        sysctl.expect("name", lambda name: name in SAFE_SYSCTLS, "changes the kernel of its host")
    for part in (made, *pod_containers(p)):
        context = part.at("securityContext")
        context.expect("procMount", unset_or("Default"), "sees what the kernel hides from containers")
        context.expect(
            "appArmorProfile.type", unset_or("RuntimeDefault", "Localhost"), "runs without its profile"
        )
        context.expect(
            "seLinuxOptions.type", lambda kind: kind in SELINUX_TYPES, "has another label than containers"
        )
        for key in ("user", "role"):
            context.expect(f"seLinuxOptions.{key}", absent, "has another label than containers")
        context.expect("windowsOptions.hostProcess", not_true, "is a process of its host")
    for path in ("metadata.annotations", "spec.template.metadata.annotations"):
        for name, value in (p.sure(path) or {}).items():
            if "apparmor" in str(name) and value == "unconfined":
                p.fail("runs without its profile", (*path.split("."), str(name)))


def _own_processes(p: Probe) -> None:
    made = pod(p)
    if made is not None:
        made.expect(
            "shareProcessNamespace", not_true, "its containers see each other's processes and secrets"
        )


def _root_group(p: Probe) -> None:
    made = pod(p)
    if made is None:
        return
    for part in (made, *pod_containers(p)):
        part.expect("securityContext.runAsGroup", _is_no_root, "has the files of root's group")
    made.expect("securityContext.fsGroup", _is_no_root, "has the files of root's group")
    for group in made.each("securityContext.supplementalGroups"):
        if not _is_no_root(group.value):
            group.fail("has the files of root's group")


def _is_no_root(gid: object) -> bool:
    return as_number(gid, 1) != 0


def _readonly(p: Probe) -> None:
    for container in pod_containers(p):
        if not is_chat_image(container.sure("image")):
            container.expect("securityContext.readOnlyRootFilesystem", true, "may write into its own image")


def _resources(p: Probe) -> None:
    for container in pod_containers(p, init=False):
        for key in ("requests.cpu", "requests.memory", "limits.memory"):
            container.expect(f"resources.{key}", present, "may starve its neighbours, or be starved")


def _probes(p: Probe) -> None:
    for container in pod_containers(p, init=False):
        container.expect("readinessProbe", present, "is sent users before it is ready")
        container.expect("livenessProbe", present, "is not restarted when it hangs")


def _pinned(p: Probe) -> None:
    for container in pod_containers(p):
        container.expect("image", is_pinned, "the image names no version, so each start may run another one")


def _registry(p: Probe) -> None:
    for container in pod_containers(p):
        container.expect(
            "image", lambda image: allowed_image(p, image), "the image's registry is not allowed"
        )


def _service_account(p: Probe) -> None:
    made = pod(p)
    if made is not None and not present(made.get("serviceAccountName")):
        made.expect(
            "automountServiceAccountToken",
            lambda on: on is False,
            "carries a key to the cluster that it does not need",
        )


_ASKED = ("livenessProbe", "readinessProbe", "startupProbe", "lifecycle.postStart", "lifecycle.preStop")


def _plain_variables(p: Probe) -> None:
    for container in pod_containers(p):
        for variable in container.each("env"):
            value = variable.get("value")
            if value is UNKNOWN:
                variable.unsure("value")
            elif value is not None and holds_credential(str(variable.get("name")), value):
                variable.fail("a credential stands in clear in the manifest", "value")
        started = [container.get(key) for key in ("command", "args")]
        if in_command([word for words in started if isinstance(words, list) for word in words]):
            container.fail("a credential stands in the command line", "args")
        for path in _ASKED:
            if in_command(container.get(f"{path}.exec.command")):
                container.fail("a credential stands in the command line", f"{path}.exec.command")
            for header in container.at(f"{path}.httpGet").each("httpHeaders"):
                told = f"{header.get('name')}: {header.get('value')}"
                if looks_like_one(told) or holds_credential(str(header.get("name")), header.get("value")):
                    header.fail("a credential stands in clear in the manifest", "value")
    for path in ("metadata.annotations", "spec.template.metadata.annotations"):
        for name, value in (p.sure(path) or {}).items():
            if value is not UNKNOWN and holds_credential(str(name).rpartition("/")[2], value):
                p.fail("a credential stands in clear in the manifest", (*path.split("."), str(name)))


def _config_map(p: Probe) -> None:
    if p.get("data") is UNKNOWN:
        p.unsure("data")
        return
    if "data" in (p.subject.secrets or ()):
        p.fail("was made from a secret value, which stands in it in clear", "data")
    for key, value, path in secret_values(p.subject):
        if value is UNKNOWN:
            p.unsure(Where(path))
        elif isinstance(value, str) and (in_text(value) if "\n" in value else _is_clear(key, value)):
            p.fail("a credential stands in a ConfigMap", Where(path))


def _is_clear(name: str, value: str) -> bool:
    return holds_credential(name, value) or in_text(value)


def _network_policy(p: Probe) -> None:
    name = p.need("metadata.name")
    if name is None:
        name = p.subject.name
    found = unknown = False
    for policy in p.stack.of(t.NETWORK_POLICY):
        where = dig(policy.properties, "metadata.namespace")
        linked = p.subject.urn in policy.dependencies.get("metadata", ())
        if where is UNKNOWN and not linked:
            unknown = True
        elif linked or where == name:
            empty = not present(dig(policy.properties, "spec.podSelector"))
            kinds = dig(policy.properties, "spec.policyTypes") or ()
            allowed = dig(policy.properties, "spec.ingress") or []
            opens = allowed is UNKNOWN or any(map(_lets_all_in, allowed))
            found = found or (empty and "Ingress" in kinds and not opens)
    if not found:
        if unknown:
            p.unsure("(networkPolicies).metadata.namespace")
        else:
            p.fail("every pod of the cluster may talk to every pod in it: no policy denies by default")


def _lets_all_in(rule: object) -> bool:
    """Tell whether a rule of a policy names neither ports nor who may come: `{}` means everybody, everywhere."""
    return isinstance(rule, Mapping) and not present(rule.get("ports")) and not _named(rule.get("from"))


def _named(peers: object) -> bool:
    """Tell whether peers are others than everybody."""
    if not isinstance(peers, list) or not peers:
        return False
    return not any(
        isinstance(peer, Mapping)
        and (
            is_world(str(dig(peer, "ipBlock.cidr")))
            or (
                "namespaceSelector" in peer
                and not present(peer["namespaceSelector"])
                and not present(peer.get("podSelector"))
            )
        )
        for peer in peers
    )


def _policy_closed(p: Probe) -> None:
    for rule in p.each("spec.ingress"):
        if _lets_all_in(rule.value):
            rule.fail("lets everybody reach every port")
    for rule in p.each("spec.egress"):
        if rule.value == {}:
            rule.fail("lets pods reach everything")


STRONG_ROLES = ("cluster-admin", "admin", "system:masters", "system:node", "edit")
EVERYBODY = ("system:anonymous", "system:unauthenticated", "system:authenticated", "system:serviceaccounts")
OWNERS = ("system:masters", "system:nodes")
_BOOTSTRAP: Final = "plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go"
_KUBEADM: Final = "cmd/kubeadm/app/phases/"
_REQUESTS: Final = "system:certificates.k8s.io:certificatesigningrequests:"
BUILT_IN: Final = (
    ("system:discovery", "system:authenticated", _BOOTSTRAP),
    ("system:basic-user", "system:authenticated", _BOOTSTRAP),
    ("system:public-info-viewer", "system:authenticated", _BOOTSTRAP),
    ("system:public-info-viewer", "system:unauthenticated", _BOOTSTRAP),
    ("system:service-account-issuer-discovery", "system:serviceaccounts", _BOOTSTRAP),
    (f"{_REQUESTS}selfnodeclient", "system:nodes", f"{_KUBEADM}bootstraptoken/node/tlsbootstrap.go"),
    ("kubeadm:nodes-kubeadm-config", "system:nodes", f"{_KUBEADM}uploadconfig/uploadconfig.go"),
    ("kubeadm:kubelet-config", "system:nodes", f"{_KUBEADM}kubelet/config.go"),
    (
        "kubeadm:bootstrap-signer-clusterinfo",
        "system:anonymous",
        f"{_KUBEADM}bootstraptoken/clusterinfo/clusterinfo.go",
    ),
)
"""A role, the whole group that a cluster gives it to by itself, and the file of kubernetes/kubernetes that does so."""
_GIVEN: Final = frozenset((role, group) for role, group, _ in BUILT_IN)


def _bindings(p: Probe) -> None:
    name = p.sure("roleRef.name")
    whole = p.subject.type == t.CLUSTER_ROLE_BINDING
    if name in {"cluster-admin", "system:masters"} or (whole and name in STRONG_ROLES):
        p.fail("hands on all rights of the cluster, or nearly all", "roleRef.name")
    for subject in p.each("subjects"):
        if subject.get("kind") == "ServiceAccount" and subject.get("name") == "default":
            subject.fail("gives rights to every pod that names no account", "name")
        if (name, subject.get("name")) in _GIVEN:
            continue
        if subject.get("name") in OWNERS:
            subject.fail("joins the group that no rule of the cluster stops", "name")
        if subject.get("name") in EVERYBODY:
            subject.fail("gives rights to everybody", "name")


_POWERS = (
    ({"pods/exec", "pods/attach"}, {"create", "get"}, "opens shells in any pod"),
    ({"serviceaccounts/token"}, {"create"}, "makes keys of other accounts"),
    ({"nodes/proxy"}, {"get", "create"}, "reaches the kubelets past the API"),
    (
        {"validatingwebhookconfigurations", "mutatingwebhookconfigurations"},
        {"create", "update", "patch"},
        "may change what others ask for",
    ),
    (
        {"certificatesigningrequests/approval", "signers"},
        {"update", "patch", "approve"},
        "makes certificates of others",
    ),
    ({"clusterrolebindings", "rolebindings"}, {"create", "update", "patch"}, "may give itself more rights"),
)


def _wildcards(p: Probe) -> None:
    for rule in p.each("rules"):
        for kinds, doing, message in _POWERS:
            if kinds & set(rule.get("resources") or ()) and doing & set(rule.get("verbs") or ()):
                rule.fail(message, "resources")
        verbs, resources = rule.get("verbs") or (), rule.get("resources") or ()
        if UNKNOWN in (rule.get("verbs"), rule.get("resources")):
            rule.unsure("verbs")
            continue
        groups, addresses = rule.get("apiGroups") or (), rule.get("nonResourceURLs") or ()
        if any("*" in part for part in (verbs, resources, groups, addresses)):
            rule.fail("allows by wildcard")
        if {"bind", "escalate", "impersonate"} & set(verbs):
            rule.fail("may give itself more rights", "verbs")
        if (
            "secrets" in resources
            and {"get", "list", "watch"} & set(verbs)
            and not present(rule.get("resourceNames"))
        ):
            rule.fail("reads all secrets", "resources")


_OFF = {
    "ssl-redirect": "false",
    "force-ssl-redirect": "false",
    "router.tls": "false",
    "router.entrypoints": "web",
}
"""Annotations of controllers, by the end of their name, that serve in clear."""


def _ingress_tls(p: Probe) -> None:
    p.expect("spec.tls", present, "serves without TLS")
    _annotated_off(p, ("metadata", "annotations"))


def _annotated_off(p: Probe, path: tuple[str, ...]) -> None:
    for name, value in (p.sure(path) or {}).items():
        end = str(name).rpartition("/")[2]
        if end in _OFF and str(value).lower() == _OFF[end]:
            p.fail("serves without TLS", (*path, str(name)))


def _is_nginx(p: Probe) -> bool:
    kind = p.need("spec.ingressClassName") or p.get(
        ("metadata", "annotations", "kubernetes.io/ingress.class")
    )
    return bool(kind == "nginx")


def _ingress_body(p: Probe) -> None:
    if _is_nginx(p):
        p.expect(
            ("metadata", "annotations", "nginx.ingress.kubernetes.io/proxy-body-size"),
            lambda size: _bytes(size) == 0 or _bytes(size) >= SMALL_BODY,
            "refuses uploads that the product allows",
        )


def _bytes(size: object) -> float:
    match = re.match(r"^(\d+)([kmg]?)$", str(size).lower())
    return int(match[1]) * _UNITS[match[2]] if match else float("-inf")


def _ingress_timeouts(p: Probe) -> None:
    if _is_nginx(p):
        for key in ("proxy-read-timeout", "proxy-send-timeout"):
            p.expect(
                ("metadata", "annotations", f"nginx.ingress.kubernetes.io/{key}"),
                at_least(SLOW_SECONDS),
                "cuts WebSockets off",
            )


def _snippets(p: Probe) -> None:
    for key in p.need("metadata.annotations") or {}:
        if str(key).startswith("nginx.ingress.kubernetes.io/") and str(key).endswith("-snippet"):
            p.fail("configures the proxy of everybody", ("metadata", "annotations", str(key)))


def _service(p: Probe) -> None:
    if p.need("spec.type") == "LoadBalancer" and not any(
        word in str(p.get("metadata.name") or p.subject.name).lower() for word in WAYS_IN
    ):
        p.fail("is open to the world, past the way in", "spec.type")
    if p.need("spec.type") == "NodePort":
        p.fail("is open on every node", "spec.type")


def _inside(note: str, value: str) -> bool:
    """Whether an annotation keeps a balancer inside: `…-internal: "true"`, or a scheme, type or network `Internal`."""
    return value == "internal" or (note.endswith("-internal") and value != "false")


def _ports_inside(p: Probe) -> None:
    """Judge ports of databases: a service of these types takes them out of the cluster."""
    sources = p.get("spec.loadBalancerSourceRanges")
    narrow = present(sources) and not (
        isinstance(sources, list) and any(is_world(str(one)) for one in sources)
    )
    if p.need("spec.type") not in {"LoadBalancer", "NodePort"} or narrow:
        return
    notes = p.get("metadata.annotations")
    if isinstance(notes, Mapping) and any(
        _inside(str(key), str(value).lower()) for key, value in notes.items()
    ):
        return
    for port in p.each("spec.ports"):
        if as_number(port.sure("port"), 0) in ADMIN_PORTS:
            port.fail("a port of administration or of a database is open to the world", "port")


def _powers_of_makers(p: Probe) -> None:
    for rule in p.each("rules"):
        makes = {"create", "*"} & set(map(str, rule.get("verbs") or ()))
        if makes and _MADE & set(map(str, rule.get("resources") or ())):
            rule.fail(
                "makes pods, which may take any account and mount any secret of a namespace", "resources"
            )


_MADE = {
    "pods",
    "deployments",
    "daemonsets",
    "statefulsets",
    "jobs",
    "cronjobs",
    "replicasets",
    "persistentvolumes",
}


def _disruption(p: Probe) -> None:
    if as_number(p.need("spec.replicas"), 1) <= 1:
        return
    labels = dig(p.subject.properties, "spec.selector.matchLabels")
    for budget in p.stack.of(t.DISRUPTION_BUDGET):
        if dig(budget.properties, "spec.selector.matchLabels") == labels:
            if dig(budget.properties, "spec.maxUnavailable") in (0, "0", "0%"):
                p.other(budget).fail("lets nobody ever drain a node", "spec.maxUnavailable")
            return
    p.fail("a drained node may take all its pods at once")


def _helm_source(p: Probe) -> None:
    repository = p.get("repositoryOpts.repo")
    chart = p.get("chart")
    if repository is UNKNOWN or chart is UNKNOWN:
        p.unsure("repositoryOpts.repo")
    elif not str(repository or "").startswith("https://") and not str(chart or "").startswith(
        ("oci://", "https://", "./")
    ):
        p.fail("its chart does not come by TLS", "repositoryOpts.repo")


def _helm_atomic(p: Probe) -> None:
    if not (true(p.need("atomic")) or true(p.need("cleanupOnFail"))):
        p.fail("a failed release stays half made", "atomic")
    p.expect(
        "timeout",
        lambda seconds: seconds is None or as_number(seconds, 0) >= 300,
        "gives up before a first start ends",
    )


def _helm_values(p: Probe) -> None:
    for key in ("values", "valueYamlFiles"):
        if p.get(key) is UNKNOWN:
            p.unsure(key)
    for path in found(p.get("values"), ("values",)):
        p.fail("a credential stands in the values in clear", path)


def _chart_resources(p: Probe) -> None:
    if is_chat_chart(p.subject):
        for key in ("requests.memory", "limits.memory"):
            p.expect(
                f"values.resources.{key}",
                present,
                "the chart sets none: the chat may be killed for its neighbours",
            )


def _chart_probes(p: Probe) -> None:
    if is_chat_chart(p.subject):
        for kind in ("livenessProbe", "readinessProbe"):
            p.expect(f"values.{kind}.enabled", lambda on: on is not False, "nobody asks whether it is well")


def _chart_ingress(p: Probe) -> None:
    if is_chat_chart(p.subject) and true(p.need("values.ingress.enabled")):
        p.expect("values.ingress.tls", present, "serves without TLS")
        _annotated_off(p, ("values", "ingress", "annotations"))
        for key in p.need("values.ingress.annotations") or {}:
            if str(key).endswith("-snippet"):
                p.fail("configures the proxy of everybody", ("values", "ingress", "annotations", str(key)))


_Asked = Mapping[str, tuple[Callable[[Any], bool], str]]
_LOOSE: _Asked = {
    "privileged": (true, "is privileged"),
    "allowPrivilegeEscalation": (true, "may gain more rights than it was given"),
    "runAsNonRoot": (lambda on: on is False or on == "false", "may run as root"),
    "runAsUser": (lambda uid: as_number(uid, 1) == 0, "runs as root"),
    "procMount": (lambda kind: kind == "Unmasked", "sees what the kernel hides from containers"),
    "hostNetwork": (true, "shares this with its host"),
    "hostPID": (true, "shares this with its host"),
    "hostIPC": (true, "shares this with its host"),
    "hostPath": (present, "reaches into its host"),
    "hostPort": (lambda port: as_number(port, 0) > 0, "takes a port of its host"),
    "sysctls": (
        lambda items: any(
            isinstance(one, Mapping) and one.get("name") not in SAFE_SYSCTLS for one in items or ()
        ),
        "changes the kernel of its host",
    ),
    "add": (
        lambda names: isinstance(names, list) and not set(map(str, names)) <= {"NET_BIND_SERVICE"},
        "adds rights of the kernel",
    ),
    "drop": (lambda names: names == [], "keeps rights of the kernel"),
    "externalIPs": (present, "takes over an address of others (CVE-2020-8554)"),
    **dict.fromkeys(
        ("clusterRole", "clusterRoleName"),
        (is_in("cluster-admin"), "hands on all rights of the cluster"),
    ),
    "verbs": (lambda verbs: isinstance(verbs, list) and "*" in verbs, "allows by wildcard"),
}
"""Keys that mean the same in the values of nearly all charts, as they are handed on to Kubernetes."""
_SHARED: _Asked = {
    "shareProcessNamespace": (true, "its containers see each other's processes and secrets"),
    **dict.fromkeys(
        ("runAsGroup", "fsGroup"), (lambda gid: not _is_no_root(gid), "has the files of root's group")
    ),
    "supplementalGroups": (
        lambda groups: isinstance(groups, list) and not all(map(_is_no_root, groups)),
        "has the files of root's group",
    ),
}
"""Of these keys, what the Pod Security Standards allow."""
_UNGUARDED: Final[_Asked] = {
    "auth": (lambda auth: dig(auth, "enabled") is False, "asks for no password"),
    "auth.anonymous": (lambda auth: true(dig(auth, "enabled")), "lets in whoever asks"),
    **dict.fromkeys(
        ("allowSnippetAnnotations", "allow-snippet-annotations"),
        (is_in(True, "true"), "whoever makes an ingress configures the proxy of everybody (CVE-2021-25742)"),
    ),
    "clusterAdminRole": (true, "hands on all rights of the cluster"),
}
"""Keys by which well-known charts open what they run: Bitnami's databases, Grafana, ingress-nginx, Dashboard."""


def _chart_asked(asked: _Asked) -> Callable[[Probe], None]:
    """Return what judges keys anywhere in a chart's values."""

    def judge(p: Probe) -> None:
        if p.get("values") is UNKNOWN:
            p.unsure("values")
        _values(p, p.get("values"), ("values",), asked)

    return judge


def _values(p: Probe, value: Any, path: tuple[str | int, ...], table: _Asked) -> None:
    if isinstance(value, list):
        for position, item in enumerate(value):
            _values(p, item, (*path, position), table)
    if not isinstance(value, Mapping):
        return
    if (
        table is _LOOSE
        and value.get("type") == "Unconfined"
        and str(path[-1]) in {"seccompProfile", "appArmorProfile"}
    ):
        p.fail("runs without its profile", (*path, "type"))
    for key, item in value.items():
        where = (*path, str(key))
        asked = table.get(str(key))
        in_place = str(key) not in {"add", "drop"} or str(path[-1]) == "capabilities"
        if asked is not None and in_place and item is not UNKNOWN and asked[0](item):
            p.fail(asked[1], where)
        elif table is _LOOSE and "apparmor" in str(key) and item == "unconfined":
            p.fail("runs without its profile", where)
        else:
            _values(p, item, where, table)


def _chart_user(p: Probe) -> None:
    if is_chat_chart(p.subject):
        for key in ("securityContext", "containerSecurityContext"):
            p.expect(
                f"values.{key}.runAsUser", lambda uid: uid is None or as_number(uid, 0) > 0, "runs as root"
            )


def _chart_image(p: Probe) -> None:
    if not is_chat_chart(p.subject):
        return
    if p.get("values") is UNKNOWN:
        p.unsure("values")
    for path, image in _images(p.get("values"), ("values",)):
        if not allowed_image(p, image):
            p.fail("the image's registry is not allowed", path)


def _images(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            if key == "repository" and isinstance(item, str):
                registry = value.get("registry")
                yield (
                    (*path, "repository"),
                    f"{registry}/{item}" if isinstance(registry, str) and registry else item,
                )
            elif key == "image" and isinstance(item, str):
                yield (*path, "image"), item
            else:
                yield from _images(item, (*path, str(key)))


def _chart_service(p: Probe) -> None:
    if is_chat_chart(p.subject):
        p.expect("values.service.type", unset_or("ClusterIP"), "is open to the world, past the way in")


def _issuer(p: Probe) -> None:
    server = str(p.need("spec.acme.server") or "")
    if p.config.production and "staging" in server:
        p.fail("browsers do not trust certificates of the staging server", "spec.acme.server")
    p.expect("spec.acme.email", present, "nobody is told when a certificate runs out")


def _route_tls(p: Probe) -> None:
    for listener in p.each("spec.listeners"):
        protocol = listener.sure("protocol")
        if protocol == "HTTPS":
            listener.expect("tls.certificateRefs", present, "has no certificate")
    if p.get("spec.listeners") is not UNKNOWN and not any(
        listener.get("protocol") in {"HTTPS", "TLS"} for listener in p.each("spec.listeners")
    ):
        p.fail("serves without TLS", "spec.listeners")


def _controller(p: Probe) -> None:
    chart = str(p.need("chart") or "").rstrip("/").rsplit("/", 1)[-1]
    if chart == "ingress-nginx":
        p.fail("ingress-nginx was retired in March 2026 and gets no more fixes", "chart")


DOKS_VERSION_PINNED = _rule(
    "doks-version-pinned",
    "The cluster's version is named",
    MANDATORY,
    MEDIUM,
    (t.DO_CLUSTER,),
    expecting("version", lambda v: bool(re.match(r"^\d+\.\d+\.\d+-do\.\d+$", str(v))), "names no version"),
    maps="DO supported versions",
    fix="Name x.y.z-do.n, looked up by the program.",
    link=_DO + "details/supported-releases/",
)
DOKS_AUTO_UPGRADE = _rule(
    "doks-auto-upgrade",
    "The cluster gets security fixes by itself",
    ADVISORY,
    MEDIUM,
    (t.DO_CLUSTER,),
    expecting("autoUpgrade", true, "gets no security fixes by itself"),
    maps="DO upgrades, tfsec digitalocean-compute-kubernetes-auto-upgrades-not-enabled",
    fix="Set auto_upgrade. It must be off while the program takes the cluster to another minor version.",
    link=_DO + "how-to/upgrade-cluster/",
)
DOKS_UPGRADE_WINDOW = _rule(
    "doks-upgrade-window",
    "The cluster is upgraded at a named hour, node after spare node",
    MANDATORY,
    MEDIUM,
    (t.DO_CLUSTER,),
    _upgrade_window,
    maps="DO upgrades, tfsec digitalocean-compute-surge-upgrades-not-enabled",
    fix="Set surge_upgrade and maintenance_policy.",
    link=_DO + "how-to/upgrade-cluster/",
)
DOKS_HA = _rule(
    "doks-ha",
    "The cluster survives the loss of a node",
    PRODUCTION,
    MEDIUM,
    (t.DO_CLUSTER,),
    _high_availability,
    maps="DO high availability",
    fix="Set ha and two nodes or more.",
    link=_DO + "how-to/enable-high-availability/",
)
DOKS_CONTROL_PLANE = _rule(
    "doks-control-plane-firewall",
    "The cluster's API is not open to the world",
    ADVISORY,
    MEDIUM,
    (t.DO_CLUSTER,),
    expecting("controlPlaneFirewall.enabled", true, "its API is open to the world"),
    maps="DO control plane firewall, NSA",
    fix="Enable control_plane_firewall with the operators' addresses.",
    link=_DO + "how-to/add-control-plane-firewall/",
)
DOKS_AUTOSCALE = _rule(
    "doks-autoscale-bounded",
    "Nodes are added up to a bound",
    ADVISORY,
    LOW,
    (t.DO_CLUSTER,),
    _autoscale,
    maps="DO autoscaling",
    fix="Set max_nodes.",
    link=_DO + "how-to/autoscale/",
)
K8S_NAMESPACE_PSS = _rule(
    "k8s-namespace-pss",
    "Namespaces enforce a standard of pod security",
    MANDATORY,
    HIGH,
    (t.NAMESPACE,),
    expecting(
        ("metadata", "labels", ENFORCE),
        is_in("baseline", "restricted"),
        "enforces no standard of pod security",
    ),
    maps="PSS-B, PSS-R",
    fix="Label it pod-security.kubernetes.io/enforce: baseline or restricted.",
    link=_PSS,
)
K8S_OWN_NAMESPACE = _rule(
    "k8s-own-namespace",
    "Nothing runs in the default namespace",
    MANDATORY,
    LOW,
    (*WORKLOADS, *CHARTS),
    _own_namespace,
    maps="CKV_K8S_21",
    fix="Give it a namespace of its own.",
    link=_K8S + "overview/working-with-objects/namespaces/",
)
K8S_NO_PRIVILEGED = _rule(
    "k8s-no-privileged",
    "No container is privileged",
    MANDATORY,
    CRITICAL,
    WORKLOADS,
    _privileged,
    maps="PSS-B, NSA, CKV_K8S_16",
    fix="Leave privileged off.",
    link=_PSS,
)
K8S_NO_PRIVILEGE_ESCALATION = _rule(
    "k8s-no-priv-esc",
    "No container gains more rights than it was given",
    MANDATORY,
    HIGH,
    WORKLOADS,
    _escalation,
    maps="PSS-R, NSA, CKV_K8S_20",
    fix="Set allowPrivilegeEscalation to false.",
    link=_PSS,
)
K8S_DROP_ALL = _rule(
    "k8s-drop-all",
    "Containers give up all rights of the kernel",
    MANDATORY,
    MEDIUM,
    WORKLOADS,
    _capabilities,
    maps="PSS-R, NSA, CKV_K8S_28, CKV_K8S_37",
    fix="Drop ALL; add NET_BIND_SERVICE at most.",
    link=_PSS,
)
K8S_NON_ROOT = _rule(
    "k8s-non-root",
    "Containers do not run as root",
    MANDATORY,
    HIGH,
    WORKLOADS,
    _non_root,
    maps="PSS-R, NSA, CKV_K8S_23, part of CKV_K8S_40",
    fix="Set runAsNonRoot, and runAsUser 65533 for the chat.",
    link=_PSS,
)
K8S_SECCOMP = _rule(
    "k8s-seccomp",
    "Containers make only usual calls of the kernel",
    MANDATORY,
    MEDIUM,
    WORKLOADS,
    _seccomp,
    maps="PSS-R, NSA, CKV_K8S_31",
    fix="Set seccompProfile RuntimeDefault.",
    link=_PSS,
)
K8S_NO_HOST = _rule(
    "k8s-no-host",
    "Pods share nothing with their host",
    MANDATORY,
    HIGH,
    WORKLOADS,
    _host,
    maps="PSS-B, CKV_K8S_17, CKV_K8S_18, CKV_K8S_19, CKV_K8S_26, part of CKV_K8S_27",
    fix="Take host network, PID, IPC, ports and paths out.",
    link=_PSS,
)
K8S_KERNEL = _rule(
    "k8s-kernel",
    "Pods leave the kernel as it is, and keep its profiles",
    MANDATORY,
    HIGH,
    WORKLOADS,
    _kernel,
    maps="PSS-B",
    fix="Take procMount, other sysctls, unconfined AppArmor, SELinux labels and hostProcess out.",
    link=_PSS,
)
K8S_OWN_PROCESSES = _rule(
    "k8s-own-processes",
    "Containers of a pod do not see each other's processes",
    ADVISORY,
    MEDIUM,
    WORKLOADS,
    _own_processes,
    maps="practice least-privilege",
    fix="Take shareProcessNamespace out.",
    link="https://kubernetes.io/docs/tasks/configure-pod-container/share-process-namespace/",
)
K8S_NO_ROOT_GROUP = _rule(
    "k8s-no-root-group",
    "Containers are not in root's group",
    ADVISORY,
    MEDIUM,
    WORKLOADS,
    _root_group,
    maps="practice least-privilege",
    fix="Give runAsGroup, fsGroup and supplementalGroups other numbers than 0.",
    link="https://kubernetes.io/docs/tasks/configure-pod-container/security-context/",
)
K8S_READONLY_ROOTFS = _rule(
    "k8s-readonly-rootfs",
    "Helpers beside the chat may not write into their image",
    ADVISORY,
    MEDIUM,
    WORKLOADS,
    _readonly,
    maps="NSA, CKV_K8S_22, compliance-policies kubernetes-apps-v1-deployment-enable-read-only-root-filesystem",
    fix="Set readOnlyRootFilesystem, with an emptyDir where it writes.",
    link=_K8S + "security/linux-kernel-security-constraints/",
)
K8S_RESOURCES = _rule(
    "k8s-resources",
    "Containers say what they need, and get no more memory",
    MANDATORY,
    MEDIUM,
    WORKLOADS,
    _resources,
    maps="CKV_K8S_10, CKV_K8S_12, CKV_K8S_13",
    fix="Set requests for CPU and memory, limits for memory.",
    link=_K8S + "configuration/manage-resources-containers/",
)
K8S_PROBES = _rule(
    "k8s-probes",
    "Containers are asked whether they are well",
    MANDATORY,
    MEDIUM,
    LASTING,
    _probes,
    maps="CKV_K8S_8, CKV_K8S_9",
    fix="Add readiness and liveness probes.",
    link=_K8S + "configuration/liveness-readiness-startup-probes/",
)
K8S_IMAGE_PINNED = _rule(
    "k8s-image-pinned",
    "Images name one version",
    MANDATORY,
    MEDIUM,
    WORKLOADS,
    _pinned,
    maps="CKV_K8S_14",
    fix="Use a digest or a release's tag.",
    link=_K8S + "containers/images/",
)
K8S_IMAGE_REGISTRY = _rule(
    "k8s-image-registry",
    "Images come from allowed registries",
    MANDATORY,
    MEDIUM,
    WORKLOADS,
    _registry,
    maps="NSA, practice supply-chain",
    fix="Use the vendor's image, or add the registry to `registries` in policy/config.yaml, "
    "beside the usual ones, which its list replaces.",
    link=_K8S + "containers/images/",
    product=True,
    widened="registries",
)
K8S_SERVICE_ACCOUNT_TOKEN = _rule(
    "k8s-sa-token",
    "Pods carry no key to the cluster that they do not need",
    MANDATORY,
    MEDIUM,
    WORKLOADS,
    _service_account,
    maps="CKV_K8S_38, part of CKV_K8S_41",
    fix="Set automountServiceAccountToken to false, or a service account of its own.",
    link="https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/",
)
K8S_NO_PLAIN_SECRET = _rule(
    "k8s-no-plaintext-secret",
    "No secret stands in clear in a manifest",
    MANDATORY,
    CRITICAL,
    WORKLOADS,
    _plain_variables,
    maps="NSA",
    fix="Use secretKeyRef.",
    link=_K8S + "configuration/secret/",
)
K8S_CONFIG_MAP_CLEAN = _rule(
    "k8s-configmap-clean",
    "No secret stands in a ConfigMap",
    MANDATORY,
    HIGH,
    (t.CONFIG_MAP,),
    _config_map,
    maps="NSA",
    fix="Move it into a Secret.",
    link=_K8S + "configuration/configmap/",
)
K8S_NETWORK_POLICY = _rule(
    "k8s-network-policy",
    "Namespaces let nothing in that is not named",
    MANDATORY,
    MEDIUM,
    (t.NAMESPACE,),
    _network_policy,
    maps="NSA, part of CKV2_K8S_6",
    needs=Needs.STACK,
    why="the policies of a namespace are made after it",
    fix="Add a NetworkPolicy with an empty podSelector and policyTypes Ingress; allow the way in to 3000.",
    link=_K8S + "services-networking/network-policies/",
)
K8S_POLICY_CLOSED = _rule(
    "k8s-network-policy-closed",
    "No network policy lets everybody in",
    MANDATORY,
    HIGH,
    (t.NETWORK_POLICY,),
    _policy_closed,
    maps="NSA, part of CKV2_K8S_6",
    fix="Name ports, and who may come; `{}` means everybody, everywhere.",
    link=_K8S + "services-networking/network-policies/",
)
K8S_BINDINGS = _rule(
    "k8s-binding-scoped",
    "Nobody is bound to all rights of the cluster, and nothing to everybody",
    MANDATORY,
    CRITICAL,
    (t.ROLE_BINDING, t.CLUSTER_ROLE_BINDING),
    _bindings,
    maps="NSA, part of CKV2_K8S_1, part of CKV_K8S_42",
    fix="Make a role that names what is needed, and bind it to an account of its own.",
    link=_K8S + "security/rbac-good-practices/",
)
K8S_EXTERNAL = _rule(
    "k8s-external-ips",
    "No service takes over addresses",
    MANDATORY,
    HIGH,
    (t.K8S_SERVICE,),
    expecting("spec.externalIPs", absent, "takes over an address of others (CVE-2020-8554)"),
    maps="NSA",
    fix="Take externalIPs out.",
    link=_K8S + "services-networking/service/#external-ips",
)
K8S_RBAC = _rule(
    "k8s-rbac-no-wildcard",
    "Roles name what they allow",
    MANDATORY,
    HIGH,
    (t.K8S_ROLE, t.CLUSTER_ROLE),
    _wildcards,
    maps="CKV_K8S_49, CKV_K8S_155, CKV_K8S_156, CKV_K8S_157, CKV_K8S_158, CKV2_K8S_5",
    fix="Name verbs and resources; no bind, escalate, or listing of secrets.",
    link=_K8S + "security/rbac-good-practices/",
)
K8S_INGRESS_TLS = _rule(
    "k8s-ingress-tls",
    "Ingresses serve by TLS",
    MANDATORY,
    HIGH,
    (t.INGRESS,),
    _ingress_tls,
    maps="original, RC",
    fix="Set spec.tls, and a cert-manager issuer.",
    link=_K8S + "services-networking/ingress/#tls",
)
K8S_INGRESS_BODY = _rule(
    "k8s-ingress-body",
    "Uploads that the product allows pass",
    MANDATORY,
    LOW,
    (t.INGRESS,),
    _ingress_body,
    maps="original, RC",
    fix="Set proxy-body-size to 100m or more.",
    link="https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/",
    product=True,
)
K8S_INGRESS_TIMEOUTS = _rule(
    "k8s-ingress-timeouts",
    "WebSockets are not cut off",
    MANDATORY,
    LOW,
    (t.INGRESS,),
    _ingress_timeouts,
    maps="original, RC",
    fix="Set proxy-read-timeout and proxy-send-timeout to 3600.",
    link="https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/",
    product=True,
)
K8S_INGRESS_NO_SNIPPETS = _rule(
    "k8s-ingress-no-snippets",
    "No ingress writes the proxy's own configuration",
    MANDATORY,
    HIGH,
    (t.INGRESS,),
    _snippets,
    maps="CKV_K8S_152, CKV_K8S_153, CKV_K8S_154",
    fix="Take *-snippet annotations out.",
    link="https://kubernetes.github.io/ingress-nginx/faq/#validation-of-path",
)
K8S_SERVICE_NOT_PUBLIC = _rule(
    "k8s-service-not-lb",
    "Only the way in is open to the world",
    MANDATORY,
    HIGH,
    (t.K8S_SERVICE,),
    _service,
    maps="compliance-policies kubernetes-core-v1-service-disallow-load-balancer",
    fix="Use ClusterIP behind the gateway or ingress.",
    link=_K8S + "services-networking/service/",
    product=True,
)
K8S_DISRUPTION_BUDGET = _rule(
    "k8s-pdb",
    "A drained node does not take all pods",
    ADVISORY,
    LOW,
    (t.DEPLOYMENT, t.STATEFUL_SET),
    _disruption,
    maps="part of compliance-policies kubernetes-policy-v1-poddisruptionbudget-disallow-zero-voluntary-disruption",
    needs=Needs.STACK,
    fix="Add a PodDisruptionBudget.",
    link=_K8S + "workloads/pods/disruptions/",
)
HELM_PINNED = _rule(
    "helm-pinned",
    "Charts have a named version",
    MANDATORY,
    MEDIUM,
    CHARTS,
    expecting(
        "version",
        lambda text: bool(re.match(r"^v?\d+\.\d+\.\d+", str(text))),
        "names no version of its chart",
    ),
    maps="practice supply-chain",
    fix="Set version.",
    link=_HELM,
)
HELM_SOURCE = _rule(
    "helm-source",
    "Charts come by TLS",
    MANDATORY,
    MEDIUM,
    CHARTS,
    _helm_source,
    maps="practice supply-chain",
    fix="Set repositoryOpts.repo to https://…, or use oci://.",
    link=_HELM,
)
HELM_ATOMIC = _rule(
    "helm-atomic",
    "A failed release is cleaned up",
    MANDATORY,
    LOW,
    (t.RELEASE,),
    _helm_atomic,
    maps="practice recovery",
    fix="Set atomic or cleanup_on_fail, and a timeout of 300 or more.",
    link=_HELM,
    product=True,
)
HELM_VALUES_CLEAN = _rule(
    "helm-values-clean",
    "No credential stands in a chart's values",
    MANDATORY,
    CRITICAL,
    CHARTS,
    _helm_values,
    maps="RC",
    fix="Give it by a Secret that the values name.",
    link=_HELM,
)
HELM_CHAT_RESOURCES = _rule(
    "helm-chat-resources",
    "The chat says what memory it needs",
    MANDATORY,
    MEDIUM,
    CHARTS,
    _chart_resources,
    maps="part of CKV_K8S_12, part of CKV_K8S_13, RC",
    fix="Set resources in the values.",
    link=_HELM,
)
HELM_CHAT_PROBES = _rule(
    "helm-chat-probes",
    "The chat's probes are on",
    MANDATORY,
    MEDIUM,
    CHARTS,
    _chart_probes,
    maps="part of CKV_K8S_8, part of CKV_K8S_9",
    fix="Leave livenessProbe.enabled and readinessProbe.enabled on.",
    link=_HELM,
)
HELM_CHAT_INGRESS = _rule(
    "helm-chat-ingress",
    "The chart's ingress serves by TLS",
    MANDATORY,
    HIGH,
    CHARTS,
    _chart_ingress,
    maps="RC, part of CKV_K8S_152",
    fix="Set ingress.tls; no snippets.",
    link=_HELM,
)
HELM_PODS = _rule(
    "helm-pods-contained",
    "A chart's values let no container out onto its host",
    MANDATORY,
    HIGH,
    CHARTS,
    _chart_asked(_LOOSE),
    maps="PSS-B, PSS-R, NSA",
    fix="Leave the chart's own security contexts alone, or make them stricter.",
    link=_PSS,
)
HELM_GUARDED = _rule(
    "helm-guards-on",
    "A chart's values leave what it runs guarded",
    MANDATORY,
    HIGH,
    CHARTS,
    _chart_asked(_UNGUARDED),
    maps="practice least-privilege, practice passwords",
    fix="Leave the login of what the chart runs on, with a password from a Secret; leave snippets off.",
    link="https://kubernetes.github.io/ingress-nginx/faq/",
)
HELM_PODS_APART = _rule(
    "helm-pods-apart",
    "A chart's values keep containers apart from each other and from root's group",
    ADVISORY,
    MEDIUM,
    CHARTS,
    _chart_asked(_SHARED),
    maps="practice least-privilege",
    fix="Take shareProcessNamespace out, and give a group of its own.",
    link=_K8S + "security/linux-kernel-security-constraints/",
)
HELM_CHAT_IMAGE = _rule(
    "helm-chat-registry",
    "Images of the chat's chart come from allowed registries",
    MANDATORY,
    MEDIUM,
    CHARTS,
    _chart_image,
    maps="NSA, practice supply-chain",
    fix="Use the vendor's images, or add the registry to `registries` in policy/config.yaml, "
    "beside the usual ones, which its list replaces.",
    link=_HELM,
)
HELM_CHAT_SERVICE = _rule(
    "helm-chat-service",
    "The chat of the chart is reached by the way in only",
    MANDATORY,
    HIGH,
    CHARTS,
    _chart_service,
    maps="part of compliance-policies kubernetes-core-v1-service-disallow-load-balancer",
    fix="Leave service.type at ClusterIP.",
    link=_K8S + "services-networking/service/",
)
HELM_CHAT_USER = _rule(
    "helm-chat-user",
    "The chat of the chart does not run as root",
    MANDATORY,
    HIGH,
    CHARTS,
    _chart_user,
    maps="PSS-R, RC",
    fix="Leave runAsUser at 65533.",
    link=_HELM,
)
HELM_NO_RETIRED = _rule(
    "helm-no-retired",
    "No chart is installed that gets no more fixes",
    ADVISORY,
    MEDIUM,
    CHARTS,
    _controller,
    maps="practice supply-chain",
    fix="Use the Gateway API or another controller.",
    link="https://kubernetes.io/blog/2025/11/11/ingress-nginx-retirement/",
)
CERT_ISSUER_PROD = _rule(
    "cert-issuer-prod",
    "Certificates of production are trusted by browsers",
    MANDATORY,
    MEDIUM,
    (t.CLUSTER_ISSUER,),
    _issuer,
    maps="Let's Encrypt rate limits",
    fix="Use the production server, and an e-mail address.",
    link="https://letsencrypt.org/docs/staging-environment/",
)
GATEWAY_TLS = _rule(
    "gateway-tls",
    "Gateways serve by TLS",
    MANDATORY,
    HIGH,
    (t.GATEWAY,),
    _route_tls,
    maps="practice tls, RC",
    fix="Add a listener of protocol HTTPS with a certificate.",
    link="https://gateway-api.sigs.k8s.io/guides/tls/",
)
K8S_PORTS_INSIDE = _rule(
    "k8s-ports-inside",
    "No service takes a database out of the cluster",
    MANDATORY,
    CRITICAL,
    (t.K8S_SERVICE,),
    _ports_inside,
    maps="NSA",
    fix="Use ClusterIP, name loadBalancerSourceRanges, or make the balancer internal.",
    link="https://kubernetes.io/docs/concepts/services-networking/service/#publishing-services-service-types",
)
K8S_RBAC_MAKERS = _rule(
    "k8s-rbac-makers",
    "Few may make pods in every namespace",
    ADVISORY,
    MEDIUM,
    (t.CLUSTER_ROLE,),
    _powers_of_makers,
    maps="NSA",
    fix="Use a Role in one namespace, unless it is an operator's.",
    link="https://kubernetes.io/docs/concepts/security/rbac-good-practices/#workload-creation",
)
