import { json } from 'node:stream/consumers';
import { Controller, HttpCode, Post, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Public } from '../../src/auth/public.decorator.js';
import { Database } from '../../src/prisma/database.js';
import { UpdateKeyService } from '../../src/simulations/update-key.service.js';
import { BenchPrisma } from './bench-prisma.js';

/** A body of `POST /tasks`, as far as the bench sends it. */
interface NaiveTaskBody {
  readonly simulation_id: string;
  readonly update_key: string;
  readonly task_id: number;
  readonly update_dict: { readonly simulated_primaries: number };
}

/** A task is read, changed and written in a transaction, in the two ways that the project's libraries offer. */
@Controller('bench/naive')
export class NaiveTasksController {
  constructor(
    private readonly prisma: BenchPrisma,
    private readonly database: Database,
    private readonly updateKeys: UpdateKeyService,
  ) {}

  @Public()
  @Post('tasks')
  @HttpCode(202)
  async throughPrisma(@Req() request: FastifyRequest): Promise<{ message: string }> {
    const { simulationId, taskId, simulated } = await this.read(request);
    await this.prisma.$transaction(
      async (tx) => {
        const key = { simulationId_taskId: { simulationId, taskId } };
        const task = await tx.task.findUnique({ where: key });
        const most = largest(task?.simulatedPrimaries, simulated);
        const values = { state: 'RUNNING', simulatedPrimaries: most, lastUpdateTime: new Date() } as const;
        if (task === null) await tx.task.create({ data: { simulationId, taskId, ...values } });
        else await tx.task.update({ where: key, data: values });
      },
      { maxWait: 30_000, timeout: 30_000 },
    );
    return { message: 'Task updated' };
  }

  /** The same with statements by hand. */
  @Public()
  @Post('tasks-pg')
  @HttpCode(202)
  async throughPg(@Req() request: FastifyRequest): Promise<{ message: string }> {
    const { simulationId, taskId, simulated } = await this.read(request);
    await this.database.transaction(async (tx) => {
      const { rows } = await tx.query<{ simulated_primaries: string | null }>(
        'SELECT simulated_primaries FROM bench.task WHERE simulation_id = $1 AND task_id = $2 FOR UPDATE',
        [simulationId, taskId],
      );
      const most = largest(BigInt(rows[0]?.simulated_primaries ?? 0), simulated);
      const statement = rows.length === 0 ? INSERT : UPDATE;
      await tx.query(statement, [simulationId, taskId, most]);
    });
    return { message: 'Task updated' };
  }

  private async read(request: FastifyRequest): Promise<{ simulationId: number; taskId: number; simulated: bigint }> {
    const body = (await json(request.raw)) as NaiveTaskBody;
    const { id: simulationId } = await this.updateKeys.authorize(body.simulation_id, body.update_key, request.ip);
    return { simulationId, taskId: body.task_id, simulated: BigInt(body.update_dict.simulated_primaries) };
  }
}

const INSERT = `INSERT INTO bench.task (simulation_id, task_id, state, simulated_primaries, last_update_time)
  VALUES ($1, $2, 'RUNNING', $3, now())`;
const UPDATE = `UPDATE bench.task SET state = 'RUNNING', simulated_primaries = $3, last_update_time = now()
  WHERE simulation_id = $1 AND task_id = $2`;

function largest(known: bigint | null | undefined, seen: bigint): bigint {
  return typeof known === 'bigint' && known > seen ? known : seen;
}
