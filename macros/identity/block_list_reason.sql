{% macro block_list_reason(type_column, value_column) -%}
    {#-
      Why the block list (seeds/identity/blocked_values.csv) names a value, or null if it doesn't.
      The list is written into the SQL: comparing whole pieces with constants costs a tenth of a join with patterns. A
      pattern that the @ ends or begins is compared with that part of the address, others with as many letters as they have.
    -#}
    {%- set block_list = ref('blocked_values') -%}
    {%- set branches = [] -%}
    {%- if execute and load_relation(block_list) -%}
        {%- set text = 'lower(' ~ value_column ~ ')' -%}
        {%- set at = "strpos(" ~ text ~ ", '@')" -%}
        {%- set grouped -%}
            select
                identifier_type, match_kind, reason,
                case
                    when match_kind = 'exact' then null
                    when match_kind = 'prefix' and strpos(pattern, '@') = length(pattern) then 0
                    when match_kind = 'suffix' and strpos(pattern, '@') = 1 then 0
                    else length(pattern)
                end as letter_count,
                string_agg('''' || replace(pattern, '''', '''''') || '''', ', ' order by pattern) as patterns
            from {{ block_list }}
            group by all
            order by all
        {%- endset -%}
        {%- for identifier_type, kind, reason, letters, patterns in run_query(grouped).rows -%}
            {%- set pieces = {
                'exact': text,
                'prefix': 'left(' ~ text ~ ', ' ~ (letters or at) ~ ')',
                'suffix': 'right(' ~ text ~ ', ' ~ letters ~ ')' if letters else 'substr(' ~ text ~ ', ' ~ at ~ ')',
            } -%}
            {%- set of_type = '' if identifier_type == '*' else type_column ~ " = '" ~ identifier_type ~ "' and " -%}
            {%- do branches.append('when ' ~ of_type ~ pieces[kind] ~ ' in (' ~ patterns ~ ") then '" ~ reason | replace("'", "''") ~ "'") -%}
        {%- endfor -%}
    {%- endif -%}
    {{ 'case\n        ' ~ branches | join('\n        ') ~ '\n    end' if branches else 'cast(null as varchar)' }}
{%- endmacro %}
