{% macro fnv32a(text) -%}
    {#-
      The 32-bit FNV-1a hash of a text by its UTF-16 code units, as JavaScript sees it: a letter beyond U+FFFF is two.
      Python's is cardinal/experiments/bucketing.py; a test holds both to the published vectors.
    -#}
    {{ return(adapter.dispatch('fnv32a', 'cardinal')(text)) }}
{%- endmacro %}

{% macro duckdb__fnv32a(text) -%}
    list_reduce(
        list_transform(
            flatten(list_transform(
                list_filter(string_split({{ text }}, ''), lambda letter: letter != ''),
                lambda letter: case
                    when ord(letter) < 65536 then [ord(letter)]
                    else [55296 + (ord(letter) - 65536) // 1024, 56320 + (ord(letter) - 65536) % 1024]
                end
            )),
            lambda unit: cast(unit as ubigint)
        ),
        lambda hash, unit: (xor(hash, unit) * cast(16777619 as ubigint)) % cast(4294967296 as ubigint),
        cast(2166136261 as ubigint)
    )
{%- endmacro %}
