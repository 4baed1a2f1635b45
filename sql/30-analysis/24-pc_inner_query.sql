create function pc_inner_query(written text) returns text
language plpgsql immutable strict parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return (
        -- The whole is "BEGIN ATOMIC SELECT 1 ... FROM ( <query>) alias; END". Its indentation may go where no literal spans lines.
        with token as materialized (
            select * from pc_tokens(written)
        ), cut as (
            select ltrim(substring(written from opening.ends + 1 for closing.ends - opening.ends - 1)) as body
            from token opening join token closing on closing.n = opening.closes
            where opening.token = '(' order by opening.n limit 1
        )
        select case when exists (select from token t where t.token like E'%\n%') then body
                    else regexp_replace(body, E'\n {11}', E'\n', 'g') end
        from cut
    );
end
$$;

comment on function pc_inner_query(text) is
'The query inside of what pc_stored_text wrote. Example: select pc_inner_query(E''BEGIN ATOMIC\n SELECT 1\n    FROM ( SELECT 2) q;\nEND'')';
