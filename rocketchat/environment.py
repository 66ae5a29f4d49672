"""Features of the chat as variables of its container: one function for each, each returns an Environment.

Settings are set by `OVERWRITE_SETTING_<id>`, which the server applies at every start; without the prefix a
variable would count at the first start only (`SettingsRegistry.ts`, #19860). Other variables:
docs.rocket.chat, "Deployment environment variables", and RocketChat/Rocket.Chat `initialData.ts`
(administrator), `isRunningMs.ts` (transporter), #36955 (readyz), #15214 (trusted proxies).

An argument of type V may be a promise of a value: it is passed on unseen.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from rocketchat import settings as _settings
from rocketchat.appearance import Font, appearance, style_sheet
from rocketchat.login import (
    OidcOptions,
    SamlOptions,
    oidc,
    oidc_callback,
    saml,
    saml_consumer,
    saml_metadata,
    service_name,
    single_sign_on,
    without_mail,
)
from rocketchat.releases import Release
from rocketchat.safety import BLOCKED_NAMES
from rocketchat.services import HTTP_PORT, METRICS_PORT, MICROSERVICES, TOPOLOGIES
from rocketchat.surroundings import AUTHORITIES
from rocketchat.variables import Environment, Secret, V, flag, merge, overwrite, require_secret

__all__ = [
    "EVENT_LOOP_LAG_MS",
    "Environment",
    "Font",
    "OidcOptions",
    "SamlOptions",
    "Secret",
    "accounts",
    "administrator",
    "appearance",
    "bare_address",
    "bugsnag",
    "core",
    "database",
    "file_protection",
    "instances",
    "licence",
    "mail",
    "media_filesystem",
    "media_gridfs",
    "media_s3",
    "merge",
    "microservice",
    "oidc",
    "oidc_callback",
    "overwrite",
    "prometheus",
    "push_gateway",
    "push_none",
    "push_own",
    "saml",
    "saml_consumer",
    "saml_metadata",
    "service_name",
    "settings",
    "setup_wizard",
    "single_sign_on",
    "style_sheet",
    "without_mail",
]

EVENT_LOOP_LAG_MS: Final = 500
"""From this lag on the server calls itself not ready. Its own 70 ms is passed under ordinary load."""

_CHECKSUMS: Final = {
    "AWS_REQUEST_CHECKSUM_CALCULATION": "WHEN_REQUIRED",
    "AWS_RESPONSE_CHECKSUM_VALIDATION": "WHEN_REQUIRED",
}

_HOST = r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?"


def core(
    release: Release,
    root_url: str,
    trusted_proxies: int,
    *,
    platform: str = "pulumi",
    site_name: str | None = None,
    language: str | None = None,
) -> Environment[str]:
    """Return what every server needs.

    `root_url` is the public address, `https://host` without port, path or slash at the end (`http` is taken
    for localhost, there with a port). `trusted_proxies` counts what stands before the container: 1 for a
    balancer, 2 with a CDN or a proxying DNS before it; a wrong number makes all users share one address.
    `platform` is a word for statistics. Raises ValueError.
    """
    if root_url.endswith("/"):
        raise ValueError(f"leave out the slash at the end of the chat's address: {root_url.rstrip('/')}")
    local = re.fullmatch(r"https?://(?:localhost|127\.0\.0\.1)(?::\d{1,5})?", root_url)
    if local is None and re.fullmatch(f"https://{_HOST}", root_url, re.ASCII) is None:
        raise ValueError(
            f"the chat's address {root_url[:80]!r} must be https:// and a host name, nothing more"
        )
    if trusted_proxies < 0:
        raise ValueError("the number of trusted proxies cannot be negative")
    plain = {
        "ROOT_URL": root_url,
        "PORT": str(HTTP_PORT),
        "HTTP_FORWARDED_COUNT": str(trusted_proxies),
        "DEPLOY_PLATFORM": platform,
    }
    if release.has_readyz:
        plain["EVENT_LOOP_LAG_MS"] = str(EVENT_LOOP_LAG_MS)
    named = {"Site_Name": site_name, "Language": language}
    return Environment(plain) | overwrite({"Site_Url": root_url}, lock=True) | overwrite(named)


def database(uri: Secret[V]) -> Environment[V]:
    """Return how the server reaches MongoDB, by a URI with a percent-encoded password and the database's name.

    No release that is known here needs `MONGO_OPLOG_URL`: all read change streams.
    """
    require_secret("uri", uri)
    return Environment(secret={"MONGO_URL": uri})


def instances(release: Release, topology: str, transporter: V) -> Environment[V | str]:
    """Return how the main server meets its fellows and its microservices; `services.transporter` makes the
    value.

    One server alone has no use for it. Without a licence servers do not share events, so the caller refuses
    that first. Raises ValueError for an unknown topology.
    """
    if topology not in TOPOLOGIES:
        raise ValueError(f"there is no topology {topology!r}; allowed: {', '.join(TOPOLOGIES)}")
    apart = release.microservice_variables if topology == MICROSERVICES else {}
    return Environment({"TRANSPORTER": transporter, **apart})


def microservice(
    uri: Secret[V],
    transporter: V,
    *,
    trusted_proxies: V | str | None = None,
    authorities: V | str | None = None,
    metrics: bool = False,
) -> Environment[V | str]:
    """Return all that a microservice needs; with `metrics` it serves them on port 9458.

    `trusted_proxies` is for ddp-streamer, whose sessions would else all have the last proxy's address; `authorities`
    the file of those that it trusts beside the public ones, for the database.
    """
    plain: dict[str, V | str] = {"TRANSPORTER": transporter, "PORT": str(HTTP_PORT)}
    if trusted_proxies is not None:
        plain["HTTP_FORWARDED_COUNT"] = trusted_proxies
    if authorities is not None:
        plain[AUTHORITIES] = authorities
    if metrics:
        plain |= {"MS_METRICS": "true", "MS_METRICS_PORT": str(METRICS_PORT)}
    return database(uri) | Environment(plain)


def licence(text: Secret[V]) -> Environment[V]:
    """Return the licence, in both forms.

    The server takes `ROCKETCHAT_LICENSE` only while the licence that it has stored is not valid, so that a renewed
    one would wait for the old one's end; the setting is replaced at every start.
    """
    require_secret("text", text)
    kept: Environment[V] = overwrite({"Enterprise_License": text})
    return Environment(secret={"ROCKETCHAT_LICENSE": text}) | kept


def administrator(username: str, name: str, email: str | None, password: Secret[V]) -> Environment[V | str]:
    """Return the first administrator, and the setup wizard as done: else the first visitor becomes
    administrator.

    The server makes the account only while nobody has the role. `email` counts as verified, and whoever comes by
    single sign-on with it gets this account, so it must be the administrator's own; None leaves the account without
    one. Raises ValueError for a user name that the server would refuse.
    """
    require_secret("password", password)
    if re.fullmatch(r"[0-9a-zA-Z._-]+", username, re.ASCII) is None:
        raise ValueError(
            f"the user name {username[:40]!r} may have letters, digits, dots, hyphens and underscores only"
        )
    if username.lower() in BLOCKED_NAMES:
        raise ValueError(
            f"the server refuses the user name {username}; not allowed: {', '.join(sorted(BLOCKED_NAMES))}"
        )
    plain: dict[str, V | str] = {"ADMIN_USERNAME": username, "ADMIN_NAME": name}
    if email is not None:
        plain |= {"ADMIN_EMAIL": email, "ADMIN_EMAIL_VERIFIED": "true"}
    account: Environment[V | str] = Environment(plain, {"ADMIN_PASS": password})
    return account | overwrite({"Show_Setup_Wizard": "completed"})


def setup_wizard(registration_token: Secret[V] | None = None) -> Environment[V | str]:
    """Return the agreement to registering the workspace at Rocket.Chat Cloud, and to its privacy terms.

    The vendor's push gateway and the marketplace need that. It registers nothing by itself: `registration_token` does,
    which is tried at every start while the workspace is not registered, or an administrator in the chat.
    """
    answers = overwrite({"Register_Server": "true", "Cloud_Service_Agree_PrivacyTerms": "true"})
    if registration_token is None:
        return answers
    require_secret("registration_token", registration_token)
    return answers | Environment(secret={"REG_TOKEN": registration_token})


def bare_address(sender: str) -> str:
    """Return the address of `chat@example.com` or `Example <chat@example.com>`; raise ValueError for anything else."""
    match = re.fullmatch(r"(?:[^<>\r\n]*<)?([^\s<>@]+@[^\s<>@]+?)>?", sender)
    if match is None or sender.endswith(">") != ("<" in sender):
        raise ValueError(f"{sender[:80]!r} is not a From address, such as Example <chat@example.com>")
    return match.group(1)


def mail(
    host: V,
    port: int,
    from_address: str,
    *,
    username: V | Secret[V] | None = None,
    password: Secret[V] | None = None,
    protocol: str = "smtp",
    domain: str | None = None,
    pool: bool = False,
) -> Environment[V | str]:
    """Return the SMTP server that mail goes through, always with TLS.

    `protocol` is `smtp` (plain at first, then STARTTLS; port 587) or `smtps` (TLS from the first byte; port
    465). `from_address` is `chat@example.com` or `Example <chat@example.com>`, and in `domain` when that is
    given. The server gets the bare address: it puts a name of its own before it, the workspace's or the sender's.
    Raises ValueError.
    """
    if protocol not in ("smtp", "smtps"):
        raise ValueError(f"there is no mail protocol {protocol!r}; allowed: smtp, smtps")
    if not 1 <= port <= 65535:
        raise ValueError(f"{port} is no port; one is from 1 to 65535")
    if (username is None) != (password is None):
        raise ValueError("mail needs both user name and password, or neither")
    if password is not None:
        require_secret("password", password)
    sender = bare_address(from_address)
    if domain is not None and sender.partition("@")[2].lower() != domain.lower():
        raise ValueError(f"mail From {sender} is outside the mail domain; use an address at {domain}")
    values: dict[str, V | str | Secret[V] | None] = {
        "SMTP_Protocol": protocol,
        "SMTP_Host": host,
        "SMTP_Port": str(port),
        "SMTP_IgnoreTLS": "false",
        "SMTP_Pool": flag(pool),
        # The server has what it was once given: without a name it would sign in to another server as before.
        "SMTP_Username": "" if username is None else username,
        "SMTP_Password": password,
        "From_Email": sender,
    }
    return overwrite(values)


def media_s3(
    release: Release,
    bucket: V,
    region: V,
    *,
    endpoint: V | None = None,
    access_key_id: Secret[V] | None = None,
    secret_access_key: Secret[V] | None = None,
    path_style: bool = False,
    through_server: bool = False,
) -> Environment[V | str]:
    """Return uploads to S3, or to a service like it at `endpoint`.

    Without keys the server uses the role of its task or machine. A download is a redirect to a link that is
    good for two minutes, or with `through_server` is passed on by the
    server. Raises ValueError when only one of the keys is given.
    """
    if (access_key_id is None) != (secret_access_key is None):
        raise ValueError("the bucket needs both the access key's id and its secret, or neither (a role then)")
    for name, key in (("access_key_id", access_key_id), ("secret_access_key", secret_access_key)):
        if key is not None:
            require_secret(name, key)
    values: dict[str, V | str | Secret[V] | None] = {
        "FileUpload_Storage_Type": "AmazonS3",
        "FileUpload_S3_Bucket": bucket,
        "FileUpload_S3_Region": region,
        # The server has what it was once given, and data that were restored from another deployment have: keys go
        # before a role, and the endpoint before AWS.
        "FileUpload_S3_BucketURL": "" if endpoint is None else endpoint,
        "FileUpload_S3_AWSAccessKeyId": "" if access_key_id is None else access_key_id,
        "FileUpload_S3_AWSSecretAccessKey": secret_access_key,
        "FileUpload_S3_ForcePathStyle": flag(path_style),
        "FileUpload_S3_URLExpiryTimeSpan": "120",
        "FileUpload_S3_Proxy_Avatars": flag(through_server),
        "FileUpload_S3_Proxy_Uploads": flag(through_server),
        "FileUpload_S3_Proxy_UserDataFiles": flag(through_server) if release.passes_user_data_on else None,
    }
    # Services beside AWS do not take the checksums that AWS's SDK adds unasked (AWS SDKs reference guide,
    # "Data integrity protections").
    plain: dict[str, V | str] = {} if endpoint is None else {**_CHECKSUMS}
    checksums: Environment[V | str] = Environment(plain)
    made: Environment[V | str] = overwrite(values)
    return made | checksums


def media_gridfs() -> Environment[str]:
    """Return uploads to MongoDB. For trials: the vendor advises against it in production."""
    return overwrite({"FileUpload_Storage_Type": "GridFS"})


def media_filesystem() -> Environment[str]:
    """Return uploads to a folder of the container, which must be on a volume that outlives it."""
    return overwrite({"FileUpload_Storage_Type": "FileSystem", "FileUpload_FileSystemPath": "/app/uploads"})


SCRIPTED_TYPE = "image/svg+xml"
"""It can hold scripts."""


def file_protection(
    token_secret: Secret[V],
    *,
    most_bytes: int | None = None,
    allowed_types: Sequence[str] = (),
    refused_types: Sequence[str] = (),
) -> Environment[V | str]:
    """Return uploads for members only: links are signed with `token_secret`, and SVG, which can hold
    scripts, is refused.

    `allowed_types` are all media types that may be uploaded, any where there are none, but `refused_types`.
    `most_bytes` is the largest upload; the product's own is 104857600 (100 MiB). The proxies before it must
    let it pass.
    """
    require_secret("token_secret", token_secret)
    values: dict[str, str | Secret[V] | None] = {
        "FileUpload_ProtectFiles": "true",
        "FileUpload_Restrict_to_room_members": "true",
        "FileUpload_Enable_json_web_token_for_files": "true",
        "FileUpload_json_web_token_secret_for_files": token_secret,
        "FileUpload_MediaTypeWhiteList": ",".join(allowed_types) or None,
        "FileUpload_MediaTypeBlackList": ",".join(dict.fromkeys([SCRIPTED_TYPE, *refused_types])),
        "FileUpload_MaxFileSize": None if most_bytes is None else str(most_bytes),
    }
    return overwrite(values)


REGISTRATION = {"disabled": "Disabled", "public": "Public", "secret-url": "Secret URL"}
"""Values of `Accounts_RegistrationForm`, by what a stack file says."""


def accounts(
    *,
    registration: str = "disabled",
    secret_url: Secret[V] | None = None,
    login_form: bool | None = None,
    profile_change: bool | None = None,
    username_change: bool | None = None,
    name_change: bool | None = None,
    email_change: bool | None = None,
    password_change: bool | None = None,
    avatar_change: bool | None = None,
    status_change: bool | None = None,
    delete_own: bool | None = None,
    two_factor: bool | None = None,
    single_sign_on: bool = False,
    lock: bool = False,
) -> Environment[V | str]:
    """Return what users may do with their own accounts. None keeps the product's default.

    `registration` is who may make an account by the form: `disabled`, `public`, or `secret-url`, whose
    path's last part is `secret_url`. `single_sign_on` lets a login service make accounts all the same.
    `lock` keeps the administration pages from changing any of it. Raises ValueError, also for a form hidden
    without single sign-on: nobody could come in.
    """
    if registration not in REGISTRATION:
        raise ValueError(f"there is no registration {registration!r}; allowed: {', '.join(REGISTRATION)}")
    if (registration == "secret-url") != (secret_url is not None):
        raise ValueError(
            "the secret of the registration's address goes with registration secret-url, and only with it"
        )
    if secret_url is not None:
        require_secret("secret_url", secret_url)
    if login_form is False and not single_sign_on:
        raise ValueError(
            "without login form and without single sign-on nobody can sign in; leave the form on"
        )
    switches = {
        "Accounts_ShowFormLogin": login_form,
        "Accounts_AllowUserProfileChange": profile_change,
        "Accounts_AllowUsernameChange": username_change,
        "Accounts_AllowRealNameChange": name_change,
        "Accounts_AllowEmailChange": email_change,
        "Accounts_AllowPasswordChange": password_change,
        "Accounts_AllowPasswordChangeForOAuthUsers": password_change,
        "Accounts_AllowUserAvatarChange": avatar_change,
        "Accounts_AllowUserStatusMessageChange": status_change,
        "Accounts_AllowDeleteOwnAccount": delete_own,
        "Accounts_TwoFactorAuthentication_Enabled": two_factor,
        "Accounts_Registration_AuthenticationServices_Enabled": True if single_sign_on else None,
    }
    values: dict[str, V | str | Secret[V] | None] = {
        "Accounts_RegistrationForm": REGISTRATION[registration],
        "Accounts_RegistrationForm_SecretURL": secret_url,
        **{key: None if value is None else flag(value) for key, value in switches.items()},
    }
    return overwrite(values, lock=lock)


def push_gateway() -> Environment[str]:
    """Return push through the vendor's gateway, which the apps of the stores need.

    Messages to it are lost until the workspace is registered, by a token (`setup_wizard`) or by an administrator in
    the chat. The vendor sets a monthly quota.
    """
    return overwrite({"Push_enable": "true", "Push_enable_gateway": "true"})


def push_own(
    release: Release,
    *,
    google_credentials: Secret[V] | None = None,
    apple_key: Secret[V] | None = None,
    apple_certificate: Secret[V] | None = None,
    apple_passphrase: Secret[V] | None = None,
) -> Environment[V | str]:
    """Return push by own accounts at Google and Apple; works only with an app that was built for them.

    `google_credentials` is the JSON of a service account (FCM v1). Apple's key, certificate and passphrase
    belong together. Raises ValueError when neither side is complete, and for Google with a release before FCM v1.
    """
    apple = (apple_key, apple_certificate, apple_passphrase)
    for name, value in zip(("apple_key", "apple_certificate", "apple_passphrase"), apple, strict=True):
        if value is not None:
            require_secret(name, value)
    if google_credentials is not None:
        require_secret("google_credentials", google_credentials)
    given = [value is not None for value in apple]
    if any(given) and not all(given):
        raise ValueError("push to Apple needs key, certificate and passphrase together")
    if google_credentials is None and not any(given):
        raise ValueError("own push needs Google's credentials, or Apple's key, certificate and passphrase")
    if google_credentials is not None and not release.own_google_push:
        raise ValueError(
            f"Rocket.Chat {release.version} cannot send to Google by a service account (FCM v1), which came with 6.8, "
            "and Google takes nothing else"
        )
    values: dict[str, V | str | Secret[V] | None] = {
        "Push_enable": "true",
        "Push_enable_gateway": "false",
        "Push_production": "true",
        "Push_google_api_credentials": google_credentials,
        "Push_apn_key": apple_key,
        "Push_apn_cert": apple_certificate,
        "Push_apn_passphrase": apple_passphrase,
    }
    return overwrite(values)


def push_none() -> Environment[str]:
    """Return push switched off."""
    return overwrite({"Push_enable": "false"})


def bugsnag(api_key: Secret[V]) -> Environment[V]:
    """Return the reporting of the server's errors to Bugsnag."""
    require_secret("api_key", api_key)
    return overwrite({"Bugsnag_api_key": api_key})


