-- What admins may do to accounts, and what they did.

ALTER TABLE "user" ADD COLUMN disabled_at timestamptz(3);

-- Rows outlive what they tell of, so they carry names and refer to nothing.
CREATE TABLE audit_log (
    id         bigserial NOT NULL,
    at         timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    admin_id   integer NOT NULL,
    admin_name text NOT NULL,
    action     text NOT NULL,
    subject    text NOT NULL,
    details    jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT audit_log_pkey PRIMARY KEY (id)
);
CREATE INDEX audit_log_at_idx ON audit_log (at);
CREATE INDEX audit_log_admin_name_id_idx ON audit_log (admin_name, id DESC);
CREATE INDEX audit_log_action_id_idx ON audit_log (action, id DESC);

-- The end of a job that has ended: the latest that was reported, else when it was made final or cancelled. Used by
-- every list, so that it stands once.
CREATE FUNCTION job_end_time(s simulation, r result_summary, t task_summary) RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN job_state(s, r, t) IN ('COMPLETED', 'FAILED', 'CANCELED')
                THEN COALESCE(GREATEST(s.reported_end_time, t.end_time), r.final_at, s.canceled_at) END
$$;
