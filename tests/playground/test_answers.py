"""Requests to the playground: what is answered, and every kind of request that is refused."""

from __future__ import annotations

import re
import time

import pytest

import purenn
from purenn.playground import answers, visits
from purenn.playground.server import Server
from tests.playground.conftest import NAME, OTHER, Reply, ask, host, opened, post, query, raw
from tests.playground.helpers import numbers_in


def refused(reply: Reply, status: int, sentence: str) -> bool:
    """Return whether this is a refusal in plain text."""
    return (reply.status, reply.text, reply.headers["Content-Type"]) == (
        status,
        f"{sentence}\n",
        "text/plain; charset=utf-8",
    )


# The page.


def test_a_file_is_sent_by_its_name(server: Server) -> None:
    reply = ask(server, "GET", "/main.js")
    assert (reply.status, reply.headers["Content-Type"], reply.text) == (200, "text/javascript", "1")
    assert reply.headers["Content-Length"] == "1"


@pytest.mark.parametrize("target", ["/", "/index.html", "/?token=", "/?token=wrong", "/?token=%C3%BC&token="])
def test_the_page_is_for_those_who_have_the_token(target: str, server: Server) -> None:
    sentence = "the token is missing or wrong: open the address that purenn playground prints"
    assert refused(ask(server, "GET", target), 403, sentence)


def test_a_token_that_is_there_twice_is_none(server: Server) -> None:
    assert ask(server, "GET", f"/?token={server.site.token}&token={server.site.token}").status == 403


@pytest.mark.parametrize(
    "path",
    [
        "/../server.py",
        "/..%2fserver.py",
        "/%2e%2e/server.py",
        "/static/../server.py",
        "//etc/passwd",
        "/main.js/",
        "/main.js%00",
        "/main.js/../main.js",
        "/MAIN.JS",
        "/.",
        "/C:/main.js",
    ],
)
def test_no_path_reaches_the_file_system(path: str, server: Server) -> None:
    assert refused(ask(server, "GET", path), 404, "there is no such file")


def test_every_answer_has_the_headers_that_keep_others_out(server: Server) -> None:
    replies = [
        ask(server, "GET", f"/?{query(server)}"),
        ask(server, "GET", "/nothing"),
        ask(server, "POST", "/command", "{}"),
        raw(server, "nonsense"),
    ]
    with opened(server) as events:
        replies.append(Reply(200, events.answer.headers, ""))
        replies.append(post(server, {"do": "open"}))
    assert [reply.status for reply in replies] == [200, 404, 403, 400, 200, 204]
    for reply in replies:
        for name, value in answers.HEADERS.items():
            assert reply.headers.get_all(name) == [value]


def test_the_policy_allows_nothing_but_the_page_s_own_files() -> None:
    policy = dict(part.split(" ", 1) for part in answers.HEADERS["Content-Security-Policy"].split("; "))
    own = dict.fromkeys(["script-src", "style-src", "connect-src", "worker-src"], "'self'")
    nothing = dict.fromkeys(["default-src", "base-uri", "form-action", "frame-ancestors"], "'none'")
    assert policy == {**own, **nothing, "img-src": "'self' data: blob:"}


def test_no_answer_tells_which_program_this_is(server: Server) -> None:
    for target in ("/main.js", "/", "/nothing"):
        reply = ask(server, "GET", target)
        assert not {"server", "date", "x-powered-by"} & {name.lower() for name in reply.headers}
        assert not re.search("python|purenn/|http/", f"{reply.headers}{reply.text}", re.IGNORECASE)


# The session.


def test_a_session_begins_with_hello_and_answers_commands(server: Server) -> None:
    with opened(server) as events:
        hello = events.next()
        assert (hello["frame"], hello["version"], hello["resumed"]) == ("hello", purenn.__version__, False)
        assert re.fullmatch(r"\w+ 3\.\d+\.\d+\w*", str(hello["python"]))
        assert events.answer.headers["Content-Type"] == "text/event-stream; charset=utf-8"
        assert post(server, {"do": "open"}).status == 204
        assert [events.next()["frame"] for _ in range(4)] == ["options", "settings", "data", "state"]
        post(server, {"do": "dance"})
        assert events.next()["frame"] == "error"


