"""MongoDB connection URIs: building and checking. Pure functions.

The grammar: www.mongodb.com/docs/manual/reference/connection-string/, and the drivers' connection string specification
(mongodb/specifications, `source/connection-string`). The tests hold it against PyMongo's own parser.
"""

import re
from urllib.parse import quote, unquote, urlsplit

SCHEMES = ("mongodb", "mongodb+srv")

SRV_PORTS = range(27015, 27018)
"""Members of an Atlas cluster listen on these (MongoDB, "Atlas network port requirements")."""

_DATABASE = re.compile(r"[A-Za-z0-9_-]{1,38}")
_OWN_DATABASES = ("admin", "config", "local")
_LONGEST_DATABASE = 63
"""Bytes (www.mongodb.com/docs/manual/reference/limits/, "Length of Database Names")."""
_NOT_IN_DATABASE = '/\\. "$*<>:|?\0'
_HOST = re.compile(
    r"(?P<name>[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?\.?|\[[0-9A-Fa-f:.]+\])(?::(?P<port>\d+))?"
)
_BAD_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_NO_PASSWORD = ("MONGODB-X509", "MONGODB-AWS", "MONGODB-OIDC", "GSSAPI")
"""Ways to log in that need none."""

_Form = tuple[str, str]
"""What the value of an option must match, and how that is told."""

