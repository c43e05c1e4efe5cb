-- What the example shop knows. The server makes a SQLite database of it in its data directory, once;
-- change this file and the next start makes a new one.

CREATE TABLE customers (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    phone TEXT NOT NULL UNIQUE      -- fictional numbers: 555-0100 to 555-0199 belong to nobody
) STRICT;

CREATE TABLE orders (
    number TEXT PRIMARY KEY CHECK (number GLOB '[0-9][0-9][0-9][0-9][0-9]'),
    customer INTEGER NOT NULL REFERENCES customers (id),
    item TEXT NOT NULL,             -- as it is said on the phone: "trail tent"
    status TEXT NOT NULL CHECK (status IN (
        'packing', 'shipped', 'out_for_delivery', 'delivered', 'ready_for_pickup', 'backordered', 'cancelled')),
    carrier TEXT,                   -- who brings it
    store TEXT,                     -- where it can be picked up
    days_left INTEGER,              -- the carrier's running estimate, in days from today
    days_since_delivery INTEGER     -- how long the customer has had it
) STRICT;

CREATE TABLE delivery_requests (    -- what the phone line asks the delivery team for
    id INTEGER PRIMARY KEY,
    order_number TEXT NOT NULL REFERENCES orders (number),
    new_date TEXT NOT NULL
) STRICT;

CREATE TABLE returns (              -- returns opened by the phone line
    id INTEGER PRIMARY KEY,
    order_number TEXT NOT NULL REFERENCES orders (number),
    reason TEXT NOT NULL
) STRICT;

INSERT INTO customers (id, name, phone) VALUES
    (1, 'Jennifer Smith', '+14155550101'),
    (2, 'Dana Miller', '+14155550102'),
    (3, 'Robert Williams', '+15035550103'),
    (4, 'Maria Garcia', '+12065550104'),
    (5, 'Ken Tanaka', '+14155550105'),
    (6, 'Aisha Khan', '+15415550106'),
    (7, 'Tom Becker', '+19715550107'),
    (8, 'Lucy Chen', '+14085550108'),
    (9, 'Samuel Okafor', '+13605550109'),
    (10, 'Emma Larsen', '+12535550110');

INSERT INTO orders (number, customer, item, status, carrier, store, days_left, days_since_delivery) VALUES
    ('12345', 1, 'trail tent', 'out_for_delivery', 'UPS', NULL, 0, NULL),
    ('47129', 2, 'pair of hiking boots', 'shipped', 'FedEx', NULL, 2, NULL),
    ('12354', 3, 'down sleeping bag', 'shipped', 'UPS', NULL, 3, NULL),
    ('30582', 4, 'camping stove', 'packing', NULL, NULL, 4, NULL),
    ('19447', 5, 'pair of trekking poles', 'delivered', 'UPS', NULL, NULL, 3),
    ('55012', 6, 'forty liter backpack', 'ready_for_pickup', NULL, 'Portland', NULL, NULL),
    ('90614', 7, 'rain jacket', 'delivered', 'FedEx', NULL, NULL, 41),
    ('38260', 8, 'inflatable kayak', 'backordered', NULL, NULL, 12, NULL),
    ('94107', 9, 'headlamp', 'shipped', 'the postal service', NULL, 1, NULL),
    ('20231', 10, 'wool base layer', 'cancelled', NULL, NULL, NULL, NULL),
    ('47192', 1, 'water filter', 'delivered', 'the postal service', NULL, NULL, 9),
    ('12435', 2, 'camp chair', 'packing', NULL, NULL, 5, NULL),
    ('61733', 3, 'climbing rope', 'shipped', 'UPS', NULL, 2, NULL),
    ('70018', 4, 'family tent', 'delivered', 'FedEx', NULL, NULL, 16),
    ('83905', 5, 'bear canister', 'out_for_delivery', 'FedEx', NULL, 0, NULL),
    ('22222', 6, 'gift card', 'delivered', 'e-mail', NULL, NULL, 1),
    ('46810', 7, 'pair of snowshoes', 'ready_for_pickup', NULL, 'Seattle', NULL, NULL),
    ('75309', 8, 'dry bag', 'shipped', 'the postal service', NULL, 4, NULL),
    ('10001', 9, 'cooking set', 'delivered', 'UPS', NULL, NULL, 30),
    ('99870', 10, 'sleeping pad', 'shipped', 'UPS', NULL, 6, NULL),
    ('36914', 1, 'pair of approach shoes', 'delivered', 'UPS', NULL, NULL, 31),
    ('58203', 2, 'pair of bike panniers', 'backordered', NULL, NULL, 18, NULL),
    ('41526', 3, 'hammock', 'packing', NULL, NULL, 3, NULL),
    ('87654', 4, 'camping lantern', 'cancelled', NULL, NULL, NULL, NULL);
