import { type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http';
import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';

/** A request, without anything that a client library would add or mend. */
export interface Call {
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
  /** Sent as `Authorization: Bearer`. */
  readonly token?: string | undefined;
  /** Bytes and text go as they are, anything else as JSON; with a body the type is JSON unless the headers say otherwise. */
  readonly body?: unknown;
}

/** An answer whose body is as it came over the socket. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  /** The body as JSON; throws where it is none. */
  json(): Record<string, unknown>;
}

/** Sends one request over the socket and reads the whole answer. */
export async function call(url: string, { method = 'GET', headers = {}, token, body }: Call = {}): Promise<Answer> {
  const bytes = body === undefined ? undefined : bytesOf(body);
  const sent: OutgoingHttpHeaders = {
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(bytes === undefined ? {} : { 'content-type': 'application/json', 'content-length': bytes.length }),
    ...headers,
  };
  for (const [name, value] of Object.entries(sent)) if (value === '') Reflect.deleteProperty(sent, name);
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method, headers: sent }, (incoming) => {
      buffer(incoming).then((received) => {
        resolve({
          status: incoming.statusCode ?? 0,
          headers: incoming.headers,
          bytes: received,
          json: () => JSON.parse(received.toString('utf8')) as Record<string, unknown>,
        });
      }, reject);
    });
    outgoing.on('error', reject);
    outgoing.end(bytes);
  });
}

function bytesOf(body: unknown): Buffer {
  if (Buffer.isBuffer(body)) return body;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

/** The access token of a login, for Bearer. */
export async function logIn(url: string, credentials: { username: string; password: string }): Promise<string> {
  const answer = await call(`${url}/auth/login`, { method: 'POST', body: { ...credentials, token: true } });
  return answer.json()['access_token'] as string;
}

/** Registers a user and logs in. */
export async function registerUser(
  url: string,
  username: string,
): Promise<{ username: string; password: string; token: string }> {
  const credentials = { username, password: `the password of ${username}` };
  await call(`${url}/auth/register`, { method: 'PUT', body: credentials });
  return { ...credentials, token: await logIn(url, credentials) };
}

export interface SubmittedJob {
  readonly job_id: string;
  readonly sim_id: number;
  readonly update_key: string;
}

export const SUBMISSION = {
  title: 'Proton beam in water',
  sim_type: 'shieldhit',
  input_type: 'files',
  input: { 'beam.dat': 'JPART0  2\nTMAX0  150.0 1.5\n' },
  ntasks: 2,
} as const;

/** Submits a simulation in the name of the token's user. */
export async function submit(url: string, token: string, submission: object = {}): Promise<SubmittedJob> {
  const body = { ...SUBMISSION, ...submission };
  const answer = (await call(`${url}/simulations`, { method: 'POST', token, body })).json();
  return {
    job_id: String(answer['job_id']),
    sim_id: Number(answer['sim_id']),
    update_key: String(answer['update_key']),
  };
}

/** A job_id that nobody has used. */
export function unusedJobId(): string {
  return `job-${randomBytes(8).toString('hex')}`;
}
