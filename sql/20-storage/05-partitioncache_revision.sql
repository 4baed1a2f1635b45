create table partitioncache_revision (
    cache text not null,
    partition_key text not null,
    xid xid8 not null,
    changes bigint not null,
    primary key (cache, partition_key, xid)
);

comment on table partitioncache_revision is
'How often the entries of a partition key have changed, in summands: one row a transaction, so that nobody waits for another''s. partition_key: empty for what changes the whole cache (its settings, tables asserted to be static). The sum never falls; see pc_revision.';

create function pc_move_revision(cache text, partition_key text) returns void
language sql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    insert into partitioncache_revision as r (cache, partition_key, xid, changes)
    values (pc_move_revision.cache, pc_move_revision.partition_key, pg_current_xact_id(), 1)
    on conflict on constraint partitioncache_revision_pkey do update set changes = r.changes + 1
$$;

comment on function pc_move_revision(text, text) is
'Notes that what was decided about a partition key is to be decided again; with an empty partition key, about the whole cache. Example: select pc_move_revision(''partitioncache'', ''city_id'')';

create function pc_note_change() returns trigger
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    cache text := tg_argv[0];
    partition_key text := tg_argv[1];
begin
    if tg_level = 'ROW' then
        if tg_op = 'DELETE' then
            cache := old.cache;
            partition_key := coalesce(to_jsonb(old) ->> 'partition_key', '');
        else
            cache := new.cache;
            partition_key := coalesce(to_jsonb(new) ->> 'partition_key', '');
        end if;
    end if;
    perform pc_move_revision(cache, partition_key);
    return null;
end
$$;

comment on function pc_note_change() is
'Notes that entries of a partition key (its arguments: cache, partition key) came, went or were replaced; as a trigger of rows, that something was changed for the partition key of the row, or for its whole cache.';

create trigger note after insert or update or delete on partitioncache_settings for each row execute function pc_note_change();

-- Generations too: so that whoever knows the revision need not look at them.
create trigger note after insert or update or delete on partitioncache_registration for each row execute function pc_note_change();

create function pc_revision(cache text, partition_key text) returns bigint
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return (select coalesce(sum(r.changes), 0)::bigint from partitioncache_revision r
            where r.cache = pc_revision.cache and r.partition_key in ('', pc_revision.partition_key));
end
$$;

comment on function pc_revision(text, text) is
'A number that grows with each committed change of the entries of a partition key, or of what is asserted or set for its cache; with an empty partition key, of the latter alone. What is evicted, cleared or stored for other roles counts as well. Example: select pc_revision(''partitioncache'', ''city_id'')';

create function pc_sum_revisions() returns bigint
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    summed bigint;
begin
    with many as (
        select r.cache, r.partition_key from partitioncache_revision r group by 1, 2 having count(*) > 20
    ), taken as (
        delete from partitioncache_revision r
        where r.ctid = any (array(select o.ctid from partitioncache_revision o join many m using (cache, partition_key) for update of o skip locked))
        returning r.cache, r.partition_key, r.changes
    ), made as (
        insert into partitioncache_revision (cache, partition_key, xid, changes)
        select t.cache, t.partition_key, pg_current_xact_id(), sum(t.changes) from taken t where true group by 1, 2
        returning 1
    )
    select count(*) into summed from made;
    return summed;
end
$$;

comment on function pc_sum_revisions() is
'Replaces the summands of pc_revision by their sum, where there are many; for how many partition keys. Example: select pc_sum_revisions()';
