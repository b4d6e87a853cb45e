{{ config(
    materialized='incremental',
    incremental_strategy='touched_groups',
    unique_key=['holder_type', 'holder_no', 'month_end_date'],
    post_hook="{{ remember_seen() }}",
) }}
{%- set touched = touched_groups(touched_holder_months()) %}

with

movements as (

    select
        *,
        {{ holder_type_of('ledger') }} as holder_type,
        {{ holder_no_of('ledger') }} as holder_no
    from {{ ref('int_events__transactions') }}
    where currency_code = '{{ setting("currency") }}'
        {{ since_touched(touched, 'transacted_at') }}

),

-- What is given back makes spending smaller; a reversed credit is no spending.
spending as (

    select movements.*
    from movements
    {% if is_incremental() -%}
    semi join {{ touched }} as touched
        on movements.holder_type = touched.holder_type
        and movements.holder_no = touched.holder_no
        and movements.month_end_date = touched.month_end_date
    {%- endif %}
    where
        movements.holder_no is not null
        and not movements.is_internal_kind
        and (movements.direction = 'outflow') != movements.is_refund

),

final as (

    select
        holder_type,
        holder_no,
        month_end_date,
        coalesce(spending_category, 'other') as spending_category,
        mcc,
        coalesce(channel, 'unknown') as channel,
        {{ spending_method() }} as method,
        is_abroad,
        -- Whether it is one of the person's own, which makes it no spending, isn't known here.
        counterparty_account_no,
        sum(case when is_refund then -amount else amount end) as spending_amount,
        count(*) filter (where not is_refund) as spending_count
    from spending
    group by all

)

select * from final
