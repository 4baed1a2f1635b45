create table partitioncache_processor_log (
    id bigint generated always as identity primary key,
    cache text not null,
    queue text not null check (queue in ('incoming', 'outgoing', 'racing', 'upkeep')),
    partition_key text,
    query_hash text,
    status text not null check (status in ('success', 'skipped', 'failed', 'timeout')),
    error_msg text,
    key_count bigint,
    execution_time_ms double precision not null,
    attempt integer,
    cost double precision,
    time_limit interval,
    owner oid not null,
    owner_name name not null,
    created_at timestamptz not null default clock_timestamp()
);

comment on table partitioncache_processor_log is
'What became of queued items: queue incoming = a query was taken apart (skipped: nothing of it can be cached, error_msg says why), outgoing = a fragment was evaluated (key_count = size of its key set), racing = the forms of a query were raced (skipped: there was nothing to race), upkeep = the processor''s own housekeeping failed. cost: what the planner expected a fragment to cost; time_limit: how long it might take. owner: whose item it was, upkeep: who looked after the cache. Keeps the latest log_limit rows of each cache and owner (see partitioncache_settings).';

create index partitioncache_processor_log_latest on partitioncache_processor_log (cache, owner, id);
-- For pc_pace: what costs little says nothing of how fast the server is, and may be all that the log holds.
create index partitioncache_processor_log_pace on partitioncache_processor_log (cache, owner, id) where queue = 'outgoing' and cost > 1000;
