-- +goose Up

-- The ledger, invoices, payments, credit notes and what registrants pay.
-- Owner: billing. Amounts are minor units; a debit is positive, a credit
-- negative (rule B2).

-- A registrant that is billed directly has an account under the registrar of
-- its names (B20). The contact may go when its names have gone; the account
-- stays, so there is no foreign key.
CREATE TABLE registrant_account (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    contact_id     bigint NOT NULL,
    contact_handle text COLLATE "C" NOT NULL,
    registrar_id   integer NOT NULL REFERENCES registrar (id),  -- the vendor
    currency       text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    status         text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'transferred out', 'closed')),
    opened_at      timestamptz NOT NULL,
    UNIQUE (contact_id, registrar_id),
    UNIQUE (id, currency)
);
CREATE INDEX registrant_account_registrar ON registrant_account (registrar_id);

CREATE TABLE ledger_account (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind         text NOT NULL,
    registrar_id integer REFERENCES registrar (id),
    zone_id      integer REFERENCES zone (id),
    customer_id  bigint REFERENCES registrant_account (id),
    currency     text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    owner        bigint NOT NULL GENERATED ALWAYS AS (coalesce(registrar_id::bigint, zone_id::bigint, customer_id, 0)) STORED,
    UNIQUE (kind, owner, currency),
    UNIQUE (id, currency),
    CONSTRAINT ledger_account_owner CHECK (CASE
        -- receivable: open invoices. deposit: money of the registrar that is on
        -- account. prepaid: taken from the deposit and not yet invoiced.
        WHEN kind IN ('receivable', 'deposit', 'prepaid') THEN registrar_id IS NOT NULL AND zone_id IS NULL AND customer_id IS NULL
        WHEN kind = 'revenue' THEN zone_id IS NOT NULL AND registrar_id IS NULL AND customer_id IS NULL
        -- customer: money of a registrant.
        WHEN kind = 'customer' THEN customer_id IS NOT NULL AND registrar_id IS NULL AND zone_id IS NULL
        WHEN kind IN ('bank', 'tax') THEN registrar_id IS NULL AND zone_id IS NULL AND customer_id IS NULL
        ELSE false END)
);

CREATE TABLE journal (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at          timestamptz NOT NULL,
    day         date NOT NULL,                -- the registry's civil day
    source      text NOT NULL CHECK (source IN ('charge', 'reversal', 'invoice', 'payment', 'allocation',
                'credit note', 'receipt')),
    source_id   bigint NOT NULL,              -- in the table of the source; of a reversal, the charge
    currency    text NOT NULL,
    description text NOT NULL,
    UNIQUE (source, source_id),               -- a repeat of the same event is refused
    UNIQUE (id, currency)
);

-- All entries of a journal row are inserted by one statement and sum to zero.
-- The two foreign keys keep a journal row within one currency.
CREATE TABLE entry (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    journal_id bigint NOT NULL,
    account_id bigint NOT NULL,
    currency   text NOT NULL,
    amount     bigint NOT NULL CHECK (amount <> 0),
    FOREIGN KEY (journal_id, currency) REFERENCES journal (id, currency),
    FOREIGN KEY (account_id, currency) REFERENCES ledger_account (id, currency)
);
CREATE INDEX entry_journal ON entry (journal_id);
CREATE INDEX entry_account ON entry (account_id, id) INCLUDE (amount);

-- +goose StatementBegin
CREATE FUNCTION entry_balances() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    bad record;
BEGIN
    SELECT journal_id, sum(amount) AS rest INTO bad FROM added GROUP BY journal_id HAVING sum(amount) <> 0 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'the entries of journal % sum to %, not zero', bad.journal_id, bad.rest
            USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_balances';
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER entry_balances AFTER INSERT ON entry REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION entry_balances();
CREATE TRIGGER entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER journal_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON journal
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The balance of a deposit up to an entry, so that the sum to be made for each
-- prepaid charge stays short. Derived: billing verify recomputes it. Whoever
-- posts to a deposit has locked its account row, so entries come in order.
CREATE TABLE balance_mark (
    account_id bigint NOT NULL REFERENCES ledger_account (id),
    entry_id   bigint NOT NULL REFERENCES entry (id),
    balance    bigint NOT NULL,
    PRIMARY KEY (account_id, entry_id)
);

