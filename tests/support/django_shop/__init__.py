"""An app of a Django project: the tables of support.shop as models."""
