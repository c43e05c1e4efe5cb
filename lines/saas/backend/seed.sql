-- What the example software company knows. Everything in it is invented.

CREATE TABLE workspaces (
    number TEXT PRIMARY KEY CHECK (number GLOB '[0-9][0-9][0-9][0-9][0-9]'),
    name TEXT NOT NULL,
    plan TEXT NOT NULL CHECK (plan IN ('starter', 'team', 'business')),
    seats INTEGER NOT NULL,
    yearly INTEGER NOT NULL,            -- 1: paid by the year
    renews_in_days INTEGER NOT NULL,    -- counted from today, so that the example never grows old
    owner_email TEXT NOT NULL,
    billing_email TEXT NOT NULL,
    owner_phone TEXT NOT NULL,          -- where codes are texted to; fictional: 555-0100 to 555-0199 belong to nobody
    support_code TEXT NOT NULL CHECK (support_code GLOB '[0-9][0-9][0-9][0-9][0-9][0-9]'),
    segment TEXT NOT NULL DEFAULT 'standard',
    discount INTEGER NOT NULL,          -- in percent
    discount_days INTEGER NOT NULL      -- until when, in days from today
) STRICT;

CREATE TABLE invoices (
    number TEXT PRIMARY KEY,
    workspace TEXT NOT NULL REFERENCES workspaces (number),
    days_ago INTEGER NOT NULL,
    cents INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('paid', 'open', 'failed', 'refunded'))
) STRICT;

CREATE TABLE incidents (                -- what the operations team knows is broken right now
    area TEXT PRIMARY KEY,
    notice TEXT NOT NULL,               -- as it is said on the phone
    notice_es TEXT NOT NULL
) STRICT;

CREATE TABLE tickets (
    id INTEGER PRIMARY KEY,
    workspace TEXT NOT NULL,
    area TEXT NOT NULL,
    priority TEXT NOT NULL CHECK (priority IN ('urgent', 'normal')),
    state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'solved')),
    due TEXT NOT NULL,                  -- the answer that the service level promises
    tags TEXT NOT NULL DEFAULT '',      -- separated by commas
    work_stopped INTEGER                -- 1: the team cannot work; NULL: nobody has asked
) STRICT;

CREATE TABLE ticket_notes (
    id INTEGER PRIMARY KEY,
    ticket INTEGER NOT NULL REFERENCES tickets (id),
    note TEXT NOT NULL
) STRICT;

CREATE TABLE plan_changes (             -- made by a person's yes only
    id INTEGER PRIMARY KEY,
    workspace TEXT NOT NULL REFERENCES workspaces (number),
    plan TEXT NOT NULL                  -- 'none': cancelled
) STRICT;

CREATE TABLE refunds (                  -- money that went back, after a person's yes
    id INTEGER PRIMARY KEY,
    invoice TEXT NOT NULL REFERENCES invoices (number),
    cents INTEGER NOT NULL
) STRICT;

CREATE TABLE resets (                   -- links that were sent to an owner's address
    id INTEGER PRIMARY KEY,
    workspace TEXT NOT NULL REFERENCES workspaces (number)
) STRICT;

CREATE TABLE contacts (                 -- the customer record: what calls came to
    id INTEGER PRIMARY KEY,
    workspace TEXT NOT NULL REFERENCES workspaces (number),
    day TEXT NOT NULL,
    call TEXT NOT NULL,
    outcome TEXT NOT NULL,
    summary TEXT NOT NULL,
    link TEXT NOT NULL
) STRICT;

CREATE TABLE account_changes (          -- what was changed on the phone: from what, to what
    id INTEGER PRIMARY KEY,
    workspace TEXT NOT NULL REFERENCES workspaces (number),
    field TEXT NOT NULL,
    old TEXT NOT NULL,
    new TEXT NOT NULL
) STRICT;

INSERT INTO workspaces (number, name, plan, seats, yearly, renews_in_days, owner_email, billing_email, owner_phone,
                        support_code, discount, discount_days) VALUES
    ('30114', 'Brightside Clinic', 'team', 12, 0, 9, 'owner@brightside.example', 'bills@brightside.example',
     '+12125550131', '481205', 0, 0),
    ('30227', 'Fern and Sons', 'starter', 3, 0, 21, 'owner@fern.example', 'owner@fern.example',
     '+12125550132', '730964', 30, 60),
    ('30391', 'Quarry Kitchen', 'business', 48, 1, 200, 'owner@quarry.example', 'office@quarry.example',
     '+12125550133', '259118', 0, 0),
    ('30458', 'Tidewater Studio', 'team', 7, 1, 12, 'owner@tidewater.example', 'owner@tidewater.example',
     '+12125550134', '664027', 0, 0),
    ('30532', 'Hilltop Vets', 'team', 7, 0, 26, 'owner@hilltop.example', 'owner@hilltop.example',
     '+12125550135', '902341', 0, 0);

INSERT INTO contacts (workspace, day, call, outcome, summary, link) VALUES
    ('30458', '2026-11-12', 'earlier', 'completed', 'Asked about: report trouble.', '');

INSERT INTO invoices (number, workspace, days_ago, cents, state) VALUES
    ('6803', '30114', 82, 14400, 'refunded'),
    ('6911', '30114', 51, 14400, 'paid'),
    ('7001', '30114', 21, 14400, 'paid'),
    ('7002', '30227', 9, 2700, 'failed'),
    ('7003', '30391', 165, 921600, 'paid'),
    ('7004', '30458', 3, 84000, 'open'),
    ('7005', '30532', 4, 8400, 'paid');

INSERT INTO incidents (area, notice, notice_es) VALUES
    ('sync',
     'calendars from Outlook are not syncing since this morning. We know the cause, and expect it to work again by two in the afternoon.',
     'los calendarios de Outlook no se sincronizan desde esta mañana. Conocemos la causa, y esperamos que funcione otra vez a más tardar a las dos de la tarde.');

INSERT INTO tickets (id, workspace, area, priority, state, due) VALUES
    (1, '30458', 'reports', 'normal', 'open', '2026-11-24');