-- Numbers without gaps: the row is locked until the document is committed.
CREATE TABLE document_series (
    kind   text PRIMARY KEY CHECK (kind IN ('invoice', 'credit note', 'pro forma', 'receipt')),
    prefix text NOT NULL UNIQUE,
    last   bigint NOT NULL DEFAULT 0
);
INSERT INTO document_series (kind, prefix) VALUES
    ('invoice', 'INV'), ('credit note', 'CRN'), ('pro forma', 'PRO'), ('receipt', 'REC');

-- Invoices: never altered. Their lines are the rows of charge with their id.
CREATE TABLE invoice (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number       bigint NOT NULL UNIQUE,
    kind         text NOT NULL CHECK (kind IN ('renewals', 'registrations')),
    registrar_id integer NOT NULL REFERENCES registrar (id),
    dated        date NOT NULL,
    due          date NOT NULL CHECK (due >= dated),
    currency     text NOT NULL,
    lines        integer NOT NULL CHECK (lines > 0),
    net          bigint NOT NULL CHECK (net >= 0),
    tax          bigint NOT NULL CHECK (tax >= 0),
    gross        bigint NOT NULL CHECK (gross = net + tax),
    addressee    jsonb NOT NULL,              -- as the registrar was called that day
    created_at   timestamptz NOT NULL,
    UNIQUE (registrar_id, kind, currency, dated)
);
CREATE TRIGGER invoice_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON invoice
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What is open on an invoice; derived from allocations and credit notes, and
-- the row that payments lock.
CREATE TABLE open_item (
    invoice_id   bigint PRIMARY KEY REFERENCES invoice (id),
    registrar_id integer NOT NULL REFERENCES registrar (id),
    currency     text NOT NULL,
    due          date NOT NULL,
    open         bigint NOT NULL CHECK (open >= 0),
    settled_on   date,
    CHECK ((open = 0) = (settled_on IS NOT NULL))
);
CREATE INDEX open_item_registrar ON open_item (registrar_id, due, invoice_id) WHERE open > 0;
CREATE INDEX open_item_due ON open_item (due) WHERE open > 0;

-- Charges: debited at once from a prepaid tag's deposit; fixed once written.
ALTER TABLE charge ADD COLUMN prepaid boolean NOT NULL DEFAULT false;
ALTER TABLE charge ADD CONSTRAINT charge_invoice_fkey FOREIGN KEY (invoice_id) REFERENCES invoice (id);
DROP INDEX charge_uninvoiced;
CREATE INDEX charge_uninvoiced ON charge (registrar_id, id) INCLUDE (amount, tax)
    WHERE invoice_id IS NULL AND reversed_at IS NULL;
CREATE INDEX charge_invoice ON charge (invoice_id, id) WHERE invoice_id IS NOT NULL;

-- +goose StatementBegin
CREATE FUNCTION charge_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'charge % is fixed', OLD.id USING ERRCODE = 'restrict_violation', CONSTRAINT = 'charge_is_fixed';
END $$;
-- +goose StatementEnd
CREATE TRIGGER charge_is_fixed BEFORE UPDATE ON charge FOR EACH ROW
    WHEN ((OLD.registrar_id, OLD.operation, OLD.zone_id, OLD.domain_id, OLD.domain_name, OLD.request_id, OLD.years,
           OLD.period_from, OLD.period_to, OLD.currency, OLD.amount, OLD.tax_rate, OLD.tax, OLD.charged_at, OLD.prepaid)
          IS DISTINCT FROM
          (NEW.registrar_id, NEW.operation, NEW.zone_id, NEW.domain_id, NEW.domain_name, NEW.request_id, NEW.years,
           NEW.period_from, NEW.period_to, NEW.currency, NEW.amount, NEW.tax_rate, NEW.tax, NEW.charged_at, NEW.prepaid)
          OR OLD.invoice_id IS NOT NULL AND NEW.invoice_id IS DISTINCT FROM OLD.invoice_id)
    EXECUTE FUNCTION charge_is_fixed();
CREATE TRIGGER charge_stays BEFORE DELETE ON charge FOR EACH ROW EXECUTE FUNCTION charge_is_fixed();

-- Invoiced charges that were taken back (a deletion in a grace period): the
-- next invoice run credits them and removes the row.
CREATE TABLE refund_due (
    charge_id bigint PRIMARY KEY REFERENCES charge (id)
);

