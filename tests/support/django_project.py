"""A Django project in one file: it runs its queries on the database of the environment, and prints what they gave.

Run by test_adapters_django.py: python -m support.django_project OPTIONS, where OPTIONS is JSON: ``partitioncache`` (the
setting, null for a project without), ``options`` (of the database) and ``atomic``.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import sys
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import django
from django.conf import settings

given = json.loads(sys.argv[1])
settings.configure(
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": os.environ["PGDATABASE"],
            "USER": os.environ["PGUSER"],
            "HOST": os.environ["PGHOST"],
            "PORT": os.environ["PGPORT"],
            "OPTIONS": given["options"],
        }
    },
    INSTALLED_APPS=[
        "django.contrib.postgres",
        "support.django_shop",
        *(["partitioncache.django"] if given["partitioncache"] is not None else []),
    ],
    PARTITIONCACHE=given["partitioncache"],
    USE_TZ=True,
    TIME_ZONE="Europe/Berlin",
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
)
django.setup()

from django.db import connection, transaction  # noqa: E402
from django.db.models import Avg, Count, Exists, F, OuterRef, Prefetch, Q, Subquery, Window  # noqa: E402
from django.db.models.functions import RowNumber, TruncMonth, Upper  # noqa: E402

import partitioncache  # noqa: E402
from support.django_shop.models import City, Place, Review  # noqa: E402

SEVEN = Place.objects.filter(kind=7).order_by("id")
WHEN = datetime.datetime(2024, 3, 1, tzinfo=datetime.timezone.utc)
GOOD = Review.objects.filter(stars=4)


def raw() -> Any:
    with connection.cursor() as cursor:
        cursor.execute(
            "select id, '100%%' from place where kind = %s and name like %s order by id", [7, "%1%"]
        )
        return cursor.fetchall()


def raw_without_parameters() -> Any:
    with connection.cursor() as cursor:
        cursor.execute("select id, '100%' from place where kind = 7 order by id")
        return cursor.fetchall()


def related(places: Any) -> Any:
    return [
        (place.id, place.city.name, sorted(review.id for review in place.reviews.all())) for place in places
    ]


QUERIES: dict[str, Callable[[], Any]] = {
    "plain": lambda: list(SEVEN.values()),
    "objects": lambda: [(place.pk, place.name, place.opened, place.tags) for place in SEVEN],
    "types": lambda: list(
        SEVEN.filter(price__gt=Decimal("10.5"), height__lt=2000.1, opened__gte=WHEN)
        .exclude(name="it's %s")
        .values_list()
    ),
    "contains": lambda: list(SEVEN.filter(name__contains="100%").values_list("id", flat=True)),
    "case": lambda: list(SEVEN.filter(name__icontains="PLACE 1").values_list("id", flat=True)),
    "in": lambda: list(SEVEN.filter(id__in=range(1, 3000, 7)).values_list("id", flat=True)),
    "array": lambda: list(SEVEN.filter(tags__contains=["t1"]).values_list("id", flat=True)),
    "join": lambda: list(
        SEVEN.filter(reviews__stars__gt=2, reviews__city=F("city"))
        .order_by("id", "reviews__id")
        .values_list("id", "reviews__id")
    ),
    "related": lambda: related(SEVEN.select_related("city").prefetch_related("reviews")),
    "prefetch": lambda: related(SEVEN.prefetch_related(Prefetch("reviews", GOOD.order_by("id")))),
    "exists": lambda: list(
        SEVEN.filter(Exists(GOOD.filter(place=OuterRef("pk"), city=OuterRef("city")))).values_list(
            "id", flat=True
        )
    ),
    "any": lambda: (SEVEN.exists(), SEVEN.count(), SEVEN.first().pk, SEVEN.filter(height=-1).exists()),
    "subquery": lambda: list(
        SEVEN.annotate(
            best=Subquery(
                Review.objects.filter(place=OuterRef("pk")).order_by("-stars", "id").values("id")[:1]
            )
        ).values_list("id", "best")
    ),
    "or": lambda: list(
        Place.objects.filter(Q(kind=7) | Q(kind=7, height__gt=100)).order_by("id").values_list("id")
    ),
    "aggregate": lambda: SEVEN.aggregate(Avg("price"), Count("id"), Count("city", distinct=True)),
    "group": lambda: list(
        Place.objects.filter(kind=7).values("city").annotate(n=Count("id")).filter(n__gt=1).order_by("city")
    ),
    "month": lambda: list(
        Place.objects.filter(kind=7)
        .annotate(month=TruncMonth("opened"))
        .values("month")
        .annotate(n=Count("id"))
        .order_by("month")
    ),
    "window": lambda: list(
        SEVEN.annotate(
            rank=Window(RowNumber(), partition_by=F("city"), order_by=F("height").desc())
        ).values_list("id", "rank")
    ),
    "function": lambda: list(SEVEN.annotate(upper=Upper("name")).values_list("upper", flat=True)),
    "page": lambda: list(SEVEN.order_by("-height")[20:30].values_list("id", flat=True)),
    "union": lambda: sorted(
        Place.objects.filter(kind=7)
        .values_list("id")
        .union(Place.objects.filter(kind=7, height__gt=9).values_list("id"))
    ),
    "iterator": lambda: [place.pk for place in SEVEN.iterator(chunk_size=20)],
    "raw": raw,
    "raw without parameters": raw_without_parameters,
}


def writes() -> Any:
    """What writes, in a transaction that is given up; what it has written is seen in it."""
    with transaction.atomic():
        City.objects.bulk_create([City(id=10_000 + n, name="new %s") for n in range(5)])
        Place.objects.create(
            id=10_000, city_id=399, kind=7, name="new", height=1, price=Decimal(1), opened=WHEN, tags=["t1"]
        )
        seen = SEVEN.filter(name="new").count(), SEVEN.filter(height__gt=0).update(price=1)
        with transaction.atomic():
            last = SEVEN.last()
            last.delete()
        transaction.set_rollback(True)
    return [*seen, last.pk, Place.objects.filter(pk=10_000).count()]


def main() -> None:
    surrounding = transaction.atomic if given["atomic"] else contextlib.nullcontext
    found: dict[str, Any] = {}
    for name, query in {**QUERIES, "writes": writes}.items():
        for _ in range(2):
            with surrounding():
                found[name] = repr(query())
    with partitioncache.off():
        found["off"] = repr(QUERIES["plain"]())
    result: dict[str, Any] = {"found": found, "version": django.get_version()}
    if given["partitioncache"] is not None:
        from partitioncache.django import statistics as statistics_of

        statistics = statistics_of()
        result.update(restricted=statistics.restricted, failed=statistics.failed, problem=statistics.problem)
        if given.get("drop"):
            with connection.cursor() as cursor:
                cursor.execute("drop extension partitioncache cascade")
            with surrounding():
                result["dropped"] = repr(QUERIES["plain"]()) == found["plain"]
    print(json.dumps(result))


if __name__ == "__main__":
    main()
