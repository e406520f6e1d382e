-- Users, simulations, and what comes back from their workers. See docs/architecture.md for how the tables hang together.

CREATE TYPE input_type AS ENUM ('editor', 'files');
CREATE TYPE page_shape AS ENUM ('reference', 'worker');
-- Both in merge order: the highest seen wins.
CREATE TYPE task_state AS ENUM ('PENDING', 'RUNNING', 'CANCELED', 'FAILED', 'COMPLETED');
CREATE TYPE job_report AS ENUM ('RUNNING', 'MERGING_QUEUED', 'MERGING_RUNNING', 'FAILED', 'CANCELED');

CREATE TABLE database_epoch (
    id    integer NOT NULL DEFAULT 1,
    epoch uuid NOT NULL DEFAULT gen_random_uuid(),
    CONSTRAINT database_epoch_pkey PRIMARY KEY (id),
    CONSTRAINT database_epoch_one_row CHECK (id = 1)
);
INSERT INTO database_epoch DEFAULT VALUES;

CREATE TABLE "user" (
    id                     serial NOT NULL,
    username               text NOT NULL,
    password_hash          text NOT NULL,
    roles                  text[],
    token_epoch            integer NOT NULL DEFAULT 0,
    token_epoch_changed_at timestamptz(3),
    created_at             timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT user_pkey PRIMARY KEY (id)
);
CREATE UNIQUE INDEX user_username_key ON "user" (username);

CREATE TABLE simulation (
    id                serial NOT NULL,
    job_id            text NOT NULL,
    owner_id          integer NOT NULL,
    title             text NOT NULL,
    sim_type          text NOT NULL,
    input_type        input_type NOT NULL,
    ntasks            integer NOT NULL,
    update_key_hash   bytea NOT NULL,
    request_digest    bytea,
    input_payload_id  bigint NOT NULL,
    input_blocks      integer NOT NULL,
    input_stored_bytes bigint NOT NULL,
    input_raw_bytes   bigint NOT NULL,
    reported_state    job_report,
    reported_end_time timestamptz(3),
    canceled_at       timestamptz(3),
    created_at        timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT simulation_pkey PRIMARY KEY (id),
    CONSTRAINT simulation_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES "user" (id) ON DELETE RESTRICT ON UPDATE CASCADE,
    CONSTRAINT simulation_ntasks_range CHECK (ntasks BETWEEN 1 AND 10000)
);
CREATE UNIQUE INDEX simulation_job_id_key ON simulation (job_id);
CREATE INDEX simulation_owner_id_id_idx ON simulation (owner_id, id DESC);

CREATE TABLE deleted_job (
    simulation_id integer NOT NULL,
    job_id        text NOT NULL,
    deleted_at    timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    purged_at     timestamptz(3),
    CONSTRAINT deleted_job_pkey PRIMARY KEY (simulation_id)
);
CREATE UNIQUE INDEX deleted_job_job_id_key ON deleted_job (job_id);

CREATE TABLE result_summary (
    simulation_id integer NOT NULL,
    version       bigint NOT NULL DEFAULT 0,
    estimators    integer NOT NULL DEFAULT 0,
    pages         integer NOT NULL DEFAULT 0,
    pages_total   integer,
    final_at      timestamptz(3),
    CONSTRAINT result_summary_pkey PRIMARY KEY (simulation_id)
);

CREATE TABLE estimator (
    simulation_id     integer NOT NULL,
    no                integer NOT NULL,
    name              text NOT NULL,
    name_hash         bytea NOT NULL,
    metadata          text,
    other_members     text NOT NULL DEFAULT '',
    metadata_revision bigint,
    CONSTRAINT estimator_pkey PRIMARY KEY (simulation_id, no)
);
CREATE UNIQUE INDEX estimator_simulation_id_name_hash_key ON estimator (simulation_id, name_hash);

