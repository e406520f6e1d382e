/**
 * The primaries that an editor project asks for, `beam.numberOfParticles`.
 *
 * @returns a positive integer of at most 53 bits, or undefined where the project does not tell
 */
export function primariesOfProject(project: unknown): number | undefined {
  const beam = memberOf(project, 'beam');
  return counted(memberOf(beam, 'numberOfParticles'));
}

/** Name of an input file → the card in it that tells, its number in the first group. */
const CARDS: readonly (readonly [file: RegExp, card: RegExp])[] = [
  // SHIELD-HIT12A: NSTAT, number of primaries, step of saving.
  [/^beam\.dat$/i, /^[ \t]*NSTAT[ \t]+(\S+)/m],
  // FLUKA: START, WHAT(1).
  [/\.inp$/i, /^START[ \t,]+([^\s,]+)/m],
  // TOPAS: histories of a source.
  [/(?:)/, /^[ \t]*i:So\/[^\s=]+\/NumberOfHistoriesInRun[ \t]*=[ \t]*(\S+)/im],
];

/**
 * The primaries that input files of a simulator ask for, texts by name: of SHIELD-HIT12A, FLUKA and TOPAS.
 *
 * @returns a positive integer of at most 53 bits, or undefined where no file tells
 */
export function primariesOfFiles(files: Readonly<Record<string, string>>): number | undefined {
  for (const [file, card] of CARDS) {
    for (const [name, text] of Object.entries(files)) {
      const told = file.test(name) ? card.exec(text)?.[1] : undefined;
      // Fortran writes 1.0D+06 as well.
      if (told !== undefined)
        return counted(/^[+\d.]+(?:[DE][+-]?\d+)?$/i.test(told) ? Number(told.replace(/d/i, 'e')) : NaN);
    }
  }
  return undefined;
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function counted(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : undefined;
}
