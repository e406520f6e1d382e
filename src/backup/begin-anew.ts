import type pg from 'pg';

// More than happens to a user, or users come, between a backup and its restore; 2,000 restores fit into the columns.
const AHEAD = 1_000_000;

/**
 * What the lost database gave out after the backup must not be taken for this one's: ETags (by a new epoch of the database), and
 * tokens, of which some were ended later, or belong to users who registered later and whose numbers would be given out again.
 * Tasks that were still to be handed out stay so: to run one twice is harmless, not to run it is not (docs/decisions/0015-outbox.md).
 */
export async function beginAnew(client: pg.Client): Promise<void> {
  await client.query('UPDATE database_epoch SET epoch = gen_random_uuid()');
  await client.query(`UPDATE "user" SET token_epoch = token_epoch + $1, token_epoch_changed_at = now()`, [AHEAD]);
  await client.query(
    `SELECT setval(sequence, nextval(sequence) + $1) FROM pg_get_serial_sequence('"user"', 'id') AS sequence`,
    [AHEAD],
  );
}