CREATE TABLE page (
    simulation_id integer NOT NULL,
    estimator_no  integer NOT NULL,
    page_number   integer NOT NULL,
    shape         page_shape NOT NULL,
    name          text NOT NULL,
    unit          text NOT NULL,
    bins          integer[],
    metadata      text,
    data_members  text NOT NULL DEFAULT '',
    axis_members  text[],
    other_members text NOT NULL DEFAULT '',
    revision      bigint,
    digest        bytea NOT NULL,
    payload_id    bigint NOT NULL,
    blocks        integer NOT NULL,
    streams       integer NOT NULL,
    stored_bytes  bigint NOT NULL,
    raw_bytes     bigint NOT NULL,
    CONSTRAINT page_pkey PRIMARY KEY (simulation_id, estimator_no, page_number),
    CONSTRAINT page_number_not_negative CHECK (page_number >= 0)
);

-- Payloads are compressed already, so PostgreSQL must not try again (EXTERNAL), and small ones stay in the row.
CREATE SEQUENCE payload_id_seq AS bigint;
CREATE TABLE payload_block (
    simulation_id integer NOT NULL,
    payload_id    bigint NOT NULL,
    block         integer NOT NULL,
    body          bytea,
    axis1         bytea,
    axis2         bytea,
    axis3         bytea,
    raw_len       integer[],
    crc32         bigint[],
    CONSTRAINT payload_block_pkey PRIMARY KEY (simulation_id, payload_id, block)
) WITH (toast_tuple_target = 8160);
ALTER TABLE payload_block
    ALTER COLUMN body SET STORAGE EXTERNAL,
    ALTER COLUMN axis1 SET STORAGE EXTERNAL,
    ALTER COLUMN axis2 SET STORAGE EXTERNAL,
    ALTER COLUMN axis3 SET STORAGE EXTERNAL;

CREATE TABLE superseded_payload (
    simulation_id integer NOT NULL,
    payload_id    bigint NOT NULL,
    superseded_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT superseded_payload_pkey PRIMARY KEY (payload_id)
);
CREATE INDEX superseded_payload_superseded_at_idx ON superseded_payload (superseded_at);
CREATE INDEX superseded_payload_simulation_id_idx ON superseded_payload (simulation_id);

CREATE TABLE log_summary (
    simulation_id integer NOT NULL,
    version       bigint NOT NULL DEFAULT 0,
    CONSTRAINT log_summary_pkey PRIMARY KEY (simulation_id)
);

CREATE TABLE log_file (
    simulation_id integer NOT NULL,
    name          text COLLATE "C" NOT NULL,
    digest        bytea NOT NULL,
    payload_id    bigint NOT NULL,
    blocks        integer NOT NULL,
    streams       integer NOT NULL,
    stored_bytes  bigint NOT NULL,
    raw_bytes     bigint NOT NULL,
    CONSTRAINT log_file_pkey PRIMARY KEY (simulation_id, name)
);

CREATE TABLE task_summary (
    simulation_id integer NOT NULL,
    version       bigint NOT NULL DEFAULT 0,
    pending       integer NOT NULL DEFAULT 0,
    running       integer NOT NULL DEFAULT 0,
    canceled      integer NOT NULL DEFAULT 0,
    failed        integer NOT NULL DEFAULT 0,
    completed     integer NOT NULL DEFAULT 0,
    has_task_zero boolean NOT NULL DEFAULT false,
    start_time    timestamptz(3),
    end_time      timestamptz(3),
    CONSTRAINT task_summary_pkey PRIMARY KEY (simulation_id)
);

CREATE TABLE task (
    simulation_id          integer NOT NULL,
    task_id                integer NOT NULL,
    state                  task_state NOT NULL DEFAULT 'PENDING',
    requested_primaries    bigint,
    simulated_primaries    bigint,
    estimated_time         bigint,
    estimated_at_primaries bigint,
    start_time             timestamptz(3),
    end_time               timestamptz(3),
    last_update_time       timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT task_pkey PRIMARY KEY (simulation_id, task_id),
    CONSTRAINT task_id_not_negative CHECK (task_id >= 0)
);

