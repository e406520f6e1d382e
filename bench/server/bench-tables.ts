/**
 * The yardsticks' own tables: answers that lie ready-made; results stored without the service's layout, one row a page, whose
 * compressed bytes are kept out of PostgreSQL's own compression here as there; tasks without the triggers that keep
 * summaries.
 */
export const BENCH_TABLES = `
CREATE SCHEMA IF NOT EXISTS bench;
CREATE TABLE IF NOT EXISTS bench.ready_made (
    job_id   text NOT NULL,
    kind     text NOT NULL,
    encoding text NOT NULL,
    body     bytea NOT NULL,
    PRIMARY KEY (job_id, kind, encoding)
);
ALTER TABLE bench.ready_made ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE TABLE IF NOT EXISTS bench.page (
    simulation_id  integer NOT NULL,
    estimator_name text NOT NULL,
    page_number    integer NOT NULL,
    name           text NOT NULL,
    unit           text NOT NULL,
    body           bytea NOT NULL,
    axis1          bytea,
    axis2          bytea,
    axis3          bytea,
    PRIMARY KEY (simulation_id, estimator_name, page_number)
) WITH (toast_tuple_target = 8160);
ALTER TABLE bench.page
    ALTER COLUMN body SET STORAGE EXTERNAL,
    ALTER COLUMN axis1 SET STORAGE EXTERNAL,
    ALTER COLUMN axis2 SET STORAGE EXTERNAL,
    ALTER COLUMN axis3 SET STORAGE EXTERNAL;
DO $$ BEGIN
    CREATE TYPE bench.task_state AS ENUM ('PENDING', 'RUNNING', 'CANCELED', 'FAILED', 'COMPLETED');
EXCEPTION WHEN duplicate_object THEN NULL;
END $$;
CREATE TABLE IF NOT EXISTS bench.task (LIKE public.task INCLUDING INDEXES);
ALTER TABLE bench.task
    ALTER COLUMN state TYPE bench.task_state USING state::text::bench.task_state`;
