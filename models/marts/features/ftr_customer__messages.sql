with

messages as (

    select * from {{ ref('int_campaigns__messages_as_known') }}

),

-- Each rate is drawn to a fifth by five messages, so that one of one isn't the keenest of all.
final as (

    select
        person_id,
        month_end_date,
        cast(message_12m_count as integer) as message_12m_count,
        cast(message_opened_12m_count as integer) as message_opened_12m_count,
        cast(message_clicked_12m_count as integer) as message_clicked_12m_count,
        (message_opened_12m_count + 1) / (openable_12m_count + 5) as message_opened_12m_ratio,
        (message_clicked_12m_count + 1) / (message_12m_count + 5) as message_clicked_12m_ratio
    from messages

)

select * from final
