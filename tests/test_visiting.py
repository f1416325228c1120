"""A visit to an address: politely, with a certain end, and never into our own network."""

import socket
import threading
from contextlib import closing, suppress
from time import perf_counter

import pytest

from calls.desk import visiting
from calls.desk.visiting import Visitor
from tests.browser import free_port
from tests.link_server import serving, visitor_of

NOT_ANSWERED = "De server antwoordde niet op tijd."
NOT_REACHED = "De server is niet bereikbaar."
NOT_PUBLIC = "Dit adres is niet openbaar."
ENDLESS = "Dit adres verwijst eindeloos door."


@pytest.fixture
def server():
    with serving() as server:
        yield server


@pytest.fixture
def visitor(server):
    return visitor_of(server)


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/fine", (200, "")),
        ("/gone", (404, "De server antwoordt 404.")),
        ("/410", (410, "De server antwoordt 410.")),
        ("/500", (500, "De server antwoordt 500.")),
        ("/forbidden", (403, "De server antwoordt 403.")),
        ("/no-head", (200, "")),
        ("/endless", (200, "")),
        ("/moved", (200, "")),
        ("/moved-to-gone", (404, "De server antwoordt 404.")),
        ("/slow", (None, NOT_ANSWERED)),
        ("/loop", (None, ENDLESS)),
        ("/mail", (None, "Dit adres leidt naar iets dat geen webpagina is.")),
        ("/inside", (None, NOT_PUBLIC)),
        ("/metadata", (None, NOT_PUBLIC)),
        ("/spatie hier?a=é#deel", (200, "")),
    ],
)
def test_an_answer(server, visitor, path, answer):
    begin = perf_counter()
    assert visitor.visit(server.url + path) == answer
    assert perf_counter() - begin < 5


def test_head_first_and_only_the_beginning_of_a_page(server, visitor):
    visitor.visit(f"{server.url}/no-head")
    assert server.RequestHandlerClass.seen == [
        ("HEAD", "/no-head", visiting.AGENT, None),
        ("GET", "/no-head", visiting.AGENT, "bytes=0-1023"),
    ]


def test_a_busy_server_is_left_alone(server, visitor):
    assert visitor.visit(f"{server.url}/busy") == (429, "De server antwoordt 429.")
    assert [method for method, *_rest in server.RequestHandlerClass.seen] == ["HEAD"]


def test_redirects_come_to_an_end(server, visitor):
    visitor.visit(f"{server.url}/loop")
    assert len(server.RequestHandlerClass.seen) == visiting.MOST_REDIRECTS + 1


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost/",
        "http://127.0.0.1:8000/",
        "http://127.1/",
        "http://2130706433/",
        "http://0.0.0.0/",
        "http://10.0.0.1/",
        "http://172.16.0.1/",
        "http://192.168.1.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://100.64.0.1/",
        "http://224.0.0.1/",
        "http://[::1]/",
        "http://[fe80::1]/",
        "http://[fd00::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[2002:7f00:1::]/",
        "http://[64:ff9b::7f00:1]/",
    ],
)
def test_nothing_inside_our_own_network_is_visited(url):
    assert Visitor(pause=0, timeout=(1, 1)).visit(url) == (None, NOT_PUBLIC)


def test_a_name_that_leads_inside(monkeypatch):
    inside = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 80))]
    public = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.215.14", 80))]
    answers = [inside, public + inside]
    monkeypatch.setattr(visiting.socket, "getaddrinfo", lambda *args, **kwargs: answers.pop(0))
    for _answer in range(2):
        assert Visitor(pause=0).visit("http://rebind.example.org/") == (None, NOT_PUBLIC)


@pytest.mark.parametrize(
    "url", ["http://", "http://[::1", "http://a..b/", "http://x:99999/", "https://" + "a" * 300 + ".be/"]
)
def test_an_address_that_is_none(url):
    status, trouble = Visitor(pause=0, timeout=(1, 1)).visit(url)
    assert (status, trouble in {"Dit adres is niet leesbaar.", NOT_REACHED}) == (None, True)


def test_a_server_that_is_not_there():
    port = free_port()
    visitor = Visitor(pause=0, timeout=(1, 1), allowed=frozenset({("127.0.0.1", port)}))
    assert visitor.visit(f"http://127.0.0.1:{port}/") == (None, NOT_REACHED)


def test_a_server_without_a_certificate(server):
    url = server.url.replace("http:", "https:")
    assert visitor_of(server).visit(url) == (None, "Het certificaat van de server is niet in orde.")


def test_a_server_that_says_nonsense():
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        port = listening.getsockname()[1]

        def talk():
            with suppress(OSError):  # it listens no more
                while True:
                    connection, _address = listening.accept()
                    with connection:
                        connection.recv(1000)
                        connection.sendall(b"\x00\xff geen antwoord\r\n\r\n")

        talking = threading.Thread(target=talk, daemon=True)
        talking.start()
        visitor = Visitor(pause=0, timeout=(1, 1), allowed=frozenset({("127.0.0.1", port)}))
        assert visitor.visit(f"http://127.0.0.1:{port}/") == (None, NOT_REACHED)
        listening.shutdown(socket.SHUT_RDWR)
        talking.join()


def test_a_pause_between_two_visits_to_one_host(server):
    visitor = visitor_of(server, pause=0.3)
    begin = perf_counter()
    for _visit in range(3):
        visitor.visit(f"{server.url}/fine")
    assert 0.6 <= perf_counter() - begin < 3
