create type pc_object as (
    class oid,
    object oid
);

comment on type pc_object is
'An object of the catalog: the catalog that it has its row in, and its OID there. 0 stands for what has no row of its own: see pc_closure.';
