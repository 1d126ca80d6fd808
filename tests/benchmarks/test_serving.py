"""benchmarks.serving: the load test, against a server that counts bytes instead of faces."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from benchmarks.serving import BOMB, ask, load, with_bombs
from tfface.headers import claimed_size


class Counts(BaseHTTPRequestHandler):
    """Finds as many faces as the request has bytes; refuses an empty one."""

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self.rfile.read(length)
        self.send_response(200 if length else 400)
        self.end_headers()
        self.wfile.write(json.dumps({"boxes": [[0] * 4] * length, "scores": [1] * length}).encode())

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Counts)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def test_every_request_is_answered_and_the_pictures_take_turns(url: str) -> None:
    answers = load(url, [b"1", b"22"], requests=5, clients=3)

    assert [answer.faces for answer in answers] == [1, 2, 1, 2, 1]
    assert all(answer.error is None and answer.seconds > 0 for answer in answers)


def test_errors_are_counted_not_raised(url: str) -> None:
    refused = ask(url, b"").error
    assert refused is not None and "400" in refused
    assert ask(url, b"").status == 400
    unreachable = ask("http://127.0.0.1:9/", b"1")
    assert unreachable.error is not None and unreachable.status == 0


def test_bombs_take_turns_with_pictures() -> None:
    assert with_bombs([b"1", b"2", b"3"], 2) == [BOMB, b"2", BOMB, b"1", BOMB, b"3"]
    assert claimed_size(BOMB) == (20_000, 20_000)
