-- +goose Up

-- The nightly batch: what the rules remember of a name, the indexes by which a
-- day's work is found without a scan, and the record of the runs. Owner: registry.

ALTER TABLE domain
    ADD COLUMN first_due          date, -- the end of the terms of the first registration's invoice
    -- When the registry wrote to the registrant about the present renewal
    -- period. The trigger below forgets these days when E moves on.
    ADD COLUMN advance_warning_on date,
    ADD COLUMN reminder_on        date,
    ADD COLUMN pro_forma_on       date, -- of the pro forma that is open
    ADD COLUMN not_required_on    date,
    -- The next batch looks at the name whatever its dates are. The trigger sets
    -- it where a change may make something due whose day has passed. Whoever
    -- loads names with INSERT or COPY whose dates lie in the past sets it too.
    ADD COLUMN recheck            boolean NOT NULL DEFAULT false;

ALTER TABLE renewal_request ADD COLUMN ended_on date; -- lapsed or withdrawn

-- One index for each day that something falls due on, holding only the names
-- that wait for it: a name that is registered and in order is in none of them,
-- so its renewal pays for none.
CREATE INDEX domain_auto_due ON domain ((expires - coalesce(auto_bill, next_bill)))
    WHERE coalesce(auto_bill, next_bill) IS NOT NULL;
CREATE INDEX domain_bc_expires ON domain (expires) WHERE recur_bill = 'bc';
CREATE INDEX domain_first_due ON domain (first_due)
    WHERE first_due IS NOT NULL AND NOT first_paid AND suspended_on IS NULL;
CREATE INDEX domain_pro_forma ON domain (pro_forma_on) WHERE pro_forma_on IS NOT NULL AND suspended_on IS NULL;
CREATE INDEX domain_suspended ON domain (suspended_on) WHERE suspended_on IS NOT NULL;
CREATE INDEX domain_not_required ON domain (expires) WHERE renew_not_required AND suspended_on IS NULL;
CREATE INDEX domain_not_required_untold ON domain (id) WHERE renew_not_required AND not_required_on IS NULL;
CREATE INDEX domain_recheck ON domain (id) WHERE recheck;

-- +goose StatementBegin
CREATE FUNCTION domain_life_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.expires > OLD.expires THEN
        NEW.advance_warning_on := NULL;
        NEW.reminder_on := NULL;
        NEW.pro_forma_on := NULL;
        NEW.not_required_on := NULL;
    END IF;
    IF NOT NEW.renew_not_required THEN
        NEW.not_required_on := NULL; -- set again, it is a new word to the registrant
    END IF;
    -- The batch clears recheck when it has looked; everybody else leaves it.
    IF NOT (OLD.recheck AND NOT NEW.recheck) THEN
        NEW.recheck := true;
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
-- The condition spares the ordinary renewal the call.
CREATE TRIGGER domain_life_changes BEFORE UPDATE ON domain FOR EACH ROW
    WHEN (NEW.sponsor <> OLD.sponsor OR NEW.recur_bill <> OLD.recur_bill
          OR NEW.renew_not_required <> OLD.renew_not_required OR NEW.expires < OLD.expires
          OR NEW.first_paid <> OLD.first_paid
          OR NEW.suspended_on IS NULL AND OLD.suspended_on IS NOT NULL
          OR NEW.expires > OLD.expires AND (OLD.advance_warning_on IS NOT NULL OR OLD.reminder_on IS NOT NULL
             OR OLD.pro_forma_on IS NOT NULL OR OLD.not_required_on IS NOT NULL))
    EXECUTE FUNCTION domain_life_changes();

-- A step of a civil day. policy is a digest of the lengths in force: after a
-- change of policy the next run looks at every name that has expired.
CREATE TABLE batch_run (
    step        text COLLATE "C" NOT NULL,
    day         date NOT NULL,
    work        bigint NOT NULL DEFAULT 0,   -- names that were looked at
    policy      text NOT NULL,
    started_at  timestamptz NOT NULL,        -- registry clock
    filled_at   timestamptz,                 -- the work of the step is in batch_work
    finished_at timestamptz,
    PRIMARY KEY (step, day)
);
CREATE INDEX batch_run_day ON batch_run (day DESC);
CREATE INDEX batch_run_open ON batch_run (day) WHERE finished_at IS NULL;

-- The names that a step still has to look at. The transaction that has done a
-- chunk takes its rows away, so that a run that was killed goes on where it was
-- and two runs share the work.
CREATE TABLE batch_work (
    step      text COLLATE "C" NOT NULL,
    day       date NOT NULL,
    domain_id bigint NOT NULL,
    PRIMARY KEY (step, day, domain_id)
);

-- What a step did, and what it could not do: name by name, with the reason.
CREATE TABLE batch_count (
    step  text COLLATE "C" NOT NULL,
    day   date NOT NULL,
    event text NOT NULL,
    n     bigint NOT NULL,
    PRIMARY KEY (step, day, event)
);
CREATE TABLE batch_failure (
    step         text COLLATE "C" NOT NULL,
    day          date NOT NULL,
    domain_id    bigint NOT NULL,           -- 0: the step as a whole
    domain_name  text COLLATE "C" NOT NULL,
    registrar_id integer REFERENCES registrar (id),
    event        text NOT NULL,
    reason       text NOT NULL,
    PRIMARY KEY (step, day, domain_id, event)
);
