create function pc_gate(rewritten pc_rewritten, query text, session_path text, alternative text) returns pc_rewritten
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    before double precision := pc_plan_cost(query, session_path);
    after double precision := pc_plan_cost((rewritten).rewritten, session_path);
    other double precision;
begin
    if alternative is not null then
        other := pc_plan_cost(alternative, session_path);
        if other < after then
            after := other;
            rewritten.rewritten := alternative;
            rewritten.method := 'VALUES';
        end if;
    end if;
    -- Where both plans read the same, testing the keys costs a little; only more than that is a bad sign.
    if after > before * 1.1 then
        rewritten.applied := false;
        rewritten.reason := format('the planner expects the rewritten query to cost more (%s instead of %s): it would not pay',
                                   round(after::numeric), round(before::numeric));
        rewritten.rewritten := query;
        rewritten.method := null;
    end if;
    return rewritten;
end
$$;

comment on function pc_gate(pc_rewritten, text, text, text) is
'Chooses between a rewrite and its alternative (null: none) what the planner takes for cheaper, and takes back one that it expects to be slower than the query itself. Example: see pc_rewrite';
