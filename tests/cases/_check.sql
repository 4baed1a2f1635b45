-- For others to include: the rows of :q and of its rewritten forms, and whether any of these is another text (:forms).
select md5(string_agg(x::text, ',' order by x::text)) as original_auto from (:q) x;
select partitioncache_apply(:'q', 'city_id') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_auto from (:rewritten) x;
select md5(string_agg(x::text, ',' order by x::text)) as original_literal from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'literal') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_literal from (:rewritten) x;
select md5(string_agg(x::text, ',' order by x::text)) as original_subquery from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'subquery') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_subquery from (:rewritten) x;
select md5(string_agg(x::text, ',' order by x::text)) as original_current from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'current') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_current from (:rewritten) x;
