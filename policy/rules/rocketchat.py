"""Rocket.Chat's own settings: who may come in, what is served to whom, how mail leaves."""

import re
from collections.abc import Callable
from urllib.parse import unquote, urlsplit

from policy import tokens as t
from policy.chats import CARRIERS, Chat, Variable, chats
from policy.credentials import holds_credential
from policy.documents import is_pinned
from policy.model import SECRET, UNKNOWN, Stack, Subject, dig
from policy.rule import Needs, Probe, Where, as_number
from policy.rules._make import ADVISORY, CRITICAL, HIGH, LOW, MANDATORY, MEDIUM, PRODUCTION, Area
from policy.zone import zone
from rocketchat import safety
from rocketchat.safety import DEBUGGED, SAFE, TROUBLESHOOTING, VARIABLES_OF_TESTS, Safe, debugs, only
from rocketchat.settings import ENVIRONMENT_PREFIX

_rule = Area("rocketchat")

_DOCS = "https://docs.rocket.chat/docs/"
_SOURCE = "https://github.com/RocketChat/Rocket.Chat/tree/develop/apps/meteor/server/settings"
BLOCKED_NAMES = {*safety.BLOCKED_NAMES, "root"}
_ADDRESSES = ("A", "AAAA")


def _value(p: Probe, variable: Variable) -> str | None:
    if variable.value is UNKNOWN or variable.value == SECRET:
        p.unsure(Where(variable.path))
        return None
    return str(variable.value)


def _setting(p: Probe, chat: Chat, known: Safe) -> None:
    """Judge a setting: what is given, or else the product's default."""
    name, variable = known.id, chat.setting(known.id)
    if variable is None:
        if chat.partial:
            p.unsure(Where(f"{chat.path}.{name}"))
        elif not known.safe(known.default):
            p.fail(known.danger, Where(f"{chat.path}.{name}"))
        return
    value = _value(p, variable)
    if value is not None and not known.safe(value):
        p.fail(known.danger, Where(variable.path))


def _settings(*names: str) -> Callable[[Probe], None]:
    """Return what judges settings that have a safe value."""

    def judge(p: Probe) -> None:
        for chat in chats(p):
            for name in names:
                _setting(p, chat, SAFE[name])

    return judge


def _root_url(p: Probe) -> None:
    for chat in chats(p):
        variable = chat.variables.get("ROOT_URL")
        if variable is None:
            if chat.partial:
                p.unsure(Where(f"{chat.path}.ROOT_URL"))
            else:
                p.fail("the chat does not know its own address", Where(f"{chat.path}.ROOT_URL"))
            continue
        value = _value(p, variable)
        if value is None:
            continue
        if not value.startswith("https://") or value.endswith("/") or not urlsplit(value).hostname:
            if urlsplit(value).hostname in {"localhost", "127.0.0.1"} and not p.config.production:
                continue
            p.fail("must be the public address: https, a host, no slash at the end", Where(variable.path))
            continue
        _served(p, variable, str(urlsplit(value).hostname))


_SERVING = (
    (t.LISTENER, "certificateArn"),
    (t.LISTENER_CERTIFICATE, "certificateArn"),
    (t.DISTRIBUTION, "viewerCertificate.acmCertificateArn"),
    (t.DISTRIBUTION, "viewerCertificate.iamCertificateId"),
)
"""What ends TLS before a task, and where it names its certificate."""


def _served(p: Probe, variable: Variable, host: str) -> None:
    known = zone(p.stack)
    # A cluster of others may make its own records.
    names = bool(known.entries)
    if p.subject.type in {t.RELEASE, t.CHART} and not p.stack.has(t.DO_CLUSTER):
        names = any(entry.kind in _ADDRESSES for entry in known.entries)
    forms = {host, "*." + host.split(".", 1)[-1]}
    certified, uncertain = _certified(p, forms) if p.subject.type == t.TASK_DEFINITION else (None, False)
    for what, found, unsure in (
        ("DNS record", known.hosts if names else None, known.uncertain),
        ("certificate", certified, uncertain),
    ):
        if found is None or forms & found:
            continue
        if unsure:
            p.unsure(Where(variable.path))
        else:
            p.missing(f"no {what} of the stack is for this host", Where(variable.path))


