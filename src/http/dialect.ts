/** Where the platform's older dialect of the API lives (docs/decisions/0017-older-dialect.md). */
export const DIALECT_PREFIX = 'yaptide';
/** Its section of the OpenAPI document. */
export const DIALECT_TAG = 'YAPTIDE dialect';

const UNDER_PREFIX = new RegExp(`^/${DIALECT_PREFIX}(?![^/?])`);

/** Whether a URL's path lies under the prefix. */
export function speaksDialect(url: string): boolean {
  return UNDER_PREFIX.test(url);
}

/** The body of an error: `{message, status_code}`, and `{message}` alone where the older dialect is spoken. */
export function errorBody(url: string, status: number, message: string): object {
  return speaksDialect(url) ? { message } : { message, status_code: status };
}
