with

wanted as (

    select
        purpose,
        channel
    from {{ ref('audience_programmes') }}
    group by purpose, channel

),

consents as (

    select * from {{ ref('customer_consents') }}
    where is_granted

),

suppressions as (

    select * from {{ ref('customer_suppressions') }}

),

suppressed as (

    select person_id from suppressions
    where channel = 'all'

),

addresses as (

    select * from {{ ref('audience_addresses') }}

),

final as (

    select
        consents.person_id,
        consents.purpose,
        consents.channel
    from consents
    inner join wanted on consents.purpose = wanted.purpose and consents.channel = wanted.channel
    inner join addresses on consents.person_id = addresses.person_id
    anti join suppressions on consents.person_id = suppressions.person_id and consents.channel = suppressions.channel
    anti join suppressed on consents.person_id = suppressed.person_id
    where
        {{ channel_address('consents.channel', 'addresses') }} is not null
        and {{ var('global_holdout_rate') }} <= {{ experiment_bucket("'global_holdout'", 'consents.person_id') }}  -- noqa

)

select * from final
