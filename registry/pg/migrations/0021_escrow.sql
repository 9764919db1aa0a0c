-- +goose Up

-- Escrow deposits that were made (RFC 8909): what the next one builds on.
-- Owner: registry (escrow*.go).

CREATE TABLE escrow_deposit (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    deposit_id text COLLATE "C" NOT NULL UNIQUE CHECK (deposit_id <> ''),
    zones      text[] NOT NULL, -- {} is the whole register
    type       text NOT NULL CHECK (type IN ('FULL', 'DIFF', 'INCR')),
    format     text NOT NULL CHECK (format IN ('xml', 'csv')),
    prev_id    text COLLATE "C",
    resend     smallint NOT NULL CHECK (resend >= 0),
    -- A resent deposit replaces the one before of its kind; nothing builds on that.
    replaced   boolean NOT NULL DEFAULT false,
    watermark  timestamptz NOT NULL, -- registry clock
    history_id bigint NOT NULL,      -- the last change in it
    batch_open boolean NOT NULL,     -- a batch was under way: it writes history with other days' dates
    counts     jsonb NOT NULL,
    file       text NOT NULL,
    sha256     bytea NOT NULL CHECK (length(sha256) = 32),
    CHECK ((type = 'FULL') OR (prev_id IS NOT NULL))
);
CREATE INDEX escrow_deposit_latest ON escrow_deposit (zones, id DESC) WHERE NOT replaced;

-- Reports look at a month of the history. Rows come in the order of time, but
-- for a batch that makes up days.
CREATE INDEX history_at ON history USING brin (at) WITH (pages_per_range = 16, autosummarize = on);
