{%- set tracked = tracked_attributes() | list -%}
{%- set key = {'changed_date': 'date', 'person_id': 'varchar', 'is_present': 'boolean'} -%}
{{ config(post_hook="{{ write_lake_ledger('customer_360') }}") }}
with

ledger as (

    {{ lake_ledger('customer_360', dict(key, **tracked_attributes())) }}

),

customers as (

    select * from {{ ref('customer_360_pseudonymous') }}

),

as_of as (

    select max(as_of_date) as changed_date from customers

),

known as (

    select * from ledger
    qualify row_number() over (partition by person_id order by change_no desc) = 1

),

changes as (

    select
        coalesce(customers.person_id, known.person_id) as person_id,
        customers.person_id is not null as is_present,
        customers.{{ tracked | join(', customers.') }}
    from customers
    full join known on customers.person_id = known.person_id
    where (known.person_id is null or known.is_present <> (customers.person_id is not null))
        or (
            customers.person_id is not null
            and (customers.{{ tracked | join(', customers.') }})
            is distinct from (known.{{ tracked | join(', known.') }})
        )

),

final as (

    select change_no, changed_date, person_id, is_present, {{ tracked | join(', ') }} from ledger

    union all

    select
        cast((select coalesce(max(ledger.change_no), 0) + 1 from ledger) as integer) as change_no,
        as_of.changed_date,
        changes.person_id,
        changes.is_present,
        changes.{{ tracked | join(', changes.') }}
    from changes
    cross join as_of

)

select * from final
