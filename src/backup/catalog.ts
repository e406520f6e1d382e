import type pg from 'pg';

/** How the rows of a table travel: COPY's binary format where it means the same in every database, else its text. */
export type RowFormat = 'binary' | 'text';

export interface CatalogTable {
  readonly name: string;
  /** Those that are stored; generated ones are computed anew. */
  readonly columns: readonly string[];
  readonly format: RowFormat;
  /** Whether its bytes are kept from PostgreSQL's compression (STORAGE EXTERNAL), because they are compressed already. */
  readonly isCompressed: boolean;
}

/** The value of a sequence; bigint as text. */
export interface SequenceValue {
  readonly name: string;
  readonly lastValue: string;
  readonly isCalled: boolean;
}

/** Relations `c` of the schema that the service works in, without those of extensions. */
const OURS = `c.relnamespace = current_schema()::regnamespace AND NOT EXISTS (
  SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')`;

/**
 * Every table that holds rows itself, by name: from the catalog, so that none of a later migration is forgotten. Object numbers
 * from 16384 on differ from database to database, and binary rows name the types of array elements and composites by them; of
 * those types only enums travel as text.
 */
export async function readTables(client: pg.Client): Promise<CatalogTable[]> {
  const { rows } = await client.query<CatalogTable>(
    `SELECT c.relname AS name,
            array_agg(a.attname::text ORDER BY a.attnum) AS columns,
            CASE WHEN bool_and(t.oid < 16384 OR t.typtype = 'e') THEN 'binary' ELSE 'text' END AS format,
            bool_or(a.attstorage = 'e') AS "isCompressed"
       FROM pg_class c
       JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
       JOIN pg_type t ON t.oid = a.atttypid
      WHERE c.relkind = 'r' AND ${OURS}
      GROUP BY c.relname ORDER BY c.relname COLLATE "C"`,
  );
  return rows;
}

/** The sequences as they stand now: they belong to no snapshot, and are never behind one that was taken before. */
export async function readSequences(client: pg.Client): Promise<SequenceValue[]> {
  const values: SequenceValue[] = [];
  for (const name of await readSequenceNames(client)) {
    const { rows } = await client.query<Omit<SequenceValue, 'name'>>(
      `SELECT last_value::text AS "lastValue", is_called AS "isCalled" FROM ${client.escapeIdentifier(name)}`,
    );
    if (rows[0] !== undefined) values.push({ name, ...rows[0] });
  }
  return values;
}

export async function readSequenceNames(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT c.relname AS name FROM pg_class c WHERE c.relkind = 'S' AND ${OURS} ORDER BY c.relname COLLATE "C"`,
  );
  return rows.map(({ name }) => name);
}

/** Some table, view or sequence that is there already. */
export async function findAnyRelation(client: pg.Client): Promise<string | undefined> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT c.relname AS name FROM pg_class c WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND ${OURS}
     ORDER BY c.relkind = 'S', c.relname LIMIT 1`,
  );
  return rows[0]?.name;
}

/** Statements that take away what would act on loaded rows, and those that put it back as it was. */
export interface Rules {
  readonly lift: readonly string[];
  readonly restore: readonly string[];
}

/**
 * Triggers, which would count again what was counted already, and foreign keys, which would ask for an order of the tables. Their
 * owner may do this; switching off the triggers behind a foreign key takes a superuser, so it is dropped and made again, which
 * checks all rows at once.
 */
export async function readRules(client: pg.Client): Promise<Rules> {
  const { rows: keys } = await client.query<{ table: string; name: string; definition: string }>(
    `SELECT c.oid::regclass::text AS table, quote_ident(conname) AS name, pg_get_constraintdef(k.oid) AS definition
       FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
      WHERE contype = 'f' AND conparentid = 0 AND ${OURS} ORDER BY 1, 2`,
  );
  const { rows: triggers } = await client.query<{ table: string; name: string; always: boolean }>(
    `SELECT c.oid::regclass::text AS table, quote_ident(tgname) AS name, tgenabled = 'A' AS always
       FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid
      WHERE NOT tgisinternal AND tgenabled IN ('O', 'A') AND ${OURS} ORDER BY 1, 2`,
  );
  const disable = triggers.map(({ table, name }) => `ALTER TABLE ${table} DISABLE TRIGGER ${name}`);
  const enable = triggers.map(
    ({ table, name, always }) => `ALTER TABLE ${table} ENABLE ${always ? 'ALWAYS ' : ''}TRIGGER ${name}`,
  );
  const drop = keys.map(({ table, name }) => `ALTER TABLE ${table} DROP CONSTRAINT ${name}`);
  const add = keys.map(({ table, name, definition }) => `ALTER TABLE ${table} ADD CONSTRAINT ${name} ${definition}`);
  return { lift: [...drop, ...disable], restore: [...add, ...enable] };
}
