create sequence partitioncache_queue_id;

comment on sequence partitioncache_queue_id is
'Numbers the items of both queues in the order in which they are to be worked on where priorities are equal.';

create table partitioncache_queue (
    queue text not null check (queue in ('incoming', 'outgoing', 'racing')),
    id bigint primary key,
    cache text not null,
    partition_key text not null,
    hash text not null,
    query text not null,
    session jsonb,
    keyed_tables text[],
    parts text[],
    datatype text,
    origin bigint,
    scanned text,
    kind text,
    cost double precision,
    time_limit interval,
    checked boolean not null,
    tracks boolean not null default false,
    priority integer not null,
    status text not null default 'ready' check (status in ('ready', 'running', 'failed', 'timeout', 'dead')),
    owner oid not null,
    owner_name name not null,
    cluster bigint not null default pc_cluster(),
    attempts integer not null default 0,
    claim bigint not null default 0,
    worker_pid integer,
    worker_id text,
    pushed_at timestamptz not null default clock_timestamp(),
    due_at timestamptz not null default clock_timestamp(),
    started_at timestamptz,
    died_at timestamptz,
    error_msg text,
    check ((status = 'dead') = (died_at is not null))
) with (fillfactor = 60, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500,
        autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 2000, autovacuum_vacuum_cost_delay = 0);

comment on table partitioncache_queue is
'The queues, which behave alike: incoming, original queries waiting to be taken apart; outgoing, fragments waiting to be evaluated; racing, queries whose restricted forms are to be raced, when nothing else is left to do. due_at says when an item may be claimed: ready at once, failed and timeout after a pause, running when the lease is over. claim counts the claims and names the latest; whoever holds it says with it what became of the item. attempts counts those that failed or are under way. Finished items are deleted and logged. owner: a role of this cluster by its OID, in another cluster found again by owner_name. Nobody writes here but the functions that pc_call leads to.';
comment on column partitioncache_queue.hash is
'Outgoing: the fragment''s hash. Incoming: the SHA-256 of the query''s text, with the settings of its session where the text was checked by this server.';
comment on column partitioncache_queue.origin is
'The claim of the query that a fragment was taken from, as pc_marker writes it.';
comment on column partitioncache_queue.scanned is
'The one table that a fragment reads: what is said of it can be found out together with other such fragments. Empty for an item that is worked on alone, because to work on it together with others has failed.';
comment on column partitioncache_queue.kind is
'What items share that differ in plain constants alone, a digest of pc_masked; null where it was not made out when the item was queued.';
comment on column partitioncache_queue.time_limit is
'How long the first attempt may take; null for the limit of the cache. cost: what the planner expected it to cost.';
comment on column partitioncache_queue.checked is
'Whether this server accepted the text when it was pushed. The processor in the database takes only such items; others are for monitors, which may read other databases.';
comment on column partitioncache_queue.tracks is
'Whether the tables of the query are still to be tracked where the setting untracked says so: it was noted by a session that must not lock them (see pc_note).';
comment on column partitioncache_queue.worker_id is
'Who holds the claim. Workers inside the database: the session''s identifier as %c writes it into the server''s log, so that a process that reuses the pid is not taken for the worker.';

-- Not unique: to insert what another transaction has just inserted would mean to wait for its end, and two that do so wait for each other for ever.
-- So an item may be there twice, if two transactions put it in at the same time; the second finds it done.
create index partitioncache_queue_hash on partitioncache_queue (hash, cache, partition_key, owner, cluster, queue);

-- Claiming changes no indexed column (died_at is set once, at the end): those updates stay in the page and add nothing to the indexes.
create index partitioncache_queue_due on partitioncache_queue (cache, owner, cluster, queue, priority desc, id) where died_at is null;

select pc_dump_with_extension('partitioncache_queue_id');
select pc_dump_with_extension('partitioncache_queue');
