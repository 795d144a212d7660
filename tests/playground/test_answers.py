"""Requests to the playground: what is answered, and every kind of request that is refused."""

from __future__ import annotations

import re

import pytest

import purenn
from purenn.playground import answers
from purenn.playground.server import Server
from tests.playground.conftest import Reply, ask, opened, post, query, raw
from tests.playground.helpers import numbers_in

OTHER = "f" * 32


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


def host(server: Server) -> str:
    """Return the header with the name of a server."""
    return f"Host: 127.0.0.1:{server.server_port}"


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
        assert refused(reply, 421, "this server has another address")


def test_a_host_has_to_be_there_once(server: Server) -> None:
    assert raw(server, "GET /main.js HTTP/1.1").status == 421
    assert raw(server, "GET /main.js HTTP/1.1", host(server), host(server)).status == 400
    assert raw(server, "GET /main.js").status == 421  # as in HTTP 0.9, which has no headers


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
