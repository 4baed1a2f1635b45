# make               puts extension/partitioncache--VERSION.sql together from sql/, and the upgrades from upgrade/
# make install       installs the extension into the PostgreSQL that PG_CONFIG belongs to
# make installcheck  a short check of that installation (a running server, PG* variables as for psql)
# make demo          the gain on real data, with nothing installed but Python
# make demo-cron     the same on a system PostgreSQL 15, with pg_cron doing the work
# make demo-osm      what is near what on a map of OpenStreetMap, on a system PostgreSQL 15 with PostGIS
# make test          everything that is checked; installs what it needs when run by root on Debian
# make fuzz          random queries against their rewritten forms, for SECONDS=600 or until one differs
# make faults        workers and servers killed at random for SECONDS=600, and an account of what became of the queries
# make docs          the documentation as a site, in .build/site
# make dist          the archive for PGXN
# make release       all that a release consists of, in dist/: PGXN, wheel, Debian package, site; checks that versions agree

EXTENSION    = partitioncache
EXTVERSION   = $(shell sed -n "s/^default_version *= *'\(.*\)'.*/\1/p" partitioncache.control)
BUILT        = $(patsubst %,extension/$(EXTENSION)--%.sql,$(EXTVERSION) $(notdir $(wildcard upgrade/*--$(EXTVERSION))))
DATA         = $(sort $(wildcard extension/$(EXTENSION)--*.sql) $(BUILT))
REGRESS      = partitioncache
REGRESS_OPTS = --inputdir=tests/regress --outputdir=.build/regress
EXTRA_CLEAN  = .build

PG_CONFIG ?= pg_config
PGXS := $(wildcard $(shell $(PG_CONFIG) --pgxs 2>/dev/null))

# A released copy carries no dates worth comparing: the script leaves an unchanged file alone, so it may always run.
.PHONY: build
all: build
build:
	@scripts/build-extension

ifneq ($(PGXS),)
include $(PGXS)
installcheck: .build/regress
.build/regress:
	@mkdir -p $@
else
.PHONY: all install installcheck clean
install installcheck:
	@echo "No PGXS found through PG_CONFIG=$(PG_CONFIG). Install the server's development files (Debian: postgresql-server-dev-15) or name the right pg_config: make $@ PG_CONFIG=/path/to/pg_config" >&2; exit 1
clean:
	rm -rf .build
endif

SECONDS ?= 600
.PHONY: test fuzz faults demo demo-cron demo-osm docs dist release test-docker-install
test:
	@scripts/run-tests
fuzz:
	@scripts/run-fuzz --seconds $(SECONDS)
faults:
	@FAULT_SECONDS=$(SECONDS) scripts/run-tests -q -s tests/faults/test_kills.py
demo:
	@demo/run
demo-cron:
	@demo/run --cron
demo-osm:
	@demo/run --osm
docs:
	@scripts/build-docs
dist: build
	@scripts/build-dist
release:
	@scripts/release
test-docker-install:
	@scripts/test-docker-install
