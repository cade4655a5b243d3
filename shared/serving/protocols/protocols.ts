import { mlflow } from './mlflow.js';
import { oip } from './oip.js';
import { predict } from './predict.js';
import type { Protocol, ProtocolName } from './protocol.js';

export const PROTOCOLS: Readonly<Record<ProtocolName, Protocol>> = { predict, oip, mlflow };
