"""The cache backends, one store a module, on one protocol (`partitioncache.backends.protocol`)."""
