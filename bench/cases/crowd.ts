import { querying } from '../world/bench-world.js';

const PAGES_EACH = 100;
const PAGES_AN_ESTIMATOR = 10;
const TASKS_EACH = 10;

/** Simulations of somebody else, in the service's own tables; their payloads are bytes that nobody reads. */
const STATEMENTS = [
  `INSERT INTO "user" (username, password_hash) VALUES ('crowd', '-')`,
  `INSERT INTO simulation (job_id, owner_id, title, sim_type, input_type, ntasks, update_key_hash,
                           input_payload_id, input_blocks, input_stored_bytes, input_raw_bytes)
   SELECT 'crowd-' || i, (SELECT id FROM "user" WHERE username = 'crowd'), 'crowd', 'shieldhit', 'files', ${TASKS_EACH},
          decode(md5(i::text) || md5(i::text), 'hex'), nextval('payload_id_seq'), 1, 100, 100
     FROM generate_series(1, $1::int) i`,
  ...['result_summary', 'task_summary', 'log_summary'].map(
    (table) => `INSERT INTO ${table} (simulation_id) SELECT id FROM simulation WHERE job_id LIKE 'crowd-%'`,
  ),
  `UPDATE result_summary SET version = 1, estimators = ${PAGES_EACH / PAGES_AN_ESTIMATOR}, pages = ${PAGES_EACH}
    WHERE simulation_id IN (SELECT id FROM simulation WHERE job_id LIKE 'crowd-%')`,
  `INSERT INTO estimator (simulation_id, no, name, name_hash)
   SELECT id, no, 'detector_' || no, decode(md5(no::text) || md5(no::text), 'hex')
     FROM simulation, generate_series(0, ${PAGES_EACH / PAGES_AN_ESTIMATOR - 1}) no WHERE job_id LIKE 'crowd-%'`,
  `INSERT INTO page (simulation_id, estimator_no, page_number, shape, name, unit, bins, axis_members, digest, payload_id,
                     blocks, streams, stored_bytes, raw_bytes)
   SELECT e.simulation_id, e.no, number, 'reference', 'Dose ' || number, '"MeV/g"', ARRAY[100], ARRAY[''],
          decode(md5(number::text) || md5(e.no::text), 'hex'), nextval('payload_id_seq'), 1, 2, 640, 1280
     FROM estimator e JOIN simulation s ON s.id = e.simulation_id AND s.job_id LIKE 'crowd-%',
          generate_series(0, ${PAGES_AN_ESTIMATOR - 1}) number`,
  `INSERT INTO payload_block (simulation_id, payload_id, block, body, axis1, raw_len, crc32)
   SELECT p.simulation_id, p.payload_id, 0, decode(repeat(md5(p.payload_id::text), 30), 'hex'),
          decode(repeat(md5(p.payload_id::text), 10), 'hex'), ARRAY[960, 320, 0, 0], ARRAY[1, 1, 0, 0]
     FROM page p JOIN simulation s ON s.id = p.simulation_id AND s.job_id LIKE 'crowd-%'`,
  `INSERT INTO task (simulation_id, task_id, state)
   SELECT id, task_id, 'COMPLETED' FROM simulation, generate_series(1, ${TASKS_EACH}) task_id WHERE job_id LIKE 'crowd-%'`,
] as const;

/** Fills a database with `pages` pages of other simulations. */
export async function addCrowd(databaseUrl: string, pages: number): Promise<void> {
  await querying(databaseUrl, async (client) => {
    for (const text of STATEMENTS) await client.query(text, text.includes('$1') ? [Math.ceil(pages / PAGES_EACH)] : []);
  });
}

/** So that the planner knows what is there, and nothing is left for later. */
export async function settleTables(databaseUrl: string): Promise<void> {
  await querying(databaseUrl, async (client) => {
    await client.query('VACUUM (ANALYZE)');
    await client.query('CHECKPOINT');
  });
}
