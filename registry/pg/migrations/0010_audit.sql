-- +goose Up

-- The chain of hashes over all that only grows: the history and the ledger.
-- Written some time after the rows themselves, so that no command waits for
-- it. Owner: registry/seal.

-- A block seals the rows of one table with after_id < id <= last_id. Its hash
-- covers their contents, its own place and the hash of the block before.
CREATE TABLE audit_block (
    number    bigint PRIMARY KEY CHECK (number > 0),
    source    text COLLATE "C" NOT NULL,
    form      smallint NOT NULL CHECK (form > 0), -- which columns of the rows were hashed
    after_id  bigint NOT NULL,
    last_id   bigint NOT NULL CHECK (last_id > after_id),
    rows      integer NOT NULL CHECK (rows > 0),
    -- For each row its id and the first eight bytes of its hash: they say which
    -- row of a block was changed.
    digests   bytea NOT NULL CHECK (length(digests) = 16 * rows),
    sealed_at timestamptz NOT NULL, -- registry clock
    previous  bytea NOT NULL CHECK (length(previous) = 32),
    hash      bytea NOT NULL CHECK (length(hash) = 32)
);
CREATE UNIQUE INDEX audit_block_source ON audit_block (source, last_id);
CREATE TRIGGER audit_block_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_block
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
