-- +goose Up

-- Registrant accounts, what their vendors sell them, and moving an account from
-- one vendor to another (B20, B21, B30-B37). Owner: billing/customer. A vendor is
-- a registrar, seen from its customers.

-- What a vendor decides about its customers. Without a row the defaults hold.
-- A sub-registrar has a parent; a parent has none itself, which the key over
-- generated columns keeps.
CREATE TABLE vendor (
    registrar_id  integer PRIMARY KEY REFERENCES registrar (id),
    parent_id     integer CHECK (parent_id <> registrar_id),
    default_class text NOT NULL DEFAULT 'standard' CHECK (default_class <> ''),
    own_desk      boolean NOT NULL DEFAULT false,   -- false: tickets are on the registry's desk
    is_sub        boolean NOT NULL GENERATED ALWAYS AS (parent_id IS NOT NULL) STORED,
    parent_is_sub boolean GENERATED ALWAYS AS (CASE WHEN parent_id IS NOT NULL THEN false END) STORED,
    UNIQUE (registrar_id, is_sub),
    CONSTRAINT vendor_one_level FOREIGN KEY (parent_id, parent_is_sub) REFERENCES vendor (registrar_id, is_sub)
);
CREATE INDEX vendor_parent ON vendor (parent_id) WHERE parent_id IS NOT NULL;

-- Rules for the sales person and the tax zone: the first that fits, by place.
CREATE TABLE vendor_rule (
    registrar_id integer NOT NULL REFERENCES registrar (id),
    kind         text NOT NULL CHECK (kind IN ('sales person', 'tax zone')),
    place        smallint NOT NULL CHECK (place > 0),
    country      text CHECK (country ~ '^[A-Z]{2}$'),  -- null: any
    natural_person boolean,                            -- null: either
    value        text NOT NULL CHECK (value <> ''),
    PRIMARY KEY (registrar_id, kind, place)
);

-- The payment systems that a vendor accepts, each through one gateway.
CREATE TABLE payment_system (
    registrar_id integer NOT NULL REFERENCES registrar (id),
    system       text NOT NULL CHECK (system ~ '^[a-z0-9][a-z0-9 -]*$'),
    gateway      text NOT NULL CHECK (gateway <> ''),
    active       boolean NOT NULL DEFAULT true,
    PRIMARY KEY (registrar_id, system)
);

CREATE TABLE notification_schedule (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    registrar_id integer NOT NULL REFERENCES registrar (id),
    name         text NOT NULL CHECK (name <> ''),
    days         smallint[] NOT NULL DEFAULT '{}',     -- before E; negative: after
    UNIQUE (registrar_id, name),
    UNIQUE (id, registrar_id)
);

CREATE TABLE service_terms (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    registrar_id integer NOT NULL REFERENCES registrar (id),
    name         text NOT NULL CHECK (name <> ''),
    description  text NOT NULL DEFAULT '',
    UNIQUE (registrar_id, name),
    UNIQUE (id, registrar_id)
);

