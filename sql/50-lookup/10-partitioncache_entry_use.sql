create table partitioncache_entry_use (
    cache text not null,
    partition_key text not null,
    hash text not null,
    role oid not null default 0,
    uses bigint not null default 0,
    last_used timestamptz not null default now(),
    primary key (cache, partition_key, hash, role)
) with (fillfactor = 50);

comment on table partitioncache_entry_use is
'How much an entry (hash, role as in the table of key sets) is used: uses = minutes in which at least one query was restricted by it, last_used = the last of them. Beside the entries, so that a long transaction that used one never makes the processor wait.';