def test_each_frame_is_one_line_of_json(server: Server) -> None:
    with opened(server) as events:
        post(server, {"do": "program"})
        events.until("program")
        assert "\\n" in events.lines[-1]  # the line breaks of the program
        assert events.line() == ""


def test_while_it_plays_states_come_and_commands_are_done(server: Server) -> None:
    with opened(server) as events:
        post(server, {"do": "play"})
        epochs = numbers_in([events.until("state")["epoch"] for _ in range(5)])
        assert epochs == sorted(epochs)
        post(server, {"do": "pause"})
        while events.until("state")["playing"]:
            pass
        post(server, {"do": "program"})
        assert events.next()["frame"] == "program"  # and no state in between


def test_a_lost_stream_is_taken_up_again(server: Server) -> None:
    with opened(server) as events:
        post(server, {"do": "epoch"})
        assert events.until("state")["epoch"] == 1
    with opened(server) as events:
        assert events.next()["resumed"] is True
        post(server, {"do": "epoch"})
        assert events.until("state")["epoch"] == 2


def test_two_pages_have_two_sessions(server: Server) -> None:
    with opened(server) as one, opened(server, OTHER) as two:
        post(server, {"do": "epoch"})
        assert one.until("state")["epoch"] == 1
        post(server, {"do": "step"}, OTHER)
        assert (two.until("state")["epoch"], len(server.site.visits)) == (0, 2)


def test_a_command_waits_for_a_page_that_has_lost_its_stream(server: Server) -> None:
    with opened(server) as events:
        events.next()
    assert post(server, {"do": "epoch"}).status == 204
    with opened(server) as events:
        assert events.until("state")["epoch"] == 1


# Refusals. A request that can be sent by others must not get as far as a session.


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "LocalHost"])
def test_the_host_may_be_this_computer(name: str, server: Server) -> None:
    assert raw(server, "GET /main.js HTTP/1.1", f"Host: {name}:{server.server_port}").status == 200


@pytest.mark.parametrize(
    "name",
    ["evil.example:{port}", "evil.example", "127.0.0.1", "localhost", "localhost:1", "127.0.0.1.evil.example:{port}",
     "localhost.:{port}", "127.0.0.2:{port}", "[::1]:{port}", "0.0.0.0:{port}", "evil.example@127.0.0.1:{port}", ""],
)  # fmt: skip
def test_a_foreign_name_that_points_here_is_refused(name: str, server: Server) -> None:
    """DNS rebinding: a page of evil.example, whose name has come to mean 127.0.0.1, is then of the same origin."""
    for target in (f"/?{query(server)}", "/main.js", f"/events?{query(server)}"):
        reply = raw(server, f"GET {target} HTTP/1.1", f"Host: {name.format(port=server.server_port)}")
        assert refused(reply, 421, "this is the address of another server: open the one that purenn playground prints")


def test_a_host_has_to_be_there_once(server: Server) -> None:
    assert raw(server, "GET /main.js HTTP/1.1").status == 421
    assert raw(server, "GET /main.js HTTP/1.1", host(server), host(server)).status == 400


def test_http_0_9_which_has_no_host_is_refused(server: Server) -> None:
    for headers in ([], [host(server)]):
        assert refused(raw(server, "GET /main.js", *headers), 400, "this is no request for the playground: Bad Request")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "https://127.0.0.1:{port}"},
        {"Origin": "http://127.0.0.1"},
        {"Origin": "http://localhost:{port}"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": "none"},
    ],
    ids=str,
)
def test_what_another_site_makes_the_browser_send_is_refused(headers: dict[str, str], server: Server) -> None:
    named = {name: value.format(port=server.server_port) for name, value in headers.items()}
    with opened(server) as events:
        events.next()
        assert refused(post(server, {"do": "epoch"}, **named), 403, "this request comes from another site")
        post(server, {"do": "step"})
        assert events.next()["epoch"] == 0  # the step alone was done
    reply = ask(server, "GET", f"/events?{query(server, OTHER)}", **named)
    assert refused(reply, 403, "this request comes from another site")
    assert len(server.site.visits) == 1


def test_what_the_page_sends_is_taken(server: Server) -> None:
    own = {"Origin": f"http://127.0.0.1:{server.server_port}", "Sec_Fetch_Site": "same-origin"}
    with opened(server, Sec_Fetch_Site="same-origin") as events:
        assert post(server, {"do": "step"}, **own).status == 204
        assert events.until("state")


