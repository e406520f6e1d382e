import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { SimulationSpool } from './simulation-spool.js';
import { unlessMissing } from './synced-file.js';

const FOLDER_PREFIX = 'simulation-';

/**
 * A folder of messages that could not be sent: one folder a simulation inside, in which names give the order. Folders, files
 * and locks are those of the Python client, so that both may share one.
 */
export class Spool {
  /** It holds at most `maxBytes`, what was refused included. */
  constructor(
    private readonly root: string,
    private readonly maxBytes: number,
  ) {}

  of(simulation: string): SimulationSpool {
    return this.folder(FOLDER_PREFIX + quoted(simulation));
  }

  /** Those of all simulations that have something to send, the one with the oldest first. */
  async waiting(): Promise<SimulationSpool[]> {
    const names = (await unlessMissing(readdir(this.root))) ?? [];
    const folders = names.filter((name) => name.startsWith(FOLDER_PREFIX)).map((name) => this.folder(name));
    const oldest: (readonly [key: string, folder: SimulationSpool])[] = [];
    for (const folder of folders) {
      const [first] = await folder.pending();
      if (first !== undefined) oldest.push([`${first} ${folder.path}`, folder]);
    }
    return oldest.sort(([one], [other]) => (one < other ? -1 : 1)).map(([, folder]) => folder);
  }

  private folder(name: string): SimulationSpool {
    return new SimulationSpool({ root: this.root, maxBytes: this.maxBytes }, join(this.root, name));
  }
}

/** As Python's `urllib.parse.quote(text, safe="")`. */
function quoted(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
