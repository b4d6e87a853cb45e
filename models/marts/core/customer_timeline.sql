{{ config(
    materialized='incremental',
    incremental_strategy='touched_groups',
    unique_key=['event_id'],
    post_hook=["{{ remember_seen() }}", "{{ remember_owners(timeline_owners_now()) }}"],
    on_schema_change='fail',
) }}
{%- set touched = touched_timeline() %}

with

behaviour as (

    select
        *,
        split_part(split_part(event_id, ':', 1), '.', 1) as source_name,
        split_part(split_part(event_id, ':', 1), '.', 2) as table_name,
        case when owner_type = 'visit_event' then owner_no end as visit_event_id
    from {{ ref('int_events__behaviour') }}
    {% if is_incremental() -%}
    where event_id in (select event_id from {{ touched }})
    {%- endif %}

),

movements as (

    select * from {{ ref('fct_transactions') }}
    {% if is_incremental() -%}
    where transaction_id in (select event_id from {{ touched }})
    {%- endif %}

),

event_owners as (

    select * from {{ ref('event_owners') }}

),

visits as (

    select * from {{ ref('visit_owners') }}

),

owners as (

    select * from {{ ref('int_events__behaviour_owners') }}

),

first_deliveries as (

    select * from {{ ref('int_events__first_deliveries') }}

),

money as (

    select
        transaction_id as event_id,
        person_id,
        transacted_at as occurred_at,
        known_at,
        case channel when 'mobile' then 'app' else coalesce(channel, 'other') end as channel,
        case
            when transaction_type in ('purchase', 'debit_card_purchase') and not is_refund then 'card_purchase'
            when ledger = 'credit_card' and is_refund then 'card_refund'
            when is_refund then 'reversal'
            when transaction_type in ('cash_withdrawal', 'cash_advance') then 'cash_withdrawal'
            when transaction_type in ('bill_payment', 'payment', 'insurance_premium', 'standing_order') then 'payment'
            when transaction_type = 'repayment' then 'card_repayment'
            when transaction_type in ('fee', 'interest') then 'bank_charge'
            when transaction_type in (
                'transfer_in', 'transfer_out', 'cash_deposit', 'salary', 'card_payment', 'loan_disbursement',
                'loan_repayment', 'fund_purchase', 'fund_sale'
            ) then transaction_type
            else 'other_movement'
        end as event_kind,
        source_name,
        table_name,
        cast(null as varchar) as visit_part_id,
        cast(null as varchar) as visit_id,
        cast(null as varchar) as visitor_id,
        direction,
        amount,
        currency_code,
        cast(null as varchar) as product_code,
        cast(null as varchar) as campaign,
        cast(null as varchar) as page,
        spending_category as detail
    from movements

),

owned as (

    select
        behaviour.event_id,
        coalesce(event_owners.person_id, owners.person_id) as person_id,
        behaviour.occurred_at,
        {{ known_at(
            'behaviour.occurred_at', 'first_deliveries.first_delivery_date', 'behaviour.first_ingested_at'
        ) }} as known_at,
        behaviour.channel,
        behaviour.event_kind,
        behaviour.source_name,
        behaviour.table_name,
        event_owners.visit_part_id,
        visits.visit_id,
        event_owners.visitor_id,
        cast(null as varchar) as direction,
        behaviour.amount,
        behaviour.currency_code,
        behaviour.product_code,
        behaviour.campaign,
        behaviour.page,
        behaviour.detail
    from behaviour
    left join event_owners on behaviour.visit_event_id = event_owners.event_id
    left join visits on event_owners.visit_part_id = visits.visit_part_id
    left join owners on behaviour.owner_type = owners.owner_type and behaviour.owner_no = owners.owner_no
    left join first_deliveries
        on behaviour.source_name = first_deliveries.source_name
        and behaviour.table_name = first_deliveries.table_name

),

final as (

    select * from money
    union all by name
    select * from owned

)

select * from final
