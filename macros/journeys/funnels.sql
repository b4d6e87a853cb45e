{% macro funnels() -%}
    {#-
      The funnels declared in the var `funnels`, by name, each with its defaults filled in: title, steps (step, condition),
      window_micros, order, among, entered_in_last_days. What is declared wrongly stops dbt with a message that names the funnel.
      See docs/journeys.md.
    -#}
    {%- set found, declared = {}, var('funnels', {}) or {} -%}
    {%- if declared is not mapping -%}
        {{ exceptions.raise_compiler_error('var funnels: expected names with declarations below them, as in docs/journeys.md') }}
    {%- endif -%}
    {%- for name, funnel in declared.items() -%}
        {%- do _check_keys(
            'funnel ' ~ name, funnel, ['steps'],
            ['title', 'steps', 'within_days', 'within_hours', 'within_minutes', 'order', 'among', 'entered_in_last_days']
        ) -%}
        {%- if not modules.re.match('^[a-z][a-z0-9_]*$', name) -%}
            {{ exceptions.raise_compiler_error('funnel ' ~ name ~ ': a name is made of lower-case letters, digits and _') }}
        {%- endif -%}
        {%- set order = funnel.get('order', 'loose') -%}
        {%- if order not in ['loose', 'strict'] -%}
            {{ exceptions.raise_compiler_error('funnel ' ~ name ~ ': order is loose or strict, not ' ~ order) }}
        {%- endif -%}
        {%- do found.update({name: {
            'title': funnel.get('title', name),
            'steps': _funnel_steps(name, funnel['steps']),
            'window_micros': _window_micros(name, funnel),
            'order': order,
            'among': funnel.get('among', 'true'),
            'entered_in_last_days': funnel.get('entered_in_last_days'),
        }}) -%}
        {%- if not (funnel.get('entered_in_last_days') is none or _is_positive(funnel['entered_in_last_days'])) -%}
            {{ exceptions.raise_compiler_error('funnel ' ~ name ~ ': entered_in_last_days must be a positive number of days') }}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{% macro _is_positive(value) -%}
    {#- Whether it is a number above nought; true and false are none. -#}
    {{ return(value is number and value is not boolean and value > 0) }}
{%- endmacro %}

{% macro _check_keys(place, declaration, needed, known) -%}
    {#- Stop where a declaration isn't a mapping, lacks a key or has one that means nothing. -#}
    {%- if declaration is not mapping -%}
        {{ exceptions.raise_compiler_error(place ~ ': expected keys such as ' ~ known | join(', ')) }}
    {%- endif -%}
    {%- for key in declaration if key not in known -%}
        {{ exceptions.raise_compiler_error(place ~ ': ' ~ key ~ ' is none of ' ~ known | join(', ')) }}
    {%- endfor -%}
    {%- for key in needed if key not in declaration -%}
        {{ exceptions.raise_compiler_error(place ~ ': ' ~ key ~ ' is missing') }}
    {%- endfor -%}
{%- endmacro %}

{% macro _window_micros(name, funnel) -%}
    {#- The time that somebody has from the first step on. -#}
    {%- set units = {'within_days': 86400000000, 'within_hours': 3600000000, 'within_minutes': 60000000} -%}
    {%- set given = [] -%}
    {%- for unit in units if unit in funnel -%}{%- do given.append(unit) -%}{%- endfor -%}
    {%- if given | length != 1 or not _is_positive(funnel[given[0]]) -%}
        {{ exceptions.raise_compiler_error(
            'funnel ' ~ name ~ ': exactly one of ' ~ units | join(', ') ~ ' must be a positive number'
        ) }}
    {%- endif -%}
    {{ return((funnel[given[0]] * units[given[0]]) | int) }}
{%- endmacro %}

{% macro _funnel_steps(name, declared) -%}
    {#- The steps of a funnel, each with the condition on a row of customer_timeline that takes it. -#}
    {%- set steps, names, kinds = [], [], _event_kinds() -%}
    {%- if declared is string or declared is mapping or declared is not sequence or not 2 <= declared | length <= 30 -%}
        {{ exceptions.raise_compiler_error('funnel ' ~ name ~ ': steps must be a list of 2 to 30 steps') }}
    {%- endif -%}
    {%- for step in declared -%}
        {%- set place = 'funnel ' ~ name ~ ', step ' ~ loop.index -%}
        {%- do _check_keys(place, step, ['step'], ['step', 'event', 'where']) -%}
        {%- set events = [step['event']] if step.get('event') is string else step.get('event', []) or [] -%}
        {%- if step['step'] in names -%}
            {{ exceptions.raise_compiler_error(place ~ ': there is another step ' ~ step['step']) }}
        {%- endif -%}
        {%- if not events and not step.get('where') -%}
            {{ exceptions.raise_compiler_error(place ~ ' (' ~ step['step'] ~ '): event or where must say what takes it') }}
        {%- endif -%}
        {%- for event in events if kinds and event not in kinds -%}
            {{ exceptions.raise_compiler_error(
                place ~ ' (' ~ step['step'] ~ '): ' ~ event ~ ' is no event_kind of customer_timeline: ' ~ kinds | join(', ')
            ) }}
        {%- endfor -%}
        {%- set conditions = [] -%}
        {%- if events -%}{%- do conditions.append("event_kind in ('" ~ events | join("', '") ~ "')") -%}{%- endif -%}
        {%- if step.get('where') -%}{%- do conditions.append('coalesce(' ~ step['where'] ~ ', false)') -%}{%- endif -%}
        {%- do names.append(step['step']) -%}
        {%- do steps.append({'step': step['step'], 'condition': conditions | join(' and ')}) -%}
    {%- endfor -%}
    {{ return(steps) }}
{%- endmacro %}

{% macro _event_kinds() -%}
    {#- The kinds of event that customer_timeline may hold, from its own test; nothing while dbt only parses. -#}
    {%- set kinds = [] -%}
    {%- if execute and graph is defined -%}
        {%- for node in graph.get('nodes', {}).values()
            if node.resource_type == 'test' and node.column_name == 'event_kind'
            and (node.attached_node or '').endswith('.customer_timeline')
            and node.test_metadata.name == 'accepted_values' -%}
            {%- do kinds.extend(node.test_metadata.kwargs.get('values') or node.test_metadata.kwargs.arguments['values']) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(kinds) }}
{%- endmacro %}
