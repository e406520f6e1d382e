-- What an update changes in the counts is the sum over its new rows less that over the old ones. The join of the two that
-- stood here had no index to go by, so its cost grew with the square of the rows of a statement.
CREATE OR REPLACE FUNCTION task_summary_follow_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE task_summary s
       SET version = s.version + 1,
           pending = s.pending + d.pending, running = s.running + d.running, canceled = s.canceled + d.canceled,
           failed = s.failed + d.failed, completed = s.completed + d.completed,
           start_time = LEAST(s.start_time, d.start_time), end_time = GREATEST(s.end_time, d.end_time)
      FROM (SELECT simulation_id,
                   COALESCE(sum(counts) FILTER (WHERE state = 'PENDING'), 0) AS pending,
                   COALESCE(sum(counts) FILTER (WHERE state = 'RUNNING'), 0) AS running,
                   COALESCE(sum(counts) FILTER (WHERE state = 'CANCELED'), 0) AS canceled,
                   COALESCE(sum(counts) FILTER (WHERE state = 'FAILED'), 0) AS failed,
                   COALESCE(sum(counts) FILTER (WHERE state = 'COMPLETED'), 0) AS completed,
                   min(start_time) AS start_time, max(end_time) AS end_time
              FROM (SELECT simulation_id, state, start_time, end_time, 1 AS counts FROM after_update
                     UNION ALL
                    SELECT simulation_id, state, NULL, NULL, -1 FROM before_update) rows
             GROUP BY simulation_id ORDER BY simulation_id) d
     WHERE s.simulation_id = d.simulation_id;
    RETURN NULL;
END $$;