def _certified(p: Probe, forms: set[str]) -> tuple[set[str] | None, bool]:
    """Return the hosts of the certificates that the chat is served with, and whether there may be more.

    None where one of them is from outside of the stack, or where nothing of it is served with one.
    """
    certified: set[str] = set()
    found = uncertain = False
    for kind, path in _SERVING:
        for subject in p.stack.of(kind):
            value, aliases = dig(subject.properties, path), subject.properties.get("aliases")
            open_ended = UNKNOWN in (aliases if isinstance(aliases, list) else [aliases])
            if value is None or (isinstance(aliases, list) and not open_ended and not forms & {*aliases}):
                continue  # it serves in clear, with the vendor's certificate, or other hosts
            certificates = _meant(p.stack, subject, path)
            if not certificates and value is not UNKNOWN:
                return None, False
            found, uncertain = True, uncertain or open_ended or not certificates
            for certificate in certificates:
                for key in ("domainName", "subjectAlternativeNames"):
                    hosts = certificate.properties.get(key, certificate.outputs.get(key))
                    # Whose hosts stand in the body of an imported one only the cloud tells.
                    uncertain = uncertain or hosts is UNKNOWN or (hosts is None and key == "domainName")
                    certified.update(str(one) for one in (hosts if isinstance(hosts, list) else [hosts]))
    return (certified if found else None), uncertain


def _meant(stack: Stack, subject: Subject, path: str) -> list[Subject]:
    """Return the certificates that a property names, by themselves or by what waits for their validation."""
    return stack.meant(subject, path, t.CERTIFICATE) or [
        certificate
        for waits in stack.meant(subject, path, t.CERTIFICATE_VALIDATION)
        for certificate in stack.meant(waits, "certificateArn", t.CERTIFICATE)
    ]


def _wizard(p: Probe) -> None:
    for chat in chats(p):
        for name in ("ADMIN_USERNAME", "ADMIN_PASS"):
            variable = chat.variables.get(name)
            if variable is None or variable.value == "":
                if chat.partial:
                    p.unsure(Where(f"{chat.path}.{name}"))
                else:
                    p.fail(
                        "without it the first visitor becomes the administrator", Where(f"{chat.path}.{name}")
                    )
        _setting(p, chat, SAFE["Show_Setup_Wizard"])


def _admin_secret(p: Probe) -> None:
    for chat in chats(p):
        for name, variable in chat.variables.items():
            if variable.stored:
                continue
            if variable.value is UNKNOWN:
                if holds_credential(name, "unknown-value"):
                    p.unsure(Where(variable.path))
            elif holds_credential(name, variable.value):
                p.fail("a secret of the chat travels in clear", Where(variable.path))


def _admin_name(p: Probe) -> None:
    for chat in chats(p):
        variable = chat.variables.get("ADMIN_USERNAME")
        value = _value(p, variable) if variable is not None else None
        if variable is not None and value is not None and value.lower() in BLOCKED_NAMES:
            p.fail("a name that everybody tries first, or that the product refuses", Where(variable.path))


def _lockout_said(p: Probe) -> None:
    for chat in chats(p):
        if chat.setting("Block_Multiple_Failed_Logins_Enabled") is None:
            where = Where(f"{chat.path}.Block_Multiple_Failed_Logins_Enabled")
            if chat.partial:
                p.unsure(where)
            else:
                p.fail("older releases leave this off where nobody says", where)


def _fewest(p: Probe) -> int:
    """Return how many proxies there are at least: a trial may be reached without any."""
    return 1 if p.config.production else 0


