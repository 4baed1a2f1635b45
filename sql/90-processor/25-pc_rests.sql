create function pc_rests(step text, cache text) returns boolean
language plpgsql stable parallel restricted
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    mark constant text := left(pc_sha256(concat_ws(' ', step, pc_me(), cache)), 16);
begin
    -- No further ahead than a step ever rests, whatever somebody has written there.
    return exists (
        select from unnest(string_to_array(current_setting('partitioncache.rests', true), ',')) s
        where s ~ ('^' || mark || ' [0-9]{1,11}$')
          and split_part(s, ' ', 2)::bigint - extract(epoch from clock_timestamp()) between 0 and 600);
end
$$;

comment on function pc_rests(text, text) is
'Whether a step of looking after a cache was taken in this session, as this role, so short a time ago that it is not taken again: see pc_rest. Example: select pc_rests(''upkeep'', ''partitioncache'')';

create function pc_rest(step text, cache text, pause interval) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    mark constant text := left(pc_sha256(concat_ws(' ', step, pc_me(), cache)), 16);
begin
    -- For the session, but undone with the transaction, as is then what the step has done.
    perform set_config('partitioncache.rests', concat_ws(',',
        format('%s %s', mark, floor(extract(epoch from clock_timestamp() + least(pause, interval '10 min')))::bigint),
        (select string_agg(s, ',' order by n) from unnest(string_to_array(current_setting('partitioncache.rests', true), ',')) with ordinality s(s, n)
         where n <= 20 and s <> '' and not s ^@ mark)), false);
end
$$;

comment on function pc_rest(text, text, interval) is
'Has a step of looking after a cache rest in this session for so long, ten minutes at most: see pc_rests. Example: select pc_rest(''upkeep'', ''partitioncache'', ''1 min'')';
