with

links as (

    select * from {{ ref('int_identity__joining_links') }}

),

final as (

    select
        identifier_key,
        other_identifier_key as competing_identifier_key,
        'one_national_id' as constraint_name,
        first_table as rule_table,
        linked_at
    from links
    where not is_admitted

)

select * from final
