create table partitioncache_learning (
    cache text not null,
    partition_key text not null,
    hash text not null,
    owner oid not null,
    owner_name name not null,
    cluster bigint not null default pc_cluster(),
    state text not null check (state in ('deferred', 'unselective', 'forced', 'forbidden')),
    rank text,
    query text,
    keyed_tables text[],
    parts text[],
    cost double precision,
    kept double precision,
    proven double precision,
    credit double precision not null default 0,
    asked bigint not null default 0,
    writes bigint,
    form pc_form,
    filed_under text,
    filed_rank double precision,
    changed_at timestamptz not null default clock_timestamp(),
    primary key (hash, cache, partition_key, owner, cluster)
) with (fillfactor = 70);

comment on table partitioncache_learning is
'Fragments that are not evaluated, and why. deferred: that costs more than the queries that asked for it have cost so far; unselective: it leaves most partitions, found out at so many writes to its tables; forced, forbidden: an administrator has said so, for all roles (owner 0). cost: what its evaluation costs by the planner, in its units; proven: what it was found to cost at least, when its time was over; kept: the share of the partitions that it leaves, by the planner or as found; credit: what queries could have saved by it so far, less what was spent; asked: how many; form, filed_under, filed_rank: as in pc_evaluation. Nobody writes here but the functions that pc_call leads to. A dump has what administrators have said; the rest is found out anew.';

select pc_dump_with_extension('partitioncache_learning', 'where owner = 0');

create index on partitioncache_learning (cache, owner, credit);
create index on partitioncache_learning (filed_under, owner) where state = 'deferred';

create view pc_own_learning with (security_barrier) as
select l.cache, l.partition_key, l.hash, l.state, l.rank, case when m.mine or m.all_texts then l.query end as query, l.keyed_tables, l.parts,
       l.cost, l.kept, l.credit, l.asked, l.writes, l.changed_at, coalesce(r.rolname, nullif(l.owner_name, '')) as owner, m.mine
from partitioncache_learning l
left join pg_roles r on r.oid = l.owner and l.cluster = (select pc_cluster())
cross join lateral (
    select l.owner = (select pc_me()) and l.cluster = (select pc_cluster()) or l.owner = 0 as mine,
           (select pg_has_role(pc_installer(), 'usage')) as all_texts) m
where m.mine or m.all_texts
   or l.cache = any (array(select g.cache from partitioncache_role g
                           where g.cluster = (select pc_cluster()) and g.level in ('monitor', 'administer') and pg_has_role(g.role, 'usage')));

comment on view pc_own_learning is
'The rows of partitioncache_learning that the role in force may see: its own, and what an administrator has said (mine); those of all roles, without their texts for who may monitor or administer the cache, with texts for the installer.';
