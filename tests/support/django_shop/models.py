"""Cities, their places, and the reviews of these."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models


class City(models.Model):
    id = models.IntegerField(primary_key=True)
    name = models.TextField()

    class Meta:
        db_table = "city"


class Place(models.Model):
    id = models.IntegerField(primary_key=True)
    city = models.ForeignKey(City, models.CASCADE, related_name="places")
    kind = models.IntegerField()
    name = models.TextField()
    height = models.FloatField()
    price = models.DecimalField(max_digits=10, decimal_places=2)
    opened = models.DateTimeField()
    tags = ArrayField(models.TextField())

    class Meta:
        db_table = "place"


class Review(models.Model):
    id = models.IntegerField(primary_key=True)
    city = models.ForeignKey(City, models.CASCADE, related_name="+")
    place = models.ForeignKey(Place, models.CASCADE, related_name="reviews")
    stars = models.IntegerField()
    text = models.TextField()

    class Meta:
        db_table = "review"
