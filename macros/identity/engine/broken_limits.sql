{% macro broken_limits(marks, broken) -%}
    {#-
      Which groups hold more values than a limit allows.

      marks: work table (label, limit_key, value_key, seen_date, max_count, window_days): what each group holds that
      counts for a limit; window_days null means ever, and seen_date is then of no meaning.
      broken: work table to make: (label, limit_key).

      A window of n days holds too many values if some day has more than max_count of them seen on it or in the
      n - 1 days after. Both counts can only grow when groups unite, so what is unbroken as a whole never was broken.
    -#}
    {{- create_work_table(broken,
        'with counted as (select label, limit_key, min(max_count) as max_count, min(window_days) as window_days from ' ~ marks
        ~ ' group by label, limit_key having count(distinct value_key) > min(max_count)) '
        ~ 'select label, limit_key from counted where window_days is null union all '
        ~ 'select counted.label, counted.limit_key from counted where exists ('
        ~ 'select opening.seen_date from ' ~ marks ~ ' as opening inner join ' ~ marks ~ ' as seen '
        ~ 'on opening.label = seen.label and opening.limit_key = seen.limit_key '
        ~ 'and seen.seen_date >= opening.seen_date and seen.seen_date < opening.seen_date + opening.window_days '
        ~ 'where opening.label = counted.label and opening.limit_key = counted.limit_key '
        ~ 'group by opening.seen_date having count(distinct seen.value_key) > min(opening.max_count)'
        ~ ') and counted.window_days is not null'
    ) -}}
{%- endmacro %}
