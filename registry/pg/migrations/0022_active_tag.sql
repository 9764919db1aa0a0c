-- +goose Up

-- A tag that was suspended or closed changes nothing more, from that moment on,
-- whatever sessions it has. Its commands call this first. Owner: registry.
-- +goose StatementBegin
CREATE FUNCTION need_active_tag(tag_id integer) RETURNS void LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM registrar WHERE id = tag_id AND state = 'active') THEN
        RAISE EXCEPTION 'registrar % is not active', tag_id
            USING ERRCODE = 'insufficient_privilege', CONSTRAINT = 'registrar_active';
    END IF;
END $$;
-- +goose StatementEnd
