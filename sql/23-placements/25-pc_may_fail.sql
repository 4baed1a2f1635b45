create function pc_may_fail(expression pc_expression, template text) returns text
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
declare
    -- Of PostgreSQL's own: what has a value for every row, but for values at the very ends of what dates and numbers can be.
    total constant text[] := '{date_trunc,date_part,extract,date,timestamp,timezone,floor,ceil,ceiling,round,trunc,sign,lower,upper,initcap,left,right,substr,substring,length,char_length,
        character_length,octet_length,btrim,ltrim,rtrim,md5,textcat,reverse,replace,translate,strpos,ascii,starts_with,int2,int4,int8,numeric,float8,float4,text,bpchar,varchar,name,bool,
        int2div,int4div,int8div,int24div,int42div,int28div,int82div,int48div,int84div,int2mod,int4mod,int8mod,numeric_div,numeric_mod,numeric_add,numeric_sub,numeric_mul,host,abbrev,family,masklen,network,float8div,float4div,float48div,float84div,
        int2and,int4and,int8and,int2or,int4or,int8or,int2xor,int4xor,int8xor,int2not,int4not,int8not,int2shr,int4shr,int8shr,int2shl,int4shl,int8shl,booleq,boolne}'::text[];
    tokens text[];
    closes integer[];
    bad text;
begin
    select string_agg(distinct p.oid::regprocedure::text, ', ') into bad
    from pg_proc p
    where p.oid = any ((expression).functions)
      -- x / 10.0: the cast of a number that stands there
      and not (p.oid = 'float8(numeric)'::regprocedure
               and regexp_count(template, '::double precision') = regexp_count(template, '\([0-9]+([.][0-9]+)?\)::double precision'))
      and not (p.oid < 16384 and (
              p.proname = any (total) and not (p.proname in ('int2', 'int4', 'int8', 'float4', 'float8', 'bool')
                  -- From wider numbers they may not fit.
                  and (p.proname, p.proargtypes[0]) not in (select c.name, c.source::regtype from (values
                      ('int4', 'smallint'), ('int8', 'smallint'), ('int8', 'integer'), ('int4', 'boolean'), ('float8', 'smallint'), ('float8', 'integer'), ('float8', 'bigint'), ('float8', 'real'),
                      ('float4', 'smallint'), ('float4', 'integer'), ('float4', 'bigint'), ('bool', 'integer')) c(name, source)))
              or p.proname ~ '^hash[a-z0-9_]*$' and p.pronargs = 1
              or p.proname ~ '(eq|ne|lt|le|gt|ge)$' and p.prorettype = 'boolean'::regtype));
    if bad is not null then
        return format('it calls %s', bad);
    end if;
    select array_agg(t.token order by t.n), array_agg(t.closes order by t.n) into tokens, closes from pc_tokens(replace(template, E'\x01\x02', 'r')) t;
    -- A divisor is a number, and none that is 0; floating point may overflow for one that is smaller than 1.
    select string_agg(o.token || ' ' || d.divisor, ', ') into bad
    from unnest(tokens) with ordinality o(token, n)
    cross join lateral (select case when tokens[o.n + 1] = '(' and closes[o.n + 1] = o.n + 3 then tokens[o.n + 2] else tokens[o.n + 1] end as divisor) d
    where o.token in ('/', '%') and coalesce(abs(nullif(substring(d.divisor from '^''?(-?[0-9]+(?:[.][0-9]+)?)(?:''|::|$)')::numeric, -1)), 0) < 1;
    if bad is not null then
        return format('it divides by something else than a number of at least 1: %s', bad);
    end if;
    select string_agg(o.token, ', ') into bad
    from unnest(tokens) with ordinality o(token, n)
    where lower(btrim(o.token, '"')) in ('substr', 'substring') and tokens[o.n + 1] = '('
      and tokens[closes[o.n + 1] - 1] !~ '^[0-9]+$'
       or o.token = 'ZONE' and not exists (select from pg_timezone_names z where lower(format('%L', z.name)) = lower(regexp_replace(tokens[o.n + 1], '::.*$', '')));
    if bad is not null then
        return format('it calls %s with something else than a number, or a time zone that there is', bad);
    end if;
    select string_agg(m[1], ', ') into bad
    from regexp_matches(template, '(?:date_trunc\(|extract\(|date_part\(|EXTRACT\()([^ ,]+)', 'g') m
    where lower(btrim(regexp_replace(m[1], '::text$', ''), '''')) <> all ('{microseconds,milliseconds,second,minute,hour,day,week,month,quarter,year,decade,century,millennium,dow,doy,isodow,isoyear,epoch,julian}'::text[]);
    return case when bad is not null then format('it takes no part of a date that there is: %s', bad) end;
end
$$;

comment on function pc_may_fail(pc_expression, text) is
'Why an expression might have no value but an error for some row, so that a query restricted on it would fail; null where it surely has one. Example: see pc_checked_expression';
