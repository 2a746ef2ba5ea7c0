"""The functions that SQLite and PostgreSQL bring along; every other one the program has to define.

SQLite's from `pragma_function_list` of 3.40 to 3.50 with the extensions of its shell, PostgreSQL's from `pg_proc`
of 18 without operators and input functions, with those of the contrib modules that ports mention.
"""

from __future__ import annotations

_SQLITE = """
    abs acos acosh asin asinh atan atan2 atanh avg bm25 ceil ceiling changes char coalesce concat
    concat_ws cos cosh count cume_dist current_date current_time current_timestamp date datetime dbstat
    degrees dense_rank exp first_value floor format generate_series glob group_concat hex highlight if
    ifnull iif instr json json_array json_array_insert json_array_length json_each json_error_position
    json_extract json_group_array json_group_object json_insert json_object json_patch json_pretty
    json_quote json_remove json_replace json_set json_tree json_type json_valid jsonb jsonb_array
    jsonb_each jsonb_extract jsonb_group_array jsonb_group_object jsonb_insert jsonb_object jsonb_patch
    jsonb_remove jsonb_replace jsonb_set jsonb_tree julianday lag last_insert_rowid last_value lead
    length like likelihood likely ln load_extension log log10 log2 lower ltrim match matchinfo max median
    min mod nth_value ntile nullif octet_length offsets optimize percent_rank percentile percentile_cont
    percentile_disc pi pow power printf quote radians random randomblob rank regexp regexpi replace round
    row_number rtreecheck rtreedepth rtreenode rtrim sign sin sinh snippet soundex
    sqlite_compileoption_get sqlite_compileoption_used sqlite_log sqlite_offset sqlite_source_id
    sqlite_version sqrt strftime string_agg substr substring subtype sum tan tanh time timediff total
    total_changes trim trunc typeof unhex unicode unistr unistr_quote unixepoch unlikely upper zeroblob
"""
SQLITE = frozenset(_SQLITE.split())
"""Functions, aggregates and table-valued functions of SQLite."""

