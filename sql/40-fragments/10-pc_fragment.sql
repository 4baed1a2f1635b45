create type pc_fragment as (
    family integer,
    hash text,
    fragment text,
    tables text[],
    conjuncts text[],
    keyed_tables text[],
    parts text[]
);

comment on type pc_fragment is
'Some of a query''s tables with some of the conditions on them. family: which restriction its key set serves; fragment: canonical text; keyed_tables: those tables whose changes can only touch the partitions that the changed rows name; parts: fragments whose key sets contain this one''s.';

create type pc_carried as (
    column_name text,
    where_at integer,
    has_where boolean
);

comment on type pc_carried is
'A column in a block further inside whose values are wanted only where they are partition keys of a family. where_at: after which character of the canonical text a further condition of its block goes.';

create type pc_family as (
    family integer,
    from_at integer,
    where_at integer,
    has_where boolean,
    columns text[],
    relation text,
    matches_null boolean,
    prunes_wrongly boolean,
    asked pc_asked,
    carried pc_carried[],
    said text[],
    keys text[]
);

comment on type pc_family is
'Columns of one block that are equal to one another, so that one set of keys restricts them all. from_at, where_at: after which character of the canonical text a further table and a further condition go; relation: a table that has all the keys; matches_null: rows without a partition key can be in the result; prunes_wrongly: PostgreSQL could leave out partitions of a table for a list of keys alone (see pc_prunes_wrongly); asked: its block as data, to find the entries that it contains; carried: where further inside the same keys will do; said, keys: what asked is made of (the templates and keys of pc_block_form), while it may be made again.';
