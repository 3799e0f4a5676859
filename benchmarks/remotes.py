"""Push to and pull from servers as teams have them, started here on 127.0.0.1.

SSH (sshd), S3 (moto's server) and WebDAV (wsgidav): models are pushed, pulled in a second clone,
an experiment too; an object is damaged on the server, the server is killed during a push, and the
credentials are wrong. Prints, as Markdown, what held; says what could not be started.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from regression.errors import PROJECT, InputError, complain, run, say
from regression.report.markdown import markdown_table
from tools.command import Parser

SERVERS = ["moto[server]", "wsgidav", "cheroot"]
CLIENT = "dvc[s3,ssh,webdav]"
CHECKS = [
    *("pushed and pulled", "an experiment too", "a damaged object is refused"),
    *("a push that was cut off is made good", "wrong credentials are an error"),
]


class Server(NamedTuple):
    """One server: how it is started, and how DVC is told of it."""

    name: str
    command: list[str]
    port: int
    url: str
    options: dict[str, str]
    wrong: dict[str, str]  # options with which it lets nobody in
    ready: Callable[[], object] = lambda: None  # what has to be made in it first


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def sshd(folder: Path, _: Path) -> Server:
    program = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
    if program is None:
        raise InputError("sshd is not installed (Debian: openssh-server)")
    for name in ("host", "user", "stranger"):
        keygen = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
        subprocess.run(keygen, check=True)
    port, files = free_port(), folder / "ssh"
    files.mkdir()
    Path("/run/sshd").mkdir(exist_ok=True)
    (folder / "config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\n"
        f"AuthorizedKeysFile {folder}/user.pub\nStrictModes no\nPasswordAuthentication no\n"
        f"PidFile {folder}/sshd.pid\nSubsystem sftp internal-sftp\nUsePAM no\n"
    )
    return Server(
        "SSH (OpenSSH's sshd)",
        [program, "-D", "-e", "-f", str(folder / "config")],
        port,
        f"ssh://127.0.0.1:{port}{files}",
        {"keyfile": str(folder / "user")},
        {"keyfile": str(folder / "stranger")},
    )


# moto checks no keys until it is told to. With this seed a new server draws the same ones again.
LET_ANN_IN = """
import json, sys, urllib.request, boto3
(address,) = sys.argv[1:]
def tell(path, body=b""):
    text = {"Content-Type": "text/plain"}
    request = urllib.request.Request(f"{address}/moto-api/{path}", body, text, method="POST")
    urllib.request.urlopen(request).close()
