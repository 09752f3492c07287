"""The gate in front of all that is served: names, origins, limits and logins, each over an app of one answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocketDisconnect

from assistant.guard import Gate, Users
from assistant.guard.buckets import KEPT, Buckets, address
from assistant.guard.login import COOKIE, HOURS, Login
from assistant.guard.users import hashed, users_from
from ingestion.errors import VouchedError

HOME = "http://127.0.0.1:7860"
TOKEN = "a-token-for-programs-only"  # noqa: S105 (of these tests alone)
PASSWORD = "correct horse"  # noqa: S105
HASH = hashed(PASSWORD)


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Tell who it is and how much was sent."""
    request = Request(scope, receive)
    body = await request.body()
    told = {"user": scope.get("state", {}).get("user"), "bytes": len(body)}
    await JSONResponse(told)(scope, receive, send)


def client_of(gate: Gate, home: str = HOME) -> TestClient:
    """Give a client that follows nothing, so that each answer is seen."""
    return TestClient(gate.around(app), base_url=home, follow_redirects=False)


@pytest.fixture
def locked() -> TestClient:
    return client_of(Gate(users=Users({"ada": HASH, "bob": hashed("another one")}, SecretStr(TOKEN))))


@pytest.mark.parametrize("home", [HOME, "http://localhost:7860", "http://[::1]:7860", "http://192.0.2.7:7860"])
def test_addresses_are_answered(home: str) -> None:
    assert client_of(Gate(), home).get("/").status_code == 200


def test_a_name_that_another_site_points_here_is_not_answered() -> None:
    refused = client_of(Gate(), "http://evil.example:7860").get("/")
    assert (refused.status_code, refused.json()["error"]["type"]) == (421, "UnknownName")
    assert client_of(Gate(("Papers.example.org",)), "http://papers.example.org").get("/").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:3000"},
        {"origin": "http://localhost:7860"},
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"},
        {"sec-fetch-site": "same-site", "sec-fetch-mode": "cors"},
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_another_sites_page_asks_is_refused(method: str, headers: dict[str, str]) -> None:
    refused = client_of(Gate()).request(method, "/", headers=headers)
    assert (refused.status_code, refused.json()["error"]["type"]) == (403, "OtherSite")
    assert "default-src 'self'" in refused.headers["content-security-policy"]


def test_a_form_of_another_site_is_refused_and_a_link_is_not() -> None:
    navigation = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    assert client_of(Gate()).post("/", headers=navigation).status_code == 403
    assert client_of(Gate()).get("/", headers=navigation).status_code == 200


def test_the_page_itself_and_programs_are_let_through() -> None:
    client = client_of(Gate())
    assert client.post("/", headers={"origin": HOME, "sec-fetch-site": "same-origin"}).status_code == 200
    assert client.post("/").status_code == 200
    proxied = client_of(Gate(("papers.example.org",)))
    assert proxied.post("/", headers={"origin": "https://papers.example.org"}).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/proxy=https://x.hf.space/a",
        "/gradio_api/file=https://example.org/a",
        "/gradio_api/file=%20HTTP://example.org/a",
        "/gradio_api/file/http://example.org/a",
        "/gradio_api/process_recording",
        "/mcp/gradio_api/file=https://example.org/a",
    ],
)
def test_gradio_is_not_a_way_out(path: str) -> None:
    assert client_of(Gate()).get(path).status_code == 404


def test_a_websocket_is_closed() -> None:
    with pytest.raises(WebSocketDisconnect), client_of(Gate()).websocket_connect("/"):
        pass


def test_a_body_is_refused_for_its_announced_size_and_for_its_real_one() -> None:
    client = client_of(Gate(request_kb=1, upload_mb=1))

    def pieces() -> Iterator[bytes]:
        yield from [b"x" * 600] * 2

    assert client.post("/", content=b"x" * 1024).json()["bytes"] == 1024
    for content in (b"x" * 1025, pieces()):
        refused = client.post("/", content=content)
        assert (refused.status_code, refused.json()["error"]["type"]) == (413, "RequestTooLarge")
    assert client.post("/gradio_api/upload", content=b"x" * 2**20).json()["bytes"] == 2**20
    assert client.post("/gradio_api/upload", content=b"x" * (2**20 + 1)).status_code == 413


