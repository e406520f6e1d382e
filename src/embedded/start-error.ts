/** Why the service cannot start, as one clear sentence for the operator; it is printed without a stack. */
export class StartError extends Error {
  override readonly name = 'StartError';
}
