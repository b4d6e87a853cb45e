with

as_of as (

    select * from {{ ref('int_customer__as_of') }}

),

-- Only of the likeliest group is anything said.
age as (

    select * from {{ ref('int_indicators__age_scores') }}
    where is_true is not null
    qualify row_number() over (partition by person_id order by probability desc, group_name asc) = 1

),

judged as (

    select 'age' as indicator, 'inferred' as method, probability, is_true from age
    union all
    select 'foreigner' as indicator, 'inferred' as method, probability, is_true
    from {{ ref('int_indicators__foreigner_scores') }}
    where is_true is not null
    union all
    select 'income' as indicator, method, probability, is_true
    from {{ ref('int_indicators__income_scores') }}
    where is_true is not null
    union all
    select 'married' as indicator, 'inferred' as method, probability, is_true
    from {{ ref('int_indicators__married_scores') }}
    where is_true is not null
    union all
    select 'wealth' as indicator, method, probability, is_true
    from {{ ref('int_indicators__wealth_scores') }}
    where is_true is not null

),

bins as (

    select
        indicator,
        method,
        cast(least(floor(probability * 10), 9) as integer) as bin_number,
        count(*) as people_count,
        -- As decimals, because sums of floats depend on the order of rows.
        sum(cast(probability as decimal(18, 12))) as predicted_sum,
        count(*) filter (where is_true) as true_count
    from judged
    group by indicator, method, cast(least(floor(probability * 10), 9) as integer)

),

final as (

    select
        bins.indicator,
        bins.method,
        bins.bin_number,
        cast(bins.people_count as bigint) as people_count,
        cast(bins.predicted_sum / bins.people_count as double) as predicted_rate,
        cast(bins.true_count / bins.people_count as double) as true_rate,
        cast(sum(bins.people_count) over (partition by bins.indicator, bins.method) as bigint) as known_count,
        cast(
            sum(abs(bins.predicted_sum - bins.true_count)) over (partition by bins.indicator, bins.method)
            / sum(bins.people_count) over (partition by bins.indicator, bins.method)
        as double) as expected_calibration_error,
        as_of.as_of_date
    from bins
    cross join as_of

)

select * from final