-- The summary of a simulation's tasks follows the rows themselves: whoever writes tasks, the counts are exact.
CREATE FUNCTION task_summary_follow_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE task_summary s
       SET version = s.version + 1,
           pending = s.pending + d.pending, running = s.running + d.running, canceled = s.canceled + d.canceled,
           failed = s.failed + d.failed, completed = s.completed + d.completed,
           has_task_zero = s.has_task_zero OR d.has_task_zero,
           start_time = LEAST(s.start_time, d.start_time), end_time = GREATEST(s.end_time, d.end_time)
      FROM (SELECT simulation_id,
                   count(*) FILTER (WHERE state = 'PENDING') AS pending,
                   count(*) FILTER (WHERE state = 'RUNNING') AS running,
                   count(*) FILTER (WHERE state = 'CANCELED') AS canceled,
                   count(*) FILTER (WHERE state = 'FAILED') AS failed,
                   count(*) FILTER (WHERE state = 'COMPLETED') AS completed,
                   bool_or(task_id = 0) AS has_task_zero,
                   min(start_time) AS start_time, max(end_time) AS end_time
              FROM inserted GROUP BY simulation_id ORDER BY simulation_id) d
     WHERE s.simulation_id = d.simulation_id;
    RETURN NULL;
END $$;

CREATE FUNCTION task_summary_follow_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE task_summary s
       SET version = s.version + 1,
           pending = s.pending + d.pending, running = s.running + d.running, canceled = s.canceled + d.canceled,
           failed = s.failed + d.failed, completed = s.completed + d.completed,
           start_time = LEAST(s.start_time, d.start_time), end_time = GREATEST(s.end_time, d.end_time)
      FROM (SELECT n.simulation_id,
                   count(*) FILTER (WHERE n.state = 'PENDING') - count(*) FILTER (WHERE o.state = 'PENDING') AS pending,
                   count(*) FILTER (WHERE n.state = 'RUNNING') - count(*) FILTER (WHERE o.state = 'RUNNING') AS running,
                   count(*) FILTER (WHERE n.state = 'CANCELED') - count(*) FILTER (WHERE o.state = 'CANCELED') AS canceled,
                   count(*) FILTER (WHERE n.state = 'FAILED') - count(*) FILTER (WHERE o.state = 'FAILED') AS failed,
                   count(*) FILTER (WHERE n.state = 'COMPLETED') - count(*) FILTER (WHERE o.state = 'COMPLETED') AS completed,
                   min(n.start_time) AS start_time, max(n.end_time) AS end_time
              FROM after_update n JOIN before_update o USING (simulation_id, task_id)
             GROUP BY n.simulation_id ORDER BY n.simulation_id) d
     WHERE s.simulation_id = d.simulation_id;
    RETURN NULL;
END $$;

CREATE TRIGGER task_summary_follow_insert AFTER INSERT ON task
    REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION task_summary_follow_insert();
CREATE TRIGGER task_summary_follow_update AFTER UPDATE ON task
    REFERENCING OLD TABLE AS before_update NEW TABLE AS after_update
    FOR EACH STATEMENT EXECUTE FUNCTION task_summary_follow_update();

-- Job state is a function of what is stored; the first that holds. Used by every reader, so that it stands once.
CREATE FUNCTION job_state(s simulation, r result_summary, t task_summary) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN r.final_at IS NOT NULL THEN 'COMPLETED'
        WHEN s.canceled_at IS NOT NULL OR s.reported_state = 'CANCELED' THEN 'CANCELED'
        WHEN s.reported_state = 'FAILED'
          OR (t.failed + t.canceled >= s.ntasks AND t.failed > 0 AND t.completed + t.pending + t.running = 0) THEN 'FAILED'
        WHEN s.reported_state = 'MERGING_RUNNING' THEN 'MERGING_RUNNING'
        WHEN s.reported_state = 'MERGING_QUEUED'
          OR (t.completed + t.failed + t.canceled >= s.ntasks AND t.completed > 0 AND t.pending + t.running = 0) THEN 'MERGING_QUEUED'
        WHEN s.reported_state = 'RUNNING' OR t.running + t.canceled + t.failed + t.completed > 0 OR r.estimators > 0 THEN 'RUNNING'
        ELSE 'PENDING'
    END
$$;
