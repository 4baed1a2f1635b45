create function pc_sha256(text_ text) returns text
language plpgsql immutable strict parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    -- The bytes that a client reads as UTF-8; where the server cannot tell which characters they are, the bytes as they are.
    return encode(sha256(convert_to(text_, case when getdatabaseencoding() in ('SQL_ASCII', 'MULE_INTERNAL') then getdatabaseencoding() else 'UTF8' end::name)), 'hex');
end
$$;

comment on function pc_sha256(text) is
'The SHA-256 of a text, in hexadecimal: the hash of a fragment is that of its canonical text. Example: select pc_sha256(''SELECT 1'')';
