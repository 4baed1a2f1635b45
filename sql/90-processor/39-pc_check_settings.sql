create function pc_check_settings(changes jsonb) returns void
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    s partitioncache_settings := jsonb_populate_record(null::partitioncache_settings, changes);
    wrong record;
begin
    select c.name, c.rule into wrong
    from (values ('max_fragments', 'from 1 to 10000', s.max_fragments between 1 and 10000),
                 ('frequency_seconds', 'from 0.1 to 60', s.frequency_seconds between 0.1 and 60),
                 ('max_parallel_jobs', 'from 1 to 64', s.max_parallel_jobs between 1 and 64),
                 ('fragment_timeout', 'more than 0', s.fragment_timeout > interval '0'),
                 ('max_attempts', 'at least 1', s.max_attempts >= 1),
                 ('log_limit', 'at least 0', s.log_limit >= 0),
                 ('untracked', 'track, static or ignore', s.untracked in ('track', 'static', 'ignore')),
                 ('learning_budget', 'from 0 to 1000', s.learning_budget between 0 and 1000),
                 ('max_bytes', 'at least 0', s.max_bytes >= 0),
                 ('max_entries', 'at least 0', s.max_entries >= 0),
                 ('max_age', 'at least 0', s.max_age >= interval '0'),
                 ('least_cost', 'at least 0', s.least_cost >= 0 and s.least_cost < 'infinity'),
                 ('apply_limit', 'at least 0', s.apply_limit >= 0),
                 ('compare_share', 'from 0 to 1', s.compare_share between 0 and 1),
                 ('race_budget', 'from 0 to 1000', s.race_budget between 0 and 1000),
                 ('learn_seconds', 'from 0 to 86400', s.learn_seconds between 0 and 86400),
                 ('learn_after_ms', 'at least 0', s.learn_after_ms >= 0 and s.learn_after_ms < 'infinity')) c(name, rule, holds)
    where not c.holds limit 1;
    if found then
        perform pc_fail('PC001', format('%s is out of range', wrong.name), format('%s: %s.', wrong.name, changes ->> wrong.name), format('Pass a value %s.', wrong.rule));
    end if;
end
$$;

comment on function pc_check_settings(jsonb) is
'Raises PC001 for the first of some settings, by the names of the columns of partitioncache_settings, that is out of its range; null is in range. Example: select pc_check_settings(''{"frequency_seconds": 1}'')';
