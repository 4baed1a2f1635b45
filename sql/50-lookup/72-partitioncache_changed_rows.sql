create function partitioncache_changed_rows(of_row anyelement, partition_key text, listed anycompatiblearray, changed anycompatiblearray) returns setof anyelement
language plpgsql stable parallel safe rows 10 cost 20000
set search_path = pg_catalog, partitioncache_internal, pg_temp
set jit = off
as $$
declare
    more alias for changed;
begin
    if more <@ listed then
        return;
    end if;
    more := array(select k from unnest(more) k where k is not null except select k from unnest(listed) k);
    if more = '{}' then
        return;
    end if;
    -- As constants, so that PostgreSQL opens the partitions that hold them and no others. Of very many: all that the list does not bring.
    return query execute format('select r.* from %s r where r.%I %s', (select t.typrelid::regclass from pg_type t where t.oid = pg_typeof(of_row)), partition_key,
                                case when cardinality(more) <= 1000 then format('= any (%s)', pc_key_literal(more)) else format('<> all (%s)', pc_key_literal(listed)) end);
end
$$;

comment on function partitioncache_changed_rows(anyelement, text, anycompatiblearray, anycompatiblearray) is
'What a query on a table that PostgreSQL itself partitions by the partition key calls beside the list of its keys: the rows of the partitions that were written to since and that the list does not bring, exact for the snapshot of that very statement. of_row: a null of the table''s row type; partition_key: the name of its column; listed: the keys that the query reads anyway, without null; changed: those written to since. Example: select * from partitioncache_changed_rows(null::public.poi, ''city_id'', ''{1,2}''::integer[], ''{2,3}''::integer[])';
