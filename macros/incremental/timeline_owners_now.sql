{% macro timeline_owners_now() %}
    {#-
      Who owns what the events of customer_timeline are on, as a query: accounts and cards, parts of visits, contacts and
      other records. `owner` tells all of an owner that a row of the timeline shows.
    -#}
    select
        holder_type,
        holder_no,
        concat_ws('|', person_id, is_main_owner, from_month_end_date, to_month_end_date) as owner
    from ({{ owners_now() }}) as movement_owners
    union all
    select owner_type as holder_type, owner_no as holder_no, person_id as owner
    from {{ ref('int_events__behaviour_owners') }}
    union all
    select
        'visit_part' as holder_type,
        visit_part_id as holder_no,
        concat_ws('|', visit_id, visitor_id, valid_from, coalesce(person_id, '')) as owner
    from {{ ref('visit_owners') }}
{% endmacro %}
