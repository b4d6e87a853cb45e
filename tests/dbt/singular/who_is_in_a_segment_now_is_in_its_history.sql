-- Both ways: no member without an open stay, no open stay without a member.
(
    select segment, person_id from {{ ref('segment_membership') }}
    except
    select segment, person_id from {{ ref('segment_membership_history') }} where is_member
)
union all
(
    select segment, person_id from {{ ref('segment_membership_history') }} where is_member
    except
    select segment, person_id from {{ ref('segment_membership') }}
)
