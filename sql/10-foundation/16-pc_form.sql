create type pc_condition as (
    expression text,
    kind text,
    operator text,
    type text,
    constants text[]
);

comment on type pc_condition is
'A condition as data. expression: canonical text with chr(1) number chr(2) for each table. kind: bound = expression operator constant (<, <=, >, >=) of a type that has an order; set = the expression equals one of the constants; present = it is not null; other = the expression is the condition itself. type: that of the constants; constants: their canonical texts.';

create type pc_form as (
    relations text[],
    classes integer[],
    members integer[],
    conditions pc_condition[]
);

comment on type pc_form is
'A block of a query, or a fragment, as data. relations: its tables, numbered from 0; classes: by table, the number of the first one whose partition column equals its own, null where it has none; members: the tables whose partition columns are selected or restricted; conditions: what is said of them.';

create type pc_filing as (
    signature text,
    rank double precision
);

comment on type pc_filing is
'Where a condition is filed. signature: what every condition that implies it has in common with it; rank: how much it says among those of its signature, so that a condition implies only those of its own rank and below; -Infinity where they are not ordered.';

create type pc_asked as (
    form pc_form,
    sought pc_filing[]
);

comment on type pc_asked is
'What entries are looked for with: the form of a block, and where the conditions may be filed that follow from its own.';
