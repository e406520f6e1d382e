-- What a worker on a cluster says of the batch jobs that run a simulation: text as sent, for admins alone.
ALTER TABLE simulation
    ADD COLUMN batch_job_dir    text,
    ADD COLUMN batch_array_id   text,
    ADD COLUMN batch_collect_id text;
