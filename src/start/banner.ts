import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DEMO_JOB_ID, DEMO_USERNAME } from '../demo/demo-seed.service.js';
import type { ServiceConfig } from '../config/config.module.js';
import type { Settled } from './settle-config.js';

/** What the terminal shows once the service is ready; secrets go here and never into the log. */
export function banner(
  url: string,
  { config, postgres, rabbitmq, httpOnly, generatedAdmin, demoPassword }: Settled,
): string {
  const lines = [`Tallyhouse is ready at ${url} (Swagger UI: ${url}/docs)`];
  for (const note of postgres?.notes ?? []) lines.push(note);
  if (rabbitmq !== undefined) lines.push(`Workers publish to ${rabbitmq.url} (exchange ${config.amqpPrefix}ingest)`);
  if (httpOnly !== undefined) lines.push(`Ingestion is HTTP only: ${httpOnly}`);
  if (generatedAdmin?.isNew === true) {
    lines.push(`Admin, shown only this once: ${generatedAdmin.username} / ${generatedAdmin.password}`);
  }
  if (demoPassword !== undefined) {
    lines.push(
      `Demo login: ${DEMO_USERNAME} / ${demoPassword}`,
      '',
      'Paste this to see results:',
      curlLine(url, demoPassword),
    );
  }
  if (config.databaseUrl !== postgres?.url) return `\n${lines.join('\n')}\n\n`;
  return `\n${lines.join('\n')}\n\nCtrl-C stops everything; the data stays in ${config.dataDir}.\n\n`;
}

/** Logs in and reads the demo's dose curve, in one line. */
function curlLine(url: string, password: string): string {
  const login = JSON.stringify({ username: DEMO_USERNAME, password });
  const results = `${url}/results?job_id=${DEMO_JOB_ID}&estimator_name=depth_dose_&page_number=0`;
  return `curl -s -b '' -o /dev/null -H 'Content-Type: application/json' -d '${login}' ${url}/auth/login --next -s -b '' '${results}'`;
}

/** Tells `npm run demo` where to log in and where to publish, in a file that only its owner may read. */
export async function writeDemoLogin(
  url: string,
  { dataDir, rabbitmqUrl, amqpPrefix }: ServiceConfig,
  password: string,
): Promise<void> {
  const amqp = rabbitmqUrl === undefined ? {} : { amqp_url: rabbitmqUrl, amqp_prefix: amqpPrefix };
  const login = { url, username: DEMO_USERNAME, password, ...amqp };
  await writeFile(join(dataDir, 'demo.json'), `${JSON.stringify(login)}\n`, { mode: 0o600 });
}