-- Payments: of a registrar, or of a registrant.
CREATE TABLE bank_file (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sha256      bytea NOT NULL UNIQUE CHECK (length(sha256) = 32),
    name        text NOT NULL,
    format      text NOT NULL CHECK (format IN ('csv', 'camt.053')),
    lines       integer NOT NULL,
    imported_at timestamptz NOT NULL,
    staff       text
);

CREATE TABLE payment (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    registrar_id integer REFERENCES registrar (id),
    customer_id  bigint REFERENCES registrant_account (id),
    currency     text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    amount       bigint NOT NULL CHECK (amount > 0),
    received_on  date NOT NULL,
    method       text NOT NULL CHECK (method IN ('hand', 'bank file')),
    reference    text NOT NULL DEFAULT '',    -- what the payer wrote
    bank_ref     text UNIQUE,                 -- the bank's own, unique: a repeat adds nothing
    bank_file_id bigint REFERENCES bank_file (id),
    recorded_at  timestamptz NOT NULL,
    staff        text,
    CHECK ((registrar_id IS NULL) <> (customer_id IS NULL))
);
CREATE INDEX payment_registrar ON payment (registrar_id, id) WHERE registrar_id IS NOT NULL;
CREATE INDEX payment_customer ON payment (customer_id, id) WHERE customer_id IS NOT NULL;
CREATE TRIGGER payment_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON payment
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Money put against an invoice.
CREATE TABLE allocation (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    invoice_id   bigint NOT NULL REFERENCES invoice (id),
    amount       bigint NOT NULL CHECK (amount > 0),
    -- payment: of the payment named. account: of credit left on account.
    -- prepaid: of what was debited from the deposit with the charges.
    source       text NOT NULL CHECK (source IN ('payment', 'account', 'prepaid')),
    payment_id   bigint REFERENCES payment (id),
    allocated_on date NOT NULL,
    CHECK ((source = 'payment') = (payment_id IS NOT NULL))
);
CREATE INDEX allocation_invoice ON allocation (invoice_id);
CREATE INDEX allocation_payment ON allocation (payment_id) WHERE payment_id IS NOT NULL;
CREATE TRIGGER allocation_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON allocation
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Credit notes (B14): whole lines of one invoice, which is not altered.
CREATE TABLE credit_note (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number       bigint NOT NULL UNIQUE,
    invoice_id   bigint NOT NULL REFERENCES invoice (id),
    registrar_id integer NOT NULL REFERENCES registrar (id),
    reason       text NOT NULL CHECK (reason IN ('distance-selling', 'billing-error', 'registry-fault', 'goodwill',
                 'grace-period')),
    note         text NOT NULL DEFAULT '',
    dated        date NOT NULL,
    currency     text NOT NULL,
    net          bigint NOT NULL CHECK (net >= 0),
    tax          bigint NOT NULL CHECK (tax >= 0),
    gross        bigint NOT NULL CHECK (gross = net + tax),
    applied      bigint NOT NULL CHECK (applied BETWEEN 0 AND gross), -- against the invoice; the rest went on account
    addressee    jsonb NOT NULL,
    created_at   timestamptz NOT NULL,
    staff        text
);
CREATE INDEX credit_note_invoice ON credit_note (invoice_id);
CREATE INDEX credit_note_registrar ON credit_note (registrar_id, id);
CREATE TABLE credit_note_line (
    charge_id      bigint PRIMARY KEY REFERENCES charge (id), -- a line is credited once
    credit_note_id bigint NOT NULL REFERENCES credit_note (id)
);
CREATE INDEX credit_note_line_note ON credit_note_line (credit_note_id);
CREATE TRIGGER credit_note_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON credit_note
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER credit_note_line_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON credit_note_line
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Requests for payment to registrants. Not a debt: they touch no ledger.
CREATE TABLE pro_forma (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number      bigint NOT NULL UNIQUE,
    account_id  bigint NOT NULL,
    domain_id   bigint NOT NULL,
    domain_name text COLLATE "C" NOT NULL,
    zone_id     integer NOT NULL REFERENCES zone (id),
    period      date NOT NULL,                -- E: the renewal period that it is for
    years       smallint NOT NULL CHECK (years BETWEEN 1 AND 10),
    currency    text NOT NULL,
    amount      bigint NOT NULL CHECK (amount >= 0), -- net
    tax_rate    integer NOT NULL,                    -- basis points
    tax         bigint NOT NULL CHECK (tax >= 0),
    issued_on   date NOT NULL,
    addressee   jsonb NOT NULL,               -- name and address of the registrant that day
    state       text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'paid', 'void')),
    closed_on   date,
    FOREIGN KEY (account_id, currency) REFERENCES registrant_account (id, currency),
    CHECK ((state = 'open') = (closed_on IS NULL))
);
CREATE UNIQUE INDEX pro_forma_one_open ON pro_forma (domain_id) WHERE state = 'open';
CREATE INDEX pro_forma_domain ON pro_forma (domain_id, id);
CREATE INDEX pro_forma_account ON pro_forma (account_id, id);