def prometheus(port: int = METRICS_PORT) -> Environment[str]:
    """Return metrics for Prometheus at `/metrics` on this port; never open it to the world.

    A main server with `MS_METRICS` needs another port than 9458; the vendor's chart takes 9100.
    """
    if not 1 <= port <= 65535:
        raise ValueError(f"{port} is no port; one is from 1 to 65535")
    return overwrite({"Prometheus_Enabled": "true", "Prometheus_Port": str(port)})


def settings(values: Mapping[str, object]) -> Environment[V | str]:
    """Return a free-form list of settings, which `rocketchat.settings.check` has found to be right.

    A value stands by itself or as `{"value": …, "lock": True}`; a sensitive one must be a Secret. Raises
    ValueError for an id that no variable sets, TypeError for a sensitive setting in clear.
    """
    together: Environment[V | str] = Environment()
    for setting_id, given in values.items():
        setting = _settings.find(setting_id)
        if setting is None or not setting.by_environment:
            raise ValueError(f"no variable sets {setting_id[:80]}; check the settings first")
        value, lock = _settings.unlock(given)
        if isinstance(value, Secret):
            together |= overwrite({setting_id: value}, lock=lock)
            continue
        if setting.sensitive:
            raise TypeError(f"{setting_id} is sensitive and must be a Secret")
        together |= overwrite({setting_id: _settings.variable_value(value)}, lock=lock)
    return together
