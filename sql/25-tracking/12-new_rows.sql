create view new_rows with (security_barrier) as select null::boolean as nothing where false;

comment on view new_rows is
'What the functions that log writes read instead, if somebody makes a trigger of them without a transition table of this name: else they would read what that somebody has put into its temporary schema, with our rights.';
