{% macro normalise_name(column) -%}
    {#-
      A person's name in one writing: NFC, zero-width and direction marks removed, blanks collapsed; the case stays.
      Never NFKC: it takes the Thai vowel sara am apart. Two Thai writings that look the same become one instead:
      nikhahit + sara aa is sara am, and sara e typed twice is sara ae. A text without a single letter is no name.
    -#}
    {%- set clean = regexp_replace_all(nfc(column), '[\u00AD\u200B-\u200F\u202A-\u202E\u2060\uFEFF]+', '') -%}
    {%- set joined = regexp_replace_all(clean, '\u0E4D([\u0E48-\u0E4B]?)\u0E32', '\\1\u0E33') -%}
    {%- set blanks = regexp_replace_all(joined, '[\\s\u00A0\u2000-\u200A\u202F\u3000]+', ' ') -%}
    case when regexp_extract({{ column }}, '\pL') <> '' then trim(replace({{ blanks }}, 'เเ', 'แ')) end
{%- endmacro %}
