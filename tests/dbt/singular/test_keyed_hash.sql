-- HMAC-SHA256 under the key "key"; the first digest is the published example, the others come from Python's hmac.
with pads as (
    select
        '5d534f' || repeat('36', 61) as inner_pad,
        '373925' || repeat('5c', 61) as outer_pad
),

examples as (
    select
        example.written,
        example.expected
    from (
        values
            (
                'The quick brown fox jumps over the lazy dog',
                'f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8'
            ),
            ('', '5d5d139563c95b5967b9bd9a8c9b233a9dedb45072794cd232dc1b74832607d0'),
            ('1101700203450', '0ea163e0ffe30f87c3ff25e1918e0f73ba5a3af2e0bd81b01cd4b1eb42c73926'),
            ('ชื่อ', '172fdb57ddab9973fb9855e5b8ed1d989519a4a648aeec6a2f9b8e57c2a2bb64'),
            (null, null)
    ) as example (written, expected)
)

select
    examples.written,
    examples.expected
from examples
cross join pads
where {{ keyed_hash('examples.written', 'pads.inner_pad', 'pads.outer_pad') }} is distinct from examples.expected
