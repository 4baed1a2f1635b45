create type pc_storage as (
    storage text,
    columns text[],
    types text[],
    packed text[],
    unpacked text,
    compressible boolean,
    datatypes text[],
    intersection text
);

comment on type pc_storage is
'A form in which key sets are stored. columns: of the table of key sets, the first of which holds the keys; types: theirs; packed: what is stored in each, made of k.sorted, the sorted keys; unpacked: the keys again, of a row e (%s in these: the type of the keys); compressible: whether lz4 makes the first smaller; datatypes: those that can be stored so, null for all; intersection: a function that finds what several entries have in common sooner than to unpack each, called as pc_intersect_bits is, or null.';

create function pc_storages() returns setof pc_storage
language sql immutable parallel safe rows 2
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    values ('array', '{keys}'::text[], '{%s[]}'::text[], '{k.sorted}'::text[], 'e.keys', true, null::text[], null),
           ('bit', '{bits,base}', '{bit varying,bigint}', '{pc_bits_encode(k.sorted::bigint[]),pc_bits_base(k.sorted[1:1]::bigint[])}',
            'pc_bits_decode(e.bits, e.base)::%s[]', false, '{integer,bigint}', 'pc_intersect_bits')
$$;

comment on function pc_storages() is
'The forms in which key sets are stored. Example: select * from pc_storages()';

create function pc_storage_of(storage text) returns pc_storage
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return (select s::pc_storage from pc_storages() s where s.storage = pc_storage_of.storage);
end
$$;

comment on function pc_storage_of(text) is
'The form of storage of that name; null if there is none. Example: select (pc_storage_of(''bit'')).columns';

create function pc_can_store(storage text, datatype text) returns boolean
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    form pc_storage := pc_storage_of(storage);
begin
    return form.storage is not null and (form.datatypes is null or datatype = any (form.datatypes));
end
$$;

comment on function pc_can_store(text, text) is
'Whether keys of a datatype can be stored in that form. Example: select pc_can_store(''bit'', ''integer'')';
