"""Given any text, partitioncache_apply raises nothing and gives back, byte for byte, what it cannot rewrite."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest

from differential.arena import METHODS
from differential.compare import Session
from support.cluster import Cluster, Database

TEXTS = (
    "",
    " ",
    ";",
    ";;",
    "\n\t",
    "--",
    "-- only a comment",
    "/* open",
    "/* a /* nested */",
    "'",
    "'open",
    '"',
    '"open',
    "$$",
    "$a$ open",
    "select",
    "select;",
    "select from",
    "selec * from places",
    "select * from",
    "select * from places where",
    "select * form places",
    "select * from places where kind = 'a",
    'select * from "places',
    "select (1",
    "select 1)",
    "select ]",
    "select 1 from places,",
    "select * from nowhere",
    "select nothing from places",
    "select * from places where nothing = 1",
    "select nosuch(1)",
    "select * from places p, places p",
    "select 'a' + 1",
    "select 1/0",
    "select * from places where kind = 1 / 0",
    "select * from places where city_id = $1",
    "select $1",
    "select * from places where kind = :kind",
    "select * from places where kind = ?",
    "select * from places where kind = %s",
    "select 1; select 2",
    "select 1;;",
    "select * from places; drop table places",
    "select * from places where kind = 1; delete from places",
    "select 1) q; drop table places; select (1",
    "1) q; drop table places; --",
    "select 1 from places) q; create table hacked (x int); select * from (select 1",
    "insert into places values (1, 1, 1)",
    "update places set kind = 2",
    "delete from places",
    "truncate places",
    "drop table places",
    "create table t (x int)",
    "with gone as (delete from places returning *) select * from gone",
    "with new as (insert into places values (9, 9, 9) returning *) table new",
    "select * into copied from places",
    "create table copied as select * from places",
    "copy places to stdout",
    "copy places to program 'true'",
    "explain select * from places",
    "explain analyze select * from places",
    "do $$ begin end $$",
    "begin",
    "commit",
    "rollback",
    "savepoint x",
    "set search_path = nowhere",
    "show all",
    "vacuum",
    "listen x",
    "call nothing()",
    "prepare p as select 1",
    "execute p",
    "declare c cursor for select 1",
    "fetch all from c",
    "lock table places",
    "discard all",
    "values (1), (2)",
    "table places",
    "(select * from places)",
    "((select * from places where kind = 1))",
    "select * from places where true",
    "select nextval('numbers')",
    "select setval('numbers', 100)",
    "select pg_sleep(0)",
    "select * from places where pg_sleep(0) is null",
    "select set_config('search_path', 'nowhere', false)",
    "select pg_terminate_backend(0)",
    "select current_setting('nothing.here')",
    "select * from places order by 9",
    "select * from places limit -1",
    "select * from places limit 'x'",
    "select * from places for update",
    "select * from places for update skip locked",
    "select * from only places",
    "select * from places tablesample system (0)",
    "select * from partitioncache_registration",
    "select * from partitioncache_cache_city_id",
    "select * from pg_class",
    "select * from information_schema.tables",
    "select partitioncache_clear('city_id')",
    "select partitioncache_apply('select 1', 'city_id')",
    "select * from partitioncache_explain('select 1', 'city_id')",
    "select E'\\x'",
    "select U&'\\zzzz'",
    "select '\x01\x02\x03'",
    "select * from places where kind = 1 \x02 and \x01 true",
    "select 'é' where 'é' = 'é'",
    "\ufeffselect 1",
    "sélect 1",
    "select * from places\u00a0where kind = 1",
    "日本",
    "SELECT * FROM places WHERE kind = 1 AND",
    "select * from places where kind in ()",
    "select * from places where not",
    "select * from places p where p.kind = 1 group by p.kind",
    "select count(*) from places where count(*) > 1",
    "select * from places where kind = (select kind from places)",
    "select (select 1, 2)",
    "select array[1, 'a']",
    "select * from places cross join places",
    "select * from places natural join nowhere",
    "select * from places using (kind)",
    "select * from xmltable('/a' passing '<a/>' columns b int)",
    "select * from json_to_record('{}') as x(a int)",
    "select * from rows from (generate_series(1, 2), generate_series(1, 3)) with ordinality",
    "merge into places p using places q on p.id = q.id when matched then do nothing",
)


def deep() -> list[str]:
    """Texts that are long or nest deeply."""
    return [
        "select * from places where " + "(" * 200 + "kind = 1" + ")" * 200,
        "select " + "(" * 50000 + "1" + ")" * 50000,
        "select * from places where " + " and ".join(f"kind <> {n}" for n in range(1500)),
        "select * from places where " + " or ".join(f"kind = {n}" for n in range(1500)),
        "select * from places where kind in (" + ", ".join(map(str, range(20000))) + ")",
        "select * from " + "(select * from " * 60 + "places" + ") q" * 60,
        "select * from " + ", ".join(f"places p{n}" for n in range(50)) + " where false",
        "select " + ", ".join(f"{n} as c{n}" for n in range(1600)) + " from places where kind = 1",
        "select " + ", ".join(f"{n} as c{n}" for n in range(1700)) + " from places where kind = 1",
        "select '" + "x" * 2_000_000 + "' from places where kind = 1",
        "-- " + "x" * 100_000,
        "select * from places where kind = 1 " + "/*" * 3000 + "*/" * 3000,
    ]


def noise(seed: int, count: int) -> Iterator[str]:
    """Fragments of SQL thrown together, and texts with characters lost, doubled or changed."""
    random = Random(seed)
    words = [
        "select",
        "from",
        "where",
        "and",
        "or",
        "not",
        "in",
        "(",
        ")",
        ",",
        ";",
        "*",
        "=",
        "<>",
        "'",
        '"',
        "$$",
        "$a$",
        "--",
        "/*",
        "*/",
        "places",
        "p",
        "kind",
        "city_id",
        "1",
        "'a'",
        '"b"',
        "null",
        "::",
        "[",
        "]",
        ".",
        "as",
        "on",
        "join",
        "left",
        "with",
        "union",
        "all",
        "group",
        "by",
        "order",
        "limit",
        "exists",
        "case",
        "when",
        "then",
        "end",
        "lateral",
        "values",
        "\\",
        "E'\\n'",
        "\n",
        "\t",
        "é",
    ]
    good = (
        "select p.id, count(*) from places p join places q on p.city_id = q.city_id "
        "where p.kind = 1 and q.name like 'a%' group by 1"
    )
    for _ in range(count):
        if random.random() < 0.5:
            yield " ".join(random.choice(words) for _ in range(random.randrange(1, 25)))
        else:
            text = list(good)
            for _ in range(random.randrange(1, 6)):
                place = random.randrange(len(text))
                change = random.randrange(3)
                if change == 0:
                    del text[place]
                elif change == 1:
                    text.insert(place, random.choice(words))
                else:
                    text[place] = chr(
                        random.choice((random.randrange(1, 128), random.randrange(160, 0xD7FF)))
                    )
            yield "".join(text)


@pytest.fixture(scope="module")
def session(cluster: Cluster) -> Iterator[Session]:
    database: Database = cluster.create_database()
    with database.connect() as connection:
        made = Session(connection)
        made.must("create sequence numbers")
        made.must("create table places (id integer primary key, city_id integer, kind integer, name text)")
        made.must("insert into places select n, n % 20, n % 7, 'a' || n from generate_series(1, 200) n")
        made.must("select partitioncache_register('city_id', 'integer')")
        made.must("select partitioncache_update_processor_config(least_cost => 0)")
        for kind in (1, 2):
            made.must(f"select partitioncache_push('select * from places where kind = {kind}', 'city_id')")
        while made.must("select partitioncache_process_queue()").rows[0][0] != b"0":
            pass
        yield made
    cluster.drop_database(database)


def check(session: Session, text: str) -> None:
    """Apply and explain raise nothing; what is not one SELECT that PostgreSQL accepts comes back as it was."""
    for method in METHODS:
        applied = session.call("select partitioncache_apply($1, 'city_id', method => $2)", text, method)
        assert not applied.error, (method, applied.error, text[:300])
        rewritten = (applied.rows[0][0] or b"").decode()
        if rewritten != text:
            planned = session.call("explain " + text) if ";" not in text.rstrip("; \n") else None
            assert planned is not None, (
                "rewritten, although it holds several statements",
                method,
                text[:300],
            )
            assert not planned.error, (
                "rewritten, although PostgreSQL refuses it",
                method,
                planned.error,
                text[:300],
            )
    explained = session.call("select applied, reason from partitioncache_explain($1, 'city_id')", text)
    assert not explained.error, (explained.error, text[:300])
    assert explained.rows[0][0] == b"t" or explained.rows[0][1], ("unchanged without a reason", text[:300])


@pytest.mark.parametrize("text", TEXTS, ids=[f"text{n}" for n in range(len(TEXTS))])
def test_listed_text(session: Session, text: str) -> None:
    check(session, text)


@pytest.mark.parametrize("number", range(len(deep())))
def test_deep_text(session: Session, number: int) -> None:
    check(session, deep()[number])


def test_noise(session: Session) -> None:
    for text in noise(1, 250):
        check(session, text)


def test_nothing_was_executed(session: Session) -> None:
    assert session.must(
        "select count(*), to_regclass('hacked') is null, to_regclass('copied') is null from places"
    ).rows == ((b"200", b"t", b"t"),)
    assert session.must("select is_called from numbers").rows == ((b"f",),)


def test_a_null_query_or_key_raises_nothing(session: Session) -> None:
    for arguments in (
        "null, 'city_id'",
        "'select 1', null",
        "'select 1', 'nothing'",
        "'select 1', ''",
        "'', ''",
    ):
        assert not session.run(f"select partitioncache_apply({arguments})").error, arguments
