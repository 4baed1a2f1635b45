create function pc_check_processor_config(
    frequency_seconds numeric default null, max_parallel_jobs integer default null, fragment_timeout interval default null,
    max_attempts integer default null, log_limit integer default null, untracked text default null, learning_budget double precision default null,
    max_bytes bigint default null, max_entries bigint default null, max_age interval default null, least_cost double precision default null
) returns void
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    wrong record;
begin
    select c.name, c.value, c.rule into wrong
    from (values ('frequency_seconds', frequency_seconds::text, 'from 0.1 to 60', frequency_seconds between 0.1 and 60),
                 ('max_parallel_jobs', max_parallel_jobs::text, 'from 1 to 64', max_parallel_jobs between 1 and 64),
                 ('fragment_timeout', fragment_timeout::text, 'more than 0', fragment_timeout > interval '0'),
                 ('max_attempts', max_attempts::text, 'at least 1', max_attempts >= 1),
                 ('log_limit', log_limit::text, 'at least 0', log_limit >= 0),
                 ('untracked', untracked, 'track, static or ignore', untracked in ('track', 'static', 'ignore')),
                 ('learning_budget', learning_budget::text, 'from 0 to 1000', learning_budget between 0 and 1000),
                 ('max_bytes', max_bytes::text, 'at least 0', max_bytes >= 0),
                 ('max_entries', max_entries::text, 'at least 0', max_entries >= 0),
                 ('max_age', max_age::text, 'at least 0', max_age >= interval '0'),
                 ('least_cost', least_cost::text, 'at least 0', least_cost >= 0 and least_cost < 'infinity')) c(name, value, rule, holds)
    where not c.holds limit 1;
    if found then
        perform pc_fail('PC001', format('%s is out of range', wrong.name), format('%s: %s.', wrong.name, wrong.value), format('Pass a value %s.', wrong.rule));
    end if;
end
$$;

comment on function pc_check_processor_config(numeric, integer, interval, integer, integer, text, double precision, bigint, bigint, interval, double precision) is
'Raises PC001 for the first value that is out of its range; null is in range. Example: select pc_check_processor_config(frequency_seconds => 1)';
