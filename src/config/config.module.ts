import { type DynamicModule, Module } from '@nestjs/common';
import type { Config } from './config.js';

/** Injection token of the ServiceConfig. */
export const CONFIG = Symbol('CONFIG');

/** The configuration of a running service: what could be left out has been settled. */
export interface ServiceConfig extends Config {
  readonly databaseUrl: string;
  readonly jwtSecret: string;
}

/** Owns nothing but hands the settled configuration to whoever asks for CONFIG. */
@Module({})
export class ConfigModule {
  static with(config: ServiceConfig): DynamicModule {
    return {
      module: ConfigModule,
      global: true,
      providers: [{ provide: CONFIG, useValue: config }],
      exports: [CONFIG],
    };
  }
}
