"""``pcache dashboard`` in a real browser: what it shows, to whom, and that nothing in it can do harm."""

from __future__ import annotations

import http.client
import os
import re
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image

from partitioncache.dashboard import STATES, Figures, Site, read, render
from partitioncache.errors import NotRegisteredError, PartitionCacheError, RightsError
from partitioncache.postgresql import Server
from partitioncache.web import pictures
from partitioncache.web.markup import STYLE
from partitioncache.web.server import only_reads, serving
from support.browser import Browser, browser
from support.cluster import Database, standby
from support.commands import Run, lead_to
from support.services import free_port

EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&$\\frac$"
_TABLE = '"' + EVIL.replace('"', '""') + '"'
_VALUE = EVIL.replace("'", "''")
WORLD = f"""
create table poi as select n % 50 as city_id, n % 7 as kind, 'it is a secret' as name from generate_series(1, 500) n;
create table {_TABLE} as select n % 50 as city_id, 'n' as name from generate_series(1, 500) n;
select partitioncache_push('select * from poi where kind = 3', 'city_id');
select partitioncache_push($$select * from {_TABLE} where name = '{_VALUE}'$$, 'city_id');
select partitioncache_push($$select * from poi where name = 'it is a secret' || kind$$, 'city_id');
select partitioncache_process_queue();
select partitioncache_set('city_id', 'by hand {EVIL[:40]}', array[1]);
select partitioncache_push('select * from poi where kind = 5', 'city_id');
select partitioncache_apply('select * from poi where kind = 3', 'city_id', method => 'literal');
select partitioncache_apply('select * from poi where kind = 6', 'city_id');
select partitioncache_record_times($$select * from poi where kind = 3$$, 'city_id',
                                   original => '{{200,200,200}}', restricted => '{{10,10}}');
select partitioncache_record_times($$select * from poi where kind = 3 and name > '{_VALUE}'$$, 'city_id',
                                   original => '{{10,10,10}}', restricted => '{{40,41,42}}');
select partitioncache_register('day', 'date', cache => '{EVIL[:25]}');
alter table {_TABLE} add column more integer;
update partitioncache_internal.partitioncache_queue q
set status = 'dead', died_at = now(), error_msg = 'it is a secret';
insert into partitioncache_internal.partitioncache_processor_log
    (cache, queue, status, error_msg, execution_time_ms, owner, owner_name)
select 'partitioncache', 'outgoing', 'failed', 'it is a secret; 1 of 2 entries', 1, 'postgres'::regrole, 'postgres'
from generate_series(1, 20);
create role dashboard_watcher login;
select partitioncache_grant('dashboard_watcher', 'monitor');
"""  # fmt: skip


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as running:
        yield running


