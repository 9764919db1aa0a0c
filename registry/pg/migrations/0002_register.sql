-- +goose Up

-- Registrars, staff and their certificates. Owner: registry.

CREATE TABLE registrar (
    id                   integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tag                  text COLLATE "C" NOT NULL UNIQUE
                         CHECK (tag ~ '^[A-Z0-9-]{2,15}[A-Z0-9_-]$'),
    -- 'registry' and 'detagged' are the registry's own two tags; nobody logs in with them.
    kind                 text NOT NULL DEFAULT 'registrar'
                         CHECK (kind IN ('registrar', 'registry', 'detagged')),
    name                 text NOT NULL CHECK (name <> ''),
    trad_name            text,
    url                  text,
    billing_email        text,
    sales_email          text,
    technical_email      text,
    language             text NOT NULL DEFAULT 'en',
    state                text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'suspended', 'closed')),
    -- What a release to this tag meets: see epp.md "transfer".
    handshake            text NOT NULL DEFAULT 'accept'
                         CHECK (handshake IN ('accept', 'new-customers', 'always', 'reject')),
    tier                 text NOT NULL DEFAULT 'member' CHECK (tier IN ('member', 'non-member')),
    currency             text NOT NULL DEFAULT 'GBP' CHECK (currency ~ '^[A-Z]{3}$'),
    tax_rate             integer NOT NULL DEFAULT 2000 CHECK (tax_rate BETWEEN 0 AND 10000), -- basis points
    terms                text NOT NULL DEFAULT 'credit' CHECK (terms IN ('credit', 'prepaid')),
    credit_days          smallint NOT NULL DEFAULT 30 CHECK (credit_days BETWEEN 0 AND 365),
    credit_limit         bigint CHECK (credit_limit >= 0),       -- minor units; null: none
    low_balance          bigint CHECK (low_balance >= 0),        -- minor units; prepaid only
    -- Null: the listener's default applies.
    max_sessions         integer CHECK (max_sessions > 0),
    commands_per_second  integer CHECK (commands_per_second > 0),
    password_hash        text,                                   -- argon2id, PHC string
    password_changed_at  timestamptz,
    password_expires_at  timestamptz,
    created_at           timestamptz NOT NULL,
    updated_at           timestamptz,
    CHECK (kind = 'registrar' OR password_hash IS NULL)
);
CREATE UNIQUE INDEX registrar_one_of_a_kind ON registrar (kind) WHERE kind <> 'registrar';

CREATE TABLE registrar_certificate (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    registrar_id integer NOT NULL REFERENCES registrar (id),
    fingerprint  text COLLATE "C" NOT NULL CHECK (fingerprint ~ '^[0-9a-f]{64}$'), -- SHA-256
    subject      text NOT NULL,
    serial       text NOT NULL,
    issued       boolean NOT NULL,          -- by the registry's own CA; otherwise pinned
    not_before   timestamptz NOT NULL,
    not_after    timestamptz NOT NULL,
    added_at     timestamptz NOT NULL,
    revoked_at   timestamptz
);
-- A certificate belongs to one registrar for good.
CREATE UNIQUE INDEX registrar_certificate_fingerprint ON registrar_certificate (fingerprint);
CREATE INDEX registrar_certificate_registrar ON registrar_certificate (registrar_id);

CREATE TABLE staff_user (
    name       text COLLATE "C" PRIMARY KEY CHECK (name ~ '^[a-z0-9][a-z0-9._-]{0,63}$'),
    role       text NOT NULL CHECK (role IN ('support', 'billing', 'operator', 'admin')),
    active     boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL,
    updated_at timestamptz
);

-- A registrar and a zone are never deleted, only closed. That lets tables which
-- get rows with every command refer to them without a foreign key: its check
-- would lock the one registrar's row in every transaction of that tag.
-- +goose StatementBegin
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% keeps its rows', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', CONSTRAINT = TG_TABLE_NAME || '_keeps_rows';
END $$;
-- +goose StatementEnd
CREATE TRIGGER registrar_keeps_rows BEFORE DELETE OR TRUNCATE ON registrar
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Zones and what may not be registered in them.

