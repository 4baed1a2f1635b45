-- Names of caches and partition keys that mean something in SQL, in patterns, in dollar quotes and in format strings: everything works, and nothing else happens.
set client_min_messages = error;
create role hostile_names_user login;
grant usage on schema tap to public;
grant execute on all functions in schema tap to public;
select no_plan();

create table guard (x integer);
insert into guard values (1);

create function lives_with(name text, cached boolean default true) returns setof text language plpgsql as $$
declare
    tab text := format('%I.%I', 'public', 't ' || name);
    query text;
    rewritten text;
    expected bigint;
    found bigint;
    cache text := left(name, 20);
begin
    execute format('create table %s (id integer, %I integer, kind integer)', tab, name);
    execute format('insert into %s select i, i %% 20, i %% 7 from generate_series(1, 200) i', tab);
    execute format('grant select on %s to hostile_names_user', tab);
    perform partitioncache_register(name, 'integer', cache => cache);
    perform partitioncache_track(tab::regclass, name, cache);
    perform partitioncache_grant('hostile_names_user', 'push', cache);
    query := format('select id from %s where kind = 3', tab);
    perform partitioncache_push(query, name, cache);
    perform partitioncache_process_queue(cache, max_seconds => 60);
    execute format('insert into %s values (1000, 777, 3)', tab);
    perform partitioncache_process_queue(cache, max_seconds => 60);
    execute format('select count(*) from (%s) q', query) into expected;
    foreach rewritten in array array(select partitioncache_apply(query, name, cache, m) from unnest('{literal,subquery,current,IN,VALUES}'::text[]) m) loop
        execute format('select count(*) from (%s) q', rewritten) into found;
        return next is(found, expected, format('%L: rows', name));
    end loop;
    return next is((partitioncache_explain(query, name, cache, 'literal')).applied, cached, format('%L: applied', name));
    perform partitioncache_set(name, name, array[1, 2], name, cache);
    return next is(partitioncache_get(name, name, null::integer, cache), '{1,2}', format('%L: set and get', name));
    return next is(partitioncache_query(name, name, cache), name, format('%L: query', name));
    return next is((select count(*) from partitioncache_entries(name, cache)) > cached::integer, true, format('%L: entries', name));
    return next is((select state from partitioncache_tracked_tables(cache)), 'tracking', format('%L: tracked', name));
    perform * from partitioncache_status(cache);
    perform * from partitioncache_processor_status(cache);
    perform * from partitioncache_queue_lengths(cache);
    perform partitioncache_update_processor_config(cache, max_attempts => 5);
    return next is((select max_attempts from partitioncache_internal.partitioncache_settings s where s.cache = left(name, 20)), 5, format('%L: configured', name));
    set local role hostile_names_user;
    perform partitioncache_push(query, name, cache);
    perform partitioncache_process_queue(cache, max_seconds => 60);
    perform partitioncache_clear_queue(cache);
    reset role;
    return next ok(partitioncache_delete(name, name, cache), format('%L: delete', name));
    return next ok(partitioncache_clear(name, cache) >= cached::integer, format('%L: clear', name));
    return next ok(partitioncache_revoke('hostile_names_user', cache), format('%L: revoke', name));
    return next is((select has_schema_privilege('hostile_names_user', 'partitioncache_internal', 'usage')), false, format('%L: nothing left', name));
    perform partitioncache_untrack(tab::regclass, name, cache);
    return next is((select count(*) from partitioncache_tracked_tables(cache)), 0::bigint, format('%L: untracked', name));
end
$$;
select lives_with(name)
from unnest(array['a"b', 'a''b', '"', '''', '%s %I %1$s', '%', '$body$', '$sql$ $$', '\', 'a\''b', E'line\nbreak', E'tab\t', 'Köln ☃', 'select', '; drop table guard; --', ' ', '*', 'pg_temp', 'public', 'x.y.z', '$1', '/* x */', '-- x', '"; drop table guard; --',
                  '[1]', '(', 'null', 'E''x''', 'U&"x"', repeat('x', 30), 'current_user', 'caller', 'new', 'keys', 'hash', 'relation', '_', '__cache__']) name;
-- What looks like a mark in PostgreSQL's trees is taken for none: such a column is not read any further.
select lives_with(name, false) from unnest(array['{x,y}', ':x']) name;
select is((select count(*) from guard), 1::bigint, 'the guard stands');

-- Names that are no names, or too long for what is made of them, are refused in a sentence.
select throws_ok(format('select partitioncache_register(%L, ''integer'', cache => %L)', key, cache), 'PC001', null, format('%s and %s characters', length(cache), length(key)))
from (values ('', 'x'), ('x', ''), (repeat('x', 64), 'k'), (repeat('x', 40), repeat('y', 20)), (repeat('x', 100000), 'y'), ('x', repeat('ü', 30)), (repeat('ü', 30), 'y')) n(cache, key);
select throws_ok(format('select partitioncache_grant(''hostile_names_user'', %L, ''c'')', level), 'PC001', null, 'no level: ' || left(level, 20))
from unnest(array['', 'ADMINISTER', 'read; grant', '%s', '''', repeat('x', 100000)]) level;

select * from finish();
drop owned by hostile_names_user cascade;
drop role hostile_names_user;