def test_a_command_needs_the_token(server: Server) -> None:
    with opened(server) as events:
        events.next()
        for token in ("", "wrong", server.site.token[:-1], f"{server.site.token}a"):
            target = f"/command?token={token}&session={NAME}"
            assert ask(server, "POST", target, '{"do": "epoch"}', Content_Type="application/json").status == 403
            assert ask(server, "GET", f"/events?token={token}&session={OTHER}").status == 403
        post(server, {"do": "step"})
        assert (events.next()["epoch"], len(server.site.visits)) == (0, 1)


@pytest.mark.parametrize("name", ["", "1", "F" * 32, "f" * 33, "f" * 31 + "%0a", "../" + "f" * 29, "%66" * 31])
def test_the_name_of_a_session_is_nothing_but_hexadecimal_digits(name: str, server: Server) -> None:
    sentence = "session: expected 32 hexadecimal digits"
    assert refused(post(server, {"do": "open"}, name), 400, sentence)
    assert refused(ask(server, "GET", f"/events?{query(server, name)}"), 400, sentence)


def test_a_session_begins_with_its_stream(server: Server) -> None:
    reply = post(server, {"do": "open"})
    assert refused(reply, 404, "there is no such session: it begins with GET /events")


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ("play", "the command is no JSON: Expecting value: line 1 column 1 (char 0)"),
        ("", "the command is no JSON: Expecting value: line 1 column 1 (char 0)"),
        ('{"do": "step", "do": "play"}', "the command is no JSON: the key 'do' appears twice"),
        ("[" * 200_000, f"the command is no JSON: JSON nested too deep: {'[' * 40}…"),
        ('["play"]', "the command is no object"),
        ("null", "the command is no object"),
    ],
)
def test_a_command_is_an_object_in_json(command: str, sentence: str, server: Server) -> None:
    with opened(server):
        assert refused(post(server, command), 400, sentence)


def test_a_command_is_text_in_utf_8(server: Server) -> None:
    with opened(server):
        lines = f"POST /command?{query(server)} HTTP/1.1", host(server), "Content-Type: application/json"
        reply = raw(server, *lines, "Content-Length: 2", body=b"\xff\xfe")
        assert (reply.status, reply.text[:23]) == (400, "the command is no JSON:")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_a_form_of_another_page_cannot_be_a_command(kind: str, server: Server) -> None:
    """Pages may send these types to other sites without asking; application/json, the browser asks for first."""
    with opened(server):
        assert refused(post(server, "{}", Content_Type=kind), 415, "Content-Type: expected application/json")


@pytest.mark.parametrize("method", ["OPTIONS", "HEAD", "PUT", "DELETE", "TRACE", "CONNECT", "__class__", "get"])
def test_other_methods_are_refused_and_nothing_is_allowed_to_other_sites(method: str, server: Server) -> None:
    asked = "Origin: http://evil.example", "Access-Control-Request-Method: POST"
    for target in ("/", f"/command?{query(server)}"):
        reply = raw(server, f"{method} {target} HTTP/1.1", host(server), *asked)
        assert reply.status == 405
        assert not [name for name in reply.headers if name.lower().startswith("access-control")]
    assert raw(server, f"POST /main.js?{query(server)} HTTP/1.1", host(server)).status == 405


# Sizes.


@pytest.mark.parametrize(
    "headers",
    [
        [],
        ["Content-Length: "],
        ["Content-Length: -1"],
        ["Content-Length: +2"],
        ["Content-Length: 0x2"],
        ["Content-Length: 2, 2"],
        ["Content-Length: \u00b2"],
        ["Transfer-Encoding: chunked"],
        ["Transfer-Encoding: identity", "Content-Length: 2"],
        ["Content-Length: 2", "transfer-encoding: chunked"],
    ],
    ids=str,
)
def test_a_command_says_how_long_it_is(headers: list[str], server: Server) -> None:
    start = f"POST /command?{query(server)} HTTP/1.1", host(server), "Content-Type: application/json"
    with opened(server):
        reply = raw(server, *start, *headers, body=b"2\r\n{}\r\n0\r\n\r\n")
        assert refused(reply, 411, "the header Content-Length is missing")
        assert raw(server, *start, "Content-Length: 2", "Content-Length: 3", body=b"{}").status == 400


