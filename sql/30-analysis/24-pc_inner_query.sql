create function pc_inner_query(viewdef text) returns text
language plpgsql immutable strict parallel safe
set search_path = pg_catalog, @extschema@, pg_temp
as $$
#variable_conflict use_column
begin
    return (
        -- The view is "SELECT 1 … FROM ( <query>) alias;". Its indentation may go where no literal spans lines.
        with token as materialized (
            select * from pc_tokens(viewdef)
        ), cut as (
            select ltrim(substring(viewdef from opening.ends + 1 for closing.ends - opening.ends - 1)) as body
            from token opening join token closing on closing.n = opening.closes
            where opening.token = '(' order by opening.n limit 1
        )
        select case when exists (select from token t where t.token like E'%\n%') then body
                    else regexp_replace(body, E'\n {10}', E'\n', 'g') end
        from cut
    );
end
$$;

comment on function pc_inner_query(text) is
'The query inside the view that pc_parse makes of it. Example: select pc_inner_query(E'' SELECT 1\n   FROM ( SELECT 2) q;'')';
