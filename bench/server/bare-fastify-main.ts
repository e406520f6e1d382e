import { fastify } from 'fastify';
import { answerBench } from './answer-bench.js';
import { tellReady } from './ready-message.js';

// A route of Fastify and nothing else: what any answer costs.
const server = fastify();
server.get('/', () => ({ message: 'OK' }));
await server.listen({ host: '127.0.0.1', port: 0 });
answerBench({});
process.once('disconnect', () => process.exit(0));
tellReady((server.server.address() as { port: number }).port);
