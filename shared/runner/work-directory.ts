import { join } from 'node:path';

/** The folder below a model's directory that the actions write into; users ignore it in git. */
export function workDirectory(directory: string): string {
  return join(directory, '.mlops-actions');
}
