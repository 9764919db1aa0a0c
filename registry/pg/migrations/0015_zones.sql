-- +goose Up

-- What a zone says about itself. A zone without a row is not published.
-- Owner: registry.
CREATE TABLE zone_apex (
    zone_id      integer     PRIMARY KEY REFERENCES zone (id),
    name_servers jsonb       NOT NULL,             -- [{"name": "…", "addresses": ["…"]}], the first is the SOA's MNAME
    mailbox      text        NOT NULL,             -- an e-mail address, the SOA's RNAME
    refresh      integer     NOT NULL CHECK (refresh > 0),  -- seconds, here and below
    retry        integer     NOT NULL CHECK (retry > 0),
    expire       integer     NOT NULL CHECK (expire > 0),
    negative     integer     NOT NULL CHECK (negative >= 0),
    ttl          integer     NOT NULL CHECK (ttl >= 0),     -- of NS records and the SOA
    ttl_ds       integer     NOT NULL CHECK (ttl_ds >= 0),
    ttl_glue     integer     NOT NULL CHECK (ttl_glue >= 0),
    ds           text[]      NOT NULL DEFAULT '{}', -- of this zone's keys, for the zone above if it is ours
    updated_at   timestamptz NOT NULL
);

-- The zones as they are served. Owner: registry/zonefile.
CREATE TABLE zone_publication (
    zone_id      integer     PRIMARY KEY REFERENCES zone (id),
    serial       bigint      NOT NULL CHECK (serial BETWEEN 1 AND 4294967295),
    version      bigint      NOT NULL,             -- counts the serials, without wrapping round
    published_at timestamptz NOT NULL,             -- when the serial came about
    checked_at   timestamptz NOT NULL,             -- when it was last as the register is
    compared_at  timestamptz NOT NULL,             -- when the whole was last compared with it
    names        bigint      NOT NULL,             -- delegations
    head         jsonb       NOT NULL,             -- the apex that is served
    fixed        text        NOT NULL,             -- what other zones' apexes brought in
    compare      boolean     NOT NULL,             -- the whole is to be compared with the register
    catch_up     bigint,                           -- changes after this history.id are still to be looked at
    guard_names  bigint      NOT NULL,             -- what a shrink is measured by
    guard_at     timestamptz NOT NULL,
    stopped_at   timestamptz,                      -- the shrink guard has stopped it
    stopped_why  text,
    CHECK ((stopped_at IS NULL) = (stopped_why IS NULL))
);

-- What is published, one row for the delegation of a name and one for the
-- addresses of a host.
CREATE TABLE zone_entry (
    zone_id integer          NOT NULL,
    owner   text COLLATE "C" NOT NULL,
    kind    text COLLATE "C" NOT NULL CHECK (kind IN ('address', 'delegation')),
    records text[]           NOT NULL CHECK (records <> '{}'), -- type and data, sorted
    PRIMARY KEY (zone_id, owner, kind)
);

-- The journal: each serial, and what it changed (RFC 1995).
CREATE TABLE zone_version (
    zone_id integer     NOT NULL,
    version bigint      NOT NULL,
    serial  bigint      NOT NULL,
    at      timestamptz NOT NULL,
    PRIMARY KEY (zone_id, version)
);
CREATE INDEX zone_version_serial ON zone_version (zone_id, serial);
CREATE TABLE zone_change (
    zone_id integer          NOT NULL,
    version bigint           NOT NULL,
    owner   text COLLATE "C" NOT NULL,
    kind    text COLLATE "C" NOT NULL,
    removed text[]           NOT NULL,
    added   text[]           NOT NULL,
    PRIMARY KEY (zone_id, version, owner, kind)
);

-- How far the history has been looked at. History rows are numbered when they
-- are written and seen when they are committed, so the numbers behind the last
-- one seen may still fill up: "settled" is the one up to which none can.
CREATE TABLE zone_watch (
    id      boolean PRIMARY KEY DEFAULT true CHECK (id),
    settled bigint  NOT NULL,
    seen    bigint  NOT NULL, -- the last one at the pass before
    pending bigint  NOT NULL, -- settled once every transaction before horizon has ended
    horizon numeric NOT NULL  -- a transaction number (xid8)
);
INSERT INTO zone_watch (settled, seen, pending, horizon) VALUES (0, 0, 0, 0);

-- The files that were written.
CREATE TABLE zone_file (
    zone_id integer     PRIMARY KEY REFERENCES zone (id),
    serial  bigint      NOT NULL,
    records bigint      NOT NULL,
    bytes   bigint      NOT NULL,
    at      timestamptz NOT NULL
);
