with

leads as (

    select
        *,
        last_outcome not in ('won', 'declined', 'lost') as is_open
    from {{ ref('fct_leads') }}

),

products as (

    select * from {{ ref('dim_products') }}

),

customers as (

    select person_id
    from {{ ref('customer_products') }}
    where is_open
    group by person_id

),

-- Open is what nobody has decided; the last one of who asked and took nothing makes a prospect. Who bought isn't always
-- known to be a customer: the sale may name another record than the lead.
final as (

    select
        case when leads.is_open then 'lead' else 'prospect' end as kind,
        leads.lead_key,
        leads.person_id,
        leads.captured_at,
        leads.has_marketing_consent,
        products.product_family,
        products.business_unit
    from leads
    inner join products on leads.product_code = products.product_code
    left join customers on leads.person_id = customers.person_id
    qualify
        leads.is_open
        or (
            leads.person_id is not null
            and not bool_or(leads.last_outcome = 'won') over (partition by leads.person_id)
            and customers.person_id is null
            and not bool_or(leads.is_open) over (partition by leads.person_id)
            and row_number() over (partition by leads.person_id order by leads.captured_at desc, leads.lead_key asc) = 1
        )

)

select * from final
