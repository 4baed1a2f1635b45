-- What attacks need: a cache with levels of rights, tables of several owners, a way to try things as another role, and a fingerprint of all that
-- an attacker must not change. Roles are those of the server: :prefix keeps the files apart.

create table attacker (name text primary key, level text);
insert into attacker select format('%s_%s', :'prefix', r), r from unnest('{stranger,monitor,read,push,fill,admin}'::text[]) r;
select format('create role %I login', name) from attacker union all select format('create role %I login', :'prefix' || '_victim') \gexec
grant usage on schema tap to public;
grant execute on all functions in schema tap to public;

create table poi (id integer primary key, city_id integer, kind integer, name text);
insert into poi select i, i % 30, i % 7, 'poi ' || i from generate_series(1, 300) i;
create table secret (id integer primary key, city_id integer, patient text);
insert into secret select i, i % 30, 'zebra ' || i from generate_series(1, 90) i;
analyze poi, secret;
grant select on poi to public;
select format('grant select on secret to %I', :'prefix' || '_victim') \gexec
select partitioncache_register('city_id', 'integer');
select partitioncache_register('area', 'bigint', 'bit');
select partitioncache_register('city_id', 'integer', cache => 'other');
select partitioncache_track('poi', 'city_id');
select partitioncache_track('secret', 'city_id');
select partitioncache_track('poi', 'city_id', 'other');
select partitioncache_grant(name::regrole, case level when 'admin' then 'administer' else level end) from attacker where level <> 'stranger';
select partitioncache_grant((:'prefix' || '_victim')::regrole, 'fill');
select partitioncache_grant((:'prefix' || '_victim')::regrole, 'fill', 'other');

-- What the victim has asked and stored
select format('set role %I', :'prefix' || '_victim') \gexec
select partitioncache_set('city_id', 'asserted', array[1, 2, 3]);
select partitioncache_set('area', 'asserted', array[1, 2, 3]);
select partitioncache_set('city_id', 'asserted', array[1, 2, 3], 'select of the other cache', cache => 'other');
select partitioncache_push($$ select * from secret where patient = 'zebra 7' $$, 'city_id');
select partitioncache_process_queue(max_seconds => 60);
select partitioncache_push($$ select * from secret where patient = 'zebra 8' $$, 'city_id');
select partitioncache_push($$ select * from poi where name = 'poi 8' $$, 'city_id', 'other');
select partitioncache_apply($$ select * from secret where patient = 'zebra 9' $$, 'city_id') is not null as asked;
reset role;
insert into secret values (1000, 987654, 'zebra 1000');
insert into poi values (1000, 777, 1, 'poi 1000');

create function world() returns text language plpgsql set search_path = pg_catalog, partitioncache_internal as $$
declare
    attackers oid[] := (select array_agg(to_regrole(quote_ident(name))::oid) from public.attacker);
    one record;
    part text;
    all_ text := '';
begin
    for one in
        select q from unnest(array[
            'select r from partitioncache_settings r', 'select r from partitioncache_registration r', 'select r from partitioncache_role r',
            'select r from partitioncache_static r where owner <> all ($1)',
            'select r from partitioncache_queue r where owner <> all ($1)', 'select r from partitioncache_processor_log r where owner <> all ($1)',
            'select r from partitioncache_analysis r where owner <> all ($1)', 'select r from partitioncache_listener r where pid <> pg_backend_pid()',
            'select r from pg_authid r', 'select r from pg_auth_members r', 'select r from pg_database r', 'select r from pg_db_role_setting r',
            'select row(p.oid, p.proname, p.prosrc, p.proacl, p.proowner, p.prosecdef) from pg_proc p where p.proowner <> all ($1)',
            'select row(c.oid, c.relname, c.relacl, c.relowner, c.reloptions) from pg_class c where c.relowner <> all ($1) and c.relkind in (''r'', ''v'', ''S'', ''p'')',
            'select row(t.oid, t.tgrelid, t.tgfoid, t.tgenabled) from pg_trigger t join pg_class c on c.oid = t.tgrelid where c.relowner <> all ($1)',
            'select row(n.oid, n.nspname, n.nspacl, n.nspowner) from pg_namespace n where n.nspowner <> all ($1)',
            'select row(a.attrelid, a.attname, a.attacl) from pg_attribute a join pg_class c on c.oid = a.attrelid where c.relowner <> all ($1) and a.attacl is not null']) q
        union all
        select format('select r from %s r where owner <> all ($1)', pc_object_for('cache', r.cache, r.partition_key)) from partitioncache_registration r
        union all
        select format('select r from %s r where (select relowner from pg_class where oid = r.relation) <> all ($1)', pc_object_for('changes', r.cache, r.partition_key))
        from partitioncache_registration r
    loop
        execute format('select coalesce(string_agg(md5(x::text), '''' order by md5(x::text)), '''') from (%s) s(x)', one.q) into part using attackers;
        all_ := all_ || md5(part) || ' ' || one.q || E'\n';
    end loop;
    return all_;
end
$$;

comment on function world() is 'A fingerprint, in parts, of all that attackers must not change: rights, settings, and what others own.';

create function changed(before text) returns text language sql as $$
    select string_agg(substr(a.line, 34), E'\n') from unnest(string_to_array(world(), E'\n')) a(line) where a.line <> all (string_to_array(before, E'\n'))
$$;

comment on function changed(text) is 'What has changed since a fingerprint was taken; null if nothing has.';

create table attempt (n bigint generated always as identity primary key, role text, call text, outcome text);

create function try(role text, call text) returns text language plpgsql as $$
declare
    outcome text := 'done';
begin
    begin
        perform set_config('role', role, true);
        execute call;
        perform set_config('role', 'none', true);
    exception when others then
        outcome := sqlstate;
    end;
    insert into attempt (role, call, outcome) values (role, call, outcome);
    return outcome;
end
$$;

comment on function try(text, text) is 'Runs a statement as a role: done, or the code of the error.';

create function harmless(role text, call text, description text) returns text language plpgsql as $$
declare
    before text := world();
    outcome text := try(role, call);
    after text := world();
begin
    return ok(before = after, format('%s: %s (%s)', role, description, outcome));
end
$$;

comment on function harmless(text, text, text) is 'Tests that a statement, whether it fails or not, changes nothing that is not the role''s own.';

create function refused(role text, call text, codes text, description text) returns text language plpgsql as $$
declare
    before text := world();
    outcome text := try(role, call);
begin
    return ok(outcome = any (string_to_array(codes, ',')) and before = world(), format('%s: %s is refused (%s)', role, description, outcome));
end
$$;

comment on function refused(text, text, text, text) is 'Tests that a statement fails with one of these codes, and changes nothing.';

create table tally (role text, refused boolean);

create function next_attempts() returns void language sql as $$
    insert into tally select role, outcome <> 'done' from attempt;
    delete from attempt;
$$;

comment on function next_attempts() is 'Forgets the attempts so far, but not how many there were.';

create function attempts() returns setof text language sql as $$
    select next_attempts();
    select diag(format('%s attempts as %s, %s refused', count(*), role, count(*) filter (where refused))) from tally group by role order by role
$$;

comment on function attempts() is 'Says how many attempts there were as each role.';
