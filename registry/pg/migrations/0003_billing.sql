-- +goose Up

-- Prices and charge lines. Owner: billing. Amounts are minor units (rule B1).

CREATE TABLE price (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    zone_id    integer NOT NULL REFERENCES zone (id),
    operation  text NOT NULL CHECK (operation IN ('create', 'renew', 'restore', 'transfer')),
    tier       text NOT NULL CHECK (tier IN ('member', 'non-member')),
    years      smallint NOT NULL CHECK (years BETWEEN 0 AND 10), -- 0: not by the year (restore)
    currency   text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    amount     bigint NOT NULL CHECK (amount >= 0),
    valid_from date NOT NULL,
    UNIQUE (zone_id, operation, tier, years, currency, valid_from)
);

CREATE TABLE charge (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    registrar_id integer NOT NULL,
    operation    text NOT NULL CHECK (operation IN ('create', 'renew', 'restore', 'transfer')),
    zone_id      integer NOT NULL,
    domain_id    bigint NOT NULL,
    domain_name  text COLLATE "C" NOT NULL,
    request_id   bigint UNIQUE,                        -- the renewal_request that a renewal charges
    years        smallint NOT NULL,
    period_from  date,
    period_to    date,
    currency     text NOT NULL,
    amount       bigint NOT NULL CHECK (amount >= 0),  -- net
    tax_rate     integer NOT NULL,                     -- basis points
    tax          bigint NOT NULL CHECK (tax >= 0),
    charged_at   timestamptz NOT NULL,
    charged_on   date NOT NULL,
    invoice_id   bigint,                               -- null: not yet invoiced
    reversed_at  timestamptz                           -- withdrawn before an invoice, or refunded in grace
);
CREATE INDEX charge_uninvoiced ON charge (registrar_id, id) WHERE invoice_id IS NULL AND reversed_at IS NULL;
CREATE INDEX charge_domain ON charge (domain_id);