@pytest.fixture
def watched(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A database full of names and texts that would like to be scripts; the variables lead a watcher to it."""
    database.psql(WORLD)
    lead_to(database, monkeypatch)
    monkeypatch.setenv("DB_USER", "dashboard_watcher")
    yield database
    database.psql("drop owned by dashboard_watcher cascade; drop role dashboard_watcher")


@contextmanager
def reached(database: Database, user: str) -> Iterator[Server]:
    server = Server(conninfo=database.conninfo(user=user))
    try:
        yield server
    finally:
        server.close()


@contextmanager
def served(database: Database, user: str = "dashboard_watcher", texts: bool = False) -> Iterator[str]:
    """The address of a database's page."""
    with (
        reached(database, user) as server,
        Site(server, "partitioncache", texts=texts) as site,
        serving(only_reads(site), "127.0.0.1", 0) as port,
    ):
        yield f"http://127.0.0.1:{port}/"


def ground(picture: Image.Image) -> int:
    """How light a picture is at its corner, of 255."""
    return sum(picture.getpixel((2, 2))) // 3  # type: ignore[arg-type]


@pytest.mark.parametrize("width", [400, 1280])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_in_a_browser(watched: Database, chromium: Browser, width: int, dark: bool) -> None:
    with served(watched, "postgres", texts=True) as address:
        chromium.complaints.clear()
        chromium.requests.clear()
        picture = chromium.show(address, width=width, dark=dark)
        assert chromium.requests == [address]  # nothing else is fetched, not even an icon of the page
        assert chromium.ask("document.documentElement.scrollWidth") <= width
        words = chromium.ask("document.body.innerText")
        assert chromium.ask("document.scripts.length + document.images.length") == 0
        assert chromium.ask("document.querySelectorAll('svg.picture').length") >= 4
        # the style is let through, and is all that gives colours
        assert chromium.ask("document.querySelectorAll('[style], :not(head) > style').length") == 0
        assert chromium.ask("getComputedStyle(document.querySelector('.tiles')).display") == "grid"
    assert chromium.complaints == []
    assert len(picture.getcolors(1 << 24) or ()) > 50
    assert picture.height > 900
    assert (ground(picture) < 60) if dark else (ground(picture) > 200)
    assert words.count("<script>alert(1)</script><img src=x onerror=alert(2)>") >= 3  # as words
    assert "&$\\frac$" in words
    for shown in ("To be looked at", "Saved", "Gain over time", "20 ×", "left alone", "Hit rate", "50%", "1 of 2",
                  "Most useful", "Slowest", "Aside, and why",
                  "Put off until it pays", "may cost as much as", "Queues", "Failed for good",
                  "it is a secret"):  # fmt: skip
        assert shown in words, shown


def test_without_scripts_and_as_a_file(
    run: Run, watched: Database, chromium: Browser, tmp_path: Path
) -> None:
    done = run("pcache", "dashboard", "--output", str(tmp_path / "page.html"))
    assert done.code == 0, done.err
    chromium.complaints.clear()
    chromium.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        picture = chromium.show((tmp_path / "page.html").as_uri(), width=400)
        assert chromium.complaints == []
        assert len(picture.getcolors(1 << 24) or ()) > 50
    finally:
        chromium.call("Emulation.setScriptExecutionDisabled", value=False)
    assert 'http-equiv="refresh"' not in (tmp_path / "page.html").read_text()


def test_who_monitors_sees_no_texts_whatever_is_asked(watched: Database) -> None:
    for user, texts in (("dashboard_watcher", False), ("dashboard_watcher", True), ("postgres", False)):
        with reached(watched, user) as server:
            page = render(read(server, "partitioncache", texts=texts))
        assert "secret" not in page
        assert "SELECT" not in page
        assert "<script" not in page
        assert "Failed for good" in page
    with reached(watched, "postgres") as server:
        assert "secret" in render(read(server, "partitioncache", texts=True))


def test_on_a_standby_where_nothing_can_be_written(watched: Database) -> None:
    with standby(watched) as copy, served(copy) as address:
        status, _, page = get(address, "/")
        assert status == 200
        assert "Gain over time" in page


def test_roles_and_caches_that_may_not_be_seen(run: Run, watched: Database) -> None:
    watched.psql("create role dashboard_stranger login")
    try:
        with (
            pytest.raises(PartitionCacheError, match="has no rights"),
            reached(watched, "dashboard_stranger"),
        ):
            pass
    finally:
        watched.psql("drop role dashboard_stranger")
    with reached(watched, "dashboard_watcher") as server:
        with pytest.raises(RightsError):
            read(server, EVIL[:25])
        with pytest.raises(NotRegisteredError, match="There is no cache"):
            read(server, "nope")
    done = run("pcache", "dashboard", "--cache-name", "nope", "--output", "/dev/null")
    assert (done.code, "There is no cache" in done.err) == (1, True)


def get(address: str, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], str]:
    connection = http.client.HTTPConnection(address.split("/")[2], timeout=60)
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    return answer.status, dict(answer.getheaders()), answer.read().decode()


def test_what_the_server_answers(watched: Database, capfd: pytest.CaptureFixture[str]) -> None:
    with served(watched) as address:
        status, headers, page = get(address, "/")
        assert status == 200
        policy = headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert (headers["X-Content-Type-Options"], headers["Cache-Control"]) == ("nosniff", "no-store")
        assert get(address, "/", "HEAD")[::2] == (200, "")
        for method in ("POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"):
            assert get(address, "/", method)[0] in (405, 501)
        assert (
            get(address, "/nope")[0]
            == get(address, "/../etc/passwd")[0]
            == get(address, "/?cache=nope")[0]
            == 404
        )
        assert "&lt;script&gt;" in get(address, "/?cache=%3Cscript%3E")[2]
        with socket.create_connection(("127.0.0.1", int(address.split(":")[2][:-1]))) as silent:
            silent.setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
            )  # ends with a reset
        assert get(address, "/?" + "a=b&" * 5000)[0] == 200
        assert get(address, "/?cache=%00%ff%ed%a0%80")[0] == 404
        # a name of a page elsewhere that was made to lead here
        assert get(address, "/", Host="evil.example")[0] == 421
        assert get(address, "/", Host="[::1].evil.example")[0] == 421
        assert get(address, "/", Host="localhost:1")[0] == get(address, "/", Host="[::1]")[0] == 200
        assert 'content="60"' in page
        assert 'http-equiv="refresh"' not in get(address, "/?refresh=0")[2]
        assert "?cache=partitioncache" not in page  # the page that is shown is no link
        assert "?cache=%3Cscript%3Ealert%281%29%3C%2Fscri" in page
    assert "Traceback" not in capfd.readouterr().err


