-- A schema that belongs to the installer alone. The schema of the extension may belong to somebody else (public belongs to the owner of the
-- database), who could put an operator or a function there that fits a call of ours better than ours does: nothing is looked up there.
create schema partitioncache_internal;

comment on schema partitioncache_internal is
'Tables, types and functions of PartitionCache. What people call stands in the schema of the extension and leads here.';

set local search_path = partitioncache_internal, pg_temp;
