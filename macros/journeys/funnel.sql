{% macro funnel(name, declaration, events, traveller, since='true') -%}
    {#-
      A funnel as one query: a row per traveller and step reached, with traveller_id, step_no, step, entered_at, previous_at and
      reached_at.

      name, declaration: as funnels() gives them.
      events: the relation or query of events, with occurred_at and the columns that the steps name.
      traveller: the SQL of whose an event is; where it is null, the event is nobody's and left out.
      since: the SQL condition of an event that may begin the funnel, beside being the first step.

      A traveller enters with the first event that takes step 1, and takes each further step with the first event after the
      step before that takes it, no later than the window after the entry. Strict: nothing else of what the funnel
      watches (`among`) may come between two steps; repeats of the step just taken are nothing else. Events of the same
      moment are in the order of the steps they take, and such of the same step are one.

      How: an event's place in the order is one number (time, then lowest step), a traveller's key is one number, and each step is
      one join on equality with those who came so far. So the work grows with events and steps, not with their product.
    -#}
    {%- set steps, is_strict = declaration['steps'], declaration['order'] == 'strict' -%}
    {%- set lowest -%}
        case {% for step in steps %}when {{ step['condition'] }} then {{ loop.index }} {% endfor %}else 31 end
    {%- endset -%}
    {%- set place = micros_of('occurred_at') ~ ' * 32 + ' ~ lowest -%}
    {%- set later = [] -%}
    {%- for step in steps[1:] -%}{%- do later.append('(' ~ step['condition'] ~ ')') -%}{%- endfor -%}
    with

    entries as materialized (

        select
            {{ hash64(traveller) }} as traveller_key,
            any_value({{ traveller }}) as traveller_id,
            min({{ micros_of('occurred_at') }} * 32 + 1) as place
        from {{ events }}
        where
            {{ steps[0]['condition'] }}
            and {{ traveller }} is not null
            and ({{ declaration['among'] }})
            and ({{ since }})
        group by {{ hash64(traveller) }}

    ),

    watched as materialized (

        select
            {{ hash64(traveller) }} as traveller_key,
            {% for step in (steps if is_strict else steps[1:]) -%}
            {{ step['condition'] }} as is_{{ loop.index if is_strict else loop.index + 1 }},
            {% endfor -%}
            {{ place }} as place
        from {{ events }}
        where
            {{ 'true' if is_strict else '(' ~ later | join(' or ') ~ ')' }}
            and {{ traveller }} is not null
            and ({{ declaration['among'] }})

    ),

    step_1 as materialized (

        select
            traveller_key,
            place,
            place as previous_place,
            (place // 32 + {{ declaration['window_micros'] }} + 1) * 32 as deadline
        from entries

    ),
    {%- for number in range(2, steps | length + 1) %}

    step_{{ number }} as materialized (

        select
            watched.traveller_key,
            min(watched.place) {%- if is_strict %} filter (where watched.is_{{ number }}){% endif %} as place,
            any_value(reached.place) as previous_place,
            any_value(reached.deadline) as deadline
        from watched
        inner join step_{{ number - 1 }} as reached on watched.traveller_key = reached.traveller_key
        where
            watched.place > reached.place
            and watched.place < reached.deadline
            {%- if not is_strict %}
            and watched.is_{{ number }}
            {%- endif %}
        group by watched.traveller_key
        {%- if is_strict %}
        having
            min(watched.place) filter (where watched.is_{{ number }})
            <= min(watched.place) filter (where watched.is_{{ number }} or not watched.is_{{ number - 1 }})
        {%- endif %}

    ),
    {%- endfor %}

    reached as (
        {% for step in steps %}
        select traveller_key, place, previous_place, {{ loop.index }} as step_no, '{{ step['step'] }}' as step
        from step_{{ loop.index }}
        {{ 'union all' if not loop.last }}
        {%- endfor %}

    )

    select
        '{{ name }}' as funnel,
        entries.traveller_id,
        reached.step_no,
        reached.step,
        {{ timestamp_from_micros('entries.place // 32') }} as entered_at,
        {{ timestamp_from_micros('reached.previous_place // 32') }} as previous_at,
        {{ timestamp_from_micros('reached.place // 32') }} as reached_at
    from reached
    inner join entries on reached.traveller_key = entries.traveller_key
{%- endmacro %}
