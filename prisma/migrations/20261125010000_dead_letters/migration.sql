-- Messages from RabbitMQ that can't succeed, kept until an admin replays or discards them.

CREATE TABLE dead_letter (
    id               bigserial NOT NULL,
    -- The same for the same message, so that one that the broker delivers twice is kept once.
    publication_id   uuid NOT NULL,
    routing_key      text NOT NULL,
    -- A kind of error, or what the broker calls it.
    reason           text NOT NULL,
    error            text NOT NULL,
    attempts         integer NOT NULL,
    first_at         timestamptz(3) NOT NULL,
    last_at          timestamptz(3) NOT NULL,
    -- What the body says, where it can be told.
    simulation       text,
    content_type     text,
    content_encoding text,
    -- JSON text, of the headers as their sender wrote them.
    headers          text NOT NULL,
    body             bytea NOT NULL,
    stored_at        timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    replayed_at      timestamptz(3),
    -- Somebody is replaying it; ends by itself where that somebody is gone.
    claimed_until    timestamptz(3),
    CONSTRAINT dead_letter_pkey PRIMARY KEY (id)
);
CREATE UNIQUE INDEX dead_letter_publication_id_key ON dead_letter (publication_id);
CREATE INDEX dead_letter_simulation_id_idx ON dead_letter (simulation, id DESC);
-- Bodies may be compressed already, and are read whole.
ALTER TABLE dead_letter ALTER COLUMN body SET STORAGE EXTERNAL;
