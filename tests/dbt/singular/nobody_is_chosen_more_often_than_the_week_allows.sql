-- Contacts of the last seven days and those chosen now stay within the week's budget and the caps of channels; whoever
-- was put on a list in these days and never left it stays on it without another, and each message of a programme is
-- one.
with

pressure as (

    select * from {{ ref('customer_contact_pressure') }}

),

results as (

    select * from {{ ref('stg_activation__row_results') }}

),

put_on as (

    select sync, row_key, person_id, campaign, max(version) as version
    from results
    where op = 'add' and status = 'accepted'
    group by sync, row_key, person_id, campaign

),

-- Who was put on a list, and taken off it after the last time. A removal itself says neither of whom nor from what.
gone as (

    select put_on.person_id, put_on.campaign
    from put_on
    semi join results
        on put_on.sync = results.sync
        and put_on.row_key = results.row_key
        and put_on.version < results.version
        and results.op = 'remove'
        and results.status != 'rejected'
    group by put_on.person_id, put_on.campaign

),

chosen as (

    select decisions.person_id, decisions.channel, count(*) as chosen_count
    from {{ ref('audience_decisions') }} as decisions
    semi join {{ ref('contact_rules') }} as rules on decisions.channel = rules.channel and rules.is_contact
    left join {{ ref('audience_programmes') }} as programmes on decisions.audience = programmes.audience
    left join pressure on decisions.person_id = pressure.person_id and decisions.channel = pressure.channel
    left join gone on decisions.person_id = gone.person_id and decisions.audience = gone.campaign
    where
        decisions.is_chosen
        and (
            programmes.audience is not null
            or gone.person_id is not null
            or not coalesce(
                list_contains(string_split(pressure.campaign_ids, ', '), 'audience:' || decisions.audience), false
            )
        )
    group by decisions.person_id, decisions.channel

),

over_cap as (

    select chosen.person_id, chosen.channel
    from chosen
    inner join {{ ref('contact_rules') }} as rules on chosen.channel = rules.channel
    left join pressure on chosen.person_id = pressure.person_id and chosen.channel = pressure.channel
    where chosen.chosen_count + coalesce(pressure.contact_7d_count, 0) > rules.weekly_cap

),

weeks as (

    select person_id, sum(contact_7d_count) as contact_7d_count
    from pressure
    semi join {{ ref('contact_rules') }} as rules on pressure.channel = rules.channel and rules.is_contact
    group by person_id

),

over_budget as (

    select chosen.person_id, 'all' as channel
    from chosen
    left join weeks on chosen.person_id = weeks.person_id
    group by chosen.person_id
    having sum(chosen.chosen_count) + coalesce(any_value(weeks.contact_7d_count), 0) > {{ var('contact_budget') }}

),

final as (

    select * from over_cap
    union all
    select * from over_budget

)

select * from final
