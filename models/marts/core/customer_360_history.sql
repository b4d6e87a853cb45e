{%- set tracked = tracked_attributes() | list -%}
with

changes as (

    select * from {{ ref('customer_360_changes') }}

),

-- Of several builds on one day the last one counts.
days as (

    select
        *,
        lead(changed_date) over (partition by person_id order by change_no) as next_changed_date
    from changes
    qualify row_number() over (partition by person_id, changed_date order by change_no desc) = 1

),

final as (

    select
        person_id,
        changed_date as valid_from,
        next_changed_date as valid_to,
        next_changed_date is null as is_current,
        {{ tracked | join(', ') }}
    from days
    where is_present

)

select * from final
