create function pc_datatypes(out datatype text, out native regtype, out held regtype[]) returns setof record
language sql immutable parallel safe rows 9
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    values ('integer', 'integer'::regtype, '{smallint,integer}'::regtype[]),
           ('bigint', 'bigint', '{bigint}'),
           ('float', 'double precision', '{real,double precision}'),
           ('numeric', 'numeric', '{numeric}'),
           ('text', 'text', '{text,character varying}'),
           ('uuid', 'uuid', '{uuid}'),
           ('date', 'date', '{date}'),
           ('timestamp', 'timestamp without time zone', '{timestamp without time zone}'),
           ('timestamptz', 'timestamp with time zone', '{timestamp with time zone}')
$$;

comment on function pc_datatypes() is
'The datatypes of partition keys. native: the type that holds keys of it; held: the types of columns that can be such a partition key. Example: select * from pc_datatypes()';

create function pc_datatype_maps() returns jsonb
language sql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select jsonb_build_object('native', (select jsonb_object_agg(d.datatype, d.native) from pc_datatypes() d),
                              'of', (select jsonb_object_agg(h.type, d.datatype) from pc_datatypes() d, unnest(d.held) h(type)))
$$;

comment on function pc_datatype_maps() is
'pc_datatypes as one value, which a plan keeps: native by datatype, and the datatype by each type that it holds. Example: select pc_datatype_maps() -> ''native'' ->> ''float''';

create function pc_native_type(datatype text) returns regtype
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    return (pc_datatype_maps() -> 'native' ->> datatype)::regtype;
end
$$;

comment on function pc_native_type(text) is
'The PostgreSQL type that holds keys of a datatype; null for a word that is no datatype. Example: select pc_native_type(''float'')';
