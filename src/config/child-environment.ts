/** The environment of a process that is started by this one: the same, with a few more variables. */
export function childEnvironment(more: Readonly<Record<string, string>>): Record<string, string | undefined> {
  return { ...process.env, ...more };
}
