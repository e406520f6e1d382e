-- What is to be published of simulations that others run: an outbox, written in the transaction that decided it.

CREATE TYPE platform AS ENUM ('DIRECT', 'BATCH');
-- Of a simulation whose tasks are handed out over RabbitMQ; NULL where its submitter runs it.
ALTER TABLE simulation ADD COLUMN platform platform;
-- A JSON object as sent, for whoever runs the tasks and for admins.
ALTER TABLE simulation ADD COLUMN batch_options text;

CREATE TYPE task_event AS ENUM ('requested', 'canceled');
CREATE TABLE task_request (
    id            bigserial NOT NULL,
    event         task_event NOT NULL,
    simulation_id integer NOT NULL,
    -- Of its own, since a cancellation outlives a deleted simulation.
    job_id        text NOT NULL,
    -- In clear, as the messages need it; the row goes once all of them are published.
    update_key    text,
    -- So many of its messages were confirmed by the broker.
    published     integer NOT NULL DEFAULT 0,
    created_at    timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT task_request_pkey PRIMARY KEY (id),
    CONSTRAINT task_request_has_key CHECK ((event = 'requested') = (update_key IS NOT NULL))
);
CREATE INDEX task_request_simulation_id_idx ON task_request (simulation_id);
