create table partitioncache_settings (
    cache text primary key check (cache <> ''),
    max_fragments integer not null default 64 check (max_fragments between 1 and 10000),
    enabled boolean not null default false,
    frequency_seconds numeric not null default 1 check (frequency_seconds > 0),
    max_parallel_jobs integer not null default 2 check (max_parallel_jobs between 1 and 64),
    fragment_timeout interval not null default '30 min' check (fragment_timeout > interval '0'),
    max_attempts integer not null default 3 check (max_attempts > 0),
    log_limit integer not null default 10000 check (log_limit >= 0),
    untracked text not null default 'track' check (untracked in ('track', 'static', 'ignore')),
    learning_budget double precision not null default 1 check (learning_budget >= 0),
    max_bytes bigint not null default 0 check (max_bytes >= 0),
    max_entries bigint not null default 0 check (max_entries >= 0),
    max_age interval not null default '0' check (max_age >= interval '0'),
    least_cost double precision not null default 200 check (least_cost >= 0),
    apply_limit double precision not null default 100 check (apply_limit >= 0),
    compare_share double precision not null default 0.02 check (compare_share between 0 and 1),
    race_budget double precision not null default 4 check (race_budget >= 0),
    learn_seconds double precision not null default 600 check (learn_seconds between 0 and 86400),
    learn_after_ms double precision not null default 200 check (learn_after_ms >= 0)
);

comment on table partitioncache_settings is
'One row a cache: max_fragments = most fragments a query is taken apart into; enabled, frequency_seconds, max_parallel_jobs, fragment_timeout = how the processor works; max_attempts = failures until a queued item is dead; log_limit = rows kept in partitioncache_processor_log; untracked = what becomes of tables that are neither tracked nor asserted to be static: push tracks them (track), they are taken for static (static), or nothing (ignore): then entries on them are not used; learning_budget = how many times its own cost learning from a query may cost; max_bytes, max_entries, max_age = beyond which entries are evicted, 0 for never; least_cost = method auto leaves queries alone that the planner expects to cost less, in its own units: with tables in memory and the usual costs, 200 take half a millisecond, and so does asking; apply_limit = method auto leaves queries alone that it expects to take more milliseconds to ask for the first time, 0 for no limit; compare_share = of the time that queries of partitioncache_open take, how much running originals to compare with may add; race_budget = how many times as long as a pushed query takes, it and its restricted forms may be run to find out which is fastest, 0 for never; learn_seconds = seconds a day that the processor may have worked for a role until partitioncache_open pushes nothing more for it, 0 for never; learn_after_ms = milliseconds that a kind of query has taken in all before partitioncache_open pushes one of it.';

select pc_dump_with_extension('partitioncache_settings');
