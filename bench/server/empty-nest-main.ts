import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import '../../src/start/service.js';

@Module({})
class EmptyModule {}

// Loads all that the service loads, and starts an application that has nothing in it.
const app = await NestFactory.create<NestFastifyApplication>(EmptyModule, new FastifyAdapter(), { logger: false });
await app.listen({ host: '127.0.0.1', port: 0 });
process.stdout.write(`An empty application is ready at ${await app.getUrl()}\n`);
