create table partitioncache_placement (
    cache text not null,
    partition_key text not null,
    relation oid not null,
    relation_name text not null,
    database oid not null,
    cluster bigint not null,
    template text not null,
    columns text[] not null,
    column_types text[] not null,
    type regtype not null,
    plain boolean not null,
    untrusted text,
    placed_by name not null,
    created_at timestamptz not null default now(),
    primary key (cache, partition_key, relation, database, cluster)
);

comment on table partitioncache_placement is
'One row a table in which a partition key is not a column of its name. relation: its OID in database of cluster; relation_name: how it was called, by which it is found again after a restore; template: the canonical expression, chr(1) chr(2) before each of its columns; columns, column_types: these, and what they were then; type: of the expression; plain: it is a column alone; untrusted: what in it may not be called when writes are logged, null if all may.';

select pc_dump_with_extension('partitioncache_placement');