CREATE TABLE receipt (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number       bigint NOT NULL UNIQUE,
    pro_forma_id bigint NOT NULL UNIQUE REFERENCES pro_forma (id),
    payment_id   bigint NOT NULL REFERENCES payment (id),
    account_id   bigint NOT NULL REFERENCES registrant_account (id),
    zone_id      integer NOT NULL REFERENCES zone (id),
    period_from  date NOT NULL,
    period_to    date NOT NULL,
    currency     text NOT NULL,
    net          bigint NOT NULL CHECK (net >= 0),
    tax          bigint NOT NULL CHECK (tax >= 0),
    gross        bigint NOT NULL CHECK (gross = net + tax),
    dated        date NOT NULL,
    created_at   timestamptz NOT NULL
);
CREATE INDEX receipt_account ON receipt (account_id, id);
CREATE TRIGGER receipt_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON receipt
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The tax on a line, for statements that charge a set; billing.Tax for one
-- (rule B1: half up).
CREATE FUNCTION billing_tax(net bigint, rate integer) RETURNS bigint LANGUAGE sql IMMUTABLE
    AS 'SELECT (net * rate + 5000) / 10000';

-- The price of an operation on a day, null for none (rule B3).
CREATE FUNCTION billing_price(zone integer, op text, of_tier text, for_years integer, of_currency text, day date)
    RETURNS bigint LANGUAGE sql STABLE AS
    'SELECT amount FROM price WHERE zone_id = zone AND operation = op AND tier = of_tier AND years = for_years
     AND currency = of_currency AND valid_from <= day ORDER BY valid_from DESC LIMIT 1';

-- What a registrar may still spend, in minor units of its currency, and how
-- many entries of its deposit lie after the last mark. It locks the deposit of
-- a prepaid tag, and of no other. It is called for a tag with a limit only.
-- The lock and the sums must be two statements: a statement that waited for a
-- lock still sees the other tables as of its start.
-- +goose StatementBegin
CREATE FUNCTION billing_funds(registrar integer) RETURNS bigint[] LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    reg     record;
    deposit bigint;
    mark    record;
    tail    record;
    owed    bigint := 0;
BEGIN
    SELECT terms, currency, credit_limit INTO reg FROM registrar r WHERE r.id = registrar;
    IF reg.terms = 'prepaid' THEN
        SELECT id INTO deposit FROM ledger_account a
            WHERE a.kind = 'deposit' AND a.owner = registrar AND a.currency = reg.currency FOR NO KEY UPDATE;
    ELSE
        SELECT id INTO deposit FROM ledger_account a
            WHERE a.kind = 'deposit' AND a.owner = registrar AND a.currency = reg.currency;
        SELECT coalesce(sum(amount + tax), 0) INTO owed FROM charge c
            WHERE c.registrar_id = registrar AND c.invoice_id IS NULL AND c.reversed_at IS NULL AND NOT c.prepaid;
        owed := owed + (SELECT coalesce(sum(open), 0) FROM open_item o WHERE o.registrar_id = registrar AND o.open > 0);
    END IF;
    SELECT coalesce(max(m.entry_id), 0) AS entry_id, coalesce((array_agg(m.balance ORDER BY m.entry_id DESC))[1], 0) AS balance
        INTO mark FROM (SELECT entry_id, balance FROM balance_mark b WHERE b.account_id = deposit
            ORDER BY entry_id DESC LIMIT 1) m;
    SELECT coalesce(sum(e.amount), 0) AS amount, count(*) AS n INTO tail
        FROM entry e WHERE e.account_id = deposit AND e.id > mark.entry_id;
    RETURN ARRAY[CASE WHEN reg.terms = 'prepaid' THEN 0 ELSE coalesce(reg.credit_limit, 0) END - owed
        - (mark.balance + tail.amount), tail.n];
END $$;
-- +goose StatementEnd