CREATE TABLE zone (
    id              integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name            text COLLATE "C" NOT NULL UNIQUE CHECK (name = lower(name) AND name ~ '^[a-z0-9.-]+$'),
    profile         text NOT NULL CHECK (profile IN ('uk', 'gtld')),
    referred        boolean NOT NULL DEFAULT false, -- create answers 1001, staff decide
    idn_table       text NOT NULL DEFAULT 'none',
    dnssec_data     text NOT NULL DEFAULT 'ds' CHECK (dnssec_data IN ('ds', 'key', 'both')),
    max_ns          smallint NOT NULL DEFAULT 13 CHECK (max_ns BETWEEN 0 AND 13),
    max_ds          smallint NOT NULL DEFAULT 8 CHECK (max_ds BETWEEN 0 AND 32),
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz
);

CREATE TRIGGER zone_keeps_rows BEFORE DELETE OR TRUNCATE ON zone
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE reserved_name (
    zone_id integer NOT NULL REFERENCES zone (id),
    label   text COLLATE "C" NOT NULL,
    kind    text NOT NULL CHECK (kind IN ('reserved', 'blocked')),
    reason  text NOT NULL,
    PRIMARY KEY (zone_id, label)
);

-- Contacts. roid is derived: C<id>-<repository>.

CREATE TABLE contact (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    handle         text COLLATE "C" NOT NULL UNIQUE CHECK (handle ~ '^[!-~]([ -~]{1,14})[!-~]$'),
    sponsor        integer NOT NULL REFERENCES registrar (id),
    statuses       text[] NOT NULL DEFAULT '{}',
    -- Postal information, at most one of each form; uk contacts have one.
    postal         jsonb NOT NULL,
    voice          text,
    voice_ext      text,
    fax            text,
    fax_ext        text,
    email          text NOT NULL CHECK (email <> ''),
    disclose       jsonb,
    -- contact-nom-ext
    trad_name      text,
    type           text,
    company_no     text,
    opt_out        boolean NOT NULL DEFAULT false,
    natural_person boolean NOT NULL,            -- never changes (rule C2)
    auth_hash      bytea,
    auth_set_at    timestamptz,
    creator        integer NOT NULL REFERENCES registrar (id),
    created_at     timestamptz NOT NULL,
    updater        integer REFERENCES registrar (id),
    updated_at     timestamptz,
    transferred_at timestamptz
);
CREATE INDEX contact_sponsor ON contact (sponsor);

-- +goose StatementBegin
CREATE FUNCTION contact_nature_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.natural_person IS DISTINCT FROM OLD.natural_person THEN
        RAISE EXCEPTION 'a contact stays a natural person or a legal entity (C2)'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'contact_nature_is_final';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER contact_nature_is_final BEFORE UPDATE OF natural_person ON contact
    FOR EACH ROW EXECUTE FUNCTION contact_nature_is_final();

-- Names. roid is derived: D<id>-<repository>.