def _most(p: Probe, chat: Chat) -> int:
    """Return how many proxies the stack has at most: the runtime's own, a balancer, a CDN of the host, Cloudflare."""
    url = chat.variables.get("ROOT_URL")
    host = urlsplit(str(url.value)).hostname if url is not None else None
    hosts = {host, UNKNOWN}
    cdn = any(
        host is None or hosts & {*(aliases if isinstance(aliases, list) else [aliases])}
        for one in p.stack.of(t.DISTRIBUTION)
        for aliases in [one.properties.get("aliases")]
    )
    proxied = any(one.properties.get("proxied") in (True, UNKNOWN) for one in p.stack.of(t.DNS_RECORD))
    return 1 + (p.subject.type != t.TASK_DEFINITION and p.stack.has(t.LISTENER)) + cdn + proxied


def _proxies(p: Probe) -> None:
    for chat in chats(p):
        variable = chat.variables.get("HTTP_FORWARDED_COUNT")
        if variable is None:
            if chat.partial:
                p.unsure(Where(f"{chat.path}.HTTP_FORWARDED_COUNT"))
            else:
                p.fail(
                    "all users look as if they came from the proxy: one wrong password locks out everybody",
                    Where(f"{chat.path}.HTTP_FORWARDED_COUNT"),
                )
        else:
            value = _value(p, variable)
            if value is not None and not _fewest(p) <= as_number(value, -1) <= 5:
                p.fail("no sensible number of proxies", Where(variable.path))
            elif value is not None and as_number(value) > _most(p, chat):
                p.missing(
                    "more than the proxies of the stack, so that whoever calls chooses the address that is seen",
                    Where(variable.path),
                )


def _certificates(p: Probe) -> None:
    for chat in chats(p):
        _setting(p, chat, SAFE["Allow_Invalid_SelfSigned_Certs"])
        variable = chat.variables.get("NODE_TLS_REJECT_UNAUTHORIZED")
        if variable is not None and _value(p, variable) == "0":
            p.fail(VARIABLES_OF_TESTS["NODE_TLS_REJECT_UNAUTHORIZED"], Where(variable.path))


def _cors(p: Probe) -> None:
    for chat in chats(p):
        on = chat.setting("API_Enable_CORS")
        value = _value(p, on) if on is not None else "false"
        if value is not None and value.lower() == "true":
            _setting(p, chat, safety.CORS)


def _force_ssl(p: Probe) -> None:
    for chat in chats(p):
        _setting(
            p,
            chat,
            Safe(
                "Force_SSL",
                "false",
                only("false"),
                "answers health checks by a redirect; the balancer redirects already",
            ),
        )


def _smtp(p: Probe) -> None:
    for chat in chats(p):
        if chat.setting("SMTP_Host") is None:
            continue
        protocol, port = chat.setting("SMTP_Protocol"), chat.setting("SMTP_Port")
        if (protocol is not None and protocol.value == "smtps") or (
            port is not None and str(port.value) == "465"
        ):
            continue
        _setting(p, chat, safety.MAIL)


def _mail_url(p: Probe) -> None:
    for chat in chats(p):
        if "MAIL_URL" in chat.variables and chat.setting("SMTP_Host") is None:
            p.fail(
                "MAIL_URL alone is thrown away at start; give SMTP_Host and the rest",
                Where(chat.variables["MAIL_URL"].path),
            )


def _test_mode(p: Probe) -> None:
    for chat in chats(p):
        variable = chat.variables.get("TEST_MODE")
        if variable is not None:
            value = _value(p, variable)
            if value is not None and value.lower() not in {"", "false"}:
                p.fail(VARIABLES_OF_TESTS["TEST_MODE"], Where(variable.path))


def _token(p: Probe) -> None:
    for chat in chats(p):
        _setting(
            p,
            chat,
            Safe(
                "FileUpload_Enable_json_web_token_for_files",
                "true",
                only("true"),
                "links to files carry no token",
            ),
        )
        variable = chat.setting("FileUpload_json_web_token_secret_for_files")
        if variable is None and not chat.partial:
            p.fail(
                "no secret signs the tokens of file links",
                Where(f"{chat.path}.FileUpload_json_web_token_secret_for_files"),
            )
        elif variable is None:
            p.unsure(Where(f"{chat.path}.FileUpload_json_web_token_secret_for_files"))


