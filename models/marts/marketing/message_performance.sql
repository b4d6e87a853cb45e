with

results as (select * from {{ ref('int_campaigns__message_results') }}),

final as (

    select
        campaign_id,
        channel,
        campaign_name,
        objective,
        product_code,
        starts_date,
        first_sent_date,
        sent_count,
        delivered_count,
        opened_count,
        clicked_count,
        bounced_count,
        failed_count,
        complained_count,
        unsubscribed_count,
        received_count,
        converted_count,
        cast(delivered_count / nullif(sent_count, 0) as decimal(9, 6)) as delivery_rate,
        -- Nobody sees who opens an SMS.
        case when channel != 'sms' then cast(opened_count / nullif(delivered_count, 0) as decimal(9, 6)) end
            as open_rate,
        cast(clicked_count / nullif(delivered_count, 0) as decimal(9, 6)) as click_rate,
        cast(bounced_count / nullif(sent_count, 0) as decimal(9, 6)) as bounce_rate,
        cast(complained_count / nullif(delivered_count, 0) as decimal(9, 6)) as complaint_rate,
        cast(unsubscribed_count / nullif(delivered_count, 0) as decimal(9, 6)) as unsubscribe_rate,
        cast(converted_count / nullif(received_count, 0) as decimal(9, 6)) as conversion_rate
    from results

)

select * from final
