-- +goose Up

-- What registrants decide about their renewals (N10 to N21), and who is signed
-- in on the sales contact's page (N30). Owner: registry.

-- N11: a decision waits for the sales contact, or is carried out at once.
ALTER TABLE registrar ADD COLUMN decisions text NOT NULL DEFAULT 'notify' CHECK (decisions IN ('notify', 'automatic'));

-- page is renewal (N10), sign-in or session (N30); the last two have contact_id 0.
ALTER TABLE page_token ADD COLUMN used_at timestamptz;

-- The decision about a name that counts; what it was before is in the history.
-- Whether it was acted on shows in the name itself. It is void once the name has
-- another sponsor or registrant, or another E is not the result of it.
CREATE TABLE renewal_decision (
    domain_id    bigint PRIMARY KEY REFERENCES domain (id) ON DELETE CASCADE,
    period       date NOT NULL,                -- E when it was taken
    registrar_id integer NOT NULL,
    contact_id   bigint NOT NULL,
    choice       text NOT NULL CHECK (choice IN ('renew', 'decline')),
    years        smallint CHECK (years BETWEEN 1 AND 10),
    via          text NOT NULL CHECK (via IN ('selection', 'code')),
    decided_at   timestamptz NOT NULL,
    refused      text,                         -- why it could not be carried out at once
    CHECK ((choice = 'renew') = (years IS NOT NULL))
);
CREATE INDEX renewal_decision_registrar ON renewal_decision (registrar_id, period);

-- Activation codes (N20, N21): the code itself is only in the message.
CREATE TABLE renewal_confirmation (
    code_hash    bytea PRIMARY KEY CHECK (length(code_hash) = 32), -- SHA-256
    domain_id    bigint NOT NULL REFERENCES domain (id) ON DELETE CASCADE,
    period       date NOT NULL,
    registrar_id integer NOT NULL,
    contact_id   bigint NOT NULL,
    asked_at     timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    used_at      timestamptz
);
CREATE INDEX renewal_confirmation_domain ON renewal_confirmation (domain_id, asked_at);
CREATE INDEX renewal_confirmation_expires ON renewal_confirmation (expires_at);

-- Tries that a page counts, by whom and by what they were for.
CREATE TABLE page_attempt (
    what text COLLATE "C" NOT NULL,
    who  bytea NOT NULL,                       -- SHA-256 of an address, a code, a tag
    slot timestamptz NOT NULL,                 -- beginning of the stretch that is counted
    n    integer NOT NULL,
    PRIMARY KEY (what, who, slot)
);
CREATE INDEX page_attempt_slot ON page_attempt (slot);
