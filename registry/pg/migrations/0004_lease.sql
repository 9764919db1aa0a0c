-- +goose Up

-- Who does a regular job that one of many processes is to do. Times are real
-- time, not the registry clock. Owner: registry.
CREATE TABLE lease (
    job    text COLLATE "C" PRIMARY KEY,
    holder text COLLATE "C" NOT NULL,   -- server.id
    until  timestamptz NOT NULL
);