def _mongo(p: Probe) -> None:
    for chat in chats(p):
        variable = chat.variables.get("MONGO_URL")
        if variable is None:
            if chat.partial:
                p.unsure(Where(f"{chat.path}.MONGO_URL"))
            elif chat.values is None:
                p.fail("the chat is given no database", Where(f"{chat.path}.MONGO_URL"))
            continue
        if variable.value is UNKNOWN or variable.value == SECRET:
            if not variable.stored:
                p.unsure(Where(variable.path))
            continue
        _mongo_uri(p, variable, str(variable.value))


_INSIDE = re.compile(r"^[^.]+$|\.svc(\.cluster\.local)?$|^127\.")
"""Hosts of the same machine or cluster: a bare name, a service of Kubernetes."""


def _mongo_uri(p: Probe, variable: Variable, uri: str) -> None:
    match = re.match(r"^(mongodb(?:\+srv)?)://(?:([^@/]*)@)?([^/?]+)(/[^?]*)?(?:\?(.*))?$", uri)
    where = Where(variable.path)
    if match is None:
        p.fail("this is not a connection URI", where)
        return
    scheme, login, hosts, _, query = match.groups()
    options = {
        part.split("=", 1)[0].lower(): part.split("=", 1)[-1].lower() for part in (query or "").split("&")
    }
    local = all(_INSIDE.search(host.rsplit(":", 1)[0]) for host in hosts.split(","))
    if scheme == "mongodb" and "replicaset" not in options:
        p.fail("names no replica set, which the chat needs", where)
    if (
        scheme == "mongodb"
        and not local
        and not {"tls", "ssl"} & {k for k, v in options.items() if v == "true"}
    ):
        p.fail("does not ask for TLS", where)
    if {"tlsinsecure", "tlsallowinvalidcertificates"} & {
        key for key, value in options.items() if value == "true"
    }:
        p.fail("believes every certificate", where)
    if options.get("retrywrites") == "false":
        p.fail("gives up on writes when the primary changes", where)
    if login and any(character in unquote(login) and character in login for character in "/?#[]@"):
        p.fail("the user or the password is not percent-encoded", where)


def _limiter(p: Probe) -> None:
    for chat in chats(p):
        _setting(p, chat, SAFE["API_Enable_Rate_Limiter"])
        for name in SAFE:
            if name.startswith("DDP_Rate_Limit_") and chat.setting(name) is not None:
                _setting(p, chat, SAFE[name])


_SIGN_ON = re.compile(
    rf"{ENVIRONMENT_PREFIX}((Accounts_OAuth|SAML|CAS)_\w+_?(url|entry_point|idp_slo_redirect_url))$",
    re.IGNORECASE,
)
"""Settings that say where people log in."""
_HARDENED = (
    "LDAP_Encryption",
    "LDAP_Reject_Unauthorized",
    "Accounts_Password_Policy_Enabled",
    "Accounts_Password_Policy_MinLength",
    "Block_Multiple_Failed_Logins_By_User",
    "Block_Multiple_Failed_Logins_By_Ip",
    "Block_Multiple_Failed_Logins_Attempts_Until_Block_by_User",
    "Block_Multiple_Failed_Logins_Attempts_Until_Block_by_Ip",
    "Accounts_LoginExpiration",
    "FileUpload_MaxFileSize",
    "Log_Level",
    "Accounts_TwoFactorAuthentication_Enforce_Password_Fallback",
    "Accounts_Registration_Users_Default_Roles",
    "Accounts_Registration_AuthenticationServices_Default_Roles",
    "SAML_Custom_Default_default_user_role",
    "SAML_Custom_Default_signature_validation_type",
    "Push_gateway",
)
"""Settings that are judged where they are given."""


def _hardened(p: Probe) -> None:
    for chat in chats(p):
        for name in _HARDENED:
            if chat.setting(name) is not None:
                _setting(p, chat, SAFE[name])
        for name, variable in chat.variables.items():
            text = _value(p, variable) if _SIGN_ON.match(name) else None
            if text is not None and text.startswith("http://"):
                p.fail("who logs in is sent through the internet in clear", Where(variable.path))
        options = chat.variables.get("NODE_OPTIONS")
        value = None if options is None else _value(p, options)
        if options is not None and value is not None and debugs(value):
            p.fail(DEBUGGED, Where(options.path))


