import { Global, Module } from '@nestjs/common';
import { AmqpStrategy } from './amqp.strategy.js';

/** Owns the second door: connections to RabbitMQ, topology, dispatch and settling. The features own the consumers. */
@Global()
@Module({ providers: [AmqpStrategy], exports: [AmqpStrategy] })
export class AmqpModule {}
