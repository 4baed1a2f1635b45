"""The corpus, run by the extension and by the Python analyser: see README.md beside this file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from partitioncache.analysis import analyse
from partitioncache.analysis.forms import form_of_entry
from partitioncache.analysis.matching import Catalogue, Known
from support.cluster import Cluster, Database

HERE = Path(__file__).parent
ANALYSERS = ("server", "sqlite", "mysql", "postgres")


@dataclass
class Line:
    """What a query does: ``yes``, ``no`` or ``restricts``; and of which analysers that is said."""

    says: str
    text: str
    analysers: tuple[str, ...] = ANALYSERS


@dataclass
class Case:
    """See README.md."""

    title: str
    known: list[str] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)


def cases(path: Path) -> Iterator[Case]:
    for block in path.read_text().split("\n\n"):
        title, *rest = re.sub(r"\n +(?!only | )", " ", block.strip()).splitlines()
        case = Case(f"{path.stem}: {title.removeprefix('# ')}")
        for line in rest:
            word, _, text = line.strip().partition(": ")
            if word == "known":
                case.known.append(text)
            elif word.startswith("only "):
                assert text, "an exemption has a reason"
                case.lines[-1].analysers = tuple(word.removeprefix("only ").split(", "))
            else:
                case.lines.append(Line(word, text))
        yield case


CASES = [case for path in sorted(HERE.glob("*.txt")) for case in cases(path)]
every_case = pytest.mark.parametrize("case", CASES, ids=[case.title for case in CASES])


def schema() -> dict[str, dict[str, str]]:
    tables = re.findall(r"create table (\w+) \((.*)\);", (HERE / "schema.sql").read_text())
    return {
        table: dict(re.findall(r"(\w+) (\w+(?: \w+)?(?:\([\d,]+\))?)", columns)) for table, columns in tables
    }


def test_the_corpus_is_read() -> None:
    assert sum(len(case.lines) for case in CASES) > 80
    assert schema()["poi"]["price"] == "numeric(8,2)"
    for case in CASES:
        assert case.known
        for line in case.lines:
            assert line.says in ("yes", "no", "restricts"), (case.title, line)
            assert set(line.analysers) <= set(ANALYSERS), (case.title, line)


def check(case: Case, analyser: str, line: Line, found: str) -> None:
    expected = line.text if line.says == "restricts" else line.says
    if line.says == "restricts":
        found, expected = (" ".join(sorted(text.split())) for text in (found, expected))
    assert (found == expected) == (analyser in line.analysers), (analyser, line, found)


@pytest.mark.parametrize("dialect", ["sqlite", "mysql", "postgres"])
@every_case
def test_python(case: Case, dialect: str) -> None:
    catalogue = Catalogue()
    for query in case.known:
        analysis = analyse(query, "city_id", dialect, schema())
        for fragment in analysis.fragments:
            form = form_of_entry(fragment.hash, fragment.sql, "city_id", schema())
            assert form is not None, fragment.sql
            assert analysis.form_of(fragment) == form, "what its query tells is what its text tells"
            catalogue.put(fragment.hash, Known(form, 1, 0))
    for line in case.lines:
        analysis = analyse(
            case.known[0] if line.says == "restricts" else line.text, "city_id", dialect, schema()
        )
        if line.says == "restricts":
            rewritten = analysis.rewrite({fragment.family: {-1} for fragment in analysis.fragments})
            found = " ".join(set(re.findall(r"(\w+)\.city_id IN \(-1\)", rewritten))) or "nothing"
        else:
            found = "yes" if analysis.contained(catalogue) else "no"
        check(case, dialect, line, found)


@pytest.fixture(scope="module")
def shared(cluster: Cluster) -> Iterator[Database]:
    """The tables, with a few rows of each city; nothing known."""
    database = cluster.create_database()
    database.psql((HERE / "schema.sql").read_text())
    database.psql(
        """
        insert into poi select n, n % 40, n % 40 / 4, n % 40 * 30 - 100 + n % 3 * 10, n % 40 * 5,
                               chr(97 + n % 40 / 8) || 'b',
                               date '2023-06-01' + n % 40 * 10 from generate_series(1, 800) n;
        insert into street select n, n % 40, n, n % 40, 's' || n % 7 from generate_series(1, 400) n;
        insert into event select n, n % 40, n, date '2024-01-01' + n % 90, n % 40 from generate_series(1, 400) n;
        insert into cuisine values (1, 'thai'), (2, 'greek');
        analyze;
        select partitioncache_register('city_id', 'integer');
        """
    )
    yield database
    cluster.drop_database(database)


@every_case
def test_server(shared: Database, case: Case) -> None:
    shared.execute("select partitioncache_clear('city_id')")
    for query in case.known:
        shared.execute("select partitioncache_push(%s, 'city_id')", (query,))
    while shared.execute("select partitioncache_process_queue()") != [(0,)]:
        pass
    for line in case.lines:
        query = case.known[0] if line.says == "restricts" else line.text
        ((applied, rewritten),) = shared.execute(
            "select applied, rewritten from partitioncache_explain(%s, 'city_id', method => 'literal')",
            (query,),
        )
        if line.says == "restricts":
            found = " ".join(set(re.findall(r"(\w+)\.city_id = ANY \('", rewritten))) or "nothing"
        else:
            found = "yes" if applied else "no"
        check(case, "server", line, found)
