create table partitioncache_noted (
    owner oid not null,
    cluster bigint not null default pc_cluster(),
    cache text not null,
    template text not null,
    digest text not null,
    taken_ms double precision not null,
    item bigint not null,
    noted_at timestamptz not null default clock_timestamp()
);

create index on partitioncache_noted (cache, owner);

comment on table partitioncache_noted is
'Which queries partitioncache_open has put into the incoming queue by itself within a day, for each role: template: see pc_template; digest: of the text and its session; taken_ms: how long such queries had taken in all until then; item: the number in the queue. Several rows of one query do no harm. Not part of a dump.';
