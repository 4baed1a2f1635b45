create table partitioncache_static (
    cache text not null,
    relation oid not null,
    relation_name text not null,
    database oid not null,
    cluster bigint not null,
    owner oid not null,
    owner_name name not null,
    created_at timestamptz not null default now(),
    primary key (cache, relation, database, cluster)
);

comment on table partitioncache_static is
'One row a table of which somebody (owner) asserts that it does not change, so that entries on it are used though nobody logs its writes. relation: its OID in database of cluster; relation_name: how it was called, by which it is found again after a restore.';

select pc_dump_with_extension('partitioncache_static');

create trigger note after insert or update or delete on partitioncache_static for each row execute function pc_note_change();
