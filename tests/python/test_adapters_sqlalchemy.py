"""SQLAlchemy's queries with the cache: the same objects by every driver, and what is no query is untouched."""

from __future__ import annotations

import asyncio
import datetime
import subprocess
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import (
    ARRAY,
    ForeignKey,
    Integer,
    Text,
    any_,
    create_engine,
    event,
    exists,
    func,
    insert,
    select,
    text,
    union_all,
)
from sqlalchemy.engine import Engine
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    aliased,
    contains_eager,
    joinedload,
    mapped_column,
    relationship,
    selectinload,
    subqueryload,
)

import partitioncache
import partitioncache.sqlalchemy
from partitioncache.adapters import Acceleration
from partitioncache.errors import ConfigurationError
from support.adapters import OPTIONS
from support.cluster import Database
from support.shop import open_shop


class Base(DeclarativeBase):
    pass


class City(Base):
    __tablename__ = "city"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    places: Mapped[list[Place]] = relationship(back_populates="city", order_by="Place.id")


class Place(Base):
    __tablename__ = "place"
    id: Mapped[int] = mapped_column(primary_key=True)
    city_id: Mapped[int] = mapped_column(ForeignKey("city.id"))
    kind: Mapped[int]
    name: Mapped[str]
    height: Mapped[float]
    price: Mapped[Decimal]
    opened: Mapped[datetime.datetime]
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text))
    city: Mapped[City] = relationship(back_populates="places")
    reviews: Mapped[list[Review]] = relationship(back_populates="place", order_by="Review.id")


class Review(Base):
    __tablename__ = "review"
    id: Mapped[int] = mapped_column(primary_key=True)
    city_id: Mapped[int] = mapped_column(Integer)
    place_id: Mapped[int] = mapped_column(ForeignKey("place.id"))
    stars: Mapped[int]
    text: Mapped[str]
    place: Mapped[Place] = relationship(back_populates="reviews")


OTHER = aliased(Place)
WHEN = datetime.datetime(2024, 3, 1, tzinfo=datetime.timezone.utc)
RANKED = (
    select(
        Place.id,
        Place.city_id,
        func.row_number().over(partition_by=Place.city_id, order_by=Place.height.desc()).label("rank"),
    )
    .where(Place.kind == 7)
    .subquery()
)

STATEMENTS: dict[str, Any] = {
    "plain": select(Place).where(Place.kind == 7).order_by(Place.id),
    "columns": select(Place.id, Place.name, Place.price * 2, Place.height / 3)
    .where(Place.kind == 7)
    .order_by(Place.id),
    "types": select(Place)
    .where(
        Place.kind == 7,
        Place.price > Decimal("10.5"),
        Place.height < 2000.1,
        Place.opened > WHEN,
        Place.name != "it's %s",
    )
    .order_by(Place.id),
    "like": select(Place).where(Place.kind == 7, Place.name.like("%100%%")).order_by(Place.id),
    "contains": select(Place)
    .where(Place.kind == 7, Place.name.contains("100%", autoescape=True))
    .order_by(Place.id),
    "in": select(Place).where(Place.kind.in_([7, 7]), Place.id.in_(range(1, 3000, 29))).order_by(Place.id),
    "any": select(Place).where(Place.kind == 7, any_(Place.tags) == "t1").order_by(Place.id),
    "join": select(Place, Review)
    .join(Review, (Review.place_id == Place.id) & (Review.city_id == Place.city_id))
    .where(Place.kind == 7, Review.stars > 2)
    .order_by(Place.id, Review.id),
    "relationship join": select(Place)
    .join(Place.reviews)
    .where(Place.kind == 7, Review.stars > 3)
    .distinct()
    .order_by(Place.id),
    "joined load": select(Place)
    .options(joinedload(Place.city), joinedload(Place.reviews))
    .where(Place.kind == 7)
    .order_by(Place.id),
    "select in load": select(Place)
    .options(selectinload(Place.reviews))
    .where(Place.kind == 7)
    .order_by(Place.id),
    "subquery load": select(Place)
    .options(subqueryload(Place.reviews))
    .where(Place.kind == 7)
    .order_by(Place.id),
    "contains eager": select(City)
    .join(City.places)
    .options(contains_eager(City.places))
    .where(Place.kind == 7)
    .order_by(City.id, Place.id),
    "exists": select(Place)
    .where(
        Place.kind == 7,
        exists().where(Review.place_id == Place.id, Review.city_id == Place.city_id, Review.stars == 4),
    )
    .order_by(Place.id),
    "any of a relationship": select(Place)
    .where(Place.kind == 7, Place.reviews.any(Review.stars == 4))
    .order_by(Place.id),
    "scalar subquery": select(
        Place.id, select(func.count()).where(Review.place_id == Place.id).scalar_subquery()
    )
    .where(Place.kind == 7)
    .order_by(Place.id),
    "aggregate": select(Place.city_id, func.count(), func.avg(Place.price), func.sum(Place.id))
    .where(Place.kind == 7)
    .group_by(Place.city_id)
    .having(func.count() > 1)
    .order_by(Place.city_id),
    "window": select(RANKED.c.id, RANKED.c.rank).where(RANKED.c.rank <= 3).order_by(RANKED.c.id),
    "page": select(Place).where(Place.kind == 7).order_by(Place.height.desc()).limit(10).offset(20),
    "self join": select(Place.id, OTHER.id)
    .join(OTHER, (OTHER.city_id == Place.city_id) & (OTHER.id > Place.id))
    .where(Place.kind == 7, OTHER.kind == 7)
    .order_by(Place.id, OTHER.id)
    .limit(50),
    "union": union_all(
        select(Place.id).where(Place.kind == 7), select(Place.id).where(Place.kind == 7, Place.height > 100)
    ).order_by("id"),
    "with": select(func.count()).select_from(select(Place).where(Place.kind == 7).cte("some")),
    "text": text("select id, name from place where kind = :kind and name like '%1%' order by id").bindparams(
        kind=7
    ),
}

