"""Real programs for tests, from package registries: built once below `.cache/programs`, each of an exact version.

| call | what it gives | made from |
|---|---|---|
| `ferretdb()` | a server that speaks MongoDB's wire protocol, on SQLite | Go module |
| `mongo_tools()` | folder with `mongodump` and `mongorestore` | Go module |
| `mongosh()` | MongoDB's shell | npm |
| `axe()` | axe, which looks for what keeps people with disabilities from using a page | npm |
| `prism()` | Prism, a server and judge made from an API's description | npm |
| `aws_tools()` | folder with `moto_server`, `aws` and a `python` that has boto3 | PyPI, in a venv of its own |
| `iam_scanners()` | a `python` that has parliament and cloudsplaining | PyPI, in a venv of its own |
| `checkov()` | Checkov | PyPI, in a venv of its own |
| `kube_score()` | kube-score | Go module; built by `make scanners` only |

Where one cannot be had (no Go, no npm, no registry) the test that asks is skipped with the reason, and the
last line of the session says how many were. The first call builds: FerretDB takes one to three minutes.

Fixtures, for every test: `mongodb` (a `Server` with the user root, empty) and `cloud` (a `Cloud` of S3,
Secrets Manager and SSM). `RealHost(tmp_path, chat, mongodb, cloud)` is a folder that looks like a host to its
scripts: `docker compose exec mongodb PROGRAM` runs the real program against `mongodb`, boto3 reaches `cloud`,
`curl` and every other call of `docker` are written down. `host.run("chat-backup")` runs a script;
`host.service("rocketchat")` says what was last done to a container. `mongodb.kill()` is a kill -9 with the data left
in place, `mongodb.start()` brings it back, `mongodb.shell(javascript)` returns what the shell printed.

FerretDB is not MongoDB. It has no oplog, no `rs.*`, no `setFeatureCompatibilityVersion`, no index that expires
and no rename with `dropTarget` or into another database. Two of its limits stand in the way of every restore,
so `AMENDED` lifts them as MongoDB has it.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import venv
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import botocore.session
import pytest

from components.runtime.host import document

HOME: Final = (Path(__file__).parent.parent / ".cache" / "programs").resolve()
TOOLS: Final = Path(__file__).parent.parent / "tools"
WITHOUT: Final = "real program not to be had"
BUILD_SECONDS: Final = 1500
START_SECONDS: Final = 60
PASSWORD: Final = "canaryrootpassword"
REGION: Final = "ap-southeast-1"
MODULES: Final = {
    "ferretdb": ("github.com/FerretDB/FerretDB", "v1.24.2"),
    "mongo-tools": ("github.com/mongodb/mongo-tools", "v0.0.0-20240723193119-837c2bc263f4"),
    "kube-score": ("github.com/zegl/kube-score", "v1.20.0"),
}
NPM: Final = {
    "axe-core": "4.14.1",
    "mongosh": "2.12.0",
    "esbuild": "0.25.0",
    "@stoplight/prism-cli": "5.14.2",
}
PYPI: Final = (
    "moto[s3,secretsmanager,ssm]==5.2.5",
    "flask==3.1.3",
    "flask-cors==6.0.5",
    "awscli==1.46.3",
    "boto3==1.44.8",
)
AMENDED: Final = {
    # Collections of GridFS have a dot in their names; MongoDB takes the first one for the end of the database's.
    "internal/handler/handlerparams/handlerparams.go": (
        'parts := strings.Split(ns, ".")',
        'parts := strings.SplitN(ns, ".", 2)',
    ),
    # mongorestore sends it with each index; MongoDB ignores it since 4.4.
    "internal/handler/msg_createindexes.go": ('case "background":', 'case "background", "ns":'),
}


NOT_INSTALLED: Final = (
    *("kerberos", "mongodb-client-encryption", "os-dns-native", "snappy", "@mongodb-js/zstd", "electron"),
    *("win-export-certificate-and-key", "macos-export-certificate-and-key", "get-console-process-list"),
    *("mongodb-crypt-library-version", "glibc-version", "interruptor", "pac-proxy-agent"),
    *("@babel/preset-typescript", "*.node"),
)
"""What the shell does without."""
COMPILED: Final = """\
#!/usr/bin/env node
// Starts in a quarter of the time: its thousands of files are one, all of it ASCII, which is compiled once.
const fs = require("fs"), vm = require("vm"), wrap = require("module").wrap;
const file = __dirname + "/bundle.js", kept = __dirname + "/compiled";
const cachedData = fs.existsSync(kept) ? fs.readFileSync(kept) : undefined;
const script = new vm.Script(wrap(fs.readFileSync(file, "latin1")), { filename: file, cachedData });
if (!cachedData) process.on("exit", () => fs.writeFileSync(kept, script.createCachedData()));
script.runInThisContext()(exports, require, module, file, __dirname);
"""


class MissingError(Exception):
    """Why a program cannot be had."""


def _run(command: list[object], folder: Path, **more: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - the programs are named here
            [str(part) for part in command],
            cwd=folder,
            env={**os.environ, **more},
            capture_output=True,
            text=True,
            timeout=BUILD_SECONDS,
            check=True,
        )
    except subprocess.CalledProcessError as error:
        last = (error.stderr or error.stdout or "").strip().splitlines()[-1:] or ["it said nothing"]
        raise MissingError(f"{command[0]} failed: {last[0][:200]}") from error
    except (OSError, subprocess.SubprocessError) as error:
        raise MissingError(f"{command[0]}: {type(error).__name__}") from error
    return done.stdout


def _which(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise MissingError(f"{name} is not installed")
    return found


def _provide(name: str, version: str, make: Callable[[Path], None]) -> Path:
    """Return the folder of a program, made once; skip the calling test where it cannot be made."""
    folder = HOME / f"{name}-{version}"
    reason = _made(folder, make)
    if reason:
        pytest.skip(f"{WITHOUT}: {name} {version} ({reason})")
    return folder


@cache
def _made(folder: Path, make: Callable[[Path], None]) -> str:
    """Make the folder if it is not there; return why that failed, or nothing. One process makes it at a time."""
    HOME.mkdir(parents=True, exist_ok=True)
    with (HOME / f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (folder / "complete").exists():
            return ""
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        try:
            make(folder)
        except MissingError as missing:
            shutil.rmtree(folder)
            return str(missing)
        (folder / "complete").touch()
        return ""


def _module(name: str, folder: Path) -> Path:
    """Copy a Go module into the folder: some lack a file that only their releases have."""
    path, version = MODULES[name]
    told = json.loads(_run([_which("go"), "mod", "download", "-json", f"{path}@{version}"], folder))
    source = folder / "source"
    shutil.copytree(told["Dir"], source, copy_function=shutil.copyfile)
    for inner in (source, *source.rglob("*")):
        inner.chmod(0o755)
    return source


def _go_build(source: Path, package: str, target: Path, *flags: str) -> None:
    _run([_which("go"), "build", "-mod=mod", "-trimpath", *flags, "-o", target, package], source)


def _make_ferretdb(folder: Path) -> None:
    source = _module("ferretdb", folder)
    (source / "build/version/version.txt").write_text(MODULES["ferretdb"][1])
    for path, (old, new) in AMENDED.items():
        text = (source / path).read_text()
        if text.count(old) != 1:
            raise MissingError(f"{path} is not as expected")
        (source / path).write_text(text.replace(old, new))
    _go_build(source, "./cmd/ferretdb", folder / "ferretdb", "-tags", "ferretdb_no_postgresql")
    shutil.rmtree(source)


def _make_mongo_tools(folder: Path) -> None:
    source = _module("mongo-tools", folder)
    for name in ("mongodump", "mongorestore"):
        _go_build(source, f"./{name}/main", folder / name)
    shutil.rmtree(source)


def _npm(folder: Path, *packages: str) -> Path:
    command = [_which("npm"), "install", "--no-audit", "--no-fund", "--ignore-scripts", "--no-save"]
    _run([*command, *(f"{package}@{NPM[package]}" for package in packages)], folder)
    return folder / "node_modules"


def _make_axe(folder: Path) -> None:
    _npm(folder, "axe-core")


def _make_mongosh(folder: Path) -> None:
    packages = _npm(folder, "mongosh", "esbuild")
    bundle = ["--bundle", "--platform=node", "--supported:dynamic-import=false", "--log-level=error"]
    bundle += ["--minify-whitespace", "--legal-comments=none", "--charset=ascii"]
    without = [f"--external:{name}" for name in NOT_INSTALLED]
    start = packages / "@mongosh/cli-repl/lib/run.js"
    _run([packages / ".bin/esbuild", start, *bundle, *without, f"--outfile={folder / 'bundle.js'}"], folder)
    shutil.rmtree(packages)
    (folder / "mongosh").write_text(COMPILED)
    (folder / "mongosh").chmod(0o755)
    _run([folder / "mongosh", "--nodb", "--quiet", "--norc", "--eval", "1"], folder)


def _make_prism(folder: Path) -> None:
    _run([_npm(folder, "@stoplight/prism-cli") / ".bin/prism", "--version"], folder)


def _make_kube_score(folder: Path) -> None:
    if os.environ.get("ROCKETCHAT_SCANNERS") != "all":
        raise MissingError("`make scanners` builds it")
    source = _module("kube-score", folder)
    _go_build(source, "./cmd/kube-score", folder / "kube-score")
    shutil.rmtree(source)


def _environment(folder: Path, *wanted: object) -> None:
    uv = Path(sys.prefix) / "bin" / "uv"
    try:
        venv.create(folder, with_pip=not uv.exists())
    except (OSError, subprocess.SubprocessError) as error:
        raise MissingError(f"venv: {type(error).__name__}") from error
    python = folder / "bin/python"
    install = [uv, "pip", "install", "--python", python] if uv.exists() else [python, "-m", "pip", "install"]
    _run([*install, "--quiet", *wanted], folder, UV_SYSTEM_CERTS="1")


def _make_locked(lock: str) -> Callable[[Path], None]:
    """Make an environment of what a lock file says, whose dependencies may be others than this project's."""
    return lambda folder: _environment(folder, "--require-hashes", "-r", TOOLS / lock)