def test_requests_beyond_the_limit_wait_and_each_address_has_its_own() -> None:
    gate = Gate(requests_per_minute=3)
    wall = gate.around(app)
    first, second = (TestClient(wall, HOME, client=(host, 1)) for host in ("192.0.2.1", "192.0.2.2"))
    assert [first.post("/").status_code for _ in range(4)] == [200, 200, 200, 429]
    refused = first.get("/api/v1/papers/x")
    assert (refused.status_code, refused.json()["error"]["type"]) == (429, "TooManyRequests")
    assert 1 <= int(refused.headers["retry-after"]) <= 20
    assert first.get("/assets/page.js").status_code == 200
    assert second.post("/").status_code == 200


def test_no_limit_is_none() -> None:
    client = client_of(Gate(requests_per_minute=0))
    assert {client.post("/").status_code for _ in range(400)} == {200}


def test_a_bucket_fills_with_time_up_to_its_size() -> None:
    now = 0.0
    buckets = Buckets(2, lambda: now)
    assert [buckets.take("a") for _ in range(3)] == [0, 0, 30]
    now = 30
    assert [buckets.take("a"), buckets.take("a")] == [0, 30]
    now = 600
    assert [buckets.take("a") for _ in range(3)] == [0, 0, 30]


def test_full_buckets_are_forgotten_and_empty_ones_are_not() -> None:
    now = 0.0
    buckets = Buckets(1, lambda: now)
    for client in range(KEPT - 1):
        buckets.take(str(client))
    now = 60
    buckets.take("empty")
    assert buckets.take("another") == 0
    assert buckets.take("empty") == 60
    assert len(buckets._levels) == 2


def test_all_addresses_of_an_ipv6_network_are_one_client() -> None:
    hosts = ("2001:db8::1", "2001:db8::ffff:1", "2001:db8:0:1::1", "192.0.2.1")
    found = [address({"type": "http", "client": (host, 1)}) for host in hosts]
    assert found == ["2001:db8::", "2001:db8::", "2001:db8:0:1::", "192.0.2.1"]


def test_whoever_is_not_logged_in_gets_the_page_for_it_or_an_error_object(locked: TestClient) -> None:
    page = locked.get("/any", headers={"accept": "text/html,*/*"})
    assert page.status_code == 401
    assert '<form method="post" action="/login">' in page.text
    refused = locked.post("/api/v1/ask", json={})
    assert (refused.status_code, refused.json()["error"]["type"]) == (401, "NotLoggedIn")
    assert refused.headers["www-authenticate"] == "Bearer"


def test_a_user_logs_in_and_out(locked: TestClient) -> None:
    done = locked.post("/login", data={"name": "ada", "password": PASSWORD})
    assert (done.status_code, done.headers["location"]) == (303, "/")
    assert "HttpOnly" in done.headers["set-cookie"]
    assert "SameSite=lax" in done.headers["set-cookie"]
    assert locked.get("/").json()["user"] == "ada"
    session = locked.cookies[COOKIE]
    assert "logged out" in locked.get("/logout").text
    locked.cookies.set(COOKIE, session)
    assert locked.get("/").status_code == 401


@pytest.mark.parametrize(
    ("name", "password"), [("ada", "wrong"), ("ada", "another one"), ("nobody", PASSWORD), ("", ""), ("ada", "x" * 5000)]
)
def test_a_wrong_name_or_password_is_not_let_in(locked: TestClient, name: str, password: str) -> None:
    refused = locked.post("/login", data={"name": name, "password": password})
    assert refused.status_code == 401
    assert "That is not right." in refused.text
    assert COOKIE not in locked.cookies