anyone = {"aws_access_key_id": "any", "aws_secret_access_key": "any", "region_name": "us-east-1"}
iam, s3 = (boto3.client(name, endpoint_url=address, **anyone) for name in ("iam", "s3"))
tell("seed?a=0")
s3.create_bucket(Bucket="models")
iam.create_user(UserName="ann")
key = iam.create_access_key(UserName="ann")["AccessKey"]
allowed = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
iam.put_user_policy(UserName="ann", PolicyName="s3", PolicyDocument=policy)
tell("reset-auth", b"0")
print(key["AccessKeyId"], key["SecretAccessKey"])
"""


def moto(folder: Path, programs: Path) -> Server:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    options = {"endpointurl": address, "region": "us-east-1"}
    wrong = options | {"secret_access_key": "wrong"}

    def ready() -> None:
        program = [str(programs / "python"), "-c", LET_ANN_IN, address]
        options["access_key_id"], options["secret_access_key"] = subprocess.check_output(
            program, text=True
        ).split()
        wrong["access_key_id"] = options["access_key_id"]

    server = [str(programs / "moto_server"), "-H", "127.0.0.1", "-p", str(port)]
    return Server("S3 (moto)", server, port, "s3://models/project", options, wrong, ready)


def webdav(folder: Path, programs: Path) -> Server:
    port, files = free_port(), folder / "dav"
    (files / "models").mkdir(parents=True)
    (folder / "dav.yaml").write_text(
        f"host: 127.0.0.1\nport: {port}\nprovider_mapping:\n  /: {files}\n"
        "simple_dc:\n  user_mapping:\n    '*':\n      ann:\n        password: right\n"
        "http_authenticator:\n  accept_basic: true\n  accept_digest: false\n"
        "  default_to_digest: false\n"
    )
    return Server(
        "WebDAV (wsgidav)",
        [str(programs / "wsgidav"), "--config", str(folder / "dav.yaml")],
        port,
        f"webdav://127.0.0.1:{port}/models",
        {"user": "ann", "password": "right"},
        {"user": "ann", "password": "wrong"},
    )


def start(server: Server) -> subprocess.Popen:
    """Start a server and wait until it answers; raises InputError where it does not."""
    _, log = tempfile.mkstemp()
    with open(log, "w") as file:
        process = subprocess.Popen(
            server.command, stdout=file, stderr=subprocess.STDOUT, start_new_session=True
        )
    for _ in range(300):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", server.port)) == 0:
                server.ready()
                return process
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise InputError(f"{server.name} does not start: {Path(log).read_text().strip()[-300:]}")


def stop(process: subprocess.Popen) -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


class Clone:
    """A clone of the project whose DVC knows these servers' protocols."""

    def __init__(self, path: Path, dvc: Path):
        self.path = path
        self.environment = {
            **os.environ,
            "PATH": f"{dvc}{os.pathsep}{os.environ['PATH']}",
            "DVC_SITE_CACHE_DIR": str(path / ".dvc/site"),
            **{f"GIT_{who}_NAME": "remotes" for who in ("AUTHOR", "COMMITTER")},
            **{f"GIT_{who}_EMAIL": "remotes@example.com" for who in ("AUTHOR", "COMMITTER")},
        }

    def call(self, command: str) -> tuple[int, str]:
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self.path,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=600,
        )
        return done.returncode, done.stdout

    def expect(self, command: str, code: int = 0) -> str:
        found, printed = self.call(command)
        if (found == 0) != (code == 0):
            raise AssertionError(f"{command}: exit {found}\n{printed[-1500:]}")
        return printed

    def tell(self, server: Server, options: dict[str, str]) -> None:
        """Make a server the default remote, its options where Git does not see them."""
        self.expect(f"dvc remote add -q -f -d models {server.url}")
        self.expect("dvc remote modify -q models verify true")
        for name, value in options.items():
            self.expect(f"dvc remote modify -q --local models {name} '{value}'")


def hashed(clone: Clone) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((clone.path / "models").iterdir())}


DAMAGE = """
from dvc.repo import Repo
from pathlib import Path
repo = Repo()
odb = repo.cloud.get_remote_odb("models")
(out,) = [out for out in repo.index.outs if str(out) == "models/model.json"]
with odb.fs.open(odb.oid_to_path(out.hash_info.value), "wb") as file:
    file.write(b"damaged")
"""


