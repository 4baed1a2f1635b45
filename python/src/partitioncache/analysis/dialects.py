"""What differs between PostgreSQL, MySQL and SQLite: spelling of names, known functions, reserved words.

sqlglot would translate functions on reading: ``char_length(x)`` and ``length(x)`` would be one. The names of functions
are marked before it reads them, so that it knows none, and a call stays a call of what the query names.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot import Token, TokenType, exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.dialects.mysql import MySQL
from sqlglot.dialects.postgres import Postgres
from sqlglot.dialects.sqlite import SQLite

from partitioncache.analysis import lexemes
from partitioncache.analysis.reasons import Unsure
from partitioncache.errors import ConfigurationError


def words(text: str) -> frozenset[str]:
    """A set of words, written as a text."""
    return frozenset(text.split())


_ASCII_LOWER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")

#: Words that need quotes as a name in at least one of the three dialects. A word missed here makes a fragment
#: that the server refuses, never one that means something else.
RESERVED = words(
    """
    abort accessible action add after all alter always analyse analyze and any array as asc asensitive asymmetric
    attach authorization autoincrement before begin between bigint binary bit blob boolean both by call cascade
    case cast change char character check coalesce collate collation column commit concurrently condition conflict
    constraint continue convert create cross cube cume_dist current current_catalog current_date current_role
    current_schema current_time current_timestamp current_user cursor database databases day_hour day_microsecond
    day_minute day_second dec decimal declare default deferrable deferred delayed delete dense_rank desc describe
    detach deterministic distinct distinctrow div do double drop dual each else elseif empty enclosed end escape
    escaped except exclude exclusive exists exit explain extract fail false fetch filter first first_value float
    float4 float8 following for force foreign freeze from full fulltext function generated get glob grant greatest
    group grouping groups having high_priority hour_microsecond hour_minute hour_second if ignore ilike immediate
    in index indexed infile initially inner inout insensitive insert instead int int1 int2 int3 int4 int8 integer
    intersect interval into io_after_gtids io_before_gtids is isnull iterate join json_table key keys kill lag last
    last_value lateral lead leading least leave left like limit linear lines load local localtime localtimestamp
    lock long longblob longtext loop low_priority manual master_bind master_ssl_verify_server_cert match
    materialized maxvalue mediumblob mediumint mediumtext middleint minute_microsecond minute_second mod modifies
    national natural nchar no no_write_to_binlog none normalize not nothing notnull nth_value ntile null nullif
    nulls numeric of offset on only optimize optimizer_costs option optionally or order others out outer outfile
    over overlaps overlay parallel partition percent_rank placing plan position pragma precedes preceding precision
    primary procedure purge qualify query raise range rank read reads read_write real recursive references regexp
    reindex release rename repeat replace require resignal restrict return returning returns revoke right rlike
    rollback row row_number rows savepoint schema schemas second_microsecond select sensitive separator
    session_user set setof show signal similar smallint some spatial specific sql sql_big_result
    sql_calc_found_rows sql_small_result sqlexception sqlstate sqlwarning ssl starting stored straight_join
    substring symmetric system table tablesample temp temporary terminated then ties time timestamp tinyblob
    tinyint tinytext to trailing transaction treat trigger trim true unbounded undo union unique unlock unsigned
    update usage use user using utc_date utc_time utc_timestamp vacuum values varbinary varchar varcharacter
    variadic varying verbose view virtual when where while window with within without write xmlattributes
    xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable xor
    year_month zerofill
    """
)

_COMMON_IMMUTABLE = words("""
    abs acos ascii asin atan atan2 ceil ceiling coalesce cos degrees exp floor ln log lower ltrim mod nullif pi
    power radians replace round rtrim sign sin sqrt substr substring tan trim upper
""")

# PostGIS: all of these are declared IMMUTABLE. The spatial workloads this project is made for live on them.
_SPATIAL = words("""
    st_area st_buffer st_centroid st_contains st_containsproperly st_coveredby st_covers st_crosses st_disjoint
    st_distance st_dwithin st_envelope st_equals st_expand st_geometrytype st_geomfromtext st_intersection
    st_intersects st_isempty st_isvalid st_length st_makeenvelope st_makepoint st_npoints st_overlaps st_perimeter
    st_point st_pointonsurface st_setsrid st_srid st_touches st_within st_x st_y