@pytest.mark.parametrize("length", ["1500001", "9" * 9, "9" * 5000])
def test_a_command_has_a_largest_size_that_is_checked_before_it_comes(length: str, server: Server) -> None:
    start = f"POST /command?{query(server)} HTTP/1.1", host(server), "Content-Type: application/json"
    with opened(server):
        reply = raw(server, *start, f"Content-Length: {length}", body=b"{")
        sentence = f"the command has {length[:20]} bytes, expected at most 1,500,000"
        assert refused(reply, 413, sentence)


def test_a_client_that_sends_too_much_still_reads_why(server: Server) -> None:
    """Closed with unread bytes, a connection is reset, and the page would take that for a lost server."""
    with opened(server):
        assert post(server, f'{{"do": "csv", "text": "{"x" * 5_000_000}"}}').status == 413


def test_a_large_command_is_taken(server: Server) -> None:
    with opened(server) as events:
        assert post(server, {"do": "csv", "text": "x" * 1_490_000}).status == 204
        assert "1,490,000 characters" in str(events.until("error")["message"])


def test_a_full_queue_is_said_to_be(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visits, "MOST_COMMANDS", 2)
    with opened(server) as events:
        events.next()
    replies = [post(server, {"do": "step"}) for _ in range(3)]
    assert [reply.status for reply in replies] == [204, 204, 429]
    assert replies[2].text == "too many commands wait already\n"


def test_only_so_many_sessions_are_open(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server.site.visits, "_most", 1)
    with opened(server) as events:
        events.next()
        reply = ask(server, "GET", f"/events?{query(server, OTHER)}")
        assert refused(reply, 503, "too many sessions are open: close another page")
    assert post(server, {"do": "step"}).status == 204  # it is kept, until there is no room for it
    while ask_hello(server, OTHER) is None:  # the first one is left as soon as the server knows it
        time.sleep(0.01)
    assert post(server, {"do": "step"}).status == 404


def ask_hello(server: Server, name: str) -> object:
    """Return the first frame of a session, None if there is none."""
    with opened(server, name) as events:
        return events.next() if events.answer.status == 200 else None


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (["GET /" + "x" * 20_000 + " HTTP/1.1"], 431),
        (["GET /main.js HTTP/1.1", "X: " + "x" * 20_000], 431),
        (["GET /main.js HTTP/1.1", *[f"X-{i}: 1" for i in range(200)]], 431),
        (["GET /main.js HTTP/1.1", *[f"X-{i}: 1" for i in range(5_000)]], 431),
        (["GET /main.js?" + "&".join(f"f{i}=1" for i in range(12)) + " HTTP/1.1"], 200),
        (["GET /?" + "&".join(f"f{i}=1" for i in range(12)) + " HTTP/1.1"], 400),
        (["GET /?" + "&" * 5_000 + " HTTP/1.1"], 400),
        (["nonsense"], 400),
        (["GET"], 400),
        ([""], 400),
        (["GET / HTTP/9.9"], 505),
        (["GET / HTTP/x"], 400),
        (["GET / FTP/1.0"], 400),
        (["GET / HTTP/1.1 HTTP/1.1"], 400),
        (["PRI * HTTP/2.0"], 505),
        (["\x16\x03\x01\x02"], 400),
        (["GET /\x00\x1b[2J HTTP/1.1"], 404),
    ],
)
def test_requests_that_are_none_are_refused_in_words_that_repeat_nothing(
    lines: list[str], status: int, server: Server
) -> None:
    reply = raw(server, *lines, host(server))
    assert reply.status == status
    assert "\x1b" not in reply.text
    assert "nonsense" not in reply.text


def test_nothing_is_printed_of_requests(server: Server, capfd: pytest.CaptureFixture[str]) -> None:
    with opened(server) as events:
        events.next()
        post(server, {"do": "step"})
    raw(server, "GET /\x1b]0;evil\x07 HTTP/1.1", host(server))
    raw(server, "nonsense\x1b[2J")
    ask(server, "GET", f"/?{query(server)}")
    assert capfd.readouterr() == ("", "")
