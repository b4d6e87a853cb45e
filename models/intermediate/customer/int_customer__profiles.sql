{#- Golden values as typed columns. Which record each comes from and why is in int_customer__golden_values. -#}
{%- set attributes = {
    'title': 'varchar', 'first_name': 'varchar', 'last_name': 'varchar', 'first_name_latin': 'varchar',
    'last_name_latin': 'varchar', 'date_of_birth': 'date', 'gender': 'varchar', 'marital_status': 'varchar',
    'nationality': 'varchar', 'occupation': 'varchar', 'employer_name': 'varchar', 'email': 'varchar',
    'mobile_phone': 'varchar', 'province': 'varchar', 'postal_code': 'varchar', 'country_code': 'varchar',
    'home_branch_id': 'varchar', 'member_id': 'varchar', 'declared_income_amount': 'decimal(18, 2)',
} -%}

with

customers as (

    select * from {{ ref('stg_core_banking__customers') }}

),

customer_numbers as (

    select * from {{ ref('int_customer__customer_numbers') }}

),

golden_values as (

    select
        {% for attribute, type in attributes.items() -%}
        cast(max(attribute_value) filter (where attribute = '{{ attribute }}') as {{ type }}) as {{ attribute }},
        {% endfor -%}
        person_id
    from {{ ref('int_customer__golden_values') }}
    group by person_id

),

relationships as (

    select
        customer_numbers.person_id,
        count(*) as customer_number_count,
        min(customers.registered_at) as registered_at,
        case when count(*) = count(customers.closed_at) then max(customers.closed_at) end as closed_at
    from customers
    inner join customer_numbers on customers.cif_no = customer_numbers.cif_no
    group by customer_numbers.person_id

),

final as (

    select
        relationships.person_id,
        golden_values.* exclude (person_id),
        relationships.customer_number_count,
        relationships.registered_at,
        relationships.closed_at
    from relationships
    left join golden_values on relationships.person_id = golden_values.person_id

)

select * from final
