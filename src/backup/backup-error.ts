/** Why there is no backup or no restore, as one clear sentence for the operator; it is printed without a stack. */
export class BackupError extends Error {
  override readonly name = 'BackupError';

  constructor(
    message: string,
    readonly exitCode: 1 | 2 = 1,
  ) {
    super(message);
  }
}
