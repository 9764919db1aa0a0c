-- +goose Up

-- Changes of a registrant that wait for both parties (rules C4 to C6), and the
-- verification of e-mail addresses (C7). Owner: registry.

ALTER TABLE zone
    -- What a change of the registrant (C4) or of its identity (C5) needs in the zone.
    ADD COLUMN registrant_changes text NOT NULL DEFAULT 'confirm'
        CHECK (registrant_changes IN ('confirm', 'at-once', 'never')),
    -- C7: an address is to be confirmed within so many days; 0: it need not be.
    ADD COLUMN verify_days smallint NOT NULL DEFAULT 0 CHECK (verify_days BETWEEN 0 AND 365),
    ADD COLUMN verify_suspends boolean NOT NULL DEFAULT false,
    ADD CHECK (NOT verify_suspends OR verify_days > 0);
UPDATE zone SET registrant_changes = 'at-once' WHERE profile = 'gtld';

-- A change of the registrant of a name (object domain) or of the identity of a
-- registrant (object contact). Rows stay: they say who agreed to what.
CREATE TABLE registrant_change (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    object       text COLLATE "C" NOT NULL CHECK (object IN ('domain', 'contact')),
    object_id    bigint NOT NULL,
    object_name  text COLLATE "C" NOT NULL,       -- name, or handle when it was asked for
    registrar_id integer NOT NULL,                -- the tag that is told
    state        text NOT NULL DEFAULT 'pending'
                 CHECK (state IN ('pending', 'done', 'refused', 'expired', 'cancelled', 'failed')),
    -- The contact that is to be the registrant: while this waits it stays.
    proposed     bigint REFERENCES contact (id),
    before       jsonb NOT NULL,                  -- the registrant's identity: "(Initial data)"
    after        jsonb NOT NULL,                  -- as it is to be
    notice       jsonb NOT NULL,                  -- what both parties were told
    asked_at     timestamptz NOT NULL,
    act_by       timestamptz NOT NULL CHECK (act_by > asked_at),
    ended_at     timestamptz,
    reason       text,                            -- why it ended so
    cltrid       text,                            -- of the command
    svtrid       text,
    CHECK ((state = 'pending') = (ended_at IS NULL)),
    CHECK (proposed IS NULL OR (object = 'domain' AND state = 'pending'))
);
CREATE UNIQUE INDEX registrant_change_one_pending ON registrant_change (object, object_id) WHERE state = 'pending';
CREATE INDEX registrant_change_due ON registrant_change (act_by, id) WHERE state = 'pending';
CREATE INDEX registrant_change_object ON registrant_change (object, object_id, id);
CREATE INDEX registrant_change_registrar ON registrant_change (registrar_id, id);
CREATE INDEX registrant_change_proposed ON registrant_change (proposed) WHERE proposed IS NOT NULL;

-- The two parties. The token is only in the message.
CREATE TABLE registrant_change_party (
    change_id   bigint NOT NULL REFERENCES registrant_change (id),
    side        text NOT NULL CHECK (side IN ('previous', 'new')),
    email       text NOT NULL,
    token_hash  bytea NOT NULL UNIQUE CHECK (length(token_hash) = 32), -- SHA-256
    answer      text CHECK (answer IN ('confirmed', 'refused')),
    answered_at timestamptz,
    PRIMARY KEY (change_id, side),
    CHECK ((answer IS NULL) = (answered_at IS NULL))
);

-- Whether a registrant's address is its own. There is a row once it was asked.
CREATE TABLE contact_verification (
    contact_id  bigint PRIMARY KEY REFERENCES contact (id) ON DELETE CASCADE,
    email       text NOT NULL,                    -- the address that was asked
    state       text NOT NULL CHECK (state IN ('unverified', 'verified', 'failed')),
    asked_on    date NOT NULL,
    due_on      date NOT NULL,                    -- the last day to confirm it
    verified_on date,
    failed_on   date,
    proof       text CHECK (proof IN ('link', 'change', 'staff')), -- how it was verified
    token_hash  bytea UNIQUE CHECK (length(token_hash) = 32),
    CHECK ((state = 'verified') = (verified_on IS NOT NULL)),
    CHECK ((state = 'verified') = (proof IS NOT NULL)),
    CHECK (state <> 'failed' OR failed_on IS NOT NULL)
);
CREATE INDEX contact_verification_due ON contact_verification (due_on, contact_id) WHERE state = 'unverified';
CREATE INDEX contact_verification_failed ON contact_verification (contact_id) WHERE state = 'failed';

-- Names held (serverHold) because their registrant's address is not verified.
-- This is no suspension of the life cycle: neither lifts the other.
CREATE TABLE verification_hold (
    domain_id bigint PRIMARY KEY REFERENCES domain (id) ON DELETE CASCADE,
    since     date NOT NULL,
    -- Staff hold the name as well: the status stays when this hold ends.
    staff_too boolean NOT NULL DEFAULT false
);
