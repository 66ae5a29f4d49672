"""Single hosts: Lightsail, EC2 and Droplets with containers from a Compose file."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from policy import tokens as t
from policy.chats import COMPOSED, HOSTS, compose_files, files, user_data
from policy.credentials import in_command, in_text
from policy.documents import is_pinned
from policy.model import SECRET, UNKNOWN, dig
from policy.rule import Needs, Probe, Where, absent, expecting, is_in, not_true, present, true
from policy.rules._make import ADVISORY, CRITICAL, HIGH, LOW, MANDATORY, MEDIUM, PRODUCTION, Area
from policy.rules.compute import allowed_image

_rule = Area("hosts")

_LIGHTSAIL = "https://docs.aws.amazon.com/lightsail/latest/userguide/"
_COMPOSE = "https://docs.docker.com/reference/compose-file/services/"
WEB = ("80", "443")


def _text(p: Probe) -> tuple[str, str]:
    key, text = user_data(p.subject)
    if text is UNKNOWN:
        p.unsure(key)
        return key, ""
    return key, "" if text is None or text == SECRET else str(text)


def services(p: Probe) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Give the containers of the Compose files in a host's user data, with their paths."""
    key, text = _text(p)
    for path, compose, _ in compose_files(text):
        for name, service in compose["services"].items():
            if isinstance(service, Mapping):
                yield f"{key}({path}).services.{name}", service


ENROLMENT = "/etc/chat/activation"
"""File with an enrolment of Systems Manager. It is secret until its host has used it, once, and opens nothing then;
what else is in such user data is judged as ever."""
OWN_KEY_ONLY = re.compile(r"^\s*rm -f /home/ubuntu/\.ssh/authorized_keys\s*$", re.MULTILINE)
"""A line of the launch script that takes the account's default key out; a comment or a message does not."""


def _clean(p: Probe) -> None:
    key, value = user_data(p.subject)
    enrols = isinstance(value, str) and ENROLMENT in value
    marked = value is not UNKNOWN and key in (p.subject.secrets or ())
    if value == SECRET or (marked and not enrols):
        p.fail("the whole of it is secret, and everybody who may describe the host reads it", key)
        return
    _, text = _text(p)
    if not text:
        return
    if any(in_text(body) for body in (text, *files(text).values())):
        p.fail("a credential stands in the user data, which the console and the state show", key)
    for path, service in services(p):
        for part in ("command", "entrypoint", "healthcheck.test"):
            if in_command(dig(service, part)):
                p.fail("a credential stands in the command line", Where(f"{path}.{part}"))


def _snapshots(p: Probe) -> None:
    p.expect("addOn.type", is_in("AutoSnapshot"), "no snapshots are taken")
    p.expect("addOn.status", is_in("Enabled"), "snapshots are switched off")


def _key(p: Probe) -> None:
    key, text = user_data(p.subject)
    if text is UNKNOWN or text == SECRET:
        p.unsure(key)
    elif not OWN_KEY_ONLY.search(str(text or "")):
        p.expect("keyPairName", present, "the account's default key opens it")


MACHINES = (t.EC2_INSTANCE, t.SPOT_REQUEST, t.LAUNCH_TEMPLATE, t.LAUNCH_CONFIGURATION)


def _metadata(p: Probe) -> None:
    if p.subject.type == t.METADATA_DEFAULTS:
        p.expect(
            "httpTokens", lambda tokens: tokens != "optional", "new machines give their role's keys to all"
        )
        return
    if p.get("metadataOptions.httpEndpoint") == "disabled":
        return
    p.expect(
        "metadataOptions.httpTokens",
        is_in("required"),
        "gives its role's keys to whoever can make it fetch a page",
    )


def _disk(p: Probe) -> None:
    if p.subject.type == t.LAUNCH_TEMPLATE:
        for device in p.each("blockDeviceMappings"):
            # What is taken from the image, and a disk of the machine itself, which AWS encrypts.
            if absent(device.get("noDevice")) and absent(device.get("virtualName")):
                device.expect("ebs.encrypted", true, "the disk is not encrypted")
        return
    p.expect("rootBlockDevice.encrypted", true, "the disk is not encrypted")
    for device in p.each("ebsBlockDevices"):
        device.expect("encrypted", true, "the disk is not encrypted")


