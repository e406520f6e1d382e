import pg from 'pg';

/** Tables whose rows are what users and workers sent. */
const TABLES = [
  ...['simulation', 'deleted_job', 'estimator', 'page', 'payload_block', 'superseded_payload'],
  ...['task', 'log_file', 'result_summary', 'task_summary', 'log_summary', '"user"'],
];

/** Tells whether anything at all is stored differently, over a connection of its own. */
export class StoredState {
  private constructor(private readonly client: pg.Client) {}

  static async of(databaseUrl: string): Promise<StoredState> {
    const client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    return new StoredState(client);
  }

  /** One hash a table, of its rows as text. */
  async fingerprint(): Promise<unknown> {
    const hash = (table: string) => `(SELECT md5(string_agg(t::text, E'\\n' ORDER BY t::text)) FROM ${table} t)`;
    const { rows } = await this.client.query({ text: `SELECT ${TABLES.map(hash).join(', ')}`, rowMode: 'array' });
    return rows[0];
  }

  async close(): Promise<void> {
    await this.client.end();
  }
}
