import config, { shared } from './jest.config.js';

/** The short form of the fault suite, which takes minutes of its own: `npm run test:faults:short`. */
export default {
  ...config,
  projects: [{ ...shared, displayName: 'faults', roots: ['<rootDir>/test/faults'], testMatch: ['**/*.test.ts'] }],
};
