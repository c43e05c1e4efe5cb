-- What the example shop has on its shelves, and what the phone line asked the warehouse for.

CREATE TABLE stock (
    item TEXT PRIMARY KEY,              -- as orders name it
    pieces INTEGER NOT NULL
) STRICT;

CREATE TABLE exchanges (                -- the right one goes out, the wrong one comes back
    id INTEGER PRIMARY KEY,
    order_number TEXT NOT NULL,
    item TEXT NOT NULL REFERENCES stock (item)
) STRICT;

INSERT INTO stock (item, pieces) VALUES
    ('pair of trekking poles', 14),
    ('water filter', 3),
    ('family tent', 2),
    ('cooking set', 0),
    ('pair of hiking boots', 8);
