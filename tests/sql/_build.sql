-- What the server was built with and has loaded, as psql variables for \if: :xml, :icu, :pg_cron.
select (select c.setting from pg_config c where c.name = 'CONFIGURE') ~ 'with-libxml' as xml,
       exists (select from pg_collation c where c.collname like '%-x-icu') as icu,
       exists (select from pg_settings s where s.name = 'cron.database_name') as pg_cron \gset
