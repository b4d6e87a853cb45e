{% macro channel_address(channel, addresses) -%}
    {#- What a channel reaches a person at: an expression of audience_addresses. -#}
    case {{ channel }}
        when 'email' then {{ addresses }}.email
        when 'line' then {{ addresses }}.line_user_id
        when 'push' then {{ addresses }}.user_id
        when 'web' then {{ addresses }}.user_id
        when 'ads' then coalesce({{ addresses }}.email, {{ addresses }}.phone)
        else {{ addresses }}.phone
    end
{%- endmacro %}