CREATE TABLE domain (
    id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name               text COLLATE "C" NOT NULL UNIQUE CHECK (name = lower(name)),
    zone_id            integer NOT NULL,           -- see domain_refers
    sponsor            integer NOT NULL,           -- see domain_refers
    registrant         bigint REFERENCES contact (id),
    -- Statuses somebody set; ok, inactive and the like are derived.
    statuses           text[] NOT NULL DEFAULT '{}',
    expires            date NOT NULL,              -- E, a civil date in the registry's time zone
    first_paid         boolean NOT NULL,           -- the first registration is paid
    unassigned         boolean NOT NULL DEFAULT false, -- imported, waits for a tag (rule C8)
    suspended_on       date,
    suspended_reason   text,
    auto_bill          smallint CHECK (auto_bill BETWEEN 1 AND 182),
    next_bill          smallint CHECK (next_bill BETWEEN 1 AND 182),
    auto_period        smallint CHECK (auto_period BETWEEN 1 AND 9),
    next_period        smallint CHECK (next_period BETWEEN 1 AND 9),
    first_bill         text CHECK (first_bill IN ('th', 'bc')),
    recur_bill         text NOT NULL DEFAULT 'th' CHECK (recur_bill IN ('th', 'bc')),
    renew_not_required boolean NOT NULL DEFAULT false,
    notes              text[] NOT NULL DEFAULT '{}',
    reseller           text,
    -- Set while a create in a referred zone waits for the staff's decision.
    referred_at        timestamptz,
    -- gtld life cycle after RFC 3915
    delete_phase       text CHECK (delete_phase IN ('redemptionPeriod', 'pendingRestore', 'pendingDelete')),
    delete_phase_ends  timestamptz,
    auth_hash          bytea,
    auth_set_at        timestamptz,
    tag_changed        boolean NOT NULL DEFAULT false,
    creator            integer NOT NULL,
    created_at         timestamptz NOT NULL,
    updater            integer,
    updated_at         timestamptz,
    transferred_at     timestamptz,
    CONSTRAINT domain_one_bill_field CHECK (auto_bill IS NULL OR next_bill IS NULL),          -- R11
    CONSTRAINT domain_bc_no_auto CHECK (recur_bill = 'th' OR (auto_bill IS NULL AND next_bill IS NULL)), -- R21
    CONSTRAINT domain_suspension CHECK ((suspended_on IS NULL) = (suspended_reason IS NULL)),
    CONSTRAINT domain_delete_phase CHECK ((delete_phase IS NULL) = (delete_phase_ends IS NULL))
) WITH (fillfactor = 90);
CREATE INDEX domain_expires ON domain (expires, sponsor);
-- Names come in the order of their creation, so a block range index finds a month
-- of them and costs a renewal nothing.
CREATE INDEX domain_created ON domain USING brin (created_at) WITH (pages_per_range = 16, autosummarize = on);
CREATE INDEX domain_registrant ON domain (registrant);
CREATE INDEX domain_delete_due ON domain (delete_phase_ends) WHERE delete_phase IS NOT NULL;

-- A name's zone and sponsor exist. A foreign key would say the same and lock both
-- rows, of which all creates of a tag share one; neither is ever deleted, so a
-- look is enough.
-- +goose StatementBegin
CREATE FUNCTION domain_refers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM zone WHERE id = NEW.zone_id) OR NOT EXISTS (SELECT FROM registrar WHERE id = NEW.sponsor) THEN
        RAISE EXCEPTION 'domain % names a zone or sponsor that does not exist', NEW.name
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'domain_refers';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER domain_refers BEFORE INSERT OR UPDATE OF zone_id, sponsor ON domain
    FOR EACH ROW EXECUTE FUNCTION domain_refers();

CREATE TABLE domain_contact (
    domain_id  bigint NOT NULL REFERENCES domain (id) ON DELETE CASCADE,
    role       text NOT NULL CHECK (role IN ('admin', 'tech', 'billing')),
    contact_id bigint NOT NULL REFERENCES contact (id),
    PRIMARY KEY (domain_id, role, contact_id)
);
CREATE INDEX domain_contact_contact ON domain_contact (contact_id);

-- Hosts. roid is derived: H<id>-<repository>.

CREATE TABLE host (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name           text COLLATE "C" NOT NULL UNIQUE CHECK (name = lower(name)),
    sponsor        integer NOT NULL REFERENCES registrar (id),
    superordinate  bigint REFERENCES domain (id), -- null: the host is external
    statuses       text[] NOT NULL DEFAULT '{}',
    addresses      inet[] NOT NULL DEFAULT '{}',
    creator        integer NOT NULL REFERENCES registrar (id),
    created_at     timestamptz NOT NULL,
    updater        integer REFERENCES registrar (id),
    updated_at     timestamptz,
    transferred_at timestamptz,
    CONSTRAINT host_external_has_no_glue CHECK (superordinate IS NOT NULL OR addresses = '{}')
);
CREATE INDEX host_superordinate ON host (superordinate) WHERE superordinate IS NOT NULL;
CREATE INDEX host_sponsor ON host (sponsor);

