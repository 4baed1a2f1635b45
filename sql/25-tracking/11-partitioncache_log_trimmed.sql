create table partitioncache_log_trimmed (
    cache text not null,
    partition_key text not null,
    below xid8 not null,
    cluster bigint not null,
    primary key (cache, partition_key)
);

comment on table partitioncache_log_trimmed is
'How far each change log has been trimmed: rows of transactions below this one (of that cluster) are gone, and entries that are older are put aside. Beside the registration, so that who clears a cache never waits for who trims its log.';

select pc_dump_with_extension('partitioncache_log_trimmed');
