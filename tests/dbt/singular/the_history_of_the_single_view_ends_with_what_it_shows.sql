-- The newest stretch of each person says what customer_360 says, and nobody else has one.
{%- set tracked = tracked_attributes() | join(', ') %}
(
    select person_id, {{ tracked }} from {{ ref('customer_360_pseudonymous') }}
    except
    select person_id, {{ tracked }} from {{ ref('customer_360_history') }} where is_current
)
union all
(
    select person_id, {{ tracked }} from {{ ref('customer_360_history') }} where is_current
    except
    select person_id, {{ tracked }} from {{ ref('customer_360_pseudonymous') }}
)