CREATE TABLE domain_host (
    domain_id bigint NOT NULL REFERENCES domain (id) ON DELETE CASCADE,
    host_id   bigint NOT NULL REFERENCES host (id),
    PRIMARY KEY (domain_id, host_id)
);
CREATE INDEX domain_host_host ON domain_host (host_id);

-- DNSSEC data (RFC 5910): a DS record, a key, or a DS record with its key.
CREATE TABLE domain_ds (
    domain_id   bigint NOT NULL REFERENCES domain (id) ON DELETE CASCADE,
    ordinal     smallint NOT NULL,
    key_tag     integer CHECK (key_tag BETWEEN 0 AND 65535),
    algorithm   smallint CHECK (algorithm BETWEEN 0 AND 255),
    digest_type smallint CHECK (digest_type BETWEEN 0 AND 255),
    digest      bytea,
    key_flags   integer,
    key_proto   smallint,
    key_alg     smallint,
    public_key  bytea,
    PRIMARY KEY (domain_id, ordinal),
    CHECK ((key_tag IS NULL) = (digest IS NULL)),
    CHECK ((key_flags IS NULL) = (public_key IS NULL)),
    CHECK (digest IS NOT NULL OR public_key IS NOT NULL)
);

-- Renewal requests (rules R1-R7). They outlive the name: its invoice stays due.

CREATE TABLE renewal_request (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    domain_id    bigint NOT NULL,
    domain_name  text COLLATE "C" NOT NULL,
    period       date NOT NULL,               -- the old E: identifies the renewal period
    registrar_id integer NOT NULL,
    years        smallint NOT NULL CHECK (years BETWEEN 1 AND 10),
    new_expires  date NOT NULL,
    origin       text NOT NULL CHECK (origin IN ('command', 'auto-bill', 'next-bill', 'staff', 'page')),
    requested_at timestamptz NOT NULL,
    state        text NOT NULL DEFAULT 'uninvoiced'
                 CHECK (state IN ('uninvoiced', 'invoiced', 'paid', 'lapsed', 'withdrawn')),
    due          date,                        -- the end of the terms, once invoiced
    CHECK (new_expires > period),
    CHECK (state <> 'invoiced' OR due IS NOT NULL)
);
-- R3: one request per name, period and tag. R5: one withdrawal per period.
CREATE UNIQUE INDEX renewal_request_once ON renewal_request (domain_id, period, registrar_id)
    WHERE state <> 'withdrawn';
CREATE UNIQUE INDEX renewal_request_withdrawn_once ON renewal_request (domain_id, period, registrar_id)
    WHERE state = 'withdrawn';
CREATE INDEX renewal_request_lapse ON renewal_request (due) WHERE state = 'invoiced';

-- gtld grace periods (RFC 3915): what a delete inside them refunds.
CREATE TABLE grace_period (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    domain_id    bigint NOT NULL REFERENCES domain (id) ON DELETE CASCADE,
    kind         text NOT NULL CHECK (kind IN ('addPeriod', 'renewPeriod', 'autoRenewPeriod', 'transferPeriod')),
    registrar_id integer NOT NULL,
    years        smallint NOT NULL,
    charge_id    bigint,
    starts_at    timestamptz NOT NULL,
    ends_at      timestamptz NOT NULL CHECK (ends_at > starts_at)
);
CREATE INDEX grace_period_domain ON grace_period (domain_id);

-- Changes of tag: the RFC's pull, and the push with its handshake.

CREATE TABLE transfer (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    object       text NOT NULL CHECK (object IN ('domain', 'contact')),
    object_id    bigint NOT NULL,
    object_name  text COLLATE "C" NOT NULL,
    gaining      integer NOT NULL REFERENCES registrar (id),
    losing       integer NOT NULL REFERENCES registrar (id),
    years        smallint,
    state        text NOT NULL CHECK (state IN ('pending', 'clientApproved', 'clientRejected',
                 'clientCancelled', 'serverApproved', 'serverCancelled')),
    requested_at timestamptz NOT NULL,
    act_by       timestamptz NOT NULL,
    acted_at     timestamptz,
    expires      date,                        -- of the name, if the transfer completes
    CHECK (gaining <> losing),
    CHECK ((state = 'pending') = (acted_at IS NULL))
);
CREATE UNIQUE INDEX transfer_one_pending ON transfer (object, object_id) WHERE state = 'pending';
CREATE INDEX transfer_object ON transfer (object, object_id);
CREATE INDEX transfer_due ON transfer (act_by) WHERE state = 'pending';

