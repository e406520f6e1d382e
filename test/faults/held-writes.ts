import pg from 'pg';

/** A moment in which nothing of what workers bring can be committed, while everything can be read. */
export class HeldWrites {
  private constructor(private readonly client: pg.Client) {}

  /** Resolves once no write goes on any more. */
  static async begin(databaseUrl: string): Promise<HeldWrites> {
    const client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    await client.query('BEGIN');
    await client.query('LOCK TABLE task, log_file, page IN SHARE ROW EXCLUSIVE MODE');
    return new HeldWrites(client);
  }

  /** What was being written is rolled back, and new writes go on. */
  async abandon(): Promise<void> {
    const others = `datname = current_database() AND pid <> pg_backend_pid() AND application_name = 'tallyhouse'`;
    await this.client.query(`SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE ${others}`);
    await this.client.query('ROLLBACK');
    await this.client.end();
  }
}
