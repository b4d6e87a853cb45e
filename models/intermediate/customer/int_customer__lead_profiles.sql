with

persons as (

    select person_id, any_value(reach_id) as reach_id
    from {{ ref('int_identity__person_records') }}
    group by person_id

),

leads as (

    select * from {{ ref('int_customer__lead_history') }}
    where not is_customer

),

-- A reach may hold several persons of weak evidence. Each value is that of the person with the most to say.
said as (

    select
        leads.reach_id,
        values_of.person_id,
        values_of.attribute,
        values_of.attribute_value,
        count(*) over (partition by leads.reach_id, values_of.person_id) as value_count
    from {{ ref('int_customer__golden_values') }} as values_of
    inner join persons on values_of.person_id = persons.person_id
    inner join leads on persons.reach_id = leads.reach_id

),

chosen as (

    select * from said
    qualify row_number() over (
        partition by reach_id, attribute order by value_count desc, person_id asc, attribute_value asc
    ) = 1

),

final as (

    select
        reach_id,
        max(attribute_value) filter (where attribute = 'full_name') as full_name,
        max(attribute_value) filter (where attribute = 'mobile_phone') as phone,
        max(attribute_value) filter (where attribute = 'email') as email,
        cast(max(attribute_value) filter (where attribute = 'date_of_birth') as date) as date_of_birth,
        max(attribute_value) filter (where attribute = 'province') as province,
        cast(max(attribute_value) filter (where attribute = 'declared_income_amount') as decimal(18, 2))
            as declared_income_amount
    from chosen
    group by reach_id

)

select * from final
