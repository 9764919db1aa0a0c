-- +goose Up
-- One row for the whole database: what this installation is. The program
-- inserts it, with the registry clock.
create table installation (
    id            boolean     primary key default true check (id),
    -- A test bed may move its clock; production never does.
    test_bed      boolean     not null default false,
    clock_offset  interval    not null default '0',
    repository_id text        not null default 'UK',
    registry_tag  text        not null default 'REGISTRY',
    time_zone     text        not null default 'Europe/London',
    created_at    timestamptz not null
);