def _troubleshoot(p: Probe) -> None:
    for chat in chats(p):
        for name, variable in chat.variables.items():
            if name.removeprefix(ENVIRONMENT_PREFIX).startswith(TROUBLESHOOTING):
                value = _value(p, variable)
                if value is not None and value.lower() == "true":
                    p.fail(safety.HUNTING, Where(variable.path))


def _replicas(p: Probe) -> None:
    for chat in chats(p):
        if chat.replicas is UNKNOWN:
            p.unsure(Where(f"{chat.path}.replicas"))
            continue
        many = as_number(chat.replicas, 1) > 1
        services = (
            chat.values is not None
            and str((chat.values.get("microservices") or {}).get("enabled", True)).lower() != "false"
        )
        licensed = (
            chat.setting("Enterprise_License")
            or chat.variables.get("ROCKETCHAT_LICENSE")
            or (chat.values is not None and chat.values.get("license"))
        )
        if (many or services) and not licensed:
            if chat.partial:
                p.unsure(Where(f"{chat.path}.ROCKETCHAT_LICENSE"))
            else:
                p.fail("more than one server, or microservices, stop without a licence", Where(chat.path))


def _bundled(p: Probe) -> None:
    for chat in chats(p):
        if (
            chat.values is not None
            and str((chat.values.get("mongodb") or {}).get("enabled", True)).lower() != "false"
        ):
            p.fail(
                "starts the chart's own MongoDB, which the chat of today cannot use",
                Where("values.mongodb.enabled"),
            )


def _image(p: Probe) -> None:
    for chat in chats(p):
        if chat.image is UNKNOWN:
            p.unsure(Where(f"{chat.path}.image"))
        elif not is_pinned(chat.image):
            p.fail("the release is not named, so each start may run another one", Where(f"{chat.path}.image"))


_FILED = ("FileUpload_S3_BucketURL", "FileUpload_Webdav_Server_URL")
"""Settings that say where files are kept."""


def _files_in_clear(p: Probe) -> None:
    for chat in chats(p):
        for variable in filter(None, map(chat.setting, _FILED)):
            value = _value(p, variable) or ""
            if value.startswith("http://") and not _INSIDE.search(str(urlsplit(value).hostname)):
                p.fail("files travel in clear", Where(variable.path))


def _cdn(p: Probe) -> None:
    for chat in chats(p):
        variable = chat.setting("FileUpload_S3_CDN")
        if variable is not None and variable.value != "":
            p.fail("this setting has done nothing since 2017", Where(variable.path))


def _direct_storage(p: Probe) -> None:
    for chat in chats(p):
        if not p.stack.has(t.BUCKET, t.SPACES_BUCKET):
            continue
        if any(
            bucket
            for bucket in p.stack.of(t.BUCKET, t.SPACES_BUCKET)
            if "media" in bucket.name or "upload" in bucket.name
        ):
            _setting(
                p,
                chat,
                Safe(
                    "FileUpload_Storage_Type",
                    "GridFS",
                    only("amazons3"),
                    "the stack makes a bucket for files, and the chat does not use it",
                ),
            )


