{% macro national_id_digits(column, country) %}
    {#-
      A national id in its bare form, or null when it can't be one. Junk is never repaired, so that two
      people are never joined by a guess.

      TH: 13 digits (Thai or Arabic; spaces, dots and dashes allowed between them) whose last digit is the
      check digit modulo 11. Elsewhere: letters and digits in upper case, at least five of them.

      column: SQL expression of type text. country: ISO 3166-1 alpha-2 code, known when this is rendered.
      Ingestion renders this file with plain Jinja too: it may use nothing but its arguments.
    -#}
    {%- if country == 'TH' -%}
        {%- set digits -%}
            regexp_replace(translate({{ column }}, '๐๑๒๓๔๕๖๗๘๙', '0123456789'), '[ .-]', '', 'g')
        {%- endset -%}
        case
            when regexp_full_match({{ digits }}, '[0-9]{13}')
                then case
                    when
                        (
                            11 - (
                                {%- for place in range(1, 13) %}
                                {{ '+ ' if not loop.first }}cast(substr({{ digits }}, {{ place }}, 1) as integer) * {{ 14 - place }}
                                {%- endfor %}
                            ) % 11
                        ) % 10 = cast(substr({{ digits }}, 13, 1) as integer)
                        then {{ digits }}
                end
        end
    {%- else -%}
        case
            when length(regexp_replace({{ column }}, '[^0-9A-Za-z]', '', 'g')) >= 5
                then upper(regexp_replace({{ column }}, '[^0-9A-Za-z]', '', 'g'))
        end
    {%- endif -%}
{% endmacro %}
