create type pc_finding as (name text, ok boolean, detail text, fix text, place text);

comment on type pc_finding is
'One thing that was looked at: what it is about, whether it is as it should be (null: worth knowing, but nothing is wrong), what was found, the statement that mends it (null if there is nothing to mend), and as whom or when to run it.';
