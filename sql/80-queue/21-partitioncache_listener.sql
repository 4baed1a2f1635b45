create table partitioncache_listener (
    pid integer not null,
    session text,
    cache text not null,
    primary key (cache, pid)
);

comment on table partitioncache_listener is
'Sessions that called partitioncache_listen, by their process and the session''s identifier (see pc_session_id), as far as the role may see it.';