def _public(p: Probe) -> None:
    p.expect("associatePublicIpAddress", not_true, "has a public address of its own")
    for interface in p.each("networkInterfaces"):
        interface.expect("associatePublicIpAddress", not_true, "has a public address of its own")


def _droplet_firewall(p: Probe) -> None:
    tags = {str(tag) for tag in p.get("tags") or ()} if isinstance(p.get("tags"), list) else set()
    for firewall in p.stack.of(t.DO_FIREWALL):
        named = firewall.properties.get("dropletIds")
        by_tag = firewall.properties.get("tags") or ()
        if p.subject.urn in firewall.dependencies.get("dropletIds", ()) or (
            isinstance(named, list) and str(p.subject.id) in {str(one) for one in named}
        ):
            return
        if UNKNOWN in (named, by_tag):
            p.unsure(f"({firewall.name}).dropletIds")
            return
        if tags & {str(tag) for tag in by_tag}:
            return
    p.fail("every port of it is open to the world: no firewall names it")


def _ports(p: Probe) -> None:
    for path, service in services(p):
        for number, port in enumerate(service.get("ports") or ()):
            published, address = _published(port)
            if published and published not in WEB and address not in {"127.0.0.1", "::1", "[::1]"}:
                p.fail("is open on every address of the host", Where(f"{path}.ports[{number}]"))


def _published(port: Any) -> tuple[str, str]:
    if isinstance(port, Mapping):
        return str(port.get("published") or ""), str(port.get("host_ip") or "")
    text = str(port).split("/")[0]
    bracketed = re.match(r"\[([^\]]*)\]:(.*)", text)
    address, rest = (bracketed[1], bracketed[2]) if bracketed else ("", text)
    parts = rest.split(":")
    if len(parts) == 1:
        return "", ""
    return parts[-2], address or (parts[0] if len(parts) > 2 else "")


def _pinned(p: Probe) -> None:
    for path, service in services(p):
        image = service.get("image")
        if image is not None and not is_pinned(image):
            p.fail("the image names no version, so each start may run another one", Where(f"{path}.image"))


def _registry(p: Probe) -> None:
    for path, service in services(p):
        if service.get("image") is not None and not allowed_image(p, service["image"]):
            p.fail("the image's registry is not allowed", Where(f"{path}.image"))


def _restart(p: Probe) -> None:
    for path, service in services(p):
        restarts = service.get("restart") in {"always", "unless-stopped", "on-failure"}
        if (
            not restarts
            and not present((service.get("deploy") or {}).get("restart_policy"))
            and not service.get("profiles")
        ):
            p.fail("does not come back after a restart of the host", Where(f"{path}.restart"))


def _privileged(p: Probe) -> None:
    for path, service in services(p):
        shared = any(service.get(key) == "host" for key in _NAMESPACES)
        if str(service.get("privileged")).lower() == "true" or shared:
            p.fail("is privileged, or shares the host's network or processes", Where(path))
        sysctls = service.get("sysctls") or ()
        if any(not str(one).startswith("net.") for one in sysctls):
            p.fail("changes the kernel of its host", Where(f"{path}.sysctls"))
        if str(service.get("oom_kill_disable")).lower() == "true":
            p.fail(
                "is not ended when the host runs out of memory: others are", Where(f"{path}.oom_kill_disable")
            )
        if str(service.get("user")).split(":")[0] in {"0", "root"}:
            p.fail("runs as root", Where(f"{path}.user"))
        for key, message, wrong in (
            ("cap_add", "has rights of the kernel that containers do not need", _is_strong),
            ("security_opt", "runs without the filter of system calls or the profile", _unconfined),
            ("devices", "holds devices of the host", bool),
            ("device_cgroup_rules", "may reach devices of the host", bool),
            ("volumes_from", "has the files of another container", bool),
            (
                "group_add",
                "has the files of root's group, or the way to every container",
                lambda one: str(one) in {"0", "root", "docker"},
            ),
            ("volumes", "holds the key to every container of the host, or the host's own files", _is_hosts),
        ):
            listed = service.get(key)
            for number, item in enumerate(listed if isinstance(listed, list) else ()):
                if wrong(item):
                    p.fail(message, Where(f"{path}.{key}[{number}]"))


