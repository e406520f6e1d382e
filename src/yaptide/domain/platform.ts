/** How a simulation was submitted, as that dialect names it. */
export type Platform = 'DIRECT' | 'BATCH';

/** The platform of a simulation. */
export function platformOf(_simulation: object): Platform {
  return 'DIRECT';
}
