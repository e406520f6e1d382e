/** Settings that the embedded server always has; the caller's come on top. */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '100',
  shared_buffers: '128MB',
  // Bulk writes of large results: fewer forced checkpoints, hence fewer full-page images.
  max_wal_size: '2GB',
  // Our queries are short, and compiling them costs more than running them.
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_line_prefix: '%m [%p] ',
  // A failing statement is our service's to report; here its text would only make the log grow.
  log_min_error_statement: 'fatal',
};

/** The command-line arguments that set the defaults, the caller's settings and the port. */
export function settingArguments(port: number, extra: Readonly<Record<string, string>> = {}): string[] {
  const settings = { ...SETTINGS, ...extra, port: String(port) };
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}
