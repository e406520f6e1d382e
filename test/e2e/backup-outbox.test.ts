import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, TestBroker } from '../support/amqp.js';
import { run } from '../support/backup.js';
import { call, registerUser } from '../support/client.js';
import { createEmptyDatabase, createTestDatabase } from '../support/database.js';
import { startService } from '../support/service.js';

test('what was still to be handed out when a backup was taken is handed out by the restored service', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tallyhouse-outbox-'));
  const broker = await TestBroker.open();
  const [source, target] = [await createTestDatabase(), await createEmptyDatabase()];
  // Without consumers nothing is handed out.
  const service = await startService(source.url, { ...broker.settings, ROLE: 'api' });
  const { token } = await registerUser(service.url, 'ada');
  const body = { sim_type: 'shieldhit', ntasks: 3, input_files: { 'beam.dat': 'JPART0  2\n' } };
  const answer = await call(`${service.url}/yaptide/jobs/batch`, { method: 'POST', token, body });
  const jobId = String(answer.json()['job_id']);
  expect((await run('backup', [join(folder, 'backup')], { DATABASE_URL: source.url })).code).toBe(0);
  await service.end();

  expect((await run('restore', [join(folder, 'backup')], { DATABASE_URL: target.url })).code).toBe(0);
  const restored = await startService(target.url, broker.settings);
  await eventually(async () => expect(await broker.depth('simulations.tasks')).toBe(3));
  const ids = (await broker.takeTasks()).map(({ id }) => id);
  expect(ids).toStrictEqual([`${jobId}/1`, `${jobId}/2`, `${jobId}/3`]);
  await restored.end();
  await broker.close();
  await Promise.all([source.drop(), target.drop()]);
  await rm(folder, { recursive: true });
});
