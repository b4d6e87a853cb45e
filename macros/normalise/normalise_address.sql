{% macro normalise_address(columns) -%}
    {#-
      A postal address as one text to compare by: NFC, lower case, everything but letters, marks and digits a blank,
      blanks collapsed. It is for comparison only; people are shown what was written. Null if nothing is left.

      columns: list of columns or expressions, from the street to the country; empty ones are passed over.
    -#}
    {%- set written = nfc("concat_ws(' ', " ~ columns | join(', ') ~ ')') -%}
    nullif(trim({{ regexp_replace_all('lower(' ~ written ~ ')', '[^\\pL\\pM\\pN]+', ' ') }}), '')
{%- endmacro %}
