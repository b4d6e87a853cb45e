{#- Attributes that core banking keeps for each customer number; a person takes the newest value written. -#}
{%- set attributes = [
    'title', 'first_name', 'last_name', 'first_name_latin', 'last_name_latin', 'date_of_birth', 'gender',
    'marital_status', 'nationality', 'occupation', 'employer_name', 'email', 'mobile_phone',
    'province', 'postal_code', 'country_code', 'home_branch_id', 'member_id',
] -%}

with

customers as (

    select * from {{ ref('stg_core_banking__customers') }}

),

customer_numbers as (

    select * from {{ ref('int_customer__customer_numbers') }}

),

final as (

    select
        customer_numbers.person_id,
        {% for attribute in attributes -%}
        max_by(customers.{{ attribute }}, (customers.updated_at, customers.cif_no))
            filter (where customers.{{ attribute }} is not null) as {{ attribute }},
        {% endfor -%}
        max_by(customers.monthly_income_amount, (customers.updated_at, customers.cif_no))
            filter (where customers.monthly_income_amount is not null) as declared_income_amount,
        count(*) as customer_number_count,
        min(customers.registered_at) as registered_at,
        case when count(*) = count(customers.closed_at) then max(customers.closed_at) end as closed_at
    from customers
    inner join customer_numbers on customers.cif_no = customer_numbers.cif_no
    group by customer_numbers.person_id

)

select * from final