_POSTGRES = """
    abbrev aclcontains aclexplode aclinsert aclremove acosd all any any_value any_value_transfn
    anytextcat area array array_agg array_append array_cat array_dims array_fill array_length array_lower
    array_ndims array_position array_positions array_prepend array_remove array_replace array_reverse
    array_sort array_to_json array_to_string array_upper arraycontained arraycontains arrayoverlap ascii
    asind atan2d atand bit_and bit_count bit_length bit_or bit_xor bool bool_and bool_or
    booland_statefunc boolor_statefunc bound_box broadcast bytea byteacat bytealike byteanlike
    cardinality casefold cast cbrt center chr clock_timestamp col_description convert convert_from
    convert_to corr cosd cot cotd covar_pop covar_samp crc32 crc32c crypt current_database current_query
    current_schema current_schemas current_setting current_user currtid2 currval cursor_to_xml
    cursor_to_xmlschema database_to_xml database_to_xml_and_xmlschema database_to_xmlschema date_add
    date_bin date_part date_subtract date_trunc daterange daterange_canonical daterange_subdiff dcbrt
    decode dexp diagonal diameter digest div dlog1 dlog10 dpow dround dsqrt dtrunc encode enum_first
    enum_last erf erfc every exists extract factorial family flt4_mul_cash flt8_mul_cash fmgr_c_validator
    fmgr_internal_validator fmgr_sql_validator format_type gamma gcd gen_random_bytes gen_random_uuid
    gen_salt generate_subscripts get_bit get_byte get_current_ts_config getdatabaseencoding getpgusername
    greatest grouping height host hostmask icu_unicode_version inetand inetmi inetmi_int8 inetnot inetor
    inetpl initcap int4range int8range integer_pl_date interval is_normalized isclosed isempty isfinite
    ishorizontal isopen isparallel isperp isvertical json_agg json_agg_strict json_array_element
    json_array_element_text json_array_elements json_array_elements_text json_build_array
    json_build_object json_each_text json_exists json_extract_path json_extract_path_text json_object_agg
    json_object_agg_strict json_object_agg_unique json_object_agg_unique_strict json_object_field
    json_object_field_text json_object_keys json_populate_record json_populate_recordset json_query
    json_scalar json_serialize json_strip_nulls json_to_record json_to_recordset json_to_tsvector
    json_typeof json_value jsonb_agg jsonb_agg_strict jsonb_array_element jsonb_array_element_text
    jsonb_array_elements jsonb_array_elements_text jsonb_array_length jsonb_build_array
    jsonb_build_object jsonb_concat jsonb_delete jsonb_delete_path jsonb_each_text jsonb_extract_path
    jsonb_extract_path_text jsonb_object_agg jsonb_object_agg_strict jsonb_object_agg_unique
    jsonb_object_agg_unique_strict jsonb_object_field jsonb_object_field_text jsonb_object_keys
    jsonb_path_exists jsonb_path_exists_opr jsonb_path_exists_tz jsonb_path_match jsonb_path_match_opr
    jsonb_path_match_tz jsonb_path_query jsonb_path_query_array jsonb_path_query_array_tz
    jsonb_path_query_first jsonb_path_query_first_tz jsonb_path_query_tz jsonb_populate_record
    jsonb_populate_record_valid jsonb_populate_recordset jsonb_pretty jsonb_strip_nulls jsonb_to_record
    jsonb_to_recordset jsonb_to_tsvector jsonb_typeof justify_days justify_hours justify_interval lastval
    lcm least left levenshtein lgamma like_escape lo_close lo_creat lo_create lo_export lo_from_bytea
    lo_get lo_import lo_lseek lo_lseek64 lo_open lo_put lo_tell lo_tell64 lo_truncate lo_truncate64
    lo_unlink loread lower_inc lower_inf lowrite lpad make_date make_interval make_time make_timestamp
    make_timestamptz makeaclitem masklen md5 mode mul_d_interval netmask nextval normalize notlike now
    npoints num_nonnulls num_nulls numeric numnode numrange numrange_subdiff obj_description overlaps
    overlay parse_ident pclose pg_advisory_lock pg_advisory_xact_lock pg_database_size
    pg_get_expr pg_get_serial_sequence pg_size_pretty pg_sleep pg_total_relation_size pg_typeof plainto_tsquery
    plpgsql_validator popen position postgresql_fdw_validator query_to_xml query_to_xml_and_xmlschema
    query_to_xmlschema querytree quote_ident quote_literal radius random_normal range_agg regclass
    regexp_count regexp_instr regexp_like regexp_match regexp_matches regexp_replace
    regexp_split_to_array regexp_substr regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope
    regr_sxx regr_sxy regr_syy repeat reverse right row row_security_active row_to_json rpad
    schema_to_xml schema_to_xml_and_xmlschema schema_to_xmlschema session_user set_bit set_byte
    set_config set_masklen setseed setval setweight sha224 sha256 sha384 sha512 shobj_description
    similar_escape similar_to_escape similarity sind slope some split_part starts_with
    statement_timestamp stddev stddev_pop stddev_samp string_to_array strip strpos system_user
    table_to_xml table_to_xml_and_xmlschema table_to_xmlschema tand text textanycat textcat texteqname
    textgename textgtname texticlike texticnlike textlen textlename textltname textnename textnlike
    timeofday timestamp timestamptz timetz to_ascii to_bin to_char to_date to_hex to_json to_jsonb
    to_number to_oct to_regclass to_regcollation to_regnamespace to_regoper to_regoperator to_regproc
    to_regprocedure to_regtype to_regtypemod to_timestamp to_tsquery to_tsvector transaction_timestamp
    translate treat trim_array ts_headline ts_rank tsq_mcontained tsq_mcontains tsquery_and tsquery_not
    tsquery_or tsquery_phrase tsrange tsrange_subdiff tstzrange tstzrange_subdiff tsvector_concat
    tsvector_to_array txid_current txid_current_if_assigned txid_current_snapshot txid_snapshot_xip
    txid_snapshot_xmax txid_snapshot_xmin txid_status txid_visible_in_snapshot unaccent unicode_assigned
    unicode_version unnest upper_inc upper_inf uuid_send uuidv4 uuidv7 var_pop var_samp varbit varchar
    variance version websearch_to_tsquery width width_bucket word_similarity xml xml_is_well_formed
    xml_is_well_formed_content xml_is_well_formed_document xmlagg xmlcomment xmlconcat2 xmlelement
    xmlexists xmltext xmlvalidate xpath xpath_exists
"""
POSTGRES = frozenset(_POSTGRES.split())
"""Functions of PostgreSQL that SQLite has not."""