""")

_IMMUTABLE = {
    "postgres": _SPATIAL
    | words("""
        array_length bit_length btrim cardinality cbrt char_length character_length chr cot date_part date_trunc
        gcd greatest initcap lcm least left length lpad md5 octet_length regexp_match regexp_replace repeat reverse
        right row rpad split_part starts_with st_transform strpos to_hex translate trunc width_bucket
    """),
    "mysql": (_SPATIAL - {"st_expand", "st_dwithin"})
    | words("""
        char_length character_length concat concat_ws cot crc32 field find_in_set greatest hex if ifnull instr
        isnull lcase least left length locate log10 log2 lpad md5 mid octet_length ord pow repeat reverse right rpad
        strcmp truncate ucase
    """),
    "sqlite": words("""
        char cosh hex if ifnull iif instr length log10 log2 max min octet_length pow sinh tanh trunc typeof unicode
    """),
}

_AGGREGATES_AND_WINDOWS = words("""
    any_value array_agg avg bit_and bit_or bit_xor bool_and bool_or corr count covar_pop covar_samp cume_dist
    dense_rank every first_value group_concat grouping json_agg json_arrayagg json_group_array json_group_object
    json_object_agg json_objectagg jsonb_agg jsonb_object_agg lag last_value lead max median min mode nth_value ntile
    percent_rank percentile_cont percentile_disc rank regr_count regr_slope row_number st_collect st_extent
    st_union std stddev stddev_pop stddev_samp string_agg sum total var_pop var_samp variance
""")

# Not immutable, or not surely so, but never volatile: harmless outside conditions.
_STABLE = words("""
    adddate addtime age array_append array_cat array_position array_prepend array_remove array_to_json
    array_to_string bin concat concat_ws conv convert_tz curdate current_date current_database current_schema
    current_setting current_time current_timestamp curtime database date date_add date_format date_sub datediff
    datetime day dayname dayofmonth dayofweek dayofyear elt extract format format_type from_days from_unixtime
    generate_series generate_subscripts glob hour iif inet_aton inet_ntoa json json_array json_array_length
    json_build_array json_build_object json_each json_extract json_extract_path json_extract_path_text json_length
    json_object json_quote json_tree json_type json_typeof json_unquote json_valid json_value jsonb_array_elements
    jsonb_array_elements_text json_array_elements json_array_elements_text jsonb_array_length jsonb_build_array
    jsonb_build_object jsonb_each jsonb_each_text jsonb_extract_path jsonb_extract_path_text jsonb_typeof
    jsonb_pretty julianday last_day like likelihood likely localtime localtimestamp make_date make_interval
    make_time make_timestamp make_timestamptz makedate maketime microsecond minute month monthname now pg_typeof
    printf quarter quote quote_ident quote_literal quote_nullable regexp regexp_instr regexp_like regexp_matches
    regexp_split_to_array regexp_split_to_table regexp_substr row_to_json second sha1 sha2 soundex space
    st_asbinary st_asewkt st_asgeojson st_astext st_distance_sphere statement_timestamp str_to_date strftime
    string_to_array subdate substring_index subtime time time_format time_to_sec timediff timestamp timestampadd
    timestampdiff timezone to_base64 to_char to_date to_days to_json to_jsonb to_number to_timestamp
    transaction_timestamp tsrange tstzrange daterange int4range int8range numrange unhex unistr unix_timestamp
    unlikely unnest utc_date utc_time utc_timestamp week weekday weekofyear year yearweek zeroblob