def test_a_server_that_does_not_let_us_in_is_said_on_the_page(watched: Database) -> None:
    with served(watched) as address:
        assert get(address, "/")[0] == 200
        watched.psql(
            """alter role dashboard_watcher nologin;
               select pg_terminate_backend(pid, 10000) from pg_stat_activity where usename = 'dashboard_watcher'"""
        )
        status, _, page = get(address, "/?refresh=0")
        assert status == 503
        assert "not permitted to log in" in page


def test_the_command_listens_on_loopback_alone(watched: Database) -> None:
    port = free_port()
    command = [sys.executable, "-m", "partitioncache.cli.main", "dashboard", "--listen", f"127.0.0.1:{port}"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, env=os.environ) as program:
        try:
            assert program.stderr is not None
            assert f"http://127.0.0.1:{port}/" in program.stderr.readline().decode()
            assert get(f"http://127.0.0.1:{port}/", "/")[0] == 200
            program.terminate()
            assert program.wait(30) == 0
        finally:
            program.kill()
    helped = subprocess.run([*command[:4], "--help"], capture_output=True, text=True, check=True)
    assert "default: 127.0.0.1:9188" in helped.stdout


def test_pictures_are_right_whatever_the_words() -> None:
    now = datetime.now(timezone.utc)
    words = "a$\\frac{\x01\ud800<b>$ " + EVIL + "\u202e\U0001f600" * 40
    drawn = pictures.stacked({words: (pictures.GREEN, [(now, 1.0)])}, now, words)
    with pictures.canvas() as (figure, axes):
        pictures.before_after([pictures.Measured(words, 10, 0.1, True)], figure, axes)
        drawn += pictures.inline(figure, words)
    for found in re.findall(r"<svg.*?</svg>", drawn, re.DOTALL):
        tree = ElementTree.fromstring(found)
        assert tree.get("role") == "img"
        assert {each.tag for each in tree.iter()} <= {
            "svg",
            "g",
            "path",
            "rect",
            "text",
            "use",
            "defs",
            "clipPath",
        }
        assert not [each for each in tree.iter() if "style" in each.attrib]
        for each in tree.iter():
            for name in ("fill", "stroke"):
                color = each.get(name, "none")
                # black and white are there where matplotlib says nothing of its own
                assert color == "none" or f'[{name}="{color}"]' in STYLE, color


@pytest.mark.parametrize("hours", [0, 0.01, 1, 30, 1000, 100_000])
def test_stretches_of_time(hours: float) -> None:
    now = datetime.now(timezone.utc)
    begin, width, count = pictures.buckets(now - timedelta(hours=hours), now)
    assert 1 <= count <= 41
    assert begin <= now - timedelta(hours=hours)
    assert begin + width * count > now


def test_a_page_of_nothing() -> None:
    """Also where nothing was ever done, and where there is more than is shown."""
    nothing = dict.fromkeys(
        ("partition_keys", "entries", "bytes", "hits", "misses", "incoming", "outgoing", "running", "dead", "failed",
         "processed", "workers", "deferred", "unselective", "aside", "saved_ms"), 0,
    ) | {"problem": None, "enabled": False, "last_activity": None}  # fmt: skip
    at = datetime.now(timezone.utc)
    empty = Figures("c", ["c"], "d", at, "0.2.0", nothing, {}, [], [], [], [], [], [], [], [], [], [], {})
    assert "All is well" in render(empty)
    entry = {"partition_key": "k", "hash": "0" * 64, "reason": None, "key_count": None, "bytes": 1, "uses": 3,
             "last_used": at, "created_at": at, "evaluation_ms": 0.0, "query": None}  # fmt: skip
    entries = [entry | {"state": state} for state in (*STATES, None)] * 4
    hours = [{"at": at - timedelta(days=day), "saved_ms": 1000.0 * day - 500} for day in range(90)]
    many = Figures(
        "c",
        ["c"],
        "d",
        at,
        "0.2.0",
        nothing,
        {},
        [],
        entries,
        [],
        [],
        [],
        [],
        [],
        [],
        hours,
        [],
        {"0" * 64: 5.0},
    )
    assert "lost" in render(many)
    assert "and 14 more" in render(many)
