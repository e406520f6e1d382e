import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

/** What the tests ask of a service of docker-compose.yml. */
export interface ComposeService {
  readonly image: string;
  readonly restart?: string;
  readonly stop_grace_period?: string;
  readonly environment?: Readonly<Record<string, string | null>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test: readonly string[] };
}

interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

/** docker-compose.yml with its anchors merged, its variables not yet replaced. */
export function readComposeFile(): ComposeFile {
  return parse(readFileSync('docker-compose.yml', 'utf8'), { merge: true }) as ComposeFile;
}

/** A variable as Compose writes it: `${NAME}`, `${NAME:-default}` or `${NAME:?what to do}`. */
export interface ComposeVariable {
  readonly name: string;
  readonly kind: 'plain' | 'default' | 'required';
  readonly text: string;
}

const VARIABLE = /\$\{([A-Z_]+)(?::([-?])([^}]*))?\}/g;

/** The variables of a text, in order. */
export function variablesIn(text: string): ComposeVariable[] {
  return [...text.matchAll(VARIABLE)].map(([, name = '', sign, rest = '']) => ({
    name,
    kind: sign === '?' ? 'required' : sign === '-' ? 'default' : 'plain',
    text: rest,
  }));
}

/** Replaces the variables as Compose does; throws where a required one is missing or empty. */
export function interpolate(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(VARIABLE, (_all, name: string, sign: string | undefined, rest: string | undefined) => {
    const value = values[name] ?? '';
    if (value !== '') return value;
    if (sign === '?') throw new Error(`required variable ${name} is missing a value: ${rest ?? ''}`);
    return sign === '-' ? (rest ?? '') : '';
  });
}
