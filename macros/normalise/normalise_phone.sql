{% macro normalise_phone(column, country=none) -%}
    {#-
      The number in E.164, or null if no country's numbering plan has it.

      Read as a number of the bank's country first, with or without trunk prefix and calling code; else as an
      international one, which must say so by "+" or the international prefix. Extensions are cut off. Junk is null:
      one digit throughout, seven zeros at the end, and the digits counted up or down.
    -#}
    {%- set plans = phone_patterns() -%}
    {%- set home_country = (country or setting('country')) | trim | upper -%}
    {%- if home_country not in plans.regions -%}
        {{ exceptions.raise_compiler_error("normalise_phone: '" ~ home_country ~ "' is no ISO 3166-1 alpha-2 country with a numbering plan.") }}
    {%- endif -%}
    {%- set home = plans.regions[home_country] -%}
    {%- set digits = "translate(lower(" ~ column ~ "), '๐๑๒๓๔๕๖๗๘๙０１２３４５６７８９٠١٢٣٤٥٦٧٨٩＋', '012345678901234567890123456789+')" -%}
    {%- set written = regexp_replace_all(
        digits, '^[^0-9+(]+|(?:/|\\s*(?:;?ext(?:n|ension)?|x|#|ต่อ)[.:=]?)\\s*[0-9]{1,2}$|\\s*(?:;?ext(?:n|ension)?|x|#|ต่อ)[.:=]?\\s*[0-9]{1,6}$'
        ~ '|[\\s().\\[\\]/~\u00A0\u00AD\u200B-\u200F\u2010-\u2015\u202A-\u202E\u2060\u2212\u3000\uFEFF-]', ''
    ) -%}
    {%- set national = "regexp_extract(" ~ written ~ ", '^(?:(?:\\+|00)?" ~ home.code ~ ")??(?:" ~ home.trunk ~ ")?("
        ~ plans.numbers[home.code] ~ ")$', 1)" -%}
    {%- set international = [
        regexp_replace_all(written, '^(?:\\+|' ~ home.international ~ ')', ''),
        regexp_replace_all(written, '^(?:\\+|00)', ''),
        regexp_replace_all(written, '^(?:\\+|00)(' ~ plans.trunk_zero_codes ~ ')0', '\\1'),
    ] -%}
    {%- set all_numbers = [] -%}
    {%- for code, pattern in plans.numbers.items() -%}
        {%- do all_numbers.append(code ~ '(?:' ~ pattern ~ ')') -%}
    {%- endfor -%}
    {%- set repeated = [] -%}
    {%- for digit in range(10) -%}
        {%- do repeated.append(digit ~ '{5,}') -%}
    {%- endfor -%}
    case
        when {{ matches_fully(written, '(?:\\+?' ~ home.code ~ ')?0*(?:' ~ repeated | join('|') ~ '|1?2345678|12?3456789|1234567890|9?87654321|9876543210)|[0-9+]*0{7,}') }} then null
        {% if home.rewrite -%}
        when {{ matches_fully(written, home.rewrite ~ '.*') }}
            then '+{{ home.code }}' || nullif({{ first_match([regexp_replace_all(written, '^' ~ home.rewrite, home.rewritten)], plans.numbers[home.code]) }}, '')
        {% endif -%}
        when {{ national }} <> '' then '+{{ home.code }}' || {{ national }}
        when {{ matches_fully(written, '(?:\\+|00|' ~ home.international ~ ').+') }}
            then '+' || nullif({{ first_match(international, all_numbers | join('|')) }}, '')
    end
{%- endmacro %}
