"""Known vulnerabilities, and exceptions that end."""

import json
import re
import threading
from datetime import date
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from regression.errors import InputError
from tests.project import ROOT
from tools import audit

NUMPY = re.search(r"^numpy==(\S+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE)[1]
KNOWN = {
    "id": "PYSEC-2026-1",
    "modified": "2026-01-01T00:00:00Z",
    "summary": "Reads too far.",
    "affected": [
        {
            "package": {"name": "numpy", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "99.0"}]}],
        }
    ],
}


@pytest.fixture
def address():
    """A server that answers as OSV does, and knows of one vulnerability."""

    class Server(BaseHTTPRequestHandler):
        def do_POST(self):
            query = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            there = query["package"]["name"] == "numpy" and query["version"] == NUMPY
            content = json.dumps({"vulns": [KNOWN]} if there else {}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_known_vulnerability_is_named_unless_it_is_excepted(address, clone):
    """With the version that mends it; licences come first."""
    told = clone.run(f"python -m tools.audit --osv-url {address}", returncode=1)

    assert told.endswith(f"\nnumpy {NUMPY}: PYSEC-2026-1, mended in 99.0\n")
    assert "| keras | Apache" in told

    entry = "exceptions = [{ id = 'PYSEC-2026-1', until = 2999-12-31, reason = 'reads nothing' }]"
    clone.edit("pyproject.toml", "exceptions = []", entry)
    told = clone.run(f"python -m tools.audit --osv-url {address}")
    assert told.endswith("has a known vulnerability, 1 excepted\n")


def test_where_nobody_answers_nothing_is_known(clone):
    """Which is not taken for good news."""
    told = clone.run("python -m tools.audit --osv-url http://127.0.0.1:9", returncode=2)

    assert "\nnothing is known of requirements.txt, no vulnerability service answered: " in told


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("{ id = 'A', until = 2026-01-30, reason = 'b' }", "for A ended on 2026-01-30"),
        ("{ id = 'A', reason = 'b' }", "should have an id, a date until and a reason: until"),
        ("{ id = 'A', until = 2026-02-01 }", "should have an id, a date until and a reason: reas"),
    ],
)
def test_an_exception_ends_and_has_a_reason(entry, message):
    """After its last day it counts as an error."""
    with pytest.raises(InputError, match=message):
        audit.read_exceptions(f"tool.audit.exceptions = [{entry}]", date(2026, 1, 31))


def test_an_exception_holds_to_its_last_day():
    """And is then passed to the look-up."""
    entry = "{ id = 'A', until = 2026-01-31, reason = 'b' }"
    text = f"tool.audit.exceptions = [{entry}]"

    assert audit.read_exceptions(text, date(2026, 1, 31)) == ["A"]


def test_every_direct_dependency_states_its_licence():
    """As `make audit` lists them."""
    told = dict(audit.licences((ROOT / "pyproject.toml").read_text()))

    assert len(told) > 10
    assert all(told.values())