_NAMESPACES = ("network_mode", "pid", "ipc", "userns_mode", "uts", "cgroup")
_CAPABILITIES = frozenset(
    (
        "AUDIT_WRITE",
        "CHOWN",
        "DAC_OVERRIDE",
        "FOWNER",
        "FSETID",
        "KILL",
        "MKNOD",
        "NET_BIND_SERVICE",
        "SETFCAP",
        "SETGID",
        "SETPCAP",
        "SETUID",
        "SYS_CHROOT",
    )
)
"""What the Pod Security Standards' baseline lets be added: the default set of container runtimes."""
_HOSTS_OWN = re.compile(
    r"^/(|boot|dev|etc|home|lib|proc|root(/.*)?|run|sys|usr|var|var/run|var/lib|var/lib/docker"
    r"|home/[^/]+/\.(ssh|docker|aws|kube)(/.*)?)/?$"
)
"""Directories of the host that no container may hold (CIS Docker 5.6), and those of its users' keys."""


def _is_strong(capability: object) -> bool:
    return str(capability).upper().removeprefix("CAP_") not in _CAPABILITIES


def _unconfined(option: object) -> bool:
    name, _, value = str(option).replace("=", ":").partition(":")
    return name in {"seccomp", "apparmor", "label", "systempaths"} and value in {"unconfined", "disable"}


def _is_hosts(volume: object) -> bool:
    source = str(volume.get("source") if isinstance(volume, Mapping) else str(volume).split(":")[0])
    return source.endswith((".sock", ".sock.raw")) or _HOSTS_OWN.match(source) is not None


def _data(p: Probe) -> None:
    for path, service in services(p):
        image = str(service.get("image"))
        if re.search(r"(^|/)(mongo|mongodb)(:|@|$|-)", image) and not any(
            ":/data/db" in str(volume)
            or "/bitnami/mongodb" in str(volume)
            or (isinstance(volume, Mapping) and volume.get("target") == "/data/db")
            for volume in service.get("volumes") or ()
        ):
            p.fail("the database's files go with its container", Where(f"{path}.volumes"))


def _database_auth(p: Probe) -> None:
    for path, service in services(p):
        if re.search(r"(^|/)(mongo|mongodb)(:|@|$|-)", str(service.get("image"))):
            for number, _ in enumerate(service.get("ports") or ()):
                p.fail("the database needs no port on the host", Where(f"{path}.ports[{number}]"))
            if not _asks_for_password(service):
                p.fail("the database asks for no password", Where(f"{path}.command"))


def _asks_for_password(service: Mapping[str, Any]) -> bool:
    """Tell whether a MongoDB asks: by option, by a key file among members, or by the image, which makes a root user."""
    command = service.get("command") or service.get("entrypoint") or ()
    words = command.split() if isinstance(command, str) else [str(word) for word in command]
    if "--noauth" in words:
        return False
    names = service.get("environment") or ()
    given = [str(name).partition("=")[0] for name in names]
    return (
        any(word.startswith(("--auth", "--keyFile", "--clusterAuthMode")) for word in words)
        or any(name.startswith(("MONGO_INITDB_ROOT_USERNAME", "MONGODB_ROOT_PASSWORD")) for name in given)
        or present(service.get("env_file"))
    )


def _logs(p: Probe) -> None:
    for path, service in services(p):
        options = (service.get("logging") or {}).get("options") or {}
        driver = (service.get("logging") or {}).get("driver")
        if not options.get("max-size") and driver in {None, "json-file"}:
            p.fail("its log grows until the disk is full", Where(f"{path}.logging"))


def _memory(p: Probe) -> None:
    for path, service in services(p):
        limit = service.get("mem_limit") or dig(service, "deploy.resources.limits.memory")
        if str(limit or "0") in {"0", "-1"}:
            p.fail("may take all memory of the host from the others", Where(f"{path}.mem_limit"))


