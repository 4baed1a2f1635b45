create type pc_rewritten as (
    applied boolean,
    reason text,
    method text,
    hits integer,
    keys bigint,
    partitions bigint,
    rewritten text,
    hashes text[],
    own_keys bigint,
    form text,
    candidates jsonb,
    measured boolean
);

comment on type pc_rewritten is
'The outcome of a rewrite. reason: why nothing was done, null if applied; hits: how many entries say something of it, null where it was not looked for any; keys: partitions that remain (of the smallest family); partitions: how many there are by the planner''s statistics; rewritten: the text to run; hashes: the entries that were used; own_keys: how many partitions the conditions on one of its tables alone would leave; form: see pc_forms; candidates: what was considered; measured: whether that was decided by what was measured.';