CREATE TABLE handshake (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    losing     integer NOT NULL REFERENCES registrar (id),
    gaining    integer NOT NULL REFERENCES registrar (id),
    registrant bigint REFERENCES contact (id) ON DELETE SET NULL, -- set: the whole customer is released
    state      text NOT NULL CHECK (state IN ('pending', 'accepted', 'rejected', 'expired', 'cancelled')),
    asked_at   timestamptz NOT NULL,
    act_by     timestamptz NOT NULL,
    acted_at   timestamptz,
    CHECK (gaining <> losing),
    CHECK ((state = 'pending') = (acted_at IS NULL))
);
CREATE INDEX handshake_due ON handshake (act_by) WHERE state = 'pending';

CREATE TABLE handshake_domain (
    handshake_id bigint NOT NULL REFERENCES handshake (id),
    domain_id    bigint NOT NULL,
    domain_name  text COLLATE "C" NOT NULL,
    open         boolean NOT NULL DEFAULT true,
    PRIMARY KEY (handshake_id, domain_id)
);
CREATE UNIQUE INDEX handshake_domain_one_open ON handshake_domain (domain_id) WHERE open;

-- Poll queues.

CREATE TABLE poll_message (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    registrar_id integer NOT NULL,
    queued_at    timestamptz NOT NULL,
    kind         text NOT NULL,
    text         text NOT NULL,
    payload      jsonb,
    dedup        text UNIQUE,                 -- a repeat of the same event adds nothing
    acked_at     timestamptz
);
CREATE INDEX poll_message_waiting ON poll_message (registrar_id, id) WHERE acked_at IS NULL;

-- History: one row for each change, never altered.

CREATE TABLE history (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at           timestamptz NOT NULL,
    object       text NOT NULL,
    object_id    bigint NOT NULL,
    object_name  text COLLATE "C" NOT NULL,
    action       text NOT NULL,
    registrar_id integer, -- the tag that acted, or
    staff        text,                              -- the staff user; neither: the registry itself
    reason       text,
    cltrid       text,
    svtrid       text,
    changes      jsonb,                             -- field: [before, after]
    CHECK (registrar_id IS NULL OR staff IS NULL)
);
CREATE INDEX history_object ON history (object, object_name, id);

CREATE TRIGGER history_keeps_rows BEFORE UPDATE OR DELETE OR TRUNCATE ON history
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Sessions over all servers (rule E4). Times here are real time, not the registry clock.

CREATE TABLE server (
    id         text COLLATE "C" PRIMARY KEY,
    started_at timestamptz NOT NULL,
    seen_at    timestamptz NOT NULL
);

CREATE TABLE epp_session (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    server_id    text COLLATE "C" NOT NULL REFERENCES server (id) ON DELETE CASCADE,
    registrar_id integer NOT NULL REFERENCES registrar (id),
    address      text NOT NULL,
    started_at   timestamptz NOT NULL
);
CREATE INDEX epp_session_registrar ON epp_session (registrar_id);
CREATE INDEX epp_session_server ON epp_session (server_id);

-- Failed logins by tag and by address: the delay grows with the count (rule E3).
CREATE TABLE login_failure (
    key     text COLLATE "C" PRIMARY KEY,     -- 'tag:…' or 'addr:…'
    count   integer NOT NULL,
    last_at timestamptz NOT NULL
);

-- What a tag used of a daily allowance: names checked, creates that failed (rule E4).
CREATE TABLE daily_usage (
    registrar_id integer NOT NULL REFERENCES registrar (id),
    day          date NOT NULL,
    kind         text NOT NULL CHECK (kind IN ('names-checked', 'creates-failed')),
    used         bigint NOT NULL,
    PRIMARY KEY (registrar_id, day, kind)
);
