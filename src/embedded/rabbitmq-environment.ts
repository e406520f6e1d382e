import { join } from 'node:path';
import { SERVER_ENVIRONMENT } from './server-account.js';

/** Where a node listens, all of it on 127.0.0.1. */
export interface RabbitmqPorts {
  readonly amqp: number;
  /** Erlang's own protocol, which `rabbitmqctl` speaks. */
  readonly distribution: number;
  /** Erlang's port mapper, without which no node starts. */
  readonly mapper: number;
}

/**
 * The whole environment of a private node (rabbitmq.com/docs/configure, rabbitmq.com/docs/relocate): all it reads and writes lies
 * in its folder, nothing of the machine's own broker in /etc and /var/lib.
 */
export function rabbitmqEnvironment(
  folder: string,
  { amqp, distribution, mapper }: RabbitmqPorts,
): Record<string, string> {
  const inFolder = (file: string) => join(folder, file);
  return {
    ...SERVER_ENVIRONMENT,
    // Where Homebrew and the container image keep Erlang.
    PATH: `${SERVER_ENVIRONMENT.PATH}:/opt/homebrew/bin:/opt/erlang/bin`,
    // Erlang takes the names of folders for UTF-8 then.
    LC_ALL: 'C.UTF-8',
    HOME: folder,
    // The data folder bears the node's name, so it must never change.
    RABBITMQ_NODENAME: 'tallyhouse@localhost',
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: String(amqp),
    RABBITMQ_DIST_PORT: String(distribution),
    RABBITMQ_MNESIA_BASE: inFolder('data'),
    RABBITMQ_LOG_BASE: inFolder('log'),
    RABBITMQ_LOGS: '-',
    RABBITMQ_PID_FILE: inFolder('rabbitmq.pid'),
    RABBITMQ_ENABLED_PLUGINS_FILE: inFolder('enabled_plugins'),
    RABBITMQ_CONFIG_FILE: inFolder('rabbitmq.conf'),
    // These are not there, on purpose: their defaults are the files of the machine's own broker.
    RABBITMQ_CONFIG_FILES: inFolder('no-conf.d'),
    RABBITMQ_ADVANCED_CONFIG_FILE: inFolder('no-advanced.config'),
    RABBITMQ_CONF_ENV_FILE: inFolder('no-rabbitmq-env.conf'),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
    // The start script then turns into the node instead of waiting for it, so that our signals reach the node itself.
    RUNNING_UNDER_SYSTEMD: 'true',
    ERL_EPMD_PORT: String(mapper),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    // No port mapper but the one that we start and end; Erlang's own would outlive the node.
    ERL_ZFLAGS: '-start_epmd false',
    // A dump would hold the password.
    ERL_CRASH_DUMP_SECONDS: '0',
  };
}
