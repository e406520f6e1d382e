import { Module } from '@nestjs/common';
import { JwtModule, type JwtModuleOptions } from '@nestjs/jwt';
import { PassportModule } from '@nestjs/passport';
import { CONFIG, type ServiceConfig } from '../config/config.module.js';
import { AccessTokenStrategy } from './access-token.strategy.js';
import { AccountsService } from './accounts.service.js';
import { AdminBootstrap } from './admin-bootstrap.js';
import { AuthController, YaptideAuthController } from './auth.controller.js';
import { AuthService } from './auth.service.js';
import { TOKEN_RULES } from './domain/token-claims.js';
import { Passwords } from './passwords.js';
import { Revocations } from './revocations.js';
import { SessionCookies } from './session-cookies.js';
import { signingKey } from './signing-key.js';
import { TokenService } from './token.service.js';
import { UserService } from './user.service.js';

function jwtOptions(config: ServiceConfig): JwtModuleOptions {
  const { algorithm, issuer, audience } = TOKEN_RULES;
  return {
    secret: signingKey(config),
    signOptions: { algorithm, issuer, audience },
    verifyOptions: { algorithms: [algorithm], issuer, audience },
  };
}

/**
 * Owns users, passwords, tokens and their revocation. Its guards are registered globally by the application:
 * first AccessTokenGuard, then OriginGuard.
 */
@Module({
  imports: [PassportModule, JwtModule.registerAsync({ inject: [CONFIG], useFactory: jwtOptions })],
  controllers: [AuthController, YaptideAuthController],
  providers: [
    AccessTokenStrategy,
    AccountsService,
    AdminBootstrap,
    AuthService,
    Passwords,
    Revocations,
    SessionCookies,
    TokenService,
    UserService,
  ],
  exports: [AccessTokenStrategy, AccountsService, AdminBootstrap, AuthService, SessionCookies, UserService],
})
export class AuthModule {}
