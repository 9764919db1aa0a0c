-- +goose Up

-- What anybody is told by WHOIS and RDAP. Null: what the installation's
-- configuration says.
ALTER TABLE zone ADD COLUMN publication text
    CHECK (publication IN ('none', 'minimal', 'organisations', 'full'));

-- Published with every name of the registrar.
ALTER TABLE registrar
    ADD COLUMN iana_id integer UNIQUE CHECK (iana_id > 0),
    ADD COLUMN abuse_email text,
    ADD COLUMN abuse_phone text;

-- RDAP finds name servers by their glue.
CREATE INDEX host_addresses ON host USING gin (addresses) WHERE addresses <> '{}';
