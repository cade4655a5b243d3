/**
 * The functions that a spec's SQL may call: those that make a value from values of the same row, and from nothing else.
 * It is a list of what is allowed, so a function that a later DuckDB adds is refused until somebody has looked at it.
 * Left out on purpose: what reads files, settings or the environment, what changes from run to run (now, random, uuid),
 * what looks at other rows (aggregates, windows), what makes text as long as a number says (one call could fill the
 * memory of the machine), and DuckDB's own hash(), which may change between versions.
 */
const OPERATORS = '+ - * / // % ^ ** & | ~ << >> || @ !__postfix ~~ !~~ ~~* !~~* ~~~ ^@ ->> && @> <@';

const NUMBERS = `abs acos acosh add asin asinh atan atan2 atanh bit_count cbrt ceil ceiling cos cosh cot degrees divide even
  exp factorial fdiv floor fmod gamma gcd greatest greatest_common_divisor isfinite isinf isnan lcm least
  least_common_multiple lgamma ln log log10 log2 mod multiply nextafter pi pow power radians round round_even roundbankers
  sign signbit sin sinh sqrt subtract tan tanh trunc xor`;

const TEXT = `array_to_string ascii base64 bar bin bit_length char_length character_length chr concat concat_ws contains
  damerau_levenshtein editdist3 ends_with from_base64 from_hex hamming hex ilike_escape instr jaccard
  jaro_similarity jaro_winkler_similarity lcase left left_grapheme len length length_grapheme levenshtein like_escape lower
  ltrim md5 mismatches nfc_normalize not_ilike_escape not_like_escape octet_length ord parse_dirname parse_dirpath
  parse_filename position prefix regexp_escape regexp_extract regexp_extract_all regexp_full_match regexp_matches
  regexp_replace regexp_split_to_array replace reverse right right_grapheme rtrim sha1 sha256 split split_part
  starts_with str_split str_split_regex string_split string_split_regex string_to_array strip_accents strlen strpos substr
  substring substring_grapheme suffix to_base to_base64 to_binary to_hex translate trim ucase unhex unicode upper
  url_decode url_encode`;

const TIME = `century date_add date_diff date_part date_sub date_trunc datediff datepart datesub datetrunc day dayname
  dayofmonth dayofweek dayofyear days_in_month decade epoch epoch_ms epoch_ns epoch_us era hour isodow isoyear julian
  last_day make_date make_time make_timestamp make_timestamp_ms make_timestamp_ns microsecond millennium millisecond minute
  month monthname nanosecond quarter second strftime strptime time_bucket timezone to_centuries to_days to_decades
  to_hours to_microseconds to_millennia to_milliseconds to_minutes to_months to_quarters to_seconds to_timestamp to_weeks
  to_years try_strptime week weekday weekofyear year yearweek`;

const NESTED = `array_contains array_extract array_has array_has_all array_has_any array_length array_position array_value
  cardinality element_at flatten json_array_length json_contains json_exists json_extract json_extract_path
  json_extract_path_text json_extract_string json_keys json_type json_valid json_value list_any_value list_avg list_concat
  list_contains list_count list_distinct list_element list_extract list_first list_has list_has_all list_has_any
  list_indexof list_last list_max list_median list_min list_pack list_position list_product list_reverse list_reverse_sort
  list_slice list_sort list_sum list_unique list_value list_where map map_contains map_extract map_extract_value
  map_from_entries map_keys map_values row struct_extract struct_pack`;

const LOGIC = 'alias nullif switch typeof';

export const SCALAR_FUNCTIONS: ReadonlySet<string> = new Set(
  [OPERATORS, NUMBERS, TEXT, TIME, NESTED, LOGIC].flatMap((names) => names.trim().split(/\s+/)),
);

/** Names that people try, with the reason that they are refused. */
export const REFUSED_FUNCTIONS: { readonly [name: string]: string } = Object.fromEntries([
  ...'sum count count_star avg mean min max median mode stddev variance first last any_value quantile quantile_cont arg_max arg_min list string_agg bool_and bool_or'
    .split(' ')
    .map((name) => [name, 'looks at many rows; an expression here sees one row']),
  ...'now today current_date current_timestamp current_time get_current_time get_current_timestamp transaction_timestamp age ago random uuid gen_random_uuid setseed'
    .split(' ')
    .map((name) => [name, "gives another result on every run; write the value, such as DATE '2024-01-31'"]),
  ...'read_csv read_csv_auto read_text read_blob read_parquet parquet_scan read_json read_json_auto read_ndjson glob getenv current_setting getvariable query query_table duckdb_settings'
    .split(' ')
    .map((name) => [name, 'reaches outside the row']),
  ...'repeat lpad rpad format printf range generate_series list_resize array_resize bitstring'
    .split(' ')
    .map((name) => [name, 'can make a value of any size from a number; build it with || or concat()']),
  ['unnest', 'makes several rows of one'],
  ['hash', 'may change with the version of DuckDB; md5 and sha256 do not'],
]);
