-- +goose Up

-- Messages and letters. Owner: notify. A row is written in the transaction that
-- causes it and delivered afterwards (rule N1).

CREATE TABLE outbox (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind         text NOT NULL CHECK (kind <> ''),   -- chooses the template
    recipient    text NOT NULL CHECK (recipient <> ''),
    language     text NOT NULL DEFAULT 'en',
    payload      jsonb NOT NULL,                     -- what the template fills in
    registrar_id integer REFERENCES registrar (id),
    domain_id    bigint,
    dedup        text COLLATE "C" UNIQUE,            -- a repeat of the same event adds nothing
    created_at   timestamptz NOT NULL,               -- registry clock
    -- Real time from here on: delivery does not follow the registry clock.
    due_at       timestamptz,                        -- null: at once
    attempts     smallint NOT NULL DEFAULT 0,
    locked_until timestamptz,
    sent_at      timestamptz,
    failed_at    timestamptz,
    message_id   text,
    last_error   text,
    CHECK (sent_at IS NULL OR failed_at IS NULL)
);
CREATE INDEX outbox_waiting ON outbox (due_at, id) WHERE sent_at IS NULL AND failed_at IS NULL;
CREATE INDEX outbox_failed ON outbox (id) WHERE failed_at IS NOT NULL;
CREATE INDEX outbox_domain ON outbox (domain_id, id) WHERE domain_id IS NOT NULL;

-- Letters for the print house (N3).
CREATE TABLE post_item (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind           text NOT NULL CHECK (kind <> ''),
    addressee      jsonb NOT NULL,                   -- {"name", "lines": [...], "country"}
    language       text NOT NULL DEFAULT 'en',
    payload        jsonb NOT NULL,
    document       text NOT NULL DEFAULT '',         -- number of the document, "" for none
    domain_id      bigint,
    dedup          text COLLATE "C" UNIQUE,
    day            date NOT NULL,                    -- the spool that it belongs to: a civil day
    created_at     timestamptz NOT NULL,
    file           text,                             -- once written to the spool
    pages          smallint,
    spooled_at     timestamptz,
    handed_over_at timestamptz
);
CREATE INDEX post_item_waiting ON post_item (day, id) WHERE spooled_at IS NULL;
CREATE INDEX post_item_spooled ON post_item (day, id) WHERE handed_over_at IS NULL;
