create function pc_enter_quick_planning() returns jsonb
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    before jsonb := jsonb_build_object('geqo', current_setting('geqo'), 'geqo_threshold', current_setting('geqo_threshold'),
                                       'geqo_pool_size', current_setting('geqo_pool_size'), 'geqo_generations', current_setting('geqo_generations'));
begin
    -- Any order of joins will do for a plan that never runs: of eight tables, to look for the best one takes twenty times as long.
    perform pc_enter_session('{"geqo": "on", "geqo_threshold": "2", "geqo_pool_size": "2", "geqo_generations": "1"}');
    return before;
end
$$;

comment on function pc_enter_quick_planning() is
'Until the end of the surrounding subtransaction, or until pc_enter_session of what is returned, PostgreSQL plans joins with as little effort as it can. Example: select pc_enter_session(pc_enter_quick_planning())';
