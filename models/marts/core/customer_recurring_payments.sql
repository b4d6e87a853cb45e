with

payments as (

    select * from {{ ref('int_customer__recurring_payments') }}

),

-- One other side may be paid from two accounts; it is told once, and whatever it pays or is paid adds up.
final as (

    select
        person_id,
        direction,
        -- A number and no hash of the other side: an account number is found by trying them all.
        cast(row_number() over (
            partition by person_id, direction order by min(first_payment_date), transaction_type, counterparty_no
        ) as integer) as counterparty_number,
        max_by(kind, (last_payment_date, holder_no, method)) as kind,
        max_by(cadence, (last_payment_date, holder_no, method)) as cadence,
        cast(round(max_by(typical_amount, (last_payment_date, holder_no, method)), 2) as decimal(18, 2))
            as typical_amount,
        cast(sum(occurrence_count) as integer) as occurrence_count,
        cast(max(month_count) as integer) as month_count,
        min(first_payment_date) as first_payment_date,
        max(last_payment_date) as last_payment_date,
        bool_or(is_active) as is_active,
        case when bool_or(is_active) then max(next_expected_date) end as next_expected_date,
        max_by(method, (last_payment_date, holder_no, method)) as method,
        max(spending_category) as spending_category,
        case
            when bool_or(is_own_books) then 'high'
            when max(month_count) >= 6 and max(amount_variation) < 0.05 then 'high'
            when max(month_count) >= 4 then 'medium'
            else 'low'
        end as confidence,
        concat_ws(
            '; ',
            case when bool_or(is_own_books) then 'named by the bank''s own books' end,
            'in ' || max(month_count) || ' of ' || max(span_months) || ' months',
            'amount varies by ' || cast(round(100 * max(coalesce(amount_variation, 0))) as integer) || ' %',
            case max_by(cadence, (last_payment_date, holder_no, method))
                when 'monthly' then 'around day ' || cast(round(max(month_day)) as integer)
                else 'every ' || round(max(days_between), 1) || ' days'
            end
        ) as evidence,
        '{{ setting("currency") }}' as currency_code
    from payments
    group by person_id, direction, transaction_type, counterparty_no

)

select * from final
