import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { hash, verify } from '@node-rs/argon2';
import { WorkLimit } from '../throttle/work-limit.js';

/** Argon2id (the library's default variant) with parameters of OWASP's Password Storage Cheat Sheet; memory in KiB. */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
/** Half of Node's thread pool, so that logins never starve the compression of payloads, which runs there too. */
const AT_ONCE = 2;
const QUEUE = 64;

/** Hashes and checks passwords; a bounded number at a time, beyond which it throws `unavailable`. */
@Injectable()
export class Passwords {
  private readonly limit = new WorkLimit(AT_ONCE, QUEUE, 'Too many logins at once, try again shortly');
  private decoy: Promise<string> | undefined;

  /** The hash to store, in PHC format. */
  async hash(password: string): Promise<string> {
    return this.limit.run(() => hash(password, PARAMETERS));
  }

  /** Takes the same time where there is no such user (no hash), so that it does not tell which names exist. */
  async matches(password: string, stored: string | undefined): Promise<boolean> {
    this.decoy ??= hash(randomBytes(32), PARAMETERS);
    const against = stored ?? (await this.decoy);
    const same = await this.limit.run(() => verify(against, password));
    return same && stored !== undefined;
  }
}
