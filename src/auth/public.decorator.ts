import { Reflector } from '@nestjs/core';

/** Opens a route, or a controller, to requests without an access token. */
export const Public = Reflector.createDecorator<undefined, true | undefined>({ transform: () => true });
