"""What the tests stand on: servers that are really started, and readers of their answers.

`installation`  a private copy of the system's PostgreSQL with this checkout's extension in it
`commands`      commands as people run them
`cluster`       a PostgreSQL server with pg_cron, and the databases in it
`tap`           files of pgTAP tests as pytest items
`services`      Redis, MariaDB and PgBouncer
`sql_reference` a page of docs/, written from the extension's comments
`transcript`    pages of docs/ whose SQL is run, and whose outputs are what comes out
"""
