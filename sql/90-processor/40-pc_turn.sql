create type pc_turn as (
    cache text,
    worker integer,
    frequency_seconds numeric,
    until timestamptz,
    worker_id text,
    overdue_at timestamptz,
    upkeep_at timestamptz,
    refresh_at timestamptz,
    outcome text,
    item partitioncache_queue,
    works boolean,
    wait double precision,
    finished boolean
);

comment on type pc_turn is
'What a processor carries from one transaction to the next. worker: null for one that a person called, 0 for pg_cron''s first job, which evaluates nothing itself and keeps the others to their time, 1 and up for those that evaluate. overdue_at, upkeep_at, refresh_at: when these are due. outcome: of the last item. Then what to do next: works = the item, otherwise wait so many seconds, finished = stop.';
