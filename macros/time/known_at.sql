{% macro known_at(happened_at, first_delivery_date, ingested_at='_ingested_at') -%}
    {#-
      When the bank knew of a record: when it arrived. What came on a table's first day of deliveries is history that the
      bank had before; it counts as known when it happened (happened_at, UTC).
    -#}
    case
        when cast({{ ingested_at }} as date) <= {{ first_delivery_date }}
            then least({{ ingested_at }}, cast({{ happened_at }} as timestamp))
        else {{ ingested_at }}
    end
{%- endmacro %}
