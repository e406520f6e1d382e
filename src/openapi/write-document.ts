import { writeFile } from 'node:fs/promises';
import { readConfig } from '../config/config.js';
import { createApp } from '../create-app.js';
import { createDocument } from './document.js';

/** `npm run openapi`: writes openapi.json as the code has it. Nothing is started; the database is never asked. */
async function main(): Promise<void> {
  const config = readConfig({ LOG_LEVEL: 'error' });
  const app = await createApp({
    ...config,
    databaseUrl: 'postgresql://nowhere/',
    jwtSecret: 'never used to sign anything',
  });
  await writeFile('openapi.json', `${JSON.stringify(createDocument(app), null, 2)}\n`);
}

await main();
process.exit();
