-- +goose Up

-- Delivery of messages, subscriptions to lists, and the links in them. Owner:
-- notify, but for the columns of registrar and page_token (registry).

-- Real time: delivery does not follow the registry clock, which may be far
-- ahead on a test bed. Three days of trying count from here.
ALTER TABLE outbox
    ADD COLUMN queued_at timestamptz NOT NULL DEFAULT clock_timestamp(), -- real time
    ADD COLUMN smtp_code smallint; -- of the last answer that was a refusal
CREATE INDEX outbox_queued ON outbox (queued_at) WHERE sent_at IS NULL AND failed_at IS NULL;

-- Who gets the daily list of names that expire.
ALTER TABLE registrar ADD COLUMN reminder_reader text NOT NULL DEFAULT 'sales'
    CHECK (reminder_reader IN ('sales', 'registrant', 'both'));

-- A list that somebody gets, with the token of its unsubscribe link (RFC 8058).
-- contact_id is 0 for the registrar's own list.
CREATE TABLE subscription (
    kind         text NOT NULL CHECK (kind IN ('advance-list', 'reminder-list')),
    registrar_id integer NOT NULL REFERENCES registrar (id),
    contact_id   bigint NOT NULL DEFAULT 0,
    token        uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    opted_out_at timestamptz,
    PRIMARY KEY (kind, registrar_id, contact_id)
);

-- Personal links: the token itself is only in the message.
CREATE TABLE page_token (
    hash         bytea PRIMARY KEY CHECK (length(hash) = 32), -- SHA-256
    page         text NOT NULL,
    contact_id   bigint NOT NULL,
    registrar_id integer NOT NULL REFERENCES registrar (id),
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL CHECK (expires_at > created_at)
);
CREATE INDEX page_token_expires ON page_token (expires_at);