-- Terms and conditions. A version is in force from its day until the next one's.
CREATE TABLE terms_document (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    registrar_id integer NOT NULL REFERENCES registrar (id),
    code         text NOT NULL CHECK (code ~ '^[a-z0-9][a-z0-9-]*$'),
    title        text NOT NULL CHECK (title <> ''),
    UNIQUE (registrar_id, code),
    UNIQUE (id, registrar_id)
);
CREATE TABLE terms_version (
    id          bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    document_id bigint NOT NULL REFERENCES terms_document (id),
    version     text NOT NULL CHECK (version <> ''),
    valid_from  date NOT NULL,
    PRIMARY KEY (document_id, version),
    UNIQUE (document_id, valid_from)
);
CREATE TRIGGER terms_version_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON terms_version
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Plans: what a vendor sells in a zone. One that is delegated has the registry's
-- plan as its ancestor, and a vendor has one plan of each ancestor.
CREATE TABLE plan (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    registrar_id integer NOT NULL REFERENCES registrar (id),
    zone_id      integer NOT NULL REFERENCES zone (id),
    name         text NOT NULL CHECK (name <> ''),
    ancestor_id  bigint CHECK (ancestor_id <> id),
    delegated    boolean NOT NULL GENERATED ALWAYS AS (ancestor_id IS NOT NULL) STORED,
    ancestor_is_delegated boolean GENERATED ALWAYS AS (CASE WHEN ancestor_id IS NOT NULL THEN false END) STORED,
    service_terms_id bigint,
    schedule_id  bigint,
    document_id  bigint,                              -- terms and conditions that buying it accepts
    freezes      boolean NOT NULL DEFAULT false,      -- prices of new subscriptions are frozen
    UNIQUE (registrar_id, name),
    CONSTRAINT plan_one_of_ancestor UNIQUE (registrar_id, ancestor_id),
    UNIQUE (id, zone_id, delegated),
    UNIQUE (id, registrar_id),
    -- The ancestor is for the same zone and has no ancestor itself.
    CONSTRAINT plan_ancestor FOREIGN KEY (ancestor_id, zone_id, ancestor_is_delegated) REFERENCES plan (id, zone_id, delegated),
    -- What it refers to is its vendor's.
    CONSTRAINT plan_service_terms FOREIGN KEY (service_terms_id, registrar_id) REFERENCES service_terms (id, registrar_id),
    CONSTRAINT plan_schedule FOREIGN KEY (schedule_id, registrar_id) REFERENCES notification_schedule (id, registrar_id),
    CONSTRAINT plan_document FOREIGN KEY (document_id, registrar_id) REFERENCES terms_document (id, registrar_id)
);
CREATE INDEX plan_of_ancestor ON plan (ancestor_id) WHERE ancestor_id IS NOT NULL;
CREATE TABLE plan_price (
    plan_id    bigint NOT NULL REFERENCES plan (id),
    years      smallint NOT NULL CHECK (years BETWEEN 1 AND 10),
    currency   text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    valid_from date NOT NULL,
    amount     bigint NOT NULL CHECK (amount >= 0),    -- net, minor units
    PRIMARY KEY (plan_id, years, currency, valid_from)
);
CREATE TABLE promotion (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    plan_id    bigint NOT NULL REFERENCES plan (id),
    name       text NOT NULL CHECK (name <> ''),
    discount   integer NOT NULL CHECK (discount BETWEEN 1 AND 10000), -- basis points
    valid_from date NOT NULL,
    valid_to   date NOT NULL CHECK (valid_to >= valid_from),          -- the last day
    UNIQUE (plan_id, name)
);

-- What a plan costs on a day, with the best promotion of that day; no row where
-- it has no price. Rounded half up (B1).
CREATE FUNCTION plan_price_on(plan bigint, for_years integer, of_currency text, day date)
    RETURNS TABLE (amount bigint, promotion_id bigint) LANGUAGE sql STABLE AS
    'SELECT (p.amount * (10000 - coalesce(o.discount, 0)) + 5000) / 10000, o.id
     FROM (SELECT amount FROM plan_price WHERE plan_id = plan AND years = for_years AND currency = of_currency
            AND valid_from <= day ORDER BY valid_from DESC LIMIT 1) p
     LEFT JOIN LATERAL (SELECT id, discount FROM promotion WHERE plan_id = plan AND valid_from <= day AND day <= valid_to
            ORDER BY discount DESC, id LIMIT 1) o ON true';

-- Accounts: what 0005 began. An account that went to another vendor stays with
-- its documents; the customer may have a new one there later.
ALTER TABLE pro_forma DROP CONSTRAINT pro_forma_account_id_currency_fkey;
ALTER TABLE pro_forma ADD CONSTRAINT pro_forma_account_fkey FOREIGN KEY (account_id) REFERENCES registrant_account (id);
ALTER TABLE registrant_account DROP CONSTRAINT registrant_account_contact_id_registrar_id_key;
ALTER TABLE registrant_account DROP CONSTRAINT registrant_account_id_currency_key;
CREATE UNIQUE INDEX registrant_account_one_active ON registrant_account (contact_id, registrar_id) WHERE status = 'active';
ALTER TABLE registrant_account
    ADD COLUMN class          text NOT NULL DEFAULT 'standard' CHECK (class <> ''),
    ADD COLUMN tax_zone       text,
    ADD COLUMN sales_person   text,
    ADD COLUMN sales_branch   text,
    ADD COLUMN schedule_id    bigint,
    ADD COLUMN holder_role    text NOT NULL DEFAULT 'full access'
        CHECK (holder_role IN ('full access', 'billing', 'technical', 'view')),
    ADD COLUMN transferred_to bigint REFERENCES registrant_account (id),
    ADD CONSTRAINT registrant_account_of_vendor UNIQUE (id, registrar_id),
    ADD CONSTRAINT registrant_account_schedule FOREIGN KEY (schedule_id, registrar_id) REFERENCES notification_schedule (id, registrar_id),
    ADD CONSTRAINT registrant_account_transferred CHECK ((status = 'transferred out') = (transferred_to IS NOT NULL));

