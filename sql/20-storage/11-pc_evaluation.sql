create type pc_evaluation as (
    keyed_tables text[],
    parts text[],
    named oid[],
    deps oid[],
    dep_states bigint[],
    keyed oid[],
    keyed_roots oid[],
    whole_roots oid[],
    untracked oid[],
    closure pc_object[],
    closure_state bigint,
    snapshot pg_snapshot,
    cluster bigint,
    milliseconds double precision,
    form pc_form,
    signatures text[],
    filed_under text,
    filed_rank double precision
);

comment on type pc_evaluation is
'How a key set was found out. keyed_tables: tables of which a changed row can only make its own partition match; parts: hashes of fragments whose key sets contain this one; named: the relations that its text names; deps: those and all behind views, dep_states: their fingerprints; keyed: keyed_tables as OIDs; keyed_roots, whole_roots: the relations under which writes to keyed and to other deps are logged; untracked: those of the deps that hold rows and whose writes nobody logs; closure, closure_state: what else its meaning hangs on (see pc_closure), and its fingerprint; snapshot, cluster: what it has seen; milliseconds: how long it took; form: its fragment as data; signatures: where its conditions could be filed, filed_under, filed_rank: where one of them is (see pc_filing).';
