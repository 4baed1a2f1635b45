create table partitioncache_analysis (
    owner oid not null,
    digest text not null,
    made_at timestamptz not null default clock_timestamp(),
    reason text,
    canonical text,
    families pc_family[],
    named oid[] not null,
    relations oid[] not null,
    functions oid[] not null,
    operators oid[] not null,
    types oid[] not null,
    closure pc_object[],
    state bigint not null,
    learned jsonb
);

create index on partitioncache_analysis (digest, owner);

comment on table partitioncache_analysis is
'What queries were found to consist of, by the digest of their text and of all that gives it its meaning. Used only by the role that made it, and only while the catalog is as it was (state). learned: of a query that was pushed and had nothing left to learn, its fragments that are learned at once, by their hashes, each with the relations it names; and nothing else of it (see pc_nothing_left). Several rows of one digest do no harm: there is no unique index, so that nobody ever waits for another''s transaction.';

create view pc_own_analysis with (security_barrier) as
select * from partitioncache_analysis a where a.owner = (select pc_me());

comment on view pc_own_analysis is
'The remembered analyses of the role in force. Whoever could write here for another role would write the text that the other one runs.';