def try_out(server: Server, author: Clone, hub: Path, folder: Path) -> list[str]:
    """What held of CHECKS, each `yes` or what went wrong."""

    def colleague(name: str, options: dict[str, str]) -> Clone:
        path = folder / f"clone-{name}"
        subprocess.run(["git", "clone", "-q", str(hub), str(path)], check=True)
        clone = Clone(path, dvc)
        clone.tell(server, options)
        return clone

    dvc = Path(author.environment["PATH"].partition(os.pathsep)[0])
    running = [start(server)]
    author.tell(server, server.options)
    author.expect("git commit -qam 'Share models' && git push -q origin HEAD:main")

    def both() -> None:
        author.expect("dvc push -q")
        second = colleague("second", server.options)
        second.expect("dvc pull -q models/model.tflite models/model.keras models/model.json")
        assert hashed(second).items() >= {"model.tflite": hashed(author)["model.tflite"]}.items()

    def experiment() -> None:
        author.expect("dvc exp run -q -n small -S train.epochs=1 -S 'train.layers=[4]'")
        wanted = hashed(author)
        author.expect("dvc exp push -q origin small && git checkout -q . && dvc checkout -q")
        second = colleague("experiment", server.options)
        second.expect("dvc exp pull -q origin small && dvc exp apply -q small")
        assert hashed(second)["model.tflite"] == wanted["model.tflite"]

    def damaged() -> None:
        author.expect(f"python - <<'END'\n{DAMAGE}\nEND")
        second = colleague("damaged", server.options)
        second.expect("dvc pull models/model.json", code=1)
        assert not (second.path / "models/model.json").exists()
        author.expect("python -m tools.doctor", code=1)
        author.expect("python -m tools.doctor --mend")
        second.expect("dvc pull -q models/model.json")

    def cut_off() -> None:
        for delay in (1.7, 1.4, 1.1, 0.8, 2.0):
            (author.path / "data/large").write_bytes(os.urandom(100_000_000))
            author.expect("dvc add -q data/large")
            push = subprocess.Popen(
                ["dvc", "push", "-q", "data/large.dvc"],
                cwd=author.path,
                env=author.environment,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            time.sleep(delay)
            stop(running.pop())
            cut = push.wait(120)
            running.append(start(server))
            if cut:
                break
        else:
            raise AssertionError("each push was over before the server was killed")
        author.expect("dvc push -q")
        author.expect("python -m tools.doctor --mend")  # half of a file may lie under its name
        author.expect("git add -A && git commit -qm Large && git push -q origin HEAD:main")
        second = colleague("cut", server.options)
        second.expect("dvc pull data/large.dvc models/model.keras")
        large = (second.path / "data/large").read_bytes()
        assert large == (author.path / "data/large").read_bytes()

    def stranger() -> None:
        second = colleague("stranger", server.wrong)
        printed = second.expect("dvc pull models/model.keras", code=1)
        assert "Traceback" not in printed, printed[-1500:]

    found = []
    try:
        for check in (both, experiment, damaged, cut_off, stranger):
            try:
                check()
                found.append("yes")
            except (AssertionError, subprocess.SubprocessError) as error:
                found.append("no")
                complain(f"{server.name}: {check.__name__}: {error}")
    finally:
        stop(running.pop())
    return found


def environment(path: Path, *packages: str) -> Path:
    """Install packages into a new environment; return the folder of its programs."""
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or "uv"
    subprocess.run([uv, "venv", "-q", "--python", sys.executable, str(path)], check=True)
    python = ["--python", str(path / "bin/python")]
    subprocess.run([uv, "pip", "install", "-q", *python, *packages], check=True)
    return path / "bin"


def main() -> int:
    Parser("benchmarks.remotes", __doc__).parse_args()
    rows, missing = [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        programs = environment(folder / "servers", *SERVERS)
        lock = PROJECT / "requirements.txt"
        dvc = environment(folder / "dvc", "-c", str(lock), "-r", str(lock), CLIENT)
        for number, make in enumerate((sshd, moto, webdav)):
            here = folder / f"{number}"
            here.mkdir()
            hub = here / "hub"
            subprocess.run(["git", "clone", "-q", "--bare", str(PROJECT), str(hub)], check=True)
            main = ["git", "-C", str(hub), "symbolic-ref", "HEAD", "refs/heads/main"]
            subprocess.run(main, check=True)
            subprocess.run(["git", "clone", "-q", str(hub), str(here / "author")], check=True)
            author = Clone(here / "author", dvc)
            author.expect("dvc pull -q data/*.dvc; dvc repro -q")
            try:
                server = make(here, programs)
                rows.append([server.name, *try_out(server, author, hub, here)])
            except InputError as error:
                missing.append(str(error))
    say(markdown_table(["remote", *CHECKS], rows))
    for line in missing:
        complain(f"not tried: {line}")
    return 1 if missing or any("no" in row for row in rows) else 0


if __name__ == "__main__":
    run(main)
