with

outcomes as (select * from {{ ref('fct_campaign_outcomes') }}),

costs as (

    select * from {{ ref('int_campaigns__costs') }}

),

-- What somebody who took a product has been worth a month, over all campaigns: a campaign has too few of them.
worth as (

    select
        product_code,
        sum(margin_amount) / sum(earning_month_count) as monthly_amount,
        coalesce(stddev_samp(margin_amount / earning_month_count), 0) as monthly_deviation
    from outcomes
    where campaign_kind = 'product' and outcome_value = 1 and earning_month_count > 0
    group by product_code

),

arms as (

    select
        campaign_id,
        any_value(campaign_kind) as campaign_kind,
        any_value(objective) as objective,
        any_value(product_code) as product_code,
        any_value(channel) as channel,
        any_value(earning_month_count) as month_count,
        greatest(sum(outcome_value), 1) as taker_count,
        min(assigned_date) as first_assigned_date,
        count(*) filter (where is_treated) as treated_count,
        count(*) filter (where not is_treated) as control_count,
        avg(outcome_value) filter (where is_treated) as treated_mean,
        avg(outcome_value) filter (where not is_treated) as control_mean,
        var_samp(outcome_value) filter (where is_treated) as treated_variance,
        var_samp(outcome_value) filter (where not is_treated) as control_variance,
        avg(margin_amount) filter (where is_treated) as treated_margin_mean,
        avg(margin_amount) filter (where not is_treated) as control_margin_mean,
        var_samp(margin_amount) filter (where is_treated) as treated_margin_variance,
        var_samp(margin_amount) filter (where not is_treated) as control_margin_variance
    from outcomes
    group by campaign_id

),

compared as (

    select
        arms.*,
        costs.* exclude (campaign_id),
        arms.campaign_kind in ('product', 'retention') as is_share,
        arms.treated_mean - arms.control_mean as difference,
        {{ wilson_bound('arms.treated_mean', 'arms.treated_count', '-') }} as treated_low,
        {{ wilson_bound('arms.treated_mean', 'arms.treated_count', '+') }} as treated_high,
        {{ wilson_bound('arms.control_mean', 'arms.control_count', '-') }} as control_low,
        {{ wilson_bound('arms.control_mean', 'arms.control_count', '+') }} as control_high,
        1.959964 * sqrt(arms.treated_variance / arms.treated_count + arms.control_variance / arms.control_count)
            as half_width,
        coalesce(worth.monthly_amount, 0) * arms.month_count as worth_amount,
        1.959964 * worth.monthly_deviation * arms.month_count / sqrt(arms.taker_count) as worth_half_width,
        arms.treated_margin_mean - arms.control_margin_mean as margin_difference,
        1.959964 * sqrt(
            arms.treated_margin_variance / arms.treated_count + arms.control_margin_variance / arms.control_count
        ) as margin_half_width
    from arms
    left join costs on arms.campaign_id = costs.campaign_id
    left join worth on arms.product_code = worth.product_code
    where arms.treated_count >= 2 and arms.control_count >= 2

),

-- The interval of a difference of shares: Newcombe's, of both scores.
bounded as (

    select
        *,
        difference - if(
            is_share, sqrt(power(treated_mean - treated_low, 2) + power(control_high - control_mean, 2)), half_width
        ) as difference_low,
        difference + if(
            is_share, sqrt(power(treated_high - treated_mean, 2) + power(control_mean - control_low, 2)), half_width
        ) as difference_high
    from compared

),

-- Of a product, neither how many took it because of the campaign nor what they are worth is sure.
earned as (

    select
        *,
        treated_count * if(campaign_kind = 'product', worth_amount * difference, margin_difference) as margin,
        treated_count * if(campaign_kind = 'product', sqrt(
            power(worth_amount * if(worth_amount > 0, difference - difference_low, difference_high - difference), 2)
            + power(difference * coalesce(worth_half_width, 0), 2)
        ), margin_half_width) as margin_below,
        treated_count * if(campaign_kind = 'product', sqrt(
            power(worth_amount * if(worth_amount > 0, difference_high - difference, difference - difference_low), 2)
            + power(difference * coalesce(worth_half_width, 0), 2)
        ), margin_half_width) as margin_above
    from bounded

),

-- Rounded, so that the order of summing doesn't show.
final as (

    select
        campaign_id,
        campaign_name,
        campaign_kind,
        objective,
        product_code,
        channel,
        first_assigned_date,
        treated_count,
        control_count,
        case campaign_kind
            when 'product' then 'product taken' when 'retention' then 'stayed' when 'spending' then 'card spending'
        end as outcome,
        round(treated_mean, 8) as treated_mean,
        round(control_mean, 8) as control_mean,
        round(difference, 8) as difference,
        round(difference_low, 8) as difference_low,
        round(difference_high, 8) as difference_high,
        difference_low > 0 or difference_high < 0 as is_sure,
        round(treated_count * difference, 6) as incremental_outcome,
        round(treated_count * difference_low, 6) as incremental_outcome_low,
        round(treated_count * difference_high, 6) as incremental_outcome_high,
        cast(margin as decimal(18, 2)) as incremental_margin_amount,
        cast(margin - margin_below as decimal(18, 2)) as incremental_margin_low_amount,
        cast(margin + margin_above as decimal(18, 2)) as incremental_margin_high_amount,
        cast(coalesce(message_count, 0) as bigint) as message_count,
        cast(coalesce(cost_amount, 0) as decimal(18, 2)) as cost_amount,
        round((margin - cost_amount) / nullif(cost_amount, 0), 6) as return_on_cost,
        round((margin - margin_below - cost_amount) / nullif(cost_amount, 0), 6) as return_on_cost_low,
        round((margin + margin_above - cost_amount) / nullif(cost_amount, 0), 6) as return_on_cost_high,
        '{{ setting("currency") }}' as currency_code
    from earned

)

select * from final
