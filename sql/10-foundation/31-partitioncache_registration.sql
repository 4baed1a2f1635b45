create table partitioncache_registration (
    cache text not null,
    partition_key text not null check (partition_key <> ''),
    datatype text not null check (pc_native_type(datatype) is not null),
    storage text not null check (storage in ('array', 'bit')),
    partition_local boolean not null default false,
    log_trimmed_below xid8 not null default '0',
    log_cluster bigint not null default 0,
    generation bigint not null default 1,
    created_at timestamptz not null default now(),
    primary key (cache, partition_key),
    check (storage = 'array' or datatype in ('integer', 'bigint'))
);

comment on table partitioncache_registration is
'One row a registered partition key: its datatype, how key sets are stored, whether the user asserts that matches never cross partitions (partition_local), the transaction id below which the change log has been trimmed (of the cluster log_cluster), and a generation that grows when all entries are to be forgotten: what was evaluated before is not used.';

select pc_dump_with_extension('partitioncache_registration');
