import { Reflector } from '@nestjs/core';

/** Marks a route that makes users or sessions: the origin guard checks it even where no cookie is sent. */
export const MakesSession = Reflector.createDecorator<undefined, true | undefined>({ transform: () => true });
