-- +goose Up

-- Money that goes back: a payment that the bank reversed, or a deposit that is
-- refunded. Owner: billing.

CREATE TABLE payout (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind         text NOT NULL CHECK (kind IN ('reversal', 'refund')),
    payment_id   bigint UNIQUE REFERENCES payment (id), -- a payment is reversed once, and whole
    registrar_id integer REFERENCES registrar (id),
    customer_id  bigint REFERENCES registrant_account (id),
    currency     text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    amount       bigint NOT NULL CHECK (amount > 0),
    paid_on      date NOT NULL,
    reason       text NOT NULL CHECK (reason <> ''),
    bank_ref     text UNIQUE,
    recorded_at  timestamptz NOT NULL,
    staff        text,
    CHECK ((registrar_id IS NULL) <> (customer_id IS NULL)),
    CHECK ((kind = 'reversal') = (payment_id IS NOT NULL))
);
CREATE INDEX payout_registrar ON payout (registrar_id, id) WHERE registrar_id IS NOT NULL;
CREATE INDEX payout_customer ON payout (customer_id, id) WHERE customer_id IS NOT NULL;
CREATE TRIGGER payout_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON payout
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What a reversed payment had settled is taken back by an allocation of less
-- than nothing, which names the one that it takes back.
ALTER TABLE allocation
    ADD COLUMN payout_id  bigint REFERENCES payout (id),
    ADD COLUMN taken_from bigint REFERENCES allocation (id),
    DROP CONSTRAINT allocation_amount_check,
    DROP CONSTRAINT allocation_check,
    DROP CONSTRAINT allocation_source_check,
    ADD CONSTRAINT allocation_source_check CHECK (source IN ('payment', 'account', 'prepaid', 'taken back')),
    ADD CONSTRAINT allocation_amount_check CHECK (CASE source WHEN 'taken back' THEN amount < 0 ELSE amount > 0 END),
    ADD CONSTRAINT allocation_payment_check CHECK ((source = 'payment') = (payment_id IS NOT NULL)),
    ADD CONSTRAINT allocation_taken_check CHECK ((source = 'taken back') = (payout_id IS NOT NULL)
        AND (payout_id IS NULL) = (taken_from IS NULL));
CREATE INDEX allocation_taken_from ON allocation (taken_from) WHERE taken_from IS NOT NULL;

-- A receipt whose payment went back. The receipt is never altered.
CREATE TABLE receipt_reversal (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    receipt_id bigint NOT NULL UNIQUE REFERENCES receipt (id),
    payout_id  bigint NOT NULL REFERENCES payout (id),
    dated      date NOT NULL
);
CREATE TRIGGER receipt_reversal_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON receipt_reversal
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

ALTER TABLE journal
    DROP CONSTRAINT journal_source_check,
    ADD CONSTRAINT journal_source_check CHECK (source IN ('charge', 'reversal', 'invoice', 'payment', 'allocation',
        'credit note', 'receipt', 'memo', 'payout', 'receipt reversal'));
