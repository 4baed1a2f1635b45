create table partitioncache_role (
    cache text not null,
    role oid not null,
    role_name name not null,
    cluster bigint not null,
    level text not null check (level in ('monitor', 'read', 'push', 'fill', 'administer')),
    granted_at timestamptz not null default now(),
    primary key (cache, role, level)
);

comment on table partitioncache_role is
'Who may do what in which cache, as partitioncache_grant was told: one of read, push, fill, administer, and beside it monitor. role: the OID of a role in this cluster; role_name: how it was called, by which it is found again in another one.';

select pc_dump_with_extension('partitioncache_role');
