create table partitioncache_registration (
    cache text not null,
    partition_key text not null check (partition_key <> ''),
    datatype text not null check (pc_native_type(datatype) is not null),
    storage text not null,
    partition_local boolean not null default false,
    generation bigint not null default 1,
    placed bigint not null default 0,
    created_at timestamptz not null default now(),
    primary key (cache, partition_key),
    check (pc_can_store(storage, datatype))
);

comment on table partitioncache_registration is
'One row a registered partition key: its datatype, how key sets are stored, whether the user asserts that matches never cross partitions (partition_local), and a generation that grows when all entries are to be forgotten: what was evaluated before is not used. placed: the generation that began when it was last placed elsewhere (see partitioncache_place), 0 if it never was.';

select pc_dump_with_extension('partitioncache_registration');
