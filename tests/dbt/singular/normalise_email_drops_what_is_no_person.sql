-- Rows on which normalise_email gives something else than expected.
with

writings (written, expected) as (
    values
    (' Somchai.J+bank@Gmail.COM ', 'somchai.j+bank@gmail.com'),
    ('สมชาย@ไทย.ไทย', 'สมชาย@ไทย.ไทย'),
    ('a@b.co', 'a@b.co'),
    ('contacts.maria@firm.example-bank.cz', 'contacts.maria@firm.example-bank.cz'),
    ('testament@mail.com', 'testament@mail.com'),
    ('noreply@bank.co.th', null),
    ('No-Reply@bank.co.th', null),
    ('do_not_reply@bank.co.th', null),
    ('test@test.com', null),
    ('test12@gmail.com', null),
    ('info@shop.co.th', null),
    ('someone@example.com', null),
    ('someone@mail.example.org', null),
    ('someone@host.invalid', null),
    ('n/a', null),
    ('-', null),
    ('somchai', null),
    ('somchai@gmail', null),
    ('somchai@@gmail.com', null),
    ('som chai@gmail.com', null),
    ('somchai..j@gmail.com', null),
    ('somchai,j@gmail.com', null),
    ('somchai@gmail.c', null),
    ('somchai@10.0.0.1', null),
    ('somchai@gma_il.com', null),
    ('Jiří.Novák@Seznam.CZ', 'jiří.novák@seznam.cz'),
    ('jir' || 'i' || chr(769) || '@seznam.cz', 'jirí@seznam.cz'),
    ('somchai@mail.xn--o3cw4h', 'somchai@mail.xn--o3cw4h'),
    ('.somchai@gmail.com', null),
    ('somchai@-gmail.com', null),
    ('somchai@gmail.com, wife@gmail.com', null),
    (repeat('a', 65) || '@gmail.com', null),
    (repeat('a', 64) || '@gmail.com', repeat('a', 64) || '@gmail.com'),
    (null, null)
)

select
    written,
    expected,
    {{ normalise_email('written') }} as found
from writings
where {{ normalise_email('written') }} is distinct from expected
