create function pc_asserted_form(registration partitioncache_registration, hash text, query text) returns pc_form
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    return case when hash = pc_sha256(query) then pc_fragment_form(query, registration) end;
exception when others then
    return null;
end
$$;

comment on function pc_asserted_form(partitioncache_registration, text, text) is
'The form of what a user stored, if that is a fragment under its own hash, as another cache or partitioncache_fragments gives it; null for a name of one''s own, whatever stands in the text. Example: select pc_asserted_form(pc_registration(''partitioncache'', ''city_id''), ''pizza'', ''select 1'')';

create function pc_file(registration partitioncache_registration, inout evaluation pc_evaluation)
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    filings pc_filing[] := array(select f from pc_filings((evaluation).form) f);
    filing pc_filing := filings[1];
begin
    -- What is removed, and when it is refreshed, is reckoned by it, for others too.
    if evaluation.milliseconds is not null then
        evaluation.milliseconds := pc_plausible(evaluation.milliseconds, 86400000);
    end if;
    evaluation.signatures := array(select f.signature from unnest(filings) f);
    -- Under the rarest, as far as the index tells quickly.
    if cardinality(filings) > 1 then
        execute format('select f.signature, f.rank
                        from unnest($1) with ordinality f(signature, rank, n)
                        cross join lateral (select count(*) as others from (select from %s e where (e.evaluation).filed_under = f.signature limit 100) e) o
                        order by o.others, f.n limit 1', pc_object_for('cache', registration.cache, registration.partition_key))
        into filing using filings;
    end if;
    evaluation.filed_under := filing.signature;
    evaluation.filed_rank := filing.rank;
end
$$;

comment on function pc_file(partitioncache_registration, pc_evaluation) is
'Says of an entry that is stored, by its form, under what queries will find it. Example: see pc_store';