# Of these, one may be a list that takes longer to take apart than the query takes.
UNRESTRICTED = {"like", "contains", "in"}


def seen(thing: Any) -> Any:
    """An object with what was loaded of it, as plain values."""
    if isinstance(thing, Base):
        state = dict(vars(thing))
        state.pop("_sa_instance_state")
        return type(thing).__name__, {name: seen(value) for name, value in sorted(state.items())}
    if isinstance(thing, (list, tuple)):
        return [seen(each) for each in thing]
    return thing


def results(session: Session, name: str) -> Any:
    found = session.execute(STATEMENTS[name])
    found = found.unique() if name in ("joined load", "contains eager") else found
    return [seen(tuple(row)) for row in found.all()]


@pytest.fixture
def shop(database: Database) -> Database:
    return open_shop(database)


def engine(shop: Database, **others: Any) -> Engine:
    query = {"host": shop.cluster.socket_folder, "port": str(shop.cluster.port)}
    return create_engine(f"postgresql+psycopg://{shop.user}@/{shop.name}", connect_args=query, **others)


def async_engine(shop: Database, driver: str, **others: Any) -> Any:
    query = {"host": shop.cluster.socket_folder, "port": shop.cluster.port}
    return create_async_engine(
        f"postgresql+{driver}://{shop.user}@/{shop.name}", connect_args=query, **others
    )


@pytest.fixture
def plain(shop: Database) -> Iterator[Engine]:
    """Without the cache."""
    made = engine(shop)
    yield made
    made.dispose()


@pytest.fixture(
    params=["psycopg", "psycopg, autocommit", "psycopg, asynchronous", "asyncpg", "asyncpg, autocommit"]
)
def run(request: pytest.FixtureRequest, shop: Database) -> Iterator[tuple[Callable[..., Any], Acceleration]]:
    """A function that runs another one in a session, by each driver; and what counts."""
    driver, _, how = request.param.partition(", ")
    others = {"isolation_level": "AUTOCOMMIT"} if how == "autocommit" else {}
    if driver == "psycopg" and how != "asynchronous":
        made = engine(shop, **others)
        acceleration = partitioncache.sqlalchemy.accelerate(made, **OPTIONS)

        def runs(function: Callable[..., Any], *arguments: Any) -> Any:
            with Session(made) as session:
                return function(session, *arguments)

        try:
            yield runs, acceleration
        finally:
            made.dispose()
    else:
        with asyncio.Runner() as runner:
            made_async = async_engine(shop, driver, **others)
            acceleration = partitioncache.sqlalchemy.accelerate(made_async, **OPTIONS)

            async def awaited(function: Callable[..., Any], *arguments: Any) -> Any:
                async with AsyncSession(made_async) as session:
                    return await session.run_sync(function, *arguments)

            yield lambda function, *arguments: runner.run(awaited(function, *arguments)), acceleration
            runner.run(made_async.dispose())


