create table partitioncache_tracked (
    cache text not null,
    partition_key text not null,
    relation regclass not null,
    since xid8 not null,
    cluster bigint not null,
    created_at timestamptz not null default now(),
    primary key (cache, partition_key, relation),
    foreign key (cache, partition_key) references partitioncache_registration on update cascade on delete cascade
);

comment on table partitioncache_tracked is
'One row a table whose writes are logged for a partition key: since = the transaction that began it, by the clock of cluster. The triggers on the table do the work; pc_tracking_state compares the two.';

select pc_dump_with_extension('partitioncache_tracked');