def _make_aws_tools(folder: Path) -> None:
    _environment(folder, *PYPI)


def ferretdb() -> Path:
    """Return the server's program."""
    return _provide("ferretdb", MODULES["ferretdb"][1], _make_ferretdb) / "ferretdb"


def mongo_tools() -> Path:
    """Return the folder with `mongodump` and `mongorestore`."""
    return _provide("mongo-tools", MODULES["mongo-tools"][1][-12:], _make_mongo_tools)


def axe() -> str:
    """Return axe's script, to be run in a page."""
    made = _provide("axe-core", NPM["axe-core"], _make_axe)
    return (made / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")


def mongosh() -> Path:
    """Return MongoDB's shell."""
    return _provide("mongosh-packed", NPM["mongosh"], _make_mongosh) / "mongosh"


def prism() -> Path:
    """Return Prism, which serves an API's description and judges requests and answers by it."""
    return _provide("prism", NPM["@stoplight/prism-cli"], _make_prism) / "node_modules/.bin/prism"


def aws_tools() -> Path:
    """Return the folder with `moto_server`, `aws` and `python`."""
    return _provide("aws-tools", "1", _make_aws_tools) / "bin"


def _version(lock: str) -> str:
    """Return eight digits of a lock file's hash: with another one, another environment is made."""
    return hashlib.sha256((TOOLS / lock).read_bytes()).hexdigest()[:8]


def iam_scanners() -> Path:
    """Return a Python that can import parliament and cloudsplaining."""
    lock = "scanners-iam.txt"
    return _provide("scanners-iam", _version(lock), _make_locked(lock)) / "bin/python"


def checkov() -> Path:
    """Return Checkov."""
    lock = "scanners-checkov.txt"
    return _provide("scanners-checkov", _version(lock), _make_locked(lock)) / "bin/checkov"


def kube_score() -> Path:
    """Return kube-score. Its build takes most of a minute, so only those who ask for it by `make scanners` wait."""
    return _provide("kube-score", MODULES["kube-score"][1], _make_kube_score) / "kube-score"


def _free_port() -> int:
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        port: int = made.getsockname()[1]
    return port


class Process:
    """A program that listens on a port of its own, until the test ends."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, _free_port()
        folder.mkdir(parents=True, exist_ok=True)
        self._process: subprocess.Popen[bytes] | None = None

    def command(self) -> list[object]:
        raise NotImplementedError

    def start(self) -> None:
        """Start it and wait until it answers."""
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603
                [str(part) for part in self.command()],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                cwd=self.folder,
                env={name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
            )
        end = time.monotonic() + START_SECONDS
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            if self._process.poll() is not None or time.monotonic() > end:
                raise RuntimeError((self.folder / "log").read_text()[-2000:])
            time.sleep(0.05)

    def kill(self) -> None:
        """End it as a power cut would. What it wrote stays."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None


class Server(Process):
    """FerretDB with the user root, as a replica set of one."""

    def command(self) -> list[object]:
        return [
            ferretdb(),
            "--handler=sqlite",
            f"--sqlite-url=file:{self.folder}/",
            f"--state-dir={self.folder}",
            f"--listen-addr=127.0.0.1:{self.port}",
            "--debug-addr=-",
            "--telemetry=disable",
            "--repl-set-name=rs0",
            "--log-level=WARN",
            "--test-enable-new-auth",
            "--setup-database=admin",
            "--setup-username=root",
            f"--setup-password={PASSWORD}",
        ]

    @property
    def uri(self) -> str:
        """Address with the user root."""
        return f"mongodb://root:{PASSWORD}@127.0.0.1:{self.port}/?authSource=admin&directConnection=true"

    def shell(self, javascript: str) -> str:
        """Run JavaScript in the shell, as root; return what it printed."""
        command = [mongosh(), "--quiet", "--norc", self.uri, "--eval", javascript]
        done = subprocess.run(  # noqa: S603
            [str(part) for part in command], capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout.strip()


class Cloud(Process):
    """Moto's server: S3, Secrets Manager and SSM of one account, which asks nobody for permission."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._clients: dict[str, Any] = {}

    def command(self) -> list[object]:
        return [aws_tools() / "moto_server", "-H", "127.0.0.1", "-p", self.port]

    @property
    def environment(self) -> dict[str, str]:
        """Variables that lead boto3 and `aws` here."""
        return {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.port}",
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_CONFIG_FILE": os.devnull,
        }

    def aws(self, *given: object, stdin: str | None = None) -> str:
        """Run AWS's command line; return what it printed."""
        done = subprocess.run(  # noqa: S603
            [str(part) for part in (aws_tools() / "aws", *given)],
            env={**os.environ, **self.environment},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def client(self, service: str) -> Any:
        """Return a client of this cloud, made once: to read its service's model takes longer than most calls."""
        if service not in self._clients:
            self._clients[service] = botocore.session.Session().create_client(
                service,
                region_name=REGION,
                endpoint_url=f"http://127.0.0.1:{self.port}",
                aws_access_key_id="testing",
                aws_secret_access_key="testing",
            )
        return self._clients[service]

    def reset(self) -> None:
        """Forget all that was made."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/moto-api/reset", method="POST")
        urllib.request.urlopen(request, timeout=30).close()  # noqa: S310

    def bucket(self, name: str) -> str:
        """Make a bucket that keeps old versions, as the program's are."""
        s3 = self.client("s3")
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        return name

    def keys(self, bucket: str, prefix: str = "") -> list[str]:
        """Return the keys of the newest versions."""
        found = self.client("s3").list_objects_v2(Bucket=bucket, Prefix=prefix)
        return [item["Key"] for item in found.get("Contents", ())]


_DOCKER = r"""#!/bin/bash
# Stands in for Docker: programs of the database's container are run here, all else is written down.
echo "docker $*" >>"$LOG"
[[ $1 == compose ]] || exit 0
shift
while [[ $1 == --* ]]; do shift 2; done
verb=$1
shift
case $verb in
exec)
	while [[ $1 == -* ]]; do
		case $1 in -e) export "${2?}"; shift 2;; *) shift;; esac
	done
	[[ $1 == mongodb ]] || exit 0
	program=$2
	shift 2
	given=("${@//\/run\/secrets/$CHAT/secrets/mongodb}")
	given=("${given[@]//\/srv\/scripts/$CHAT/mongodb}")
	[[ $program == mongosh ]] && given=(--port "$MONGODB_PORT" "${given[@]}")
	echo $$ >>"$SERVICES/inside-mongodb"
	exec "$PROGRAMS/$program" "${given[@]}"
	;;
stop | start | restart | up) for service in "$@"; do
	case $service in -*) ;; *) echo "$verb" >"$SERVICES/$service";; esac
done ;;
esac
"""


class RealHost:
    """A host's folder with the scripts of its document; see the docstring of this module."""

    def __init__(
        self, root: Path, chat: document.Chat, mongodb: Server, cloud: Cloud, *, backups: str = "backups"
    ) -> None:
        self.root, self.chat, self.data, self.bin = root, root / "srv/chat", root / "data", root / "bin"
        self.mongodb, self.cloud, self.bucket = mongodb, cloud, cloud.bucket(backups)
        for folder in (self.chat, self.bin, root / "services", root / "tmp", self.data / "uploads"):
            folder.mkdir(parents=True)
        for path, file in document.files(chat, self.bucket).items():
            if path.startswith("/srv/chat"):
                self.write(path.lstrip("/"), self._here(path, file["text"]), int(file["mode"], 8))
        self.secret("mongodb/root", PASSWORD)
        self.secret("mongodb/tools.yaml", f"uri: {mongodb.uri}\n")
        self.write("bin/docker", _DOCKER, 0o755)
        self.stub("curl", 'cat >>"$LOG.stdin"')
        for name in ("systemctl", "mountpoint", "ufw", "iptables"):
            self.stub(name, "")
        programs = root / "programs"
        programs.mkdir()
        for program in (mongo_tools() / "mongodump", mongo_tools() / "mongorestore", mongosh()):
            (programs / program.name).symlink_to(program)

    def _here(self, path: str, text: str) -> str:
        """Turn paths inside the database's container into those of this folder."""
        if "/mongodb/" not in path:
            return text
        places = {"/run/secrets": "secrets/mongodb", "/srv/scripts": "mongodb"}
        for inside, outside in places.items():
            text = text.replace(inside, str(self.chat / outside))
        return text

    def write(self, path: str, text: str, mode: int = 0o644) -> Path:
        """Write a file below the root."""
        made = self.root / path
        made.parent.mkdir(parents=True, exist_ok=True)
        made.write_text(text)
        made.chmod(mode)
        return made

    def secret(self, name: str, value: str) -> None:
        """Give the host a file of its secret."""
        self.write(f"srv/chat/secrets/{name}", value, 0o600)

    def stub(self, name: str, body: str) -> None:
        """Put a program that writes down its arguments, and does no more than `body`, before the real one."""
        self.write(f"bin/{name}", f'#!/bin/bash\necho "{name} $*" >>"$LOG"\n{body}\n', 0o755)

    def environment(self, **more: str) -> dict[str, str]:
        """Variables of the scripts."""
        python = aws_tools()
        return {
            "PATH": f"{self.bin}:{python}:{os.environ['PATH']}",
            # The scripts name Debian's Python; it finds boto3 here.
            "PYTHONPATH": str(next(python.parent.glob("lib/python*/site-packages"))),
            "HOME": str(self.root),
            "TMPDIR": str(self.root / "tmp"),
            "CHAT": str(self.chat),
            "DATA": str(self.data),
            "LOG": str(self.root / "log"),
            "SYSTEMD": str(self.root / "systemd"),
            "SERVICES": str(self.root / "services"),
            "PROGRAMS": str(self.root / "programs"),
            "MONGODB_PORT": str(self.mongodb.port),
            **self.cloud.environment,
            **more,
        }

    def start(self, script: str, *given: str, **more: str) -> "subprocess.Popen[str]":
        """Start a script of the host and do not wait."""
        return subprocess.Popen(  # noqa: S603
            [str(self.chat / "bin" / script), *given],
            env=self.environment(**more),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, script: str, *given: str, **more: str) -> "subprocess.CompletedProcess[str]":
        """Run a script of the host."""
        process = self.start(script, *given, **more)
        try:
            out, error = process.communicate(timeout=300)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        return subprocess.CompletedProcess(script, process.returncode, out, error)

    def kill_mongodb(self) -> None:
        """Kill the database's server, and with it what runs in its container, as Docker does."""
        self.mongodb.kill()
        inside = self.root / "services/inside-mongodb"
        for process in inside.read_text().split() if inside.exists() else ():
            with contextlib.suppress(OSError):
                # Numbers of processes are used again; mongosh writes another command line over its own.
                if os.fsencode(self.root) in Path(f"/proc/{process}/environ").read_bytes():
                    os.kill(int(process), signal.SIGKILL)

    def service(self, name: str) -> str:
        """Return what was last done to a container: up, start, stop, restart, or nothing."""
        path = self.root / "services" / name
        return path.read_text().strip() if path.exists() else ""

    @property
    def log(self) -> str:
        """Every call of a stub."""
        path = self.root / "log"
        return path.read_text() if path.exists() else ""

    @property
    def told(self) -> str:
        """What curl read on its standard input, addresses included."""
        path = self.root / "log.stdin"
        return path.read_text() if path.exists() else ""


@pytest.fixture
def mongodb(tmp_path: Path) -> Iterator[Server]:
    """A database server that runs."""
    ferretdb(), mongo_tools(), mongosh()
    server = Server(tmp_path / "server")
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="session")
def _cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    made = Cloud(tmp_path_factory.mktemp("cloud"))
    made.start()
    yield made
    made.kill()


@pytest.fixture
def cloud(_cloud: Cloud) -> Cloud:
    """A cloud that runs, and is empty."""
    _cloud.reset()
    return _cloud


_skipped: list[str] = []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what runs real programs."""
    for item in items:
        if isinstance(item, pytest.Function) and {"mongodb", "cloud"} & set(item.fixturenames):
            item.add_marker(pytest.mark.programs)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note the tests that had no real program."""
    if report.skipped and isinstance(report.longrepr, tuple) and WITHOUT in report.longrepr[2]:
        _skipped.append(report.longrepr[2].partition(f"{WITHOUT}: ")[2])


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Say how many and why, after pytest's own last line."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if _skipped and reporter is not None:
        reporter.write_line(
            f"{len(_skipped)} tests with real programs skipped: {'; '.join(sorted(set(_skipped)))}"
        )
    _skipped.clear()