def test_the_same_objects(plain: Engine, run: tuple[Callable[..., Any], Acceleration]) -> None:
    runs, acceleration = run
    left = set()
    for name in STATEMENTS:
        with Session(plain) as session:
            expected = results(session, name)
        assert expected, name
        before = acceleration.statistics().restricted
        for _ in range(3):
            assert runs(results, name) == expected, name
        if acceleration.statistics().restricted == before:
            left.add(name)
    statistics = acceleration.statistics()
    assert statistics.failed == 0, statistics.problem
    assert left <= UNRESTRICTED, left


def test_what_is_no_query_is_untouched(shop: Database, run: tuple[Callable[..., Any], Acceleration]) -> None:
    runs, acceleration = run
    acceleration.limit_ms = 20_000

    def writes(session: Session) -> list[Any]:
        session.add_all(
            [Review(id=20_000 + n, city_id=1, place_id=1, stars=1, text="x%s") for n in range(50)]
        )
        session.flush()
        ids = session.scalars(
            insert(Review).returning(Review.id, sort_by_parameter_order=True),
            [{"id": 30_000 + n, "city_id": 1, "place_id": 1, "stars": 1, "text": "y"} for n in range(50)],
        ).all()
        place = session.scalars(select(Place).where(Place.kind == 7).order_by(Place.id).limit(1)).one()
        place.name = "renamed"
        session.flush()
        found = session.scalars(select(Place.name).where(Place.kind == 7).order_by(Place.id).limit(1)).one()
        session.commit()
        return [*ids, found]

    assert runs(writes) == [*range(30_000, 30_050), "renamed"]
    assert shop.execute("select count(*) from review where id >= 20000") == [(100,)]
    assert acceleration.statistics().restricted == 2


def test_left_alone(shop: Database) -> None:
    made = engine(shop)
    acceleration = partitioncache.sqlalchemy.accelerate(made, **OPTIONS)
    statement = select(Place.id).where(Place.kind == 7)
    with Session(made) as session:
        session.execute(statement, execution_options={"partitioncache": False}).all()
        with partitioncache.off():
            session.execute(statement).all()
        session.execute(statement.prefix_with("/* partitioncache: off */")).all()
        assert len(session.execute(statement, execution_options={"yield_per": 10}).all()) > 10
        session.execute(select(City).where(City.id == 3)).all()
        assert acceleration.statistics().restricted == 0
        session.execute(statement).all()
    assert acceleration.statistics().restricted == 1
    made.dispose()


def test_failures(shop: Database) -> None:
    """The extension is dropped between two queries, and a statement of a transaction fails."""
    made = engine(shop)
    acceleration = partitioncache.sqlalchemy.accelerate(made, **OPTIONS)
    statement = select(Place.id).where(Place.kind == 7).order_by(Place.id)
    with Session(made) as session:
        expected = session.execute(statement).all()
        session.commit()
        shop.execute("drop extension partitioncache cascade")
        session.execute(insert(City).values(id=1000, name="kept"))
        assert session.execute(statement).all() == expected
        session.commit()
    assert shop.execute("select name from city where id = 1000") == [("kept",)]
    assert acceleration.statistics().failed == 1
    made.dispose()


def test_events_of_the_application_see_its_own_statements(shop: Database) -> None:
    made = engine(shop)
    partitioncache.sqlalchemy.accelerate(made, **OPTIONS)
    heard: list[str] = []
    event.listen(made, "before_cursor_execute", lambda *arguments: heard.append(arguments[2]))
    with Session(made) as session:
        session.execute(select(Place.id).where(Place.kind == 7)).all()
    assert heard == ["SELECT place.id \nFROM place \nWHERE place.kind = %(kind_1)s::INTEGER"]
    made.dispose()


def test_engines_that_cannot_be_accelerated() -> None:
    with pytest.raises(ConfigurationError, match=r"An engine for sqlite\+pysqlite cannot be accelerated"):
        partitioncache.sqlalchemy.accelerate(create_engine("sqlite://"), partition_key="city_id")
    with pytest.raises(ConfigurationError, match="is no engine"):
        partitioncache.sqlalchemy.accelerate("postgresql:///shop", partition_key="city_id")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("module", "package", "extra"),
    [
        ("sqlalchemy", "SQLAlchemy", "sqlalchemy"),
        ("django", "Django", "django"),
        ("asyncpg", "asyncpg", "asyncpg"),
    ],
)
def test_a_missing_extra_is_named(module: str, package: str, extra: str) -> None:
    program = f"""
import sys
sys.modules[{module!r}] = None
try:
    import partitioncache.{module}
except ImportError as error:
    print(error)
"""
    output = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout
    assert output.strip() == (
        f"partitioncache.{module} needs the package {package}, which is not installed. "
        f"Run: pip install 'partitioncache[{extra}]'"
    )
