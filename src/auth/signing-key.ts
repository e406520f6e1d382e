import { createSecretKey, type KeyObject } from 'node:crypto';
import type { ServiceConfig } from '../config/config.module.js';

/** The key of all tokens. As a KeyObject: with a string, jsonwebtoken makes one anew for every check, 50 times slower. */
export function signingKey(config: ServiceConfig): KeyObject {
  return createSecretKey(Buffer.from(config.jwtSecret, 'utf8'));
}
