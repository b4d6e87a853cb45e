with

alerts as (

    select * from {{ ref('stg_ml__alerts') }}
    where task = 'fraud'

),

transactions as (

    select * from {{ ref('ftr_card_transaction__risk') }}

),

holders as (

    select * from {{ ref('int_customer__holders') }}
    where holder_type = 'card' and known_to_month_end_date = date '9999-12-31'

),

undone as (

    select * from {{ ref('stg_ml__champions') }}
    where is_undone and task = 'fraud'

),

-- What the last version said of it counts; of a version whose promotion was taken back only if no other said anything.
newest as (

    select
        alerts.*,
        undone.model_version is null as is_ranked
    from alerts
    left join undone on alerts.model_version = undone.model_version
    qualify row_number() over (
        partition by alerts.event_id order by is_ranked desc, alerts._ingested_at desc, alerts.model_version asc
    ) = 1

),

final as (

    select
        transactions.card_transaction_id,
        transactions.card_token,
        holders.person_id,
        transactions.authorised_at,
        transactions.transaction_date,
        transactions.amount,
        transactions.currency_code,
        transactions.is_approved,
        cast(newest.probability as double) as probability,
        cast(newest.probability * transactions.amount as decimal(18, 2)) as expected_loss_amount,
        case when newest.is_ranked then row_number() over (
            partition by newest.is_ranked
            order by newest.probability desc, newest.score desc, transactions.card_transaction_id asc
        ) end as alert_rank,
        newest.reason_1,
        newest.reason_2,
        newest.reason_3,
        newest.model_version,
        transactions.reported_at
    from newest
    inner join transactions on newest.event_id = transactions.card_transaction_id
    left join holders on transactions.card_token = holders.holder_no
    -- Of what was declined nobody learns whose it was, and no money moved.
    where transactions.is_approved or transactions.reported_at is not null

)

select * from final
