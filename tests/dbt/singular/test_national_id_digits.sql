-- The check digit decides; every usual writing of a Thai id is read, junk is null.
with examples as (
    select
        example.written,
        example.expected
    from (
        values
            ('1101700203450', '1101700203450'),
            ('1-1017-00203-45-0', '1101700203450'),
            ('1 1017 00203 45 0', '1101700203450'),
            ('๑๑๐๑๗๐๐๒๐๓๔๕๐', '1101700203450'),
            ('1101700203451', null),
            ('0000000000000', null),
            ('110170020345', null),
            ('X101700203450', null),
            ('', null),
            (null, null)
    ) as example (written, expected)
),

elsewhere as (
    select
        example.written,
        example.expected
    from (
        values
            (' 706-12/3456 a', '706123456A'),
            ('12-34', null),
            (null, null)
    ) as example (written, expected)
),

found as (
    select
        written,
        expected,
        {{ national_id_digits('written', 'TH') }} as digits
    from examples
    union all
    select
        written,
        expected,
        {{ national_id_digits('written', 'CZ') }} as digits
    from elsewhere
)

select *
from found
where digits is distinct from expected
