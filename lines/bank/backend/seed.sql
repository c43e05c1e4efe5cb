-- What the example bank knows. Everything in it is invented; numbers 555-0100 to 555-0199 belong to nobody.

CREATE TABLE customers (
    number TEXT PRIMARY KEY CHECK (number GLOB '[0-9][0-9][0-9][0-9][0-9][0-9]'),
    name TEXT NOT NULL,
    phone TEXT NOT NULL,                -- on file: where one-time codes would go
    address TEXT NOT NULL,
    pin TEXT NOT NULL                   -- for the telephone; a real bank keeps a digest of it
) STRICT;

CREATE TABLE accounts (
    customer TEXT NOT NULL REFERENCES customers (number),
    kind TEXT NOT NULL CHECK (kind IN ('checking', 'savings')),
    balance_cents INTEGER NOT NULL,
    available_cents INTEGER NOT NULL,   -- without what is still being paid
    PRIMARY KEY (customer, kind)
) STRICT;

CREATE TABLE transactions (
    id INTEGER PRIMARY KEY,
    customer TEXT NOT NULL REFERENCES customers (number),
    days_ago INTEGER NOT NULL,          -- counted from today, so that the example never grows old
    merchant TEXT NOT NULL,
    cents INTEGER NOT NULL              -- negative: money out
) STRICT;

CREATE TABLE payments (                 -- what customers sent to others
    reference TEXT PRIMARY KEY CHECK (reference GLOB '[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]'),
    customer TEXT NOT NULL REFERENCES customers (number),
    payee TEXT NOT NULL,
    cents INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('sent', 'arrived', 'scheduled', 'held', 'returned')),
    days_left INTEGER                   -- until it should arrive or goes out
) STRICT;

CREATE TABLE clearing (                 -- what the clearing house knows of them; it is another system
    reference TEXT PRIMARY KEY,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'refused'))
) STRICT;

CREATE TABLE cards (
    customer TEXT NOT NULL REFERENCES customers (number),
    last_four TEXT NOT NULL CHECK (last_four GLOB '[0-9][0-9][0-9][0-9]'),
    kind TEXT NOT NULL,                 -- as it is said on the phone: "debit card"
    state TEXT NOT NULL CHECK (state IN ('active', 'blocked', 'expired')),
    PRIMARY KEY (customer, last_four)
) STRICT;

CREATE TABLE card_blocks (              -- cards that the phone line blocked
    id INTEGER PRIMARY KEY,
    customer TEXT NOT NULL REFERENCES customers (number),
    last_four TEXT NOT NULL,
    reason TEXT NOT NULL
) STRICT;

CREATE TABLE card_orders (              -- replacements, each approved by a person
    id INTEGER PRIMARY KEY,
    customer TEXT NOT NULL REFERENCES customers (number),
    last_four TEXT NOT NULL
) STRICT;

CREATE TABLE address_changes (          -- each approved by a person
    id INTEGER PRIMARY KEY,
    customer TEXT NOT NULL REFERENCES customers (number),
    old TEXT NOT NULL,
    new TEXT NOT NULL
) STRICT;

CREATE TABLE fraud_reports (            -- what the fraud team looks at first
    id INTEGER PRIMARY KEY,
    customer TEXT NOT NULL,             -- as the caller said it: nobody checked it
    last_four TEXT NOT NULL,
    what TEXT NOT NULL
) STRICT;

CREATE TABLE loan_applications (        -- taken down; a person decides
    id INTEGER PRIMARY KEY,
    purpose TEXT NOT NULL,
    dollars INTEGER NOT NULL,
    caller_name TEXT NOT NULL
) STRICT;

CREATE TABLE free_times (               -- when an advisor has time
    id INTEGER PRIMARY KEY,
    branch TEXT NOT NULL,
    days_ahead INTEGER NOT NULL,        -- counted from today
    hour TEXT NOT NULL,                 -- as it is said on the phone
    hour_es TEXT NOT NULL,
    taken INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE appointments (
    id INTEGER PRIMARY KEY,
    free_time INTEGER NOT NULL UNIQUE REFERENCES free_times (id),
    caller_name TEXT NOT NULL
) STRICT;

INSERT INTO free_times (id, branch, days_ahead, hour, hour_es, taken) VALUES
    (1, 'oakland', 1, 'ten in the morning', 'a las diez de la mañana', 1),
    (2, 'oakland', 1, 'three in the afternoon', 'a las tres de la tarde', 0),
    (3, 'oakland', 2, 'nine in the morning', 'a las nueve de la mañana', 0),
    (4, 'berkeley', 3, 'noon', 'al mediodía', 0);

INSERT INTO customers (number, name, phone, address, pin) VALUES
    ('204815', 'Grace Bennett', '+14155550121', '18 Alder Street, Oakland', '7316'),
    ('317702', 'Omar Haddad', '+14155550122', '77 Pine Court, Berkeley', '9042'),
    ('440193', 'Lena Fischer', '+15105550123', '5 Harbor Road, Alameda', '1187'),
    ('558620', 'Marcus Reed', '+15105550124', '240 Lake Avenue, Oakland', '5520'),
    ('662947', 'Priya Nair', '+14155550125', '31 Mission Terrace, San Francisco', '2864');

INSERT INTO accounts (customer, kind, balance_cents, available_cents) VALUES
    ('204815', 'checking', 124040, 120015),
    ('204815', 'savings', 860000, 860000),
    ('317702', 'checking', 4305, 4305),
    ('440193', 'checking', 502299, 489000),
    ('440193', 'savings', 1500000, 1500000),
    ('558620', 'checking', -3250, -3250),
    ('662947', 'checking', 78100, 78100);

INSERT INTO transactions (customer, days_ago, merchant, cents) VALUES
    ('204815', 1, 'Lakeside Grocery', -5420),
    ('204815', 2, 'Bay Transit', -1250),
    ('204815', 5, 'salary from Fenwick Labs', 310000),
    ('317702', 1, 'Corner Bakery', -895),
    ('317702', 3, 'Metro Pharmacy', -2310),
    ('317702', 9, 'rent', -185000),
    ('440193', 2, 'Harbor Hardware', -13299),
    ('558620', 1, 'overdraft fee', -1500),
    ('662947', 4, 'Sunset Books', -4125);

INSERT INTO payments (reference, customer, payee, cents, state, days_left) VALUES
    ('70114482', '204815', 'Bay Power', 9640, 'sent', 1),
    ('70114519', '204815', 'Alder Street Rentals', 145000, 'scheduled', 3),
    ('70115006', '317702', 'Metro Insurance', 8800, 'arrived', NULL),
    ('70116120', '317702', 'City Water', 4110, 'arrived', NULL),
    ('70115231', '440193', 'Coastline Motors', 420000, 'held', NULL),
    ('70115377', '662947', 'a friend', 25000, 'returned', NULL);

INSERT INTO clearing (reference, state) VALUES
    ('70114482', 'waiting'),
    ('70115377', 'refused'),
    ('70116120', 'delivered');

INSERT INTO cards (customer, last_four, kind, state) VALUES
    ('204815', '4471', 'debit card', 'active'),
    ('204815', '9902', 'credit card', 'active'),
    ('317702', '3358', 'debit card', 'active'),
    ('440193', '7126', 'credit card', 'blocked'),
    ('558620', '1180', 'debit card', 'expired'),
    ('662947', '6043', 'debit card', 'active');
