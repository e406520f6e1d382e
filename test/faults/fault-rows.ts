import type { FaultRow } from './fault-row.js';
import { beforeSubmission } from './rows/before-submission.js';
import { brokerKilled } from './rows/broker-killed.js';
import { channelClosed } from './rows/channel-closed.js';
import { databaseStopped } from './rows/database-stopped.js';
import { diskFull } from './rows/disk-full.js';
import { everyOrder } from './rows/every-order.js';
import { largeMessages } from './rows/large-messages.js';
import { limits } from './rows/limits.js';
import { poison } from './rows/poison.js';
import { repeatedDeliveries } from './rows/repeated-deliveries.js';
import { replayed } from './rows/replayed.js';
import { rollingRestart } from './rows/rolling-restart.js';
import { serverKilled } from './rows/server-killed.js';
import { spoiledNetwork } from './rows/spoiled-network.js';
import { stalledClients } from './rows/stalled-clients.js';
import { startConditions } from './rows/start-conditions.js';
import { stoppedUnderLoad } from './rows/stopped-under-load.js';
import { uploadCut } from './rows/upload-cut.js';

/** The table, as data. */
export const FAULT_ROWS: readonly FaultRow[] = [
  serverKilled,
  brokerKilled,
  databaseStopped,
  spoiledNetwork,
  channelClosed,
  repeatedDeliveries,
  everyOrder,
  beforeSubmission,
  poison,
  replayed,
  limits,
  largeMessages,
  stalledClients,
  stoppedUnderLoad,
  rollingRestart,
  diskFull,
  startConditions,
  uploadCut,
];
