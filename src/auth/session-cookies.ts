import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { CONFIG, type ServiceConfig } from '../config/config.module.js';
import type { Session } from './auth.service.js';
import { type SessionCookie, setCookie } from './domain/cookies.js';
import type { IssuedToken } from './token.service.js';

/** Puts the tokens of a session into the cookies of an answer. */
@Injectable()
export class SessionCookies {
  constructor(@Inject(CONFIG) private readonly config: ServiceConfig) {}

  set(reply: FastifyReply, { access, refresh }: Session): void {
    this.setAccess(reply, access);
    this.write(reply, 'refresh_token', refresh);
  }

  setAccess(reply: FastifyReply, access: IssuedToken): void {
    this.write(reply, 'access_token', access);
  }

  clear(reply: FastifyReply): void {
    this.write(reply, 'access_token', { token: '', expires: 0 });
    this.write(reply, 'refresh_token', { token: '', expires: 0 });
  }

  private write(reply: FastifyReply, name: SessionCookie, { token, expires }: IssuedToken): void {
    const overTls = reply.request.protocol === 'https';
    const attributes = { sameSite: this.config.cookieSameSite, overTls, expires, now: Date.now() };
    reply.header('Set-Cookie', setCookie(name, token, attributes));
  }
}
