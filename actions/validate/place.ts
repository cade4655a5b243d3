import type { RunnerServices } from '../../shared/runner/services.js';
import type { LoadedSpec } from '../../shared/spec/load.js';
import type { PreparedContract } from './contract.js';
import type { ValidateInputs } from './validate.js';

/** What every way to validate begins with. */
export interface ValidatePlace {
  readonly inputs: ValidateInputs;
  readonly services: RunnerServices;
  readonly directory: string;
  readonly loaded: LoadedSpec;
  readonly contract: PreparedContract;
  /** By the clock of the process, in milliseconds. */
  readonly started: number;
}
