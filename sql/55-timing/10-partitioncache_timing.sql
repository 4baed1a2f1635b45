create table partitioncache_timing (
    owner oid not null,
    cluster bigint not null default pc_cluster(),
    cache text not null,
    partition_key text not null,
    template text not null,
    candidate text not null,
    query text not null,
    hashes text[] not null default '{}',
    latest double precision[] not null default '{}',
    ms double precision,
    timed bigint not null default 0,
    runs double precision not null default 0,
    saved_ms double precision not null default 0,
    open_runs double precision not null default 0,
    open_ms double precision not null default 0,
    measured_at timestamptz not null default clock_timestamp()
) with (fillfactor = 70);

create index on partitioncache_timing (template, owner);

comment on table partitioncache_timing is
'How long queries took, as they are and otherwise: of each role by template, a digest of the text without its constants and of the search path (pc_template). candidate: original, restricted if that ran instead of it, unfinished if it was not read to its end and takes longer; query: the text without constants; hashes: the entries that were used last; latest: its latest times in milliseconds, at most nine, and ms their median; timed: how many were measured; runs: how many runs of an application they stand for; saved_ms: what these saved in all, open_runs and open_ms: those of which it cannot be said yet, because the original was never timed. Several rows of one candidate do no harm: there is no unique index, so that nobody ever waits for another''s transaction. Nobody writes here but pc_do_time. Not part of a dump.';

create table partitioncache_gain_log (
    owner oid not null,
    cluster bigint not null default pc_cluster(),
    cache text not null,
    hour timestamptz not null,
    runs double precision not null,
    saved_ms double precision not null
) with (fillfactor = 70);

create index on partitioncache_gain_log (cache, owner, hour);

comment on table partitioncache_gain_log is
'What was saved in each hour: milliseconds, by how many runs of restricted queries of a role. Several rows of one hour do no harm. Kept for 90 days. Not part of a dump.';

create view pc_own_timing with (security_barrier) as
select * from partitioncache_timing t where t.owner = (select pc_me()) and t.cluster = (select pc_cluster());

comment on view pc_own_timing is
'The times of the queries of the role in force.';

create view pc_own_gain with (security_barrier) as
select t.cache, t.partition_key, t.template, t.candidate, case when m.mine then t.query end as query, t.hashes, t.ms, t.timed, t.runs, t.saved_ms, t.measured_at, t.owner
from partitioncache_timing t
cross join lateral (select t.owner = (select pc_me()) and t.cluster = (select pc_cluster()) or (select pg_has_role(pc_installer(), 'usage')) as mine) m
where m.mine
   or t.cache = any (array(select g.cache from partitioncache_role g
                           where g.cluster = (select pc_cluster()) and g.level in ('monitor', 'administer') and pg_has_role(g.role, 'usage')));

comment on view pc_own_gain is
'The rows of partitioncache_timing that the role in force may see: its own; those of all roles, without their texts for who may monitor or administer the cache, with texts for the installer.';

create view pc_own_gain_log with (security_barrier) as
select l.cache, l.hour, l.runs, l.saved_ms
from partitioncache_gain_log l
where l.owner = (select pc_me()) and l.cluster = (select pc_cluster()) or (select pg_has_role(pc_installer(), 'usage'))
   or l.cache = any (array(select g.cache from partitioncache_role g
                           where g.cluster = (select pc_cluster()) and g.level in ('monitor', 'administer') and pg_has_role(g.role, 'usage')));

comment on view pc_own_gain_log is
'The rows of partitioncache_gain_log that the role in force may see: its own; those of all roles for who may monitor or administer the cache, and for the installer.';