_PRIVATE = re.compile(
    r"^(10|127|192\.168|172\.(1[6-9]|2\d|3[01])|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7]))\.|^f[cd]"
)
_OTHERS = re.compile(
    r"(^|\.)(rocket\.chat|amazonaws\.com|mongodb\.(net|com)|docker\.(io|com)|ghcr\.io|quay\.io|letsencrypt\.org"
    r"|github\.com|googleapis\.com|digitalocean(spaces)?\.com|cloudflare\.com)$"
)
"""Names of the vendor, the clouds and registries: nobody else answers for them."""


def _names(p: Probe) -> None:
    found = list(services(p))
    ours = {path.rpartition(".")[2] for path, _ in found}
    for path, service in found:
        for name, address in _mapped(service.get("extra_hosts")):
            here = address == "host-gateway" or address.startswith("127.") or address == "::1"
            foreign = "." in name and not _PRIVATE.match(address)
            if not here and (name in ours or foreign or _OTHERS.search(name)):
                p.fail("is led to another machine by this name than all others", Where(f"{path}.extra_hosts"))


def _mapped(entries: object) -> Iterator[tuple[str, str]]:
    """Give name and address of entries such as `name:address`, `name=address`, or of a map."""
    pairs: list[Any] = list(entries.items()) if isinstance(entries, Mapping) else []
    if isinstance(entries, list):
        pairs = [parts for one in entries if len(parts := re.split(r"[=:]", str(one), maxsplit=1)) > 1]
    for name, told in pairs:
        for address in told if isinstance(told, list) else [told]:
            yield str(name).strip().lower(), str(address).strip().strip("[]").lower()


def _escalation(p: Probe) -> None:
    for path, service in services(p):
        if "no-new-privileges:true" not in [
            str(item).replace("=", ":") for item in service.get("security_opt") or ()
        ]:
            p.fail("may gain more rights than it was given", Where(f"{path}.security_opt"))


def _upgrades(p: Probe) -> None:
    key, text = _text(p)
    if (
        text
        and "unattended-upgrades" not in text
        and "dnf-automatic" not in text
        and "package_upgrade" not in text
    ):
        p.fail("gets no security fixes by itself", key)


_BY_PASSWORD = re.compile(
    r"^\s*(ssh_pwauth:\s*(true|yes)|chpasswd:)|(^\s*|echo\s+[\"']?)PasswordAuthentication\s+yes"
    r"|/PasswordAuthentication\s+yes/[gi]*[\"']",
    re.MULTILINE,
)
"""What lets people in by password: of cloud-init, of the daemon's own file, and of a shell that writes it."""


def _password_login(p: Probe) -> None:
    key, text = _text(p)
    if _BY_PASSWORD.search(text):
        p.fail("lets people in by password", key)


