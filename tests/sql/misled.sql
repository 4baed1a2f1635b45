-- Joins of which the planner does not know how many rows they leave: a list lowers its estimate, and it gives up the index that the query looks into.
\ir _core.sql
select no_plan();
select partitioncache_update_processor_config(race_budget => 0);

-- 20,000 buildings; a hotel alone in every second cell, and in every fiftieth cell a hotel and 19 shops in one building.
create table building (cell integer not null, shape box not null);
create table place (cell integer not null, kind text, shape point not null);
insert into building select n / 20, box(point(n % 2000 / 10.0, n / 2000), point(n % 2000 / 10.0 + 0.05, n / 2000 + 0.1)) from generate_series(0, 19999) n;
insert into place select n / 30, case n % 60 when 0 then 'hotel' else 'tree' end, point(n % 3000 / 15.0 + 0.001, n / 3000 + 0.5) from generate_series(0, 29999) n;
insert into place select n * 50, case k when 0 then 'hotel' else 'shop' end, point(n * 50 * 20 % 2000 / 10.0 + 0.02, n * 50 * 20 / 2000 + 0.05) from generate_series(0, 19) n, generate_series(0, 19) k;
create index on building using gist (shape);
create index on place using gist (shape);
create index on place (cell, kind);
analyze building, place;
select partitioncache_register('cell', 'integer');
create function compared(query text) returns bigint language plpgsql as $$
declare
    plan jsonb;
begin
    execute 'explain (analyze, timing off, format json) ' || query into plan;
    return (select coalesce(sum((n ->> 'Rows Removed by Join Filter')::bigint * (n ->> 'Actual Loops')::bigint), 0) from jsonb_path_query(plan, 'strict $.** ? (exists (@."Join Filter"))') n);
end
$$;
create temporary table asked as
select 'select h.shape from building b join place h on h.shape <@ b.shape join place s on s.shape <@ b.shape where h.kind = ''hotel'' and s.kind = ''shop''' as query;
select partitioncache_push(query, 'cell') > 0 as pushed, partitioncache_process_queue(max_seconds => 60) > 0 as processed from asked;
select cmp_ok(compared(partitioncache_apply(query, 'cell', method => 'literal')), '>', 1000000::bigint, 'the list misleads the planner: it compares each with each') from asked;
select is(compared(partitioncache_apply(query, 'cell')), 0::bigint, 'auto does not') from asked;
select alike((partitioncache_explain(query, 'cell')).reason, 'the planner would be misled by the keys: %', 'and says why') from asked;
select * from finish();
