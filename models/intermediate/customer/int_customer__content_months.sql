with

contents as (

    select * from {{ ref('int_events__session_content') }}

),

parts as (

    select * from {{ ref('int_identity__visit_parts') }}

),

-- Only what one person alone was signed in for says what that person looks at.
sessions as (

    select session_key, min(coalesce(signer, visit_signer)) as person_id
    from parts
    where session_key is not null
    group by session_key
    having
        min(coalesce(signer, visit_signer)) = max(coalesce(signer, visit_signer))
        and min(coalesce(signer, visit_signer)) not like 'login:%'

),

final as (

    select
        sessions.person_id,
        contents.content_group,
        last_day(contents.content_date) as month_end_date,
        count(*) as session_count,
        sum(contents.event_count) as event_count,
        sum(contents.search_count) as search_count
    from contents
    inner join sessions on contents.session_key = sessions.session_key
    group by sessions.person_id, contents.content_group, last_day(contents.content_date)

)

select * from final
