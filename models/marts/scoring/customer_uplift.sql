with

uplifts as (

    select * from {{ ref('int_scoring__last_uplifts') }}

),

ids as (

    select
        person_id,
        arg_max(current_person_id, change_no) as current_person_id
    from {{ ref('person_id_changes') }}
    group by person_id

),

-- Of two who turned out to be one person, the higher uplift counts.
of_today as (

    select
        uplifts.* exclude (person_id),
        ids.current_person_id as person_id
    from uplifts
    inner join ids on uplifts.person_id = ids.person_id
    where ids.current_person_id is not null
    qualify row_number() over (
        partition by ids.current_person_id, uplifts.campaign_kind, uplifts.product_code order by uplifts.rank
    ) = 1

),

beside_others as (

    select
        *,
        avg(uplift) over (partition by campaign_kind, product_code) as mean_uplift,
        avg(left_alone_outcome) over (partition by campaign_kind, product_code) as mean_left_alone_outcome
    from of_today

),

final as (

    select
        person_id,
        campaign_kind,
        product_code,
        as_of_date,
        model_version,
        uplift,
        left_alone_outcome,
        rank as uplift_rank,
        decile as uplift_decile,
        reason_1,
        reason_2,
        reason_3,
        case
            when uplift < 0 then 'do_not_disturb'
            when uplift > 0 and uplift >= mean_uplift then 'persuadable'
            when left_alone_outcome >= mean_left_alone_outcome then 'sure_thing'
            else 'lost_cause'
        end as recommendation
    from beside_others

)

select * from final
