create table poi (id integer, city_id integer, kind integer, area double precision, price numeric(8,2), name varchar(40), opened date);
create table street (id integer, city_id integer, poi_id integer, x double precision, name varchar(40));
create table event (id integer, city_id integer, poi_id integer, day date, visitors integer);
create table cuisine (id integer, title varchar(40));
