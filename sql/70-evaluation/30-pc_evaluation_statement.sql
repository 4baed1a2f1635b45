create function pc_evaluation_statement(
    fragment text, partition_key text, candidates anyarray, relation text, null_possible boolean
) returns text
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    native text := (select format_type(t.typelem, null) from pg_type t where t.oid = pg_typeof(candidates));
    body text := regexp_replace(fragment, '^SELECT DISTINCT ', 'SELECT ');
    source constant text := 'pg_catalog.unnest($1) c(k)';
    probing text := pc_probing_statement(fragment, native, source);
    -- As if nothing were known, and what is known looked at afterwards.
    apart text := format('SELECT DISTINCT f.k::%s FROM (SELECT DISTINCT u.k FROM (%s) u(k) OFFSET 0) f(k) WHERE f.k = ANY ($1)%s', native, body,
                         case when null_possible then ' OR f.k IS NULL' else '' end);
    chosen text := format('SELECT DISTINCT f.k::%s FROM (%s) f(k) JOIN %s ON f.k = c.k', native, body, source);
    cost double precision;
begin
    if candidates is null then
        return format('SELECT DISTINCT f.k::%s FROM (%s) f(k)%s', native, body, case when null_possible then '' else ' WHERE f.k IS NOT NULL' end);
    end if;
    -- The candidates come from conditions that the fragment has, too. The planner takes the two for independent: it expects so few rows that it
    -- chooses nested loops. Looking into each partition until the first match takes long where there is none, though the planner believes in one.
    -- Only a plan that promises to be many times better is better.
    cost := pc_statement_cost(apart, candidates);
    if 10 * pc_statement_cost(chosen, candidates) >= cost then
        chosen := apart;
    end if;
    if pc_can_be_probed(fragment, partition_key, relation) and 10 * pc_statement_cost(probing, candidates) < cost then
        chosen := probing;
    end if;
    return chosen || case when null_possible and chosen <> apart then format(' UNION ALL SELECT NULL::%s WHERE EXISTS (SELECT 1 FROM (%s) f(k) WHERE f.k IS NULL)', native, body)
                          else '' end;
end
$$;

comment on function pc_evaluation_statement(text, text, anyarray, text, boolean) is
'The statement by which a fragment is evaluated: a join, or a probe of each candidate where an index finds it, if the planner takes that for much cheaper. candidates: the only partitions that can match, null if all; relation: a table that has them all; null_possible: rows without a partition key can match. Example: select pc_evaluation_statement(''SELECT DISTINCT t1.city_id FROM public.poi t1'', ''city_id'', null::integer[], ''public.poi'', false)';

create function pc_probing_statement(fragment text, native text, source text) returns text
language sql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select format('SELECT c.k::%s FROM %s CROSS JOIN LATERAL (SELECT 1 FROM (%s) f(k) WHERE f.k = c.k LIMIT 1) hit', native, source,
                  regexp_replace(fragment, '^SELECT DISTINCT ', 'SELECT '))
$$;

comment on function pc_probing_statement(text, text, text) is
'The statement that looks for a fragment''s first match in each of the partitions c(k) of a source. Example: select pc_probing_statement(''SELECT DISTINCT t1.city_id FROM public.poi t1'', ''integer'', ''pg_catalog.unnest($1) c(k)'')';

create function pc_can_be_probed(fragment text, partition_key text, source text) returns boolean
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
declare
    -- As in pc_partition_estimate.
    placed text[] := regexp_match(source, '^[(]SELECT s[.]("(?:[^"]|"")*"|[a-z_][a-z0-9_$]*) AS ("(?:[^"]|"")*"|[a-z_][a-z0-9_$]*) FROM (.*) s[)]$');
begin
    -- Where the key is an expression, no index is looked for.
    if source ^@ '(' and placed is null then
        return false;
    end if;
    return pc_has_key_index(coalesce(placed[3], source), coalesce(placed[1], quote_ident(partition_key)))
       and not exists (
           select from pc_fragment_tables(fragment) t
           join pg_attribute a on a.attrelid = to_regclass(regexp_replace(t.relation, '^ONLY ', '')) and a.attname = partition_key and not a.attisdropped
           where not pc_has_key_index(t.relation, quote_ident(partition_key)));
end
$$;

comment on function pc_can_be_probed(text, text, text) is
'Whether the table whose key a fragment selects (source: as pc_key_source gives it), and each that has a column called like the key, has an index by which one partition is found. Example: select pc_can_be_probed(''SELECT DISTINCT t1.city_id FROM public.poi t1'', ''city_id'', ''public.poi'')';

create function pc_statement_cost(statement text, candidates anyarray) returns double precision
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, pg_temp
set DateStyle = 'ISO, YMD'
set IntervalStyle = 'postgres'
set TimeZone = 'UTC'
set standard_conforming_strings = on
as $$
declare
    plan pg_catalog.json;
begin
    execute 'explain (format json) ' operator(pg_catalog.||) statement into plan using candidates;
    return (plan operator(pg_catalog.->) 0 operator(pg_catalog.->) 'Plan' operator(pg_catalog.->>) 'Total Cost')::pg_catalog.float8;
end
$$;

comment on function pc_statement_cost(text, anyarray) is
'What the planner expects a canonical statement to cost; $1 in it stands for the candidates. Example: select pc_statement_cost(''select 1'', ''{}''::integer[])';