def test_a_login_from_another_site_is_refused(locked: TestClient) -> None:
    headers = {"origin": "http://evil.example"}
    assert locked.post("/login", data={"name": "ada", "password": PASSWORD}, headers=headers).status_code == 403


def test_a_login_ends_by_itself() -> None:
    now = 0.0
    client = TestClient(Login(app, Users({"ada": HASH}), lambda: now), HOME, follow_redirects=False)
    client.post("/login", data={"name": "ada", "password": PASSWORD})
    now = 3600 * HOURS - 1
    assert client.get("/").status_code == 200
    now += 1
    assert client.get("/").status_code == 401


def test_guessing_is_slowed_down(locked: TestClient) -> None:
    tries = [locked.post("/", headers={"authorization": f"Bearer guess-{n}"}) for n in range(11)]
    assert [tried.status_code for tried in tries] == [401] * 10 + [429]
    assert locked.post("/login", data={"name": "ada", "password": PASSWORD}).status_code == 429
    assert locked.post("/", headers={"authorization": f"Bearer {TOKEN}"}).status_code == 200


def test_a_program_shows_the_token(locked: TestClient) -> None:
    assert locked.post("/", headers={"authorization": f"bearer {TOKEN}"}).json()["user"] == "token"
    refused = locked.post("/", headers={"authorization": "Bearer wrong"})
    assert (refused.status_code, refused.json()["error"]["message"]) == (401, "That token is not right.")


def test_with_a_token_alone_a_browser_logs_in_with_it() -> None:
    client = client_of(Gate(users=Users({}, SecretStr(TOKEN))))
    assert "<label hidden>Name" in client.get("/", headers={"accept": "text/html"}).text
    assert client.post("/login", data={"password": TOKEN}).status_code == 303
    assert client.get("/").status_code == 200


def test_users_have_limits_of_their_own() -> None:
    gate = Gate(users=Users({"ada": HASH}, SecretStr(TOKEN)), requests_per_minute=1)
    client = client_of(gate)
    program = {"authorization": f"Bearer {TOKEN}"}
    assert [client.post("/", headers=program).status_code for _ in range(2)] == [200, 429]
    client.post("/login", data={"name": "ada", "password": PASSWORD})
    assert client.post("/").status_code == 200


def test_nothing_shows_a_hash_or_the_token() -> None:
    users = Users({"ada": HASH}, SecretStr(TOKEN))
    assert HASH not in repr(users)
    assert TOKEN not in repr(users)
    assert hashed(PASSWORD) != HASH  # each has a salt of its own


def test_a_users_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "users.txt"
    file.write_text(f"# who may come in\n\nada:{HASH}\n", encoding="utf-8")
    users = users_from(file, None)
    assert users is not None
    assert users.admits("ada", PASSWORD) == "ada"
    assert users.admits("ada", "x") is None
    assert users_from(None, None) is None


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("ada:secret", r"line 1: what follows the name is no hash.*--hash-password"),
        (f"ada:{HASH}\nada:{HASH}", "line 2: ada is there twice"),
        ("# nobody", "names nobody"),
        (f"ada:{HASH.replace('16384', '9999999')}", "no hash of ours"),
    ],
)
def test_a_bad_users_file_says_where_and_what_to_do(tmp_path: Path, lines: str, told: str) -> None:
    file = tmp_path / "users.txt"
    file.write_text(lines, encoding="utf-8")
    with pytest.raises(VouchedError, match=told):
        users_from(file, None)


def test_a_missing_users_file_and_a_weak_token_are_errors(tmp_path: Path) -> None:
    with pytest.raises(VouchedError, match="cannot be read"):
        users_from(tmp_path / "none", None)
    with pytest.raises(VouchedError, match=r"VOUCHED_TOKEN has fewer than 16 characters.*secrets"):
        users_from(None, SecretStr("short"))
    with pytest.raises(VouchedError, match="8 to 1,024 characters"):
        hashed("short")
