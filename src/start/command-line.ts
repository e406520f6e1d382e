import { StartError } from '../embedded/start-error.js';

/** What `npm start -- --help` prints. */
export const HELP = `Usage: npm start [-- --help]

Starts Tallyhouse. Everything is configured by environment variables; without any, it runs on an embedded PostgreSQL
and, where rabbitmq-server is installed, a private RabbitMQ, whose data lie in .data, with a demo user and a demo
simulation, at http://127.0.0.1:3000.

  HOST, PORT                       where HTTP listens (127.0.0.1, 3000)
  DATABASE_URL                     PostgreSQL 14 or later (an embedded one under DATA_DIR)
  DATABASE_POOL_SIZE               connections to it (10)
  RABBITMQ_URL                     RabbitMQ 3.10 or later (a private node under DATA_DIR if rabbitmq-server is installed)
  AMQP_PREFIX                      stands before the names of exchanges and queues (nothing)
  ROLE                             all, api or consumer: HTTP and consumers, or one of them (all)
  DATA_DIR                         embedded database, private RabbitMQ, generated secrets (.data)
  JWT_SECRET                       signing secret, at least 32 bytes (made once under DATA_DIR)
  ADMIN_USERNAME, ADMIN_PASSWORD   the first admin (one is made, and its password printed once)
  REGISTRATION                     open or closed (open; in production closed)
  CORS_ORIGINS, COOKIE_SAMESITE    comma-separated origins; lax or none (CORS off; lax)
  TRUST_PROXY                      whose X-Forwarded-* count: none, true, a number of hops, or addresses (none)
  MAX_BODY_BYTES                   limit of a POST /results body, inflated (1073741824)
  MAX_MESSAGE_BYTES                limit of one message, inflated (16777216)
  INGEST_MEMORY_BYTES              memory for bodies in flight over HTTP; beyond it they are answered 503 (268435456)
  UNKNOWN_SIMULATION_SECONDS       how long a message waits for its simulation (600)
  STOP_SECONDS                     how long a stop waits for what is in flight (10)
  METRICS_TOKEN                    in production, GET /metrics wants it as a Bearer token (no such endpoint)
  LOG_LEVEL                        fatal, error, warn, info, debug, trace or silent (info)
  DEMO                             on or off (on with the embedded database)
  NODE_ENV                         production: refuses to start without DATABASE_URL, JWT_SECRET and the admin; without
                                   RABBITMQ_URL it takes in over HTTP only
`;

/** Throws a sentence for anything but `--help`. */
export function readArguments(args: readonly string[]): { readonly help: boolean } {
  const unknown = args.find((arg) => arg !== '--help' && arg !== '-h');
  if (unknown !== undefined) throw new StartError(`Unknown argument ${unknown}; try --help.`);
  return { help: args.length > 0 };
}
