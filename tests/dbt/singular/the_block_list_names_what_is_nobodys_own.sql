-- A pattern speaks of its type only, a star of all; upper case is no way round; a part that looks like it is no match.
with

examples (identifier_type, identifier_value, expected) as (

    values
    ('customer_number', 'Anonymous', 'placeholder'),
    ('customer_number', 'anonymous1', null),
    ('customer_number', '0000000', 'all zeros'),
    ('customer_number', '10000000', null),
    ('customer_number', 'info@bank.co.th', null),
    ('device_id', '00000000-0000-0000-0000-000000000000', 'empty universally unique id'),
    ('email', 'info@bank.co.th', 'role mailbox'),
    ('email', 'Info@bank.co.th', 'role mailbox'),
    ('email', 'tinfo@bank.co.th', null),
    ('email', 'info.somchai@bank.co.th', null),
    ('email', 'somchai@mailinator.com', 'public mailbox'),
    ('email', 'somchai@mailinator.com.th', null),
    ('email', 'mailinator.com@gmail.com', null),
    ('phone', '+447700900123', 'number reserved for fiction or tests'),
    ('phone', '+66447700900', null),
    ('full_name', 'john doe', 'placeholder'),
    ('birth_date', '1970-01-01', 'date that systems fill in'),
    ('birth_date', '1970-01-02', null)

)

select * from examples
where {{ block_list_reason('identifier_type', 'identifier_value') }} is distinct from expected