_SWITCH: _Form = ("true|false", "takes true or false")
_NUMBER: _Form = ("[0-9]{1,10}", "takes a whole number")
_TRUSTS: _Form = (
    "false",
    "lets anybody pass for the database: leave it out; an authority of your own is one of `container.certificates`",
)
_OF_SECONDARIES: _Form = (
    "(?!)",
    "goes with reads from secondaries, which Rocket.Chat cannot do: leave it out",
)
_MECHANISMS = ("SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "DEFAULT", *_NO_PASSWORD)
_FORMS: dict[str, _Form] = {
    **dict.fromkeys(("directconnection", "journal", "retryreads", "ssl", "tls"), _SWITCH),
    **dict.fromkeys(("tlsallowinvalidcertificates", "tlsallowinvalidhostnames", "tlsinsecure"), _TRUSTS),
    **dict.fromkeys(
        (
            *(
                "connecttimeoutms",
                "heartbeatfrequencyms",
                "localthresholdms",
                "maxconnecting",
                "maxidletimems",
            ),
            *("maxpoolsize", "minpoolsize", "serverselectiontimeoutms", "sockettimeoutms", "srvmaxhosts"),
            *("timeoutms", "waitqueuetimeoutms", "wtimeout", "wtimeoutms"),
        ),
        _NUMBER,
    ),
    **dict.fromkeys(("maxstalenessseconds", "readpreferencetags"), _OF_SECONDARIES),
    "authmechanism": (f"(?i:{'|'.join(_MECHANISMS)})", f"takes {', '.join(_MECHANISMS)}"),
    "compressors": ("(none|snappy|zlib|zstd)(,(none|snappy|zlib|zstd))*", "takes none, snappy, zlib or zstd"),
    "loadbalanced": (
        "false",
        "leads through a load balancer, and Rocket.Chat needs a replica set: leave it out",
    ),
    "readconcernlevel": (
        "local|majority",
        "takes majority: with another level changes cannot be followed. Leave it out",
    ),
    "readpreference": (
        "primary",
        "must be primary: with another one transactions fail, and new messages are not found. Leave it out",
    ),
    "retrywrites": (
        "true",
        "must be true: without it writes are lost whenever the primary changes. Leave it out",
    ),
    "w": (
        "0*[1-9][0-9]?|majority|(?!(?i:majority)$)[A-Za-z_][A-Za-z0-9_.-]*",
        "must be majority, or at least 1: with 0 the server never learns that a message was not kept. Leave it out",
    ),
    "zlibcompressionlevel": ("-1|[0-9]", "takes a whole number from -1 to 9"),
}
"""Options by what they take (the specifications `uri-options`, `auth` and `read-write-concern`; a driver ends with an
error at another value), less what a chat cannot run with. In a transaction reads must be from the primary and writes be
acknowledged (mongodb/node-mongodb-native, `src/operations/execute_operation.ts` and `src/transactions.ts`); a change
stream reads with majority only."""
_ONLY_SRV = ("srvservicename", "srvmaxhosts")
_FILES = frozenset(
    {
        *("sslca", "sslcert", "sslcrl", "sslkey"),
        *("tlscafile", "tlscertificatefile", "tlscertificatekeyfile", "tlscrlfile"),
    }
)
_CERTIFICATES = re.compile(r"/etc/ssl/.+|/(etc|tmp)/rocketchat/authorities-[0-9a-f]{12}\.pem")
"""The only files that an option can name: they come with the image, or are that of `container.certificates`, which the
chart's microservices need."""
_KNOWN = (
    _FORMS.keys()
    | _FILES
    | frozenset(
        {
            *(
                "appname",
                "authmechanismproperties",
                "authsource",
                "family",
                "forceserverobjectid",
            ),
            *("ignoreundefined", "j", "minheartbeatfrequencyms", "monitorcommands"),
            *("nodelay", "proxyhost", "proxypassword", "proxyport", "proxyusername"),
            *("replicaset", "servermonitoringmode", "servername", "srvservicename"),
            *("tlscertificatekeyfilepassword", "usenewurlparser", "useunifiedtopology"),
        }
    )
)
"""Options that the server's driver has, by their names in lower case (mongodb/node-mongodb-native,
`src/connection_string.ts`, 4.x to 6.x). It ends at any other one: "option foo is not supported"."""

_PLACEHOLDER = "the MongoDB URI holds a placeholder; put the real user, password and name there"
_UNFILLED = re.compile(r"<[A-Za-z_ -]+>|\$\{\w+\}|\$\(\w+\)|\$?\{\{.*\}\}")
"""What templates, shells and CI systems leave where a value was not filled in."""
_LOOPBACK = re.compile(r"(.+\.)?localhost|127\.[0-9.]+|0\.0\.0\.0|\[(::1|::)\]")

_OTHERS = {
    "docdb.amazonaws.com": "Amazon DocumentDB",
    "docdb.amazonaws.com.cn": "Amazon DocumentDB",
    "docdb-elastic.amazonaws.com": "Amazon DocumentDB",
    "cosmos.azure.com": "Azure Cosmos DB",
    "documents.azure.com": "Azure Cosmos DB",
    "documents.azure.us": "Azure Cosmos DB",
    "documents.azure.cn": "Azure Cosmos DB",
    "firestore.goog": "Google Firestore",
    "oraclecloudapps.com": "Oracle's API for MongoDB",
}
"""Domains of services that speak MongoDB's protocol and are none: the vendor supports MongoDB itself only (its system
requirements), as Rocket.Chat reads change streams and makes indexes that these do not have."""


def check_database_name(name: str) -> str:
    """Return `name` if it can be a chat's database on Atlas (38 characters), else raise ValueError."""
    if not _DATABASE.fullmatch(name):
        raise ValueError(
            f"the database name {name!r} must be 1 to 38 letters, digits, hyphens or underscores"
        )
    if name.lower() in _OWN_DATABASES:
        raise ValueError(f"the database name {name!r} is MongoDB's own; choose another")
    return name


def srv_uri(address: str, *, username: str, password: str, database: str, app_name: str) -> str:
    """Return the URI of a database behind `address` (`mongodb+srv://host`, or the host alone).

    User, password and application name are percent-encoded. Users are those of the database `admin`.
    Raises ValueError when the address names no host.
    """
    host = urlsplit(address if "://" in address else f"//{address}").hostname
    if not host:
        raise ValueError(f"the cluster's address {address!r} names no host")
    options = f"retryWrites=true&w=majority&authSource=admin&appName={quote(app_name, safe='')}"
    credentials = f"{quote(username, safe='')}:{quote(password, safe='')}"
    return f"mongodb+srv://{credentials}@{host}/{quote(database, safe='')}?{options}"


def without_database(uri: str) -> str:
    """Return a right URI without its database, for MongoDB's tools, which take that apart from it.

    Users are looked up in that database where the URI names no other one.
    """
    place, _, query = uri.partition("?")
    scheme, _, rest = place.partition("://")
    hosts, _, database = rest.partition("/")
    if database and not re.search(r"(^|&)authSource=", query, re.IGNORECASE):
        query = "&".join(filter(None, (query, f"authSource={database}")))
    return f"{scheme}://{hosts}/" + (f"?{query}" if query else "")


def uri_problem(uri: str) -> str | None:
    """Return what is wrong with a given MongoDB URI, or None. The answer never holds any part of the URI."""
    scheme, found, rest = uri.partition("://")
    if not found or scheme not in SCHEMES:
        return f"the MongoDB URI must begin with {' or '.join(f'{scheme}://' for scheme in SCHEMES)}"
    if re.search(r"[\x00-\x20\x7f]", uri):
        return "the MongoDB URI holds a blank or a line break; percent-encode it (%20), or take it out"
    if re.search("<[^>]*>", rest):
        return _PLACEHOLDER
    authority = re.match(r"[^/?#]*", rest)
    place = authority[0] if authority is not None else ""
    path, _, query = rest[len(place) :].partition("?")
    userinfo, at, hosts = place.rpartition("@")
    if not at and "@" in rest:
        return (
            "user or password of the MongoDB URI hold a / ? or #: percent-encode it (%2F %3F %23); "
            "an @ in an option is %40"
        )
    options = _options(query)
    if isinstance(options, str):
        return options
    return (
        (_userinfo_problem(userinfo, options) if at else None)
        or _hosts_problem(scheme, hosts, options)
        or _path_problem(path)
    )


def _userinfo_problem(userinfo: str, options: dict[str, str]) -> str | None:
    for letter, what in (("@", "%40"), ("[", "%5B"), ("]", "%5D")):
        if letter in userinfo:
            return f"user or password of the MongoDB URI hold a {letter}, which must be written {what}"
    user, colon, password = userinfo.partition(":")
    if ":" in password:
        return "the password of the MongoDB URI holds a colon, which must be written %3A"
    if _BAD_PERCENT.search(userinfo):
        return "user or password of the MongoDB URI hold a %, which must be written %25"
    if any(_UNFILLED.fullmatch(unquote(part)) for part in (user, password)):
        return _PLACEHOLDER
    if not user:
        return "the MongoDB URI has an @ and no user before it"
    if not (colon and password) and options.get("authmechanism", "").upper() not in _NO_PASSWORD:
        return "the MongoDB URI has a user and no password; write mongodb://user:password@host/database"
    return None


def _hosts_problem(scheme: str, text: str, options: dict[str, str]) -> str | None:
    if not text:
        return "the MongoDB URI names no host"
    if re.search("%2[Ff]", text):
        return "the MongoDB URI leads to a socket of one machine; name a host that the chat reaches"
    hosts = [_HOST.fullmatch(host) for host in text.split(",")]
    for host in hosts:
        if host is None or (host["port"] is not None and not 1 <= int(host["port"][:6]) <= 65535):
            return (
                "a host of the MongoDB URI cannot be read: names with commas between them, each with a port from 1 "
                "to 65535 or none; where it is a part of the password, percent-encode that"
            )
        name = host["name"].lower().rstrip(".")
        if _LOOPBACK.fullmatch(name):
            return "the MongoDB URI leads to the container itself; name a host that the chat reaches over a network"
        for domain, service in _OTHERS.items():
            if name == domain or name.endswith(f".{domain}"):
                return (
                    f"the MongoDB URI leads to {service}, on which Rocket.Chat does not run: it needs MongoDB "
                    "itself, such as Atlas"
                )
    if scheme == "mongodb" and any(name in options for name in _ONLY_SRV):
        return "the options srvMaxHosts and srvServiceName go with mongodb+srv:// only"
    direct = options.get("directconnection", "").lower() == "true"
    if scheme == "mongodb+srv":
        if len(hosts) > 1:
            return "mongodb+srv:// takes one host only; DNS names the others"
        if hosts[0] is not None and hosts[0]["port"] is not None:
            return "mongodb+srv:// takes no port; DNS names the ports. Leave it out"
        if hosts[0] is not None and re.fullmatch(r"\[.*|[0-9.]+|[^.]+\.?", hosts[0]["name"]):
            return "mongodb+srv:// needs a full host name with its domain, not an address"
        return "mongodb+srv:// and directConnection=true contradict each other" if direct else None
    if direct and len(hosts) > 1:
        return "directConnection=true takes one host only"
    if not options.get("replicaset"):
        return (
            "the MongoDB URI names no replica set, which Rocket.Chat needs; add replicaSet=<name>, which "
            "`rs.status().set` prints in mongosh"
        )
    return None


def _path_problem(path: str) -> str | None:
    name = path.removeprefix("/")
    if "#" in path:
        return "the MongoDB URI holds a #, which must be written %23"
    if not name:
        return "the MongoDB URI names no database; put its name after the host: mongodb://host/database"
    if _BAD_PERCENT.search(name):
        return "the database name of the MongoDB URI holds a %, which must be written %25"
    name = unquote(name)
    if any(letter in name for letter in _NOT_IN_DATABASE) or len(name.encode()) > _LONGEST_DATABASE:
        return (
            "the MongoDB URI names a database that MongoDB does not take: at most 63 bytes without "
            '/ \\ . " $ * < > : | ? and blanks'
        )
    if name.lower() in _OWN_DATABASES:
        return f"the MongoDB URI names a database of MongoDB's own ({', '.join(_OWN_DATABASES)}); name the chat's"
    return None


def _options(query: str) -> dict[str, str] | str:
    """Return the options by name in lower case, or what is wrong with them."""
    found: dict[str, str] = {}
    for pair in re.split("[&;]", query) if query else ():
        name, equals, value = pair.partition("=")
        if not name or not equals or not value or "=" in value:
            return "an option of the MongoDB URI is not name=value; options are joined by &"
        if _BAD_PERCENT.search(pair) or "?" in pair or "#" in pair:
            return "an option of the MongoDB URI holds a % ? or # that must be percent-encoded (%25 %3F %23)"
        if name.lower() in found and found[name.lower()] != unquote(value):
            return "an option of the MongoDB URI is there twice, with two values"
        found[name.lower()] = unquote(value)
    if {"tls", "ssl"} <= found.keys() and found["tls"].lower() != found["ssl"].lower():
        return "tls and ssl of the MongoDB URI contradict each other; give tls alone"
    return _values_problem(found) or found


def _values_problem(options: dict[str, str]) -> str | None:
    """Return which option has a value that no driver takes; its name is the grammar's, and no part of the URI."""
    for name in sorted(options):
        value = options[name]
        if name not in _KNOWN:
            # Its name is not told: what follows a ? and an & in a password looks like an option.
            return "the MongoDB URI has an option that the server's driver does not know, and would not start with"
        if name in _FILES and _CERTIFICATES.fullmatch(value) is None:
            return (
                f"the option {name} of the MongoDB URI names a file, and the server's container has none of yours; "
                "an authority of your own is one of its certificates (`container.certificates`)"
            )
        form, told = _FORMS.get(name, (".*", ""))
        if re.fullmatch(form, value, re.DOTALL) is None:
            return f"the option {name} of the MongoDB URI {told}"
    if options.get("authmechanism", "").upper() == "MONGODB-X509":
        return "MONGODB-X509 needs the file of a certificate, and the server's container has none; use a password"
    if (
        "tlsinsecure" in options
        and {"tlsallowinvalidcertificates", "tlsallowinvalidhostnames"} & options.keys()
    ):
        return "tlsInsecure and the tlsAllowInvalid… of the MongoDB URI exclude each other: leave them out"
    return None


_NEAR = re.compile(r"[^.]+|.*\.svc(\.cluster\.local)?|127\..*")
"""Hosts of the same machine or cluster: a bare name, a service of Kubernetes."""


def unencrypted(uri: str) -> str | None:
    """Return what to know of a right URI by which passwords and messages go to another machine in clear."""
    head, _, query = uri.partition("?")
    hosts = head.partition("://")[2].partition("/")[0].rpartition("@")[2].split(",")
    options = _options(query)
    if uri.startswith("mongodb+srv:") or isinstance(options, str):
        return None
    if "true" in (options.get("tls", "").lower(), options.get("ssl", "").lower()):
        return None
    if all(_NEAR.fullmatch(re.sub(r":\d+$", "", host).lower()) for host in hosts):
        return None
    return (
        "the MongoDB URI asks for no TLS, so that password and messages cross the network in clear: add tls=true "
        "where the servers take it"
    )


def ports(uri: str) -> tuple[int, ...]:
    """Return the ports that a right URI leads to. Those behind an SRV record are taken to be Atlas's."""
    if uri.startswith("mongodb+srv:"):
        return tuple(SRV_PORTS)
    hosts = uri.partition("://")[2].partition("/")[0].rpartition("@")[2].split(",")
    found = (re.search(r":(\d{1,5})$", host) for host in hosts)
    return tuple(sorted({27017 if port is None else int(port[1]) for port in found}))