RC_ROOT_URL_HTTPS = _rule(
    "rc-root-url-https",
    "The chat's address is public, by TLS, and served",
    MANDATORY,
    HIGH,
    CARRIERS,
    _root_url,
    maps="RC, original",
    needs=Needs.EARLIER,
    why="the record of a host is made after it or beside it",
    fix="Set ROOT_URL to https://<host>, with a DNS record and a certificate for the host.",
    link=_DOCS + "deployment-environment-variables",
)
RC_HARDENED = _rule(
    "rc-hardened",
    "What is safe by default is left so",
    MANDATORY,
    HIGH,
    CARRIERS,
    _hardened,
    maps="RC",
    needs=Needs.EARLIER,
    fix="Leave the setting away.",
    link=_SOURCE,
)
RC_REGISTRATION_CLOSED = _rule(
    "rc-registration-closed",
    "Strangers cannot make accounts",
    PRODUCTION,
    CRITICAL,
    CARRIERS,
    _settings("Accounts_RegistrationForm"),
    maps="RC, original",
    needs=Needs.EARLIER,
    fix='Set OVERWRITE_SETTING_Accounts_RegistrationForm to Disabled or "Secret URL".',
    link=_DOCS + "registration",
)
RC_SETUP_WIZARD_DONE = _rule(
    "rc-setup-wizard-done",
    "The first visitor does not become the administrator",
    MANDATORY,
    CRITICAL,
    CARRIERS,
    _wizard,
    maps="RC",
    needs=Needs.EARLIER,
    fix="Set ADMIN_USERNAME, ADMIN_PASS and OVERWRITE_SETTING_Show_Setup_Wizard=completed.",
    link=_DOCS + "deployment-environment-variables",
)
RC_SECRETS_STORED = _rule(
    "rc-secrets-stored",
    "Secrets of the chat come from a store of secrets",
    MANDATORY,
    CRITICAL,
    CARRIERS,
    _admin_secret,
    maps="part of ECS.8, RC",
    needs=Needs.EARLIER,
    fix="Give them by Secrets Manager, a Kubernetes Secret, or a file outside of the user data.",
)
RC_ADMIN_NAME = _rule(
    "rc-admin-name",
    "The administrator's name is not the first that is guessed",
    ADVISORY,
    LOW,
    CARRIERS,
    _admin_name,
    maps="RC",
    needs=Needs.EARLIER,
    fix="Choose another name than admin.",
    link=_DOCS + "deployment-environment-variables",
)
RC_FILES_PROTECTED = _rule(
    "rc-files-protected",
    "Files are for members of the room",
    MANDATORY,
    HIGH,
    CARRIERS,
    _settings("FileUpload_ProtectFiles", "FileUpload_Restrict_to_room_members"),
    maps="RC",
    needs=Needs.EARLIER,
    fix="Leave FileUpload_ProtectFiles and FileUpload_Restrict_to_room_members on.",
    link=_DOCS + "file-upload",
)
RC_FILES_NO_ACL = _rule(
    "rc-files-no-acl",
    "Files are stored without an access list",
    MANDATORY,
    MEDIUM,
    CARRIERS,
    _settings("FileUpload_S3_Acl"),
    maps="RC",
    needs=Needs.EARLIER,
    fix="Leave FileUpload_S3_Acl empty.",
    link=_DOCS + "amazon-s3",
)
RC_FILES_TLS = _rule(
    "rc-files-tls",
    "Files travel by TLS to where they are kept",
    ADVISORY,
    MEDIUM,
    CARRIERS,
    _files_in_clear,
    maps="RC",
    needs=Needs.EARLIER,
    fix="Name FileUpload_S3_BucketURL by https://.",
    link=_DOCS + "amazon-s3",
)
RC_FILE_LINKS_SHORT = _rule(
    "rc-file-links-short",
    "Links to files end soon",
    MANDATORY,
    MEDIUM,
    CARRIERS,
    _settings("FileUpload_S3_URLExpiryTimeSpan"),
    maps="RC",
    needs=Needs.EARLIER,
    fix="Leave FileUpload_S3_URLExpiryTimeSpan at 300 or less.",
    link=_DOCS + "amazon-s3",
)
RC_NO_SCRIPTED_PICTURES = _rule(
    "rc-no-scripted-pictures",
    "Pictures with scripts are refused",
    MANDATORY,
    MEDIUM,
    CARRIERS,
    _settings("FileUpload_MediaTypeBlackList"),
    maps="RC",
    needs=Needs.EARLIER,
    fix="Keep image/svg+xml in FileUpload_MediaTypeBlackList.",
    link=_DOCS + "file-upload",
)
RC_FILE_TOKENS = _rule(
    "rc-jwt-files",
    "Links to files are signed",
    ADVISORY,
    LOW,
    CARRIERS,
    _token,
    maps="RC",
    needs=Needs.EARLIER,
    fix="Give FileUpload_json_web_token_secret_for_files from a store of secrets.",
    link=_DOCS + "file-upload",
)
RC_NO_ANONYMOUS = _rule(
    "rc-no-anon",
    "Nobody reads or writes without an account",
    MANDATORY,
    CRITICAL,
    CARRIERS,
    _settings("Accounts_AllowAnonymousRead", "Accounts_AllowAnonymousWrite"),
    maps="RC",
    needs=Needs.EARLIER,
    fix="Leave Accounts_AllowAnonymousRead and Accounts_AllowAnonymousWrite off.",
    link=_DOCS + "accounts",
)
RC_SECOND_FACTOR = _rule(
    "rc-2fa",
    "A second factor is possible",
    PRODUCTION,
    HIGH,
    CARRIERS,
    _settings("Accounts_TwoFactorAuthentication_Enabled"),
    maps="RC",
    needs=Needs.EARLIER,
    fix="Leave Accounts_TwoFactorAuthentication_Enabled on.",
    link=_DOCS + "two-factor-authentication",
)
RC_LOCKOUT = _rule(
    "rc-lockout",
    "Passwords cannot be tried for ever",
    MANDATORY,
    HIGH,
    CARRIERS,
    _settings("Block_Multiple_Failed_Logins_Enabled"),
    maps="RC",
    needs=Needs.EARLIER,
    fix="Set OVERWRITE_SETTING_Block_Multiple_Failed_Logins_Enabled=true.",
    link=_DOCS + "accounts",
)
RC_LOCKOUT_SAID = _rule(
    "rc-lockout-said",
    "The lock against guessed passwords does not depend on the release's default",
    ADVISORY,
    LOW,
    CARRIERS,
    _lockout_said,
    maps="RC",
    needs=Needs.EARLIER,
    fix="Set OVERWRITE_SETTING_Block_Multiple_Failed_Logins_Enabled=true.",
    link=_DOCS + "accounts",
)
RC_FORWARDED_COUNT = _rule(
    "rc-forwarded-count",
    "The chat knows how many proxies stand before it",
    MANDATORY,
    MEDIUM,
    CARRIERS,
    _proxies,
    maps="RC",
    needs=Needs.EARLIER,
    fix="Set HTTP_FORWARDED_COUNT: 1 behind a balancer, 2 with a CDN before it.",
    link=_DOCS + "deployment-environment-variables",
)
RC_BROWSER_HARDENING = _rule(
    "rc-browser-hardening",
    "Browsers run no foreign scripts and show the chat in no foreign frame",
    MANDATORY,
    HIGH,
    CARRIERS,
    _settings("Enable_CSP", "Iframe_Restrict_Access"),
    maps="RC",
    needs=Needs.EARLIER,
    fix="Leave Enable_CSP and Iframe_Restrict_Access on.",
    link=_DOCS + "general-settings",
)
RC_VALID_CERTIFICATES = _rule(
    "rc-valid-certificates",
    "The chat checks whom it talks to",
    MANDATORY,
    HIGH,
    CARRIERS,
    _certificates,
    maps="RC",
    needs=Needs.EARLIER,
    fix="Leave Allow_Invalid_SelfSigned_Certs off; do not set NODE_TLS_REJECT_UNAUTHORIZED.",
    link=_DOCS + "general-settings",
)
RC_CORS = _rule(
    "rc-cors",
    "Foreign pages may not call the chat",
    MANDATORY,
    HIGH,
    CARRIERS,
    _cors,
    maps="RC",
    needs=Needs.EARLIER,
    fix="Leave API_Enable_CORS off, or name one origin in API_CORS_Origin.",
    link=_DOCS + "general-settings",
)
RC_NO_FORCE_SSL = _rule(
    "rc-no-force-ssl",
    "Redirecting to TLS is the balancer's job",
    ADVISORY,
    LOW,
    CARRIERS,
    _force_ssl,
    maps="RC",
    needs=Needs.EARLIER,
    fix="Leave Force_SSL off.",
    link=_DOCS + "general-settings",
)
RC_SMTP_TLS = _rule(
    "rc-smtp-tls",
    "Mail leaves by TLS",
    MANDATORY,
    HIGH,
    CARRIERS,
    _smtp,
    maps="RC, original",
    needs=Needs.EARLIER,
    fix="Set SMTP_IgnoreTLS to false, or SMTP_Protocol to smtps.",
    link=_SOURCE,
)
RC_MAIL_URL = _rule(
    "rc-mail-url",
    "Mail is configured in a way that works",
    MANDATORY,
    MEDIUM,
    CARRIERS,
    _mail_url,
    maps="RC",
    needs=Needs.EARLIER,
    fix="Set SMTP_Host, SMTP_Port, SMTP_Username, SMTP_Password.",
    link=_SOURCE,
)
RC_NO_TEST_MODE = _rule(
    "rc-no-test-mode",
    "The chat does not run in test mode",
    MANDATORY,
    CRITICAL,
    CARRIERS,
    _test_mode,
    maps="RC",
    needs=Needs.EARLIER,
    fix="Take TEST_MODE out.",
    link=_SOURCE,
)
RC_MONGO_URL = _rule(
    "rc-mongo-url",
    "The chat's way to its database is encrypted and right",
    MANDATORY,
    HIGH,
    CARRIERS,
    _mongo,
    maps="RC, original",
    needs=Needs.EARLIER,
    fix="Use mongodb+srv, or name replicaSet and tls=true; percent-encode user and password.",
    link=_DOCS + "mongodb-uri-authentication",
)
RC_RATE_LIMITS = _rule(
    "rc-rate-limits",
    "Clients cannot call without a limit",
    MANDATORY,
    MEDIUM,
    CARRIERS,
    _limiter,
    maps="RC",
    needs=Needs.EARLIER,
    fix="Leave the rate limiters on.",
    link=_DOCS + "rate-limiter",
)
RC_NO_TROUBLESHOOTING = _rule(
    "rc-no-troubleshooting",
    "No switch for hunting bugs is left on",
    MANDATORY,
    MEDIUM,
    CARRIERS,
    _troubleshoot,
    maps="RC",
    needs=Needs.EARLIER,
    fix="Take Troubleshoot_Disable_… out.",
    link=_DOCS + "troubleshoot",
)
RC_LICENSED_REPLICAS = _rule(
    "rc-licensed-replicas",
    "More than one server only with a licence",
    MANDATORY,
    HIGH,
    CARRIERS,
    _replicas,
    maps="RC",
    needs=Needs.EARLIER,
    fix="Run one server, switch microservices off, or give the licence.",
    link=_DOCS + "scaling-rocketchat",
)
RC_NO_BUNDLED_MONGODB = _rule(
    "rc-no-bundled-mongodb",
    "The chart's own MongoDB is off",
    MANDATORY,
    HIGH,
    (t.RELEASE, t.CHART),
    _bundled,
    maps="RC",
    needs=Needs.EARLIER,
    fix="Set mongodb.enabled to false and give existingMongodbSecret.",
    link=_DOCS + "deploy-with-kubernetes",
)
RC_IMAGE_PINNED = _rule(
    "rc-image-pinned",
    "The release that runs is named",
    MANDATORY,
    MEDIUM,
    CARRIERS,
    _image,
    maps="part of CKV_K8S_14, practice supply-chain",
    needs=Needs.EARLIER,
    fix="Name the release's tag or a digest.",
    link=_DOCS + "version-durability",
)
RC_NO_DEAD_CDN = _rule(
    "rc-no-dead-cdn",
    "No setting is trusted that does nothing",
    ADVISORY,
    LOW,
    CARRIERS,
    _cdn,
    maps="RC",
    needs=Needs.EARLIER,
    fix="Take FileUpload_S3_CDN out.",
    link="https://github.com/RocketChat/Rocket.Chat/issues/28070",
)
RC_BUCKET_USED = _rule(
    "rc-bucket-used",
    "Files go into the bucket that is made for them",
    ADVISORY,
    LOW,
    CARRIERS,
    _direct_storage,
    maps="RC",
    needs=Needs.STACK,
    fix="Set FileUpload_Storage_Type to AmazonS3.",
    link=_DOCS + "file-upload",
)