CREATE TABLE account_payment_method (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id bigint NOT NULL REFERENCES registrant_account (id),
    system     text NOT NULL CHECK (system ~ '^[a-z0-9][a-z0-9 -]*$'),
    gateway    text NOT NULL,
    -- The gateway's token, never a card number.
    token      text CHECK (token <> '' AND token !~ '^[0-9][0-9 -]{10,22}[0-9]$'),
    hint       text NOT NULL DEFAULT '' CHECK (hint !~ '[0-9][0-9 -]{6,}[0-9]'), -- for the customer: the last four digits
    state      text NOT NULL CHECK (state IN ('active', 'disabled')),
    added_at   timestamptz NOT NULL,
    CHECK (state = 'disabled' OR token IS NOT NULL)
);
CREATE INDEX account_payment_method_account ON account_payment_method (account_id);

CREATE TABLE terms_acceptance (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id  bigint NOT NULL REFERENCES registrant_account (id),
    document_id bigint NOT NULL,
    version     text NOT NULL,
    accepted_on date NOT NULL,
    copied      boolean NOT NULL DEFAULT false,      -- by an account transfer (B35)
    UNIQUE (account_id, document_id, version, accepted_on),
    FOREIGN KEY (document_id, version) REFERENCES terms_version (document_id, version)
);
CREATE TRIGGER terms_acceptance_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON terms_acceptance
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE account_user (
    account_id bigint NOT NULL REFERENCES registrant_account (id),
    login      text COLLATE "C" NOT NULL CHECK (login ~ '^[!-~]{1,64}$'),
    name       text NOT NULL DEFAULT '',
    email      text NOT NULL CHECK (email <> ''),
    role       text NOT NULL CHECK (role IN ('full access', 'billing', 'technical', 'view')),
    privileges text[] NOT NULL DEFAULT '{}',
    PRIMARY KEY (account_id, login)
);

-- Tickets of the help desk, by reference.
CREATE TABLE account_ticket (
    account_id bigint NOT NULL REFERENCES registrant_account (id),
    reference  text NOT NULL CHECK (reference <> ''),
    PRIMARY KEY (account_id, reference)
);

-- What an account has of a name: the plan and its price. A name of the account
-- without a row has no plan.
CREATE TABLE plan_subscription (
    domain_id    bigint PRIMARY KEY REFERENCES domain (id) ON DELETE CASCADE,
    account_id   bigint NOT NULL,
    registrar_id integer NOT NULL,
    plan_id      bigint NOT NULL,
    years        smallint NOT NULL CHECK (years BETWEEN 1 AND 10),
    currency     text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    price        bigint NOT NULL CHECK (price >= 0),   -- net, minor units
    promotion_id bigint REFERENCES promotion (id),     -- in the price
    frozen       boolean NOT NULL DEFAULT false,
    service_terms_id bigint,
    schedule_id  bigint,
    synced_on    date NOT NULL,                        -- the day whose price it is
    CONSTRAINT plan_subscription_account FOREIGN KEY (account_id, registrar_id) REFERENCES registrant_account (id, registrar_id),
    CONSTRAINT plan_subscription_plan FOREIGN KEY (plan_id, registrar_id) REFERENCES plan (id, registrar_id),
    CONSTRAINT plan_subscription_terms FOREIGN KEY (service_terms_id, registrar_id) REFERENCES service_terms (id, registrar_id),
    CONSTRAINT plan_subscription_schedule FOREIGN KEY (schedule_id, registrar_id) REFERENCES notification_schedule (id, registrar_id)
);
CREATE INDEX plan_subscription_account_id ON plan_subscription (account_id);
CREATE INDEX plan_subscription_plan_id ON plan_subscription (plan_id);

-- Orders of account transfers. One is open or completed for an account.
CREATE TABLE account_transfer (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id     bigint NOT NULL REFERENCES registrant_account (id),
    losing         integer NOT NULL REFERENCES registrar (id),
    gaining        integer NOT NULL REFERENCES registrar (id) CHECK (gaining <> losing),
    mode           text NOT NULL CHECK (mode IN ('subscriptions-only', 'full')),
    notify         boolean NOT NULL,
    rate           numeric CHECK (rate > 0),           -- null: one currency
    state          text NOT NULL CHECK (state IN ('new', 'running', 'completed', 'failed')),
    failure        text,
    new_account_id bigint REFERENCES registrant_account (id),
    names          integer NOT NULL DEFAULT 0,
    registrar_id   integer REFERENCES registrar (id),  -- who ordered it: a registrar or
    staff          text,                               -- a staff user
    reason         text,
    created_at     timestamptz NOT NULL,
    ended_at       timestamptz,
    CHECK ((state = 'completed') = (new_account_id IS NOT NULL)),
    CHECK ((state = 'failed') = (failure IS NOT NULL)),
    CHECK ((state IN ('completed', 'failed')) = (ended_at IS NOT NULL))
);
CREATE UNIQUE INDEX account_transfer_once ON account_transfer (account_id) WHERE state <> 'failed';
CREATE INDEX account_transfer_account ON account_transfer (account_id, id);
CREATE INDEX account_transfer_new ON account_transfer (new_account_id) WHERE new_account_id IS NOT NULL;