""")

#: A call of one of these, anywhere, leaves the query as it is.
VOLATILE = words(
    """
    benchmark changes clock_timestamp currval dblink dblink_exec found_rows gen_random_bytes gen_random_uuid get_lock
    is_free_lock last_insert_id last_insert_rowid lastval load_extension load_file lo_import lo_unlink master_pos_wait
    nextval notify pg_advisory_lock pg_advisory_unlock pg_advisory_xact_lock pg_cancel_backend pg_current_xact_id
    pg_notify pg_sleep pg_sleep_for pg_sleep_until pg_terminate_backend pg_try_advisory_lock
    pg_try_advisory_xact_lock rand random random_bytes randomblob raise release_all_locks release_lock row_count
    set_config setseed setval sleep sysdate timeofday total_changes txid_current uuid uuid_generate_v1
    uuid_generate_v4 uuid_short uuidv4 uuidv7
    """
)


# A character that no name has (it is of Unicode's private use area).
_MARK = "\ue000"

# Calls like any other, for which sqlglot has syntax of its own all the same.
_PLAIN_CALLS = words("CEIL CHAR CHR DATE_PART DECODE FLOOR INITCAP JSONB_EXISTS SUBSTR")


def function_name(call: exp.Anonymous) -> str:
    """The name of a called function, in small letters; empty if the query quotes it."""
    name = call.this
    return name.removesuffix(_MARK).lower() if isinstance(name, str) else ""


@dataclass(frozen=True)
class Rules:
    """The rules of one dialect."""

    name: str
    _dialect: Dialect
    quote: str
    immutable: frozenset[str]
    known: frozenset[str]
    _plain: re.Pattern[str]

    def tokens(self, sql: str) -> list[Token]:
        """The tokens of a text; sqlglot's errors pass through."""
        return self._dialect.tokenize(sql)

    def check(self, tokens: Sequence[Token], sql: str) -> None:
        """Raises ``Unsure`` if these tokens of a text are not the server's."""
        lexemes.check(tokens, sql, self.name)

    def parse(self, tokens: Sequence[Token], sql: str) -> list[exp.Expr | None]:
        """The statements of a text; sqlglot's errors pass through."""
        parser = self._dialect.parser_class
        known = (parser.FUNCTIONS.keys() - parser.FUNCTION_PARSERS.keys()) | _PLAIN_CALLS
        callable_kinds = parser.FUNC_TOKENS - parser.SUBQUERY_PREDICATES.keys()
        marked = [
            _marked(token)
            if following.token_type == TokenType.L_PAREN
            and token.token_type in callable_kinds
            and token.token_type != TokenType.IDENTIFIER
            and token.text.upper() in known
            else token
            for token, following in zip(tokens, [*tokens[1:], tokens[-1]], strict=True)
        ]
        return self._dialect.parser().parse(marked, sql)

    def quoted(self, name: str) -> str:
        """A name in this dialect's quotes."""
        return self.quote + name.replace(self.quote, self.quote * 2) + self.quote

    def spelled(self, name: str) -> str:
        """An exact (already folded) name, quoted only where it must be.

        >>> rules("postgres").spelled("city_id"), rules("postgres").spelled("City"), rules("mysql").spelled("order")
        ('city_id', '"City"', '`order`')
        """
        if self._plain.match(name) and name.translate(_ASCII_LOWER) not in RESERVED:
            return name
        return self.quoted(name)

    def column(self, identifier: exp.Expr) -> str:
        """The one spelling of a column's name: equal texts are the same column, whatever the query wrote."""
        name, quoted = _identifier(identifier)
        if self.name == "postgres":
            return self._folded(name, quoted)
        return self.spelled(name.translate(_ASCII_LOWER))

    def relation(self, identifier: exp.Expr) -> str:
        """The one spelling of a table's, an alias's or a schema's name."""
        name, quoted = _identifier(identifier)
        if self.name == "postgres":
            return self._folded(name, quoted)
        return self.spelled(name.translate(_ASCII_LOWER) if self.name == "sqlite" else name)

    def as_written(self, identifier: exp.Expr) -> str:
        """An identifier as the query wrote it, for text that is put beside the query's own."""
        name, quoted = _identifier(identifier)
        return self.quoted(name) if quoted else name

    def exact_column(self, name: str) -> str:
        """The spelling of a column given by its exact name, as ``partition_key`` and ``schema`` give it."""
        return self.spelled(name if self.name == "postgres" else name.translate(_ASCII_LOWER))

    def exact_relation(self, name: str) -> str:
        """The spelling of a (perhaps schema-qualified) table given by its exact name."""
        folded = name.translate(_ASCII_LOWER) if self.name == "sqlite" else name
        return ".".join(self.spelled(part) for part in folded.split("."))

    def _folded(self, name: str, quoted: bool) -> str:
        if quoted:
            return self.spelled(name)
        # The server folds ASCII letters itself; what it does to others depends on its encoding, so they stay.
        return name.translate(_ASCII_LOWER)


def _marked(token: Token) -> Token:
    return Token(
        token.token_type,
        token.text + _MARK,
        token.line,
        token.col,
        token.start,
        token.end,
        list(token.comments),
    )


def _identifier(node: exp.Expr) -> tuple[str, bool]:
    if not isinstance(node, exp.Identifier):
        raise Unsure("a name that is not a plain name")
    name, quoted = node.this, bool(node.args.get("quoted"))
    if not isinstance(name, str) or not name or "\x00" in name or len(name.encode("utf-8", "replace")) > 63:
        raise Unsure("a name that is empty or longer than 63 bytes")
    if not quoted and not (name[0].isalpha() or name[0] == "_" or ord(name[0]) > 127):
        raise Unsure(f"{name!r} is not a plain name")
    return name, quoted


def _make(name: str, dialect: Dialect, quote: str, plain: str) -> Rules:
    immutable = _COMMON_IMMUTABLE | _IMMUTABLE[name]
    known = immutable | _AGGREGATES_AND_WINDOWS | _STABLE
    return Rules(name, dialect, quote, immutable, known - VOLATILE, re.compile(plain))


_RULES = {
    "postgres": _make("postgres", Postgres(), '"', r"[a-z_][a-z0-9_]*\Z"),
    "mysql": _make("mysql", MySQL(), "`", r"[A-Za-z_][A-Za-z0-9_]*\Z"),
    "sqlite": _make("sqlite", SQLite(), '"', r"[a-z_][a-z0-9_]*\Z"),
}
DIALECTS = tuple(_RULES)
_ALSO_CALLED = {"postgresql": "postgres", "mariadb": "mysql", "sqlite3": "sqlite"}


def rules(dialect: str) -> Rules:
    """The rules of a dialect.

    Args:
        dialect: ``postgres`` (or ``postgresql``), ``mysql`` (or ``mariadb``), ``sqlite``.

    Raises:
        ConfigurationError: the dialect is none of these.

    >>> rules("mariadb").name
    'mysql'
    """
    name = str(dialect).lower()
    try:
        return _RULES[_ALSO_CALLED.get(name, name)]
    except KeyError:
        raise ConfigurationError(
            f"There is no dialect {dialect!r}.", hint="Use postgres, mysql or sqlite."
        ) from None
