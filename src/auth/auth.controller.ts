import { Controller, Delete, Get, Headers, HttpCode, Injectable, Ip, Post, Put, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiCookieAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { IncomingHttpHeaders } from 'node:http';
import { ApiErrors } from '../http/api-errors.decorator.js';
import { DIALECT_PREFIX, DIALECT_TAG } from '../http/dialect.js';
import { JsonBody } from '../http/json-body.decorator.js';
import { AuthService } from './auth.service.js';
import { type AuthenticatedUser, CurrentUser } from './current-user.decorator.js';
import { logoutTokens, requestToken } from './domain/request-token.js';
import {
  type Answer,
  AuthMessageDto,
  LoginAnswerDto,
  RefreshAnswerDto,
  SessionAnswerDto,
  StatusAnswerDto,
} from './dto/auth-answers.dto.js';
import { CredentialsDto } from './dto/credentials.dto.js';
import { LoginDto } from './dto/login.dto.js';
import { NewPasswordDto } from './dto/new-password.dto.js';
import { MakesSession } from './makes-session.decorator.js';
import { Public } from './public.decorator.js';
import { SessionCookies } from './session-cookies.js';

/** What the platform's UI calls the users of the service's own database; it knows `keycloak` besides. */
const LOCAL_SOURCE = 'yaptide';

/** The demo's user; its password is made up at the first start, which prints it. */
const LOGIN_EXAMPLES = {
  demo: { summary: 'The demo user', value: { username: 'demo', password: 'as the start printed it' } },
  script: { summary: 'A script', value: { username: 'demo', password: 'as the start printed it', token: true } },
};

/** The routes of both controllers below, whichever path they stand under. */
@Injectable()
class AuthRoutes {
  constructor(
    private readonly auth: AuthService,
    private readonly cookies: SessionCookies,
  ) {}

  @Put('register')
  @HttpCode(201)
  @Public()
  @MakesSession()
  @ApiBody({ type: CredentialsDto })
  @ApiOperation({ summary: 'Make a user', description: '`403` where the name is taken or registration is closed.' })
  @ApiResponse({ status: 201, type: AuthMessageDto })
  @ApiErrors(400, 403, 413, 415)
  async register(@JsonBody(CredentialsDto) body: CredentialsDto): Promise<Answer<AuthMessageDto>> {
    await this.auth.register(body);
    return { message: 'User created' };
  }

  @Post('login')
  @HttpCode(202)
  @Public()
  @MakesSession()
  @ApiBody({ type: LoginDto, examples: LOGIN_EXAMPLES })
  @ApiOperation({
    summary: 'Log in',
    description:
      'Sets the cookies `access_token` (10 minutes) and `refresh_token` (120 minutes). More than 20 failures a minute ' +
      'from one address for one user name are answered `429`; right credentials always pass.',
  })
  @ApiResponse({ status: 202, type: LoginAnswerDto })
  @ApiErrors(400, 401, 403, 413, 415, 429)
  async login(
    @JsonBody(LoginDto) body: LoginDto,
    @Ip() address: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Answer<LoginAnswerDto>> {
    const session = await this.auth.login(body, address);
    this.cookies.set(reply, session);
    const answer = {
      message: 'Successfully logged in',
      access_exp: session.access.expires,
      refresh_exp: session.refresh.expires,
    };
    return body.token === true ? { ...answer, access_token: session.access.token } : answer;
  }

  @Get('refresh')
  @Public()
  @ApiOperation({
    summary: 'Get a new access token',
    description: 'Takes the refresh token from its cookie or from `Authorization: Bearer` and sets `access_token`.',
  })
  @ApiResponse({ status: 200, type: RefreshAnswerDto })
  @ApiErrors(401)
  async refresh(
    @Headers() headers: IncomingHttpHeaders,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Answer<RefreshAnswerDto>> {
    const access = await this.auth.refresh(requestToken(headers, 'refresh_token'));
    this.cookies.setAccess(reply, access);
    return { message: 'User refreshed', access_exp: access.expires };
  }

  @Get('status')
  @ApiBearerAuth()
  @ApiCookieAuth()
  @ApiOperation({ summary: 'Tell who is logged in' })
  @ApiResponse({ status: 200, type: StatusAnswerDto })
  @ApiErrors(401)
  status(@CurrentUser() user: AuthenticatedUser): Answer<StatusAnswerDto> {
    return { message: 'User status', username: user.username, source: LOCAL_SOURCE };
  }

  @Delete('logout')
  @Public()
  @ApiOperation({
    summary: 'Log out',
    description: 'Ends all tokens of the user, on every device, and removes the cookies.',
  })
  @ApiResponse({ status: 200, type: AuthMessageDto })
  @ApiErrors(403)
  async logout(
    @Headers() headers: IncomingHttpHeaders,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Answer<AuthMessageDto>> {
    this.cookies.clear(reply);
    await this.auth.logout(logoutTokens(headers));
    return { message: 'User logged out' };
  }

  @Post('password')
  @HttpCode(200)
  @ApiBearerAuth()
  @ApiCookieAuth()
  @ApiBody({ type: NewPasswordDto })
  @ApiOperation({
    summary: 'Change the password',
    description: 'Ends all tokens made before, on every device, and sets fresh cookies.',
  })
  @ApiResponse({ status: 200, type: SessionAnswerDto })
  @ApiErrors(400, 401, 403, 409, 413, 415, 429)
  async changePassword(
    @CurrentUser() user: AuthenticatedUser,
    @JsonBody(NewPasswordDto) body: NewPasswordDto,
    @Ip() address: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Answer<SessionAnswerDto>> {
    const session = await this.auth.changePassword(user.id, body.password, body.new_password, address);
    this.cookies.set(reply, session);
    return {
      message: 'Password changed',
      access_exp: session.access.expires,
      refresh_exp: session.refresh.expires,
    };
  }
}

@ApiTags('Authentication')
@Controller('auth')
export class AuthController extends AuthRoutes {}

/** The same, where the platform's older dialect is spoken. */
@ApiTags(DIALECT_TAG)
@Controller(`${DIALECT_PREFIX}/auth`)
export class YaptideAuthController extends AuthRoutes {}