-- Memos: documents that change the balance of an account without a payment. A
-- debit is positive, as in the ledger.
CREATE TABLE memo (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number         bigint NOT NULL UNIQUE,
    account_id     bigint NOT NULL REFERENCES registrant_account (id),
    kind           text NOT NULL CHECK (kind IN ('adjustment', 'transfer out', 'initial balance')),
    currency       text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    amount         bigint NOT NULL CHECK (amount <> 0),
    description    text NOT NULL CHECK (description <> ''),
    transfer_id    bigint REFERENCES account_transfer (id),
    -- The amount on the memo on the other side of a transfer, and the rate: units
    -- of the new currency for one of the old; null: not converted.
    other_currency text,
    other_amount   bigint,
    rate           numeric CHECK (rate > 0),
    dated          date NOT NULL,
    created_at     timestamptz NOT NULL,
    staff          text,
    CHECK ((other_currency IS NULL) = (other_amount IS NULL)),
    CHECK (kind <> 'transfer out' OR transfer_id IS NOT NULL)
);
CREATE INDEX memo_account ON memo (account_id, id);
CREATE TRIGGER memo_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON memo
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The other side of memos in the ledger.
ALTER TABLE ledger_account DROP CONSTRAINT ledger_account_owner;
ALTER TABLE ledger_account ADD CONSTRAINT ledger_account_owner CHECK (CASE
    WHEN kind IN ('receivable', 'deposit', 'prepaid') THEN registrar_id IS NOT NULL AND zone_id IS NULL AND customer_id IS NULL
    WHEN kind = 'revenue' THEN zone_id IS NOT NULL AND registrar_id IS NULL AND customer_id IS NULL
    WHEN kind = 'customer' THEN customer_id IS NOT NULL AND registrar_id IS NULL AND zone_id IS NULL
    WHEN kind IN ('bank', 'tax', 'clearing') THEN registrar_id IS NULL AND zone_id IS NULL AND customer_id IS NULL
    ELSE false END);
ALTER TABLE journal DROP CONSTRAINT journal_source_check;
ALTER TABLE journal ADD CONSTRAINT journal_source_check CHECK (source IN ('charge', 'reversal', 'invoice', 'payment',
    'allocation', 'credit note', 'receipt', 'memo'));
ALTER TABLE document_series DROP CONSTRAINT document_series_kind_check;
ALTER TABLE document_series ADD CONSTRAINT document_series_kind_check CHECK (kind IN ('invoice', 'credit note', 'pro forma',
    'receipt', 'memo'));
INSERT INTO document_series (kind, prefix) VALUES ('memo', 'MEM');

-- A user of the role registrar works for one registrar and sees what is its own.
ALTER TABLE staff_user DROP CONSTRAINT staff_user_role_check;
ALTER TABLE staff_user ADD CONSTRAINT staff_user_role_check CHECK (role IN ('support', 'billing', 'operator', 'admin', 'registrar'));
ALTER TABLE staff_user ADD COLUMN registrar_id integer REFERENCES registrar (id),
    ADD CONSTRAINT staff_user_registrar CHECK ((role = 'registrar') = (registrar_id IS NOT NULL));

-- A name that leaves its vendor or its registrant ends its subscription. An
-- account transfer has moved the subscription first, so it stays.
-- +goose StatementBegin
CREATE FUNCTION plan_subscription_ends() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM plan_subscription s USING registrant_account a
        WHERE s.domain_id = NEW.id AND a.id = s.account_id
        AND (s.registrar_id <> NEW.sponsor OR a.contact_id IS DISTINCT FROM NEW.registrant);
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER plan_subscription_ends AFTER UPDATE OF sponsor, registrant ON domain FOR EACH ROW
    WHEN (NEW.sponsor <> OLD.sponsor OR NEW.registrant IS DISTINCT FROM OLD.registrant)
    EXECUTE FUNCTION plan_subscription_ends();
