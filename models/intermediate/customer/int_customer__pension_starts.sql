with

payments as (

    select * from {{ ref('int_customer__recurring_payments') }}
    where direction = 'inflow' and cadence = 'monthly'

),

ended as (

    select person_id, max(last_payment_date) as ended_date, max_by(typical_amount, last_payment_date) as salary_amount
    from payments
    where kind = 'salary' and not is_active
    group by person_id

),

begun as (

    select person_id, first_payment_date, typical_amount, is_active
    from payments
    where kind in ('salary', 'transfer') and transaction_type != 'salary' and month_count >= 3

),

-- Another regular income of less begins within two months of the salary's end.
final as (

    select
        ended.person_id,
        min(begun.first_payment_date) as started_date
    from ended
    inner join begun on ended.person_id = begun.person_id
    where
        begun.first_payment_date between ended.ended_date - 15 and ended.ended_date + 62
        and begun.typical_amount < 0.95 * ended.salary_amount
    group by ended.person_id

)

select * from final
