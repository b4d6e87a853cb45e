{% macro keyed_hash(column, inner_pad_hex, outer_pad_hex) %}
    {#-
      HMAC-SHA256 of a text as 64 hexadecimal digits; null stays null. DuckDB has SHA-256 but no HMAC, which
      is two nested hashes (RFC 2104) once the key is made into its two pads.

      column: SQL expression of type text. inner_pad_hex, outer_pad_hex: SQL expressions of the key, filled
      with zeros to 64 bytes (a longer key is hashed first) and combined by exclusive or with 0x36 and with
      0x5c, in hexadecimal. Pass them as query parameters, so that the key never stands in a query's text.
      Ingestion renders this file with plain Jinja too: it may use nothing but its arguments.
    -#}
    sha256(
        from_hex({{ outer_pad_hex }})
        || from_hex(sha256(from_hex({{ inner_pad_hex }}) || encode({{ column }})))
    )
{%- endmacro %}
