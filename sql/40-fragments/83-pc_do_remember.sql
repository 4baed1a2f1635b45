create function pc_do_remember(caller oid, argument jsonb) returns jsonb
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    analysis partitioncache_analysis := jsonb_populate_record(null::partitioncache_analysis, argument);
begin
    analysis.owner := caller;
    analysis.made_at := clock_timestamp();
    insert into partitioncache_analysis select analysis.*;
    return null;
end
$$;

comment on function pc_do_remember(oid, jsonb) is
'Keeps an analysis (a row of partitioncache_analysis) for a caller, who alone will see it. Example: see pc_call';
