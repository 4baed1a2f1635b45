create type pc_parsed as (
    canonical text,
    relations oid[],
    functions oid[],
    operators oid[],
    types oid[],
    odd_nodes boolean,
    holds_date boolean
);

comment on type pc_parsed is
'What PostgreSQL says of a query: its canonical text, the relations it names, the functions, operators and types that it uses, whether its tree holds a node of a kind that we do not know to be immutable, and whether it holds a constant that may have been read from a date or a time.';
