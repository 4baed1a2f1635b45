create type pc_parsed as (
    canonical text,
    relations oid[],
    functions oid[],
    operators oid[],
    types oid[],
    roots pc_object[],
    odd_nodes boolean,
    holds_date boolean,
    tree bigint
);

comment on type pc_parsed is
'What PostgreSQL says of a query: its canonical text, the relations it names, the functions, operators and types that it uses, the objects that its meaning hangs on (for pc_closure), whether its tree holds anything that we do not know to be immutable, and whether it holds a constant that may have been read from a date or a time; and a digest of the tree.';