LIGHTSAIL_SNAPSHOTS = _rule(
    "lightsail-snapshots",
    "A Lightsail host is snapshotted by itself",
    PRODUCTION,
    HIGH,
    (t.LIGHTSAIL_INSTANCE,),
    _snapshots,
    maps="P:lightsail_instance_automated_snapshots",
    fix="Add the add-on AutoSnapshot.",
    link=_LIGHTSAIL + "amazon-lightsail-configuring-automatic-snapshots.html",
)
LIGHTSAIL_LTS = _rule(
    "lightsail-lts",
    "A Lightsail host runs a system with years of fixes",
    PRODUCTION,
    MEDIUM,
    (t.LIGHTSAIL_INSTANCE,),
    expecting(
        "blueprintId",
        lambda name: bool(re.match(r"^(ubuntu_2[246]_04|debian_1[2-5]|amazon_linux_2023|al2023)", str(name))),
        "no system with years of security fixes",
    ),
    maps="practice patching",
    fix="Use ubuntu_24_04, debian_12 or amazon_linux_2023.",
    link=_LIGHTSAIL + "compare-options-choose-lightsail-instance-image.html",
    product=True,
)
LIGHTSAIL_KEY = _rule(
    "lightsail-key",
    "A Lightsail host has a key of its own",
    PRODUCTION,
    MEDIUM,
    (t.LIGHTSAIL_INSTANCE,),
    _key,
    maps="practice least-privilege",
    fix="Set key_pair_name, or remove the default key in user data.",
    link=_LIGHTSAIL + "understanding-ssh-in-amazon-lightsail.html",
    product=True,
)
HOST_USER_DATA_CLEAN = _rule(
    "lightsail-userdata-clean",
    "No credential stands in user data",
    MANDATORY,
    CRITICAL,
    HOSTS,
    _clean,
    maps="CKV_AWS_46",
    fix="Fetch secrets on the host, from a store of secrets.",
    link="https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html",
)
EC2_IMDS_V2 = _rule(
    "ec2-imdsv2",
    "A host's role cannot be stolen by a page fetch",
    MANDATORY,
    HIGH,
    (*MACHINES, t.METADATA_DEFAULTS),
    _metadata,
    maps="EC2.8, EC2.170, AutoScaling.3, CIS6.7, CKV_AWS_79",
    fix="Set http_tokens required.",
)
EC2_DISK_ENCRYPTED = _rule(
    "ec2-disk-encrypted",
    "A host's disk is encrypted",
    MANDATORY,
    MEDIUM,
    MACHINES,
    _disk,
    maps="CKV_AWS_8, part of Config encrypted-volumes",
    fix="Set encrypted on each device.",
    link="https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption.html",
)
EC2_NO_PUBLIC_IP = _rule(
    "ec2-no-public-ip",
    "A host has no public address of its own",
    PRODUCTION,
    MEDIUM,
    MACHINES,
    _public,
    maps="EC2.9, EC2.25, AutoScaling.5, CKV_AWS_88",
    fix="Put it behind the balancer.",
)
EC2_KEEPS_DATA = _rule(
    "ec2-userdata-keeps-host",
    "A change of user data does not destroy the host",
    PRODUCTION,
    HIGH,
    (t.EC2_INSTANCE,),
    expecting(
        "userDataReplaceOnChange", not_true, "a change of user data destroys the host and what is on it"
    ),
    maps="practice recovery",
    fix="Leave user_data_replace_on_change off.",
    link="https://www.pulumi.com/registry/packages/aws/api-docs/ec2/instance/",
    product=True,
)
DROPLET_BACKUPS = _rule(
    "do-droplet-backups",
    "A Droplet is backed up",
    PRODUCTION,
    HIGH,
    (t.DO_DROPLET,),
    expecting("backups", true, "no backups are taken"),
    maps="DO backups",
    fix="Set backups.",
    link="https://docs.digitalocean.com/products/droplets/how-to/enable-backups/",
)
DROPLET_FIREWALL = _rule(
    "do-droplet-firewall",
    "A firewall stands before each Droplet",
    MANDATORY,
    HIGH,
    (t.DO_DROPLET,),
    _droplet_firewall,
    maps="practice least-privilege",
    needs=Needs.STACK,
    why="the firewall of a droplet is made after it",
    fix="Add a Firewall with the droplet's id, or with a tag that it has.",
    link="https://docs.digitalocean.com/products/networking/firewalls/",
)
DROPLET_KEYS = _rule(
    "do-droplet-keys",
    "A Droplet is opened by keys",
    MANDATORY,
    HIGH,
    (t.DO_DROPLET,),
    expecting("sshKeys", present, "a password sent by mail opens it"),
    maps="CKV_DIO_2, tfsec digitalocean-compute-use-ssh-keys",
    fix="Set ssh_keys.",
    link="https://docs.digitalocean.com/products/droplets/how-to/add-ssh-keys/",
)
DROPLET_WATCHED = _rule(
    "do-droplet-monitoring",
    "A Droplet is measured",
    ADVISORY,
    LOW,
    (t.DO_DROPLET,),
    expecting("monitoring", true, "nobody measures it"),
    maps="DO monitoring",
    fix="Set monitoring.",
    link="https://docs.digitalocean.com/products/monitoring/",
)
HOST_PORTS = _rule(
    "host-ports",
    "Containers of a host open the web and nothing else",
    MANDATORY,
    HIGH,
    COMPOSED,
    _ports,
    maps="RC, practice least-privilege",
    fix="Publish 80 and 443 of the proxy; bind the rest to 127.0.0.1 or to none.",
    link=_COMPOSE + "#ports",
    product=True,
)
HOST_IMAGES_PINNED = _rule(
    "host-images-pinned",
    "Images of a host name one version",
    MANDATORY,
    MEDIUM,
    COMPOSED,
    _pinned,
    maps="practice supply-chain",
    fix="Use a digest or a release's tag.",
    link=_COMPOSE + "#image",
)
HOST_IMAGE_REGISTRY = _rule(
    "host-image-registry",
    "Images of a host come from allowed registries",
    MANDATORY,
    MEDIUM,
    COMPOSED,
    _registry,
    maps="practice supply-chain",
    fix="Use the vendor's image, or add the registry to `registries` in policy/config.yaml, "
    "beside the usual ones, which its list replaces.",
    link=_COMPOSE + "#image",
    product=True,
    widened="registries",
)
HOST_RESTART = _rule(
    "host-restart",
    "Containers come back after a restart of the host",
    MANDATORY,
    MEDIUM,
    COMPOSED,
    _restart,
    maps="practice availability",
    fix="Set restart: unless-stopped.",
    link=_COMPOSE + "#restart",
    product=True,
)
HOST_UNPRIVILEGED = _rule(
    "host-unprivileged",
    "Containers of a host are not privileged",
    MANDATORY,
    HIGH,
    COMPOSED,
    _privileged,
    maps="practice least-privilege",
    fix="Take privileged, host modes and the Docker socket out.",
    link="https://docs.docker.com/engine/security/",
)
HOST_DATA_KEPT = _rule(
    "host-data-kept",
    "The database's files outlive its container",
    MANDATORY,
    CRITICAL,
    COMPOSED,
    _data,
    maps="original, practice recovery",
    fix="Mount a volume at /data/db.",
    link=_COMPOSE + "#volumes",
    product=True,
)
HOST_DATABASE_INSIDE = _rule(
    "host-database-inside",
    "The database of a host is not reached from outside, and asks for a password",
    MANDATORY,
    CRITICAL,
    COMPOSED,
    _database_auth,
    maps="original, practice least-privilege",
    fix="Take its ports out, and set --auth, a key file or the image's root user.",
    link=_COMPOSE + "#ports",
)
HOST_LOGS_BOUNDED = _rule(
    "host-logs-bounded",
    "Logs do not fill the disk",
    ADVISORY,
    LOW,
    COMPOSED,
    _logs,
    maps="practice availability",
    fix="Set logging options max-size and max-file, or another driver.",
    link="https://docs.docker.com/engine/logging/drivers/json-file/",
)
HOST_MEMORY_BOUNDED = _rule(
    "host-memory-bounded",
    "No container takes all memory of its host",
    ADVISORY,
    LOW,
    COMPOSED,
    _memory,
    maps="practice availability",
    fix="Set mem_limit, or deploy.resources.limits.memory.",
    link=_COMPOSE + "#mem_limit",
)
HOST_NAMES = _rule(
    "host-names-true",
    "Containers reach by a known name what everybody reaches by it",
    ADVISORY,
    MEDIUM,
    COMPOSED,
    _names,
    maps="practice least-privilege",
    fix="Take the name out of extra_hosts, and let DNS answer.",
    link=_COMPOSE + "#extra_hosts",
)
HOST_NO_ESCALATION = _rule(
    "host-no-priv-esc",
    "Containers gain no more rights than they were given",
    ADVISORY,
    LOW,
    COMPOSED,
    _escalation,
    maps="practice least-privilege",
    fix="Set security_opt no-new-privileges:true.",
    link=_COMPOSE + "#security_opt",
)
HOST_UPGRADES = _rule(
    "host-upgrades",
    "A host installs security fixes by itself",
    PRODUCTION,
    MEDIUM,
    HOSTS,
    _upgrades,
    maps="practice patching",
    fix="Install unattended-upgrades in the user data.",
    link="https://documentation.ubuntu.com/server/how-to/software/automatic-updates/",
    product=True,
)
HOST_NO_PASSWORD_LOGIN = _rule(
    "host-no-password-login",
    "Nobody logs in to a host by password",
    MANDATORY,
    HIGH,
    HOSTS,
    _password_login,
    maps="practice least-privilege",
    fix="Leave ssh_pwauth off.",
    link="https://cloudinit.readthedocs.io/en/latest/reference/modules.html",
)
