create table partitioncache_tracked (
    cache text not null,
    partition_key text not null,
    relation regclass not null,
    since xid8 not null default pg_current_xact_id(),
    created_at timestamptz not null default now(),
    primary key (cache, partition_key, relation),
    foreign key (cache, partition_key) references partitioncache_registration on update cascade on delete cascade
);

comment on table partitioncache_tracked is
'The tables whose writes are logged, by cache and partition key.';

select pc_dump_with_extension('partitioncache_tracked');
